//! Matrix products against a packed right-hand side: the one place where nearly all time goes.
//!
//! Every number of the product is one chain of fused multiply-adds from the first to the last
//! term, whatever the machine, the shape of the tile or the rows beside it: the bits of a row
//! never depend on the batch it is in.

use std::cell::RefCell;
use std::ops::Range;

use crate::kernels::dispatch::{Level, level};

/// Columns in a panel of the right-hand side.
const WIDE: usize = 32;
/// Rows in a tile of the left-hand side.
const TALL: usize = 12;
/// Rows packed together, so that a panel is read once for all of them.
const BLOCK: usize = 8 * TALL;
/// Terms summed before the tile goes back to memory.
const DEPTH: usize = 512;

/// Terms that are turned together when a transpose is packed.
const TURNED: usize = 16;

/// A right-hand side of shape (k, n), stored in panels of 32 columns.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    terms: usize,
    columns: usize,
    panels: Vec<f32>,
}

impl Packed {
    /// Packs `matrix` of shape (k, n), row after row.
    pub(crate) fn from_rows(matrix: &[f32], terms: usize, columns: usize) -> Self {
        debug_assert_eq!(matrix.len(), terms * columns);
        let mut panels = vec![0.0; columns.div_ceil(WIDE) * terms * WIDE];
        for (index, panel) in panels.chunks_exact_mut((terms * WIDE).max(1)).enumerate() {
            let from = index * WIDE;
            let width = WIDE.min(columns - from);
            for (row, line) in matrix
                .chunks_exact(columns)
                .zip(panel.chunks_exact_mut(WIDE))
            {
                line[..width].copy_from_slice(&row[from..from + width]);
            }
        }
        Self {
            terms,
            columns,
            panels,
        }
    }

    /// Packs the transpose of `matrix` of shape (n, k), row after row, as weights are stored.
    pub(crate) fn transposed(matrix: &[f32], columns: usize, terms: usize) -> Self {
        Self::stacked(&[(matrix, columns)], terms)
    }

    /// Packs the transposes of several matrices of shape (n, k) side by side.
    pub(crate) fn stacked(matrices: &[(&[f32], usize)], terms: usize) -> Self {
        let rows: Vec<&[f32]> = matrices
            .iter()
            .flat_map(|(matrix, _)| matrix.chunks_exact(terms.max(1)))
            .collect();
        let columns = matrices.iter().map(|(_, columns)| columns).sum();
        let mut panels = vec![0.0; usize::div_ceil(columns, WIDE) * terms * WIDE];
        let wide = panels.chunks_exact_mut((terms * WIDE).max(1));
        for (panel, rows) in wide.zip(rows.chunks(WIDE)) {
            // A few terms of all columns at a time, so that what is written stays near.
            for (block, lines) in panel.chunks_mut(TURNED * WIDE).enumerate() {
                for (column, row) in rows.iter().enumerate() {
                    let slots = lines[column..].iter_mut().step_by(WIDE);
                    let values = &row[block * TURNED..];
                    slots.zip(values).for_each(|(slot, value)| *slot = *value);
                }
            }
        }
        Self {
            terms,
            columns,
            panels,
        }
    }

    /// All of it.
    pub(crate) fn all(&self) -> Part<'_> {
        self.within(self.terms, self.columns)
    }

    /// The first `terms` rows and `columns` columns.
    pub(crate) fn within(&self, terms: usize, columns: usize) -> Part<'_> {
        Part {
            packed: self,
            terms,
            columns,
        }
    }
}

/// The upper left part of a packed right-hand side.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    packed: &'a Packed,
    terms: usize,
    columns: usize,
}

/// A left-hand side of shape (rows, k) inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    values: &'a [f32],
    count: usize,
    row_stride: usize,
    term_stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `terms` numbers, one after another.
    pub(crate) fn new(values: &'a [f32], terms: usize) -> Self {
        Self {
            values,
            count: values.len() / terms,
            row_stride: terms,
            term_stride: 1,
        }
    }

    /// The transpose of `values` of shape (k, rows).
    pub(crate) fn transposed(values: &'a [f32], rows: usize) -> Self {
        Self {
            values,
            count: rows,
            row_stride: 1,
            term_stride: rows,
        }
    }
}

/// `out = left · right`, of shape (rows, n).
pub(crate) fn multiply(left: Rows<'_>, right: Part<'_>, out: &mut [f32]) {
    product(left, right, out, false);
}

/// `out += left · right`, of shape (rows, n).
pub(crate) fn multiply_add(left: Rows<'_>, right: Part<'_>, out: &mut [f32]) {
    product(left, right, out, true);
}

/// The product as a new vector.
pub(crate) fn multiplied(left: Rows<'_>, right: &Packed) -> Vec<f32> {
    let mut out = vec![0.0; left.count * right.columns];
    product(left, right.all(), &mut out, false);
    out
}

thread_local! {
    /// Room for packed rows, kept so that it is not cleared for every product.
    static ROOM: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

fn product(left: Rows<'_>, right: Part<'_>, out: &mut [f32], accumulate: bool) {
    debug_assert_eq!(out.len(), left.count * right.columns);
    if right.terms == 0 && !accumulate {
        out.fill(0.0);
    }
    ROOM.with_borrow_mut(|room| {
        let size = BLOCK.min(left.count.next_multiple_of(TALL)) * DEPTH.min(right.terms);
        if room.len() < size {
            room.resize(size, 0.0);
        }
        for first in (0..left.count).step_by(BLOCK) {
            let rows = BLOCK.min(left.count - first);
            for from in (0..right.terms).step_by(DEPTH) {
                let depth = DEPTH.min(right.terms - from);
                let packed = &mut room[..rows.next_multiple_of(TALL) * depth];
                pack_left(left, first, rows, from, packed);
                let out = &mut out[first * right.columns..][..rows * right.columns];
                block(
                    packed,
                    right,
                    out,
                    from..from + depth,
                    accumulate || from > 0,
                );
            }
        }
    });
}

/// Packs `rows` rows from `first`, terms from `from`, into tiles of shape (depth, 12).
fn pack_left(left: Rows<'_>, first: usize, rows: usize, from: usize, packed: &mut [f32]) {
    let depth = packed.len() / rows.next_multiple_of(TALL);
    for (index, tile) in packed.chunks_exact_mut(TALL * depth).enumerate() {
        let tall = TALL.min(rows - index * TALL);
        let at = (first + index * TALL) * left.row_stride + from * left.term_stride;
        let lines = tile.as_chunks_mut::<TALL>().0;
        // Rows of one term each lie as their transpose does, and are rows.
        if left.row_stride == 1 && left.term_stride > 1 {
            for (line, values) in lines
                .iter_mut()
                .zip(left.values[at..].chunks(left.term_stride))
            {
                *line = padded(&values[..tall]);
            }
        } else {
            let row = |row: usize| {
                let start = at + row.min(tall - 1) * left.row_stride;
                &left.values[start..start + depth]
            };
            interleave(std::array::from_fn(row), lines);
        }
    }
}

fn padded(values: &[f32]) -> [f32; TALL] {
    values.first_chunk().copied().unwrap_or_else(|| {
        let mut line = [0.0; TALL];
        line[..values.len()].copy_from_slice(values);
        line
    })
}

fn interleave(rows: [&[f32]; TALL], lines: &mut [[f32; TALL]]) {
    for (term, line) in lines.iter_mut().enumerate() {
        for (slot, row) in line.iter_mut().zip(rows) {
            *slot = row[term];
        }
    }
}

/// Multiplies packed rows with the given terms of every panel.
fn block(packed: &[f32], right: Part<'_>, out: &mut [f32], terms: Range<usize>, accumulate: bool) {
    let columns = right.columns;
    let kernel = kernel();
    let panels = right.packed.panels.chunks_exact(right.packed.terms * WIDE);
    for (panel, from) in panels.zip((0..columns).step_by(WIDE)) {
        let panel = &panel[terms.start * WIDE..terms.end * WIDE];
        let tiles = packed.chunks_exact(TALL * terms.len());
        for (tile, out) in tiles.zip(out.chunks_mut(TALL * columns)) {
            let rows = out.len() / columns;
            if columns - from >= WIDE {
                kernel(tile, panel, &mut out[from..], (columns, rows), accumulate);
            } else {
                narrow(kernel, tile, panel, (out, from, columns), accumulate);
            }
        }
    }
}

/// The same for the last columns, which are fewer than a panel's.
fn narrow(
    kernel: Kernel,
    tile: &[f32],
    panel: &[f32],
    (out, from, columns): (&mut [f32], usize, usize),
    accumulate: bool,
) {
    let rows = out.len() / columns;
    let mut sums = [0.0; TALL * WIDE];
    let width = columns - from;
    let lines = out.chunks_exact(columns).zip(sums.chunks_exact_mut(WIDE));
    if accumulate {
        lines.for_each(|(out, sums)| sums[..width].copy_from_slice(&out[from..]));
    }
    kernel(tile, panel, &mut sums, (WIDE, rows), true);
    let lines = out.chunks_exact_mut(columns).zip(sums.chunks_exact(WIDE));
    lines.for_each(|(out, sums)| out[from..].copy_from_slice(&sums[..width]));
}

/// Adds the product of the first rows of a tile (k × 12) and a panel (k × 32) to lines of 32
/// numbers; the numbers from the start of one line to that of the next and the rows come as a pair.
///
/// Without the last argument the lines are overwritten.
type Kernel = fn(&[f32], &[f32], &mut [f32], (usize, usize), bool);

fn kernel() -> Kernel {
    match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => x86::avx512,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => x86::avx2,
        Level::Base => plain,
    }
}

fn plain(
    tile: &[f32],
    panel: &[f32],
    out: &mut [f32],
    (stride, rows): (usize, usize),
    accumulate: bool,
) {
    for (row, line) in out.chunks_mut(stride).take(rows).enumerate() {
        let line = &mut line[..WIDE];
        if !accumulate {
            line.fill(0.0);
        }
        let lefts = tile.as_chunks::<TALL>().0;
        for (left, right) in lefts.iter().zip(panel.as_chunks::<WIDE>().0) {
            for (sum, factor) in line.iter_mut().zip(right) {
                *sum = left[row].mul_add(*factor, *sum);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The kernel in the instructions of x86-64: the compiler does not keep the sums in registers by itself.

    use std::arch::x86_64::{
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_storeu_ps, _mm512_fmadd_ps,
        _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps,
    };

    use super::{TALL, WIDE};

    macro_rules! kernel {
        ($name:ident, $inner:ident, $features:literal, $rows:literal [$($few:literal)*], $vectors:literal,
         $lanes:literal, $load:ident, $set:ident, $fma:ident, $store:ident) => {
            /// Rows from `top` and columns from `side`; `out` holds lines of 32 numbers for all of them.
            #[expect(unsafe_code, reason = "vector loads and stores take pointers")]
            #[target_feature(enable = $features)]
            fn $inner<const ROWS: usize>(
                tile: &[f32],
                panel: &[f32],
                out: &mut [f32],
                stride: usize,
                (top, side): (usize, usize),
                accumulate: bool,
            ) {
                let at = |row: usize, vector: usize| (top + row) * stride + side + vector * $lanes;
                assert!(at(ROWS - 1, $vectors) <= out.len(), "a line of the product is cut off");
                let mut totals = [[$set(0.0); $vectors]; ROWS];
                if accumulate {
                    for row in 0..ROWS {
                        for vector in 0..$vectors {
                            // SAFETY: the last lane of the last row is within `out`, as was asserted.
                            totals[row][vector] = unsafe { $load(out.as_ptr().add(at(row, vector))) };
                        }
                    }
                }
                let terms = tile.as_chunks::<TALL>().0.iter().zip(panel.as_chunks::<WIDE>().0);
                for (left, right) in terms {
                    let mut factors = [$set(0.0); $vectors];
                    for vector in 0..$vectors {
                        // SAFETY: the last lane is within the panel's 32 columns.
                        factors[vector] = unsafe { $load(right.as_ptr().add(side + vector * $lanes)) };
                    }
                    for row in 0..ROWS {
                        let value = $set(left[top + row]);
                        for vector in 0..$vectors {
                            totals[row][vector] = $fma(value, factors[vector], totals[row][vector]);
                        }
                    }
                }
                for row in 0..ROWS {
                    for vector in 0..$vectors {
                        // SAFETY: as for the loads.
                        unsafe { $store(out.as_mut_ptr().add(at(row, vector)), totals[row][vector]) };
                    }
                }
            }

            pub(super) fn $name(
                tile: &[f32],
                panel: &[f32],
                out: &mut [f32],
                (stride, rows): (usize, usize),
                accumulate: bool,
            ) {
                for top in (0..rows.min(TALL)).step_by($rows) {
                    for side in (0..WIDE).step_by($vectors * $lanes) {
                        match rows - top {
                            // SAFETY: `kernel` hands this out only where `level` found the features.
                            $($few => {
                                #[expect(unsafe_code, reason = "calls what the machine was asked for")]
                                unsafe {
                                    $inner::<$few>(tile, panel, out, stride, (top, side), accumulate);
                                }
                            })*
                            // SAFETY: as above.
                            _ => {
                                #[expect(unsafe_code, reason = "calls what the machine was asked for")]
                                unsafe {
                                    $inner::<$rows>(tile, panel, out, stride, (top, side), accumulate);
                                }
                            }
                        }
                    }
                }
            }
        };
    }

    kernel!(
        avx512,
        avx512_inner,
        "avx512f",
        12 [1 2 3 4 5 6 7 8 9 10 11],
        2,
        16,
        _mm512_loadu_ps,
        _mm512_set1_ps,
        _mm512_fmadd_ps,
        _mm512_storeu_ps
    );
    kernel!(
        avx2,
        avx2_inner,
        "avx2,fma",
        6 [1 2 3 4 5],
        2,
        8,
        _mm256_loadu_ps,
        _mm256_set1_ps,
        _mm256_fmadd_ps,
        _mm256_storeu_ps
    );
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;

    fn numbers(n: usize, name: &str) -> Vec<f32> {
        let mut stream = Seed::new(1).stream(name);
        (0..n).map(|_| stream.normal() as f32).collect()
    }

    fn reference(a: &[f32], b: &[f32], rows: usize, terms: usize, columns: usize) -> Vec<f32> {
        let mut out = vec![0.0f32; rows * columns];
        for row in 0..rows {
            for term in 0..terms {
                for column in 0..columns {
                    let at = row * columns + column;
                    out[at] = a[row * terms + term].mul_add(b[term * columns + column], out[at]);
                }
            }
        }
        out
    }

    #[test]
    fn every_shape_gives_the_bits_of_the_plain_chain() {
        for (rows, terms, columns) in [
            (1, 1, 1),
            (14, 1, 40),
            (5, 7, 3),
            (12, 32, 32),
            (97, 513, 33),
            (13, 1030, 65),
        ] {
            let a = numbers(rows * terms, "a");
            let b = numbers(terms * columns, "b");
            let expected = reference(&a, &b, rows, terms, columns);
            let packed = Packed::from_rows(&b, terms, columns);
            assert_eq!(multiplied(Rows::new(&a, terms), &packed), expected);

            let turned: Vec<f32> = (0..columns * terms)
                .map(|i| b[i % terms * columns + i / terms])
                .collect();
            let packed = Packed::transposed(&turned, columns, terms);
            let mut out = vec![9.0; rows * columns];
            multiply(Rows::new(&a, terms), packed.all(), &mut out);
            assert_eq!(out, expected);

            let left: Vec<f32> = (0..rows * terms)
                .map(|i| a[i % rows * terms + i / rows])
                .collect();
            assert_eq!(multiplied(Rows::transposed(&left, rows), &packed), expected);
        }
    }

    #[test]
    fn a_part_is_the_product_with_the_upper_left() {
        let (a, b) = (numbers(20 * 40, "a"), numbers(70 * 90, "b"));
        let part: Vec<f32> = (0..40)
            .flat_map(|term| &b[term * 90..][..35])
            .copied()
            .collect();
        let mut out = vec![0.0; 20 * 35];
        multiply(
            Rows::new(&a, 40),
            Packed::from_rows(&b, 70, 90).within(40, 35),
            &mut out,
        );
        assert_eq!(out, reference(&a, &part, 20, 40, 35));
    }

    #[test]
    fn the_plain_kernel_and_the_machine_s_agree_bit_by_bit() {
        let tile = numbers(TALL * 40, "tile");
        let panel = numbers(WIDE * 40, "panel");
        for rows in 1..=TALL {
            for accumulate in [false, true] {
                let run = |kernel: Kernel| {
                    let mut sums = [0.5; TALL * WIDE];
                    kernel(&tile, &panel, &mut sums, (WIDE, rows), accumulate);
                    sums
                };
                let expected = run(plain);
                assert_eq!(run(kernel()), expected);
                // Rows beyond the asked ones are left alone.
                assert!(expected[rows * WIDE..].iter().all(|sum| *sum == 0.5));
                // A machine with AVX-512 would never run the AVX2 kernel by itself.
                #[cfg(target_arch = "x86_64")]
                if level() != Level::Base {
                    assert_eq!(run(x86::avx2), expected);
                }
            }
        }
    }
}
