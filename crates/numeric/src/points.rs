//! Vectors made ready for the distances of all pairs: rounded and fast first, exact where it counts.
//!
//! Products of many pairs are computed in f32 by a matrix product, around a centre and in a scale
//! that leave little to rounding. What is near zero there, and what a result rests on, is computed
//! again in f64 from the vectors themselves.

use rayon::prelude::*;

use crate::linalg::{dot_products, inverse_lengths, mean_vector};
use crate::simd::{squared_distance, sum_over, sum_over_both, widest};
use crate::{Vectors, VectorsError};

/// How many rows and columns a tile of the matrix of all pairs has.
const TILE: usize = 256;
/// How many points are compared with all others at a time.
const ROWS: usize = 32;

/// A squared distance below this share of the squared lengths is computed again in f64.
///
/// The product of two vectors of length 1 is off by about 1e-7, which is 1e-5 of such a distance.
const CLOSE: f64 = 1e-2;

/// Vectors with what the distances of their pairs are computed from.
#[derive(Clone, Debug)]
pub struct Points<'a> {
    vectors: &'a Vectors,
    /// One over the length of each vector where only directions count.
    scales: Option<Vec<f64>>,
    /// The vectors moved and scaled, shape (n, d).
    rounded: Vec<f32>,
    /// Half the squared length of each row of `rounded`.
    halves: Vec<f64>,
    /// What a distance in `rounded` is multiplied by.
    unit: f64,
}

/// The products of some points with some others, a part of the matrix of all pairs.
#[derive(Debug)]
pub struct Tile<'a> {
    points: &'a Points<'a>,
    /// The place of the first row among the points.
    pub first_row: usize,
    /// The place of the first column among the points; never below that of the first row.
    pub first_column: usize,
    /// How many columns there are.
    pub width: usize,
    products: Vec<f32>,
}

impl<'a> Points<'a> {
    /// Points where the vectors are, for distances; products are around their mean.
    pub fn at(vectors: &'a Vectors) -> Self {
        Self::moved(vectors, &mean_vector(vectors))
    }

    /// Points where the vectors are, for products as well as for distances.
    pub fn around_zero(vectors: &'a Vectors) -> Self {
        Self::moved(vectors, &vec![0.0; vectors.dim()])
    }

    /// Points at distance 1 from zero in the direction of each vector: their products are cosines.
    pub fn directions(vectors: &'a Vectors) -> Result<Self, VectorsError> {
        let scales = inverse_lengths(vectors)?;
        let rounded = rounded_rows(vectors, |row, vector, into| {
            place_each(vector, &[], scales[row], into);
        });
        Ok(Self {
            rounded,
            halves: vec![0.5; vectors.len()],
            unit: 1.0,
            scales: Some(scales),
            vectors,
        })
    }

    fn moved(vectors: &'a Vectors, centre: &[f64]) -> Self {
        let lengths = vectors
            .rows()
            .map(|row| squared_distance(row, centre).sqrt());
        // Lengths up to 1 cannot overflow when they are multiplied.
        let longest = lengths.fold(0.0, f64::max);
        let unit = if longest > 0.0 { longest } else { 1.0 };
        let rounded = rounded_rows(vectors, |_, vector, into| {
            place_each(vector, centre, unit.recip(), into);
        });
        let rows = rounded.chunks_exact(vectors.dim());
        Self {
            halves: rows.map(|row| sum_over(row, |x| x * x) / 2.0).collect(),
            scales: None,
            rounded,
            unit,
            vectors,
        }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.vectors.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }

    /// The number of coordinates of a point.
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// The squared Euclidean distance of two points in f64; of directions it is 2 (1 − cosine).
    pub fn squared_distance(&self, one: usize, other: usize) -> f64 {
        let (a, b) = (self.vectors.row(one), self.vectors.row(other));
        let (s, t) = match &self.scales {
            Some(scales) => (scales[one], scales[other]),
            None => (1.0, 1.0),
        };
        sum_over_both(a, b, |x, y| (x * s - y * t) * (x * s - y * t))
    }

    /// Half the squared length of a point as the products see it, times the square of the unit.
    pub fn half_square(&self, point: usize) -> f64 {
        self.halves[point] * self.unit_squared()
    }

    /// The points from `start` to `end` as the products see them, f32, row after row.
    pub(crate) fn rounded(&self, start: usize, end: usize) -> &[f32] {
        &self.rounded[start * self.dim()..end * self.dim()]
    }

    /// Half the squared lengths of [`Self::rounded`].
    pub(crate) fn halves(&self) -> &[f64] {
        &self.halves
    }

    /// What a squared distance or a product of [`Self::rounded`] is multiplied by.
    pub(crate) fn unit_squared(&self) -> f64 {
        self.unit * self.unit
    }

    /// Visits the tiles of the upper triangle of the matrix of all pairs, many at a time, and hands
    /// what each visit made to `fold` in one order.
    pub fn fold_tiles<T: Send>(
        &self,
        visit: impl Fn(&Tile<'_>) -> T + Sync,
        mut fold: impl FnMut(T),
    ) {
        for first in (0..self.len()).step_by(TILE) {
            let tiles = (first..self.len()).into_par_iter().step_by(TILE);
            let made: Vec<T> = tiles
                .map(|second| visit(&self.tile(first, second)))
                .collect();
            made.into_iter().for_each(&mut fold);
        }
    }

    /// What `visit` makes of each point and its squared distances from all points, itself included.
    ///
    /// `visit` may change the distances. Some points are visited at a time, so that memory grows
    /// with n and not with n².
    pub fn map_rows<T: Send>(&self, visit: impl Fn(usize, &mut [f64]) -> T + Sync) -> Vec<T> {
        let everyone: Vec<usize> = (0..self.len()).collect();
        self.map_some_rows(&everyone, visit)
    }

    /// The same of the points at `places` alone, in their order.
    pub fn map_some_rows<T: Send>(
        &self,
        places: &[usize],
        visit: impl Fn(usize, &mut [f64]) -> T + Sync,
    ) -> Vec<T> {
        let of_block = |block: &[usize]| {
            let some = block
                .iter()
                .flat_map(|place| self.rounded(*place, place + 1));
            let some: Vec<f32> = some.copied().collect();
            let mut products = vec![0.0; block.len() * self.len()];
            let all = self.rounded(0, self.len());
            dot_products(&some, all, self.dim(), &mut products);
            let mut squared = vec![0.0; self.len()];
            let visit_one = |(place, products): (&usize, &[f32])| {
                self.squared_distances_from(*place, 0, products, &mut squared);
                visit(*place, &mut squared)
            };
            let rows = block.iter().zip(products.chunks_exact(self.len()));
            rows.map(visit_one).collect::<Vec<T>>()
        };
        places.par_chunks(ROWS).flat_map_iter(of_block).collect()
    }

    /// The squared distances of a point from those that begin at `first`, from their products.
    fn squared_distances_from(
        &self,
        from: usize,
        first: usize,
        products: &[f32],
        into: &mut [f64],
    ) {
        let (half, halves) = (self.halves[from], &self.halves[first..][..products.len()]);
        let unit_squared = self.unit_squared();
        let any_close = widest(|| squares_of_products(half, halves, products, unit_squared, into));
        if !any_close {
            return;
        }
        for (to, squared) in into.iter_mut().enumerate() {
            let lengths = 2.0 * (half + halves[to]) * unit_squared;
            if *squared <= CLOSE * lengths {
                *squared = self.squared_distance(from, first + to);
            }
        }
    }

    fn tile(&self, first_row: usize, first_column: usize) -> Tile<'_> {
        let end = |start: usize| (start + TILE).min(self.len());
        let (height, width) = (end(first_row) - first_row, end(first_column) - first_column);
        let mut products = vec![0.0; height * width];
        dot_products(
            self.rounded(first_row, end(first_row)),
            self.rounded(first_column, end(first_column)),
            self.dim(),
            &mut products,
        );
        Tile {
            points: self,
            first_row,
            first_column,
            width,
            products,
        }
    }
}

/// The rows that `place` writes, given their places, their vectors and where to write.
fn rounded_rows(vectors: &Vectors, place: impl Fn(usize, &[f32], &mut [f32]) + Sync) -> Vec<f32> {
    let dim = vectors.dim();
    let mut rounded = vec![0.0; vectors.values().len()];
    let blocks = rounded.par_chunks_mut(TILE * dim).enumerate();
    blocks.for_each(|(block, into)| {
        for (at, into) in into.chunks_exact_mut(dim).enumerate() {
            let row = block * TILE + at;
            widest(|| place(row, vectors.row(row), into));
        }
    });
    rounded
}

/// (x − c) times `scale`, with 0 for c where there is no centre.
#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn place_each(vector: &[f32], centre: &[f64], scale: f64, into: &mut [f32]) {
    if centre.is_empty() {
        for (into, x) in into.iter_mut().zip(vector) {
            *into = (f64::from(*x) * scale) as f32;
        }
    } else {
        for ((into, x), c) in into.iter_mut().zip(vector).zip(centre) {
            *into = ((f64::from(*x) - c) * scale) as f32;
        }
    }
}

/// |x|² + |y|² − 2 x · y in the scale of the vectors; true where some are close.
#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn squares_of_products(
    half: f64,
    halves: &[f64],
    products: &[f32],
    unit_squared: f64,
    into: &mut [f64],
) -> bool {
    let mut any_close = false;
    for ((into, product), other) in into.iter_mut().zip(products).zip(halves) {
        let halved = half + other - f64::from(*product);
        any_close |= halved <= CLOSE * (half + other);
        *into = 2.0 * halved * unit_squared;
    }
    any_close
}

impl Tile<'_> {
    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.products.len() / self.width
    }

    /// Whether the rows are the columns, so that every pair is there twice.
    pub fn is_diagonal(&self) -> bool {
        self.first_row == self.first_column
    }

    /// Where the pairs of a row begin that are not in the tile a second time.
    pub fn first_new_column(&self, row: usize) -> usize {
        if self.is_diagonal() { row + 1 } else { 0 }
    }

    /// The products of the `row`-th point with those of the columns, of shape (width).
    pub fn products(&self, row: usize, into: &mut [f64]) {
        let unit_squared = self.points.unit_squared();
        let products = self.row(row);
        into.iter_mut()
            .zip(products)
            .for_each(|(into, product)| *into = f64::from(*product) * unit_squared);
    }

    /// The squared distances of the `row`-th point from those of the columns, of shape (width).
    pub fn squared_distances(&self, row: usize, into: &mut [f64]) {
        let from = self.first_row + row;
        self.points
            .squared_distances_from(from, self.first_column, self.row(row), into);
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.products[row * self.width..][..self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    fn cloud(n: usize, dim: usize, offset: f64) -> Vectors {
        let mut stream = Seed::new(3).stream("points");
        let values = (0..n * dim).map(|_| (stream.normal() + offset) as f32);
        Vectors::new(values.collect(), dim).expect("whole rows")
    }

    /// Checks the squared distance of every pair against f64.
    fn check(points: &Points<'_>, tolerance: f64) {
        let mut pairs = 0;
        points.fold_tiles(
            |tile| {
                let mut pairs = 0;
                let mut squared = vec![0.0; tile.width];
                for row in 0..tile.height() {
                    tile.squared_distances(row, &mut squared);
                    let new = squared.iter().enumerate().skip(tile.first_new_column(row));
                    for (column, squared) in new {
                        let (row, column) = (tile.first_row + row, tile.first_column + column);
                        let exact = points.squared_distance(row, column);
                        assert!((squared - exact).abs() <= tolerance * exact);
                        pairs += 1;
                    }
                }
                pairs
            },
            |of_tile: usize| pairs += of_tile,
        );
        assert_eq!(pairs, points.len() * (points.len() - 1) / 2);
    }

    #[test]
    fn every_pair_is_visited_once_and_its_distance_is_that_of_f64() {
        let vectors = cloud(2 * TILE + 10, 8, 0.0);
        check(&Points::at(&vectors), 1e-5);
        check(&Points::around_zero(&vectors), 1e-4);
        check(&Points::directions(&vectors).expect("not zero"), 1e-4);
    }

    #[test]
    fn each_point_sees_all_in_their_order() {
        let vectors = cloud(3 * ROWS + 1, 4, 0.5);
        let points = Points::at(&vectors);
        let rows = points.map_rows(|row, squared| (row, squared.to_vec()));
        for (place, (row, squared)) in rows.into_iter().enumerate() {
            assert_eq!(
                (row, squared[row], squared.len()),
                (place, 0.0, points.len())
            );
            for (other, squared) in squared.into_iter().enumerate() {
                let exact = points.squared_distance(row, other);
                assert!((squared - exact).abs() <= 1e-5 * exact);
            }
        }
    }

    #[test]
    fn a_far_centre_costs_no_digits() {
        check(&Points::at(&cloud(100, 8, 1000.0)), 1e-5);
    }

    #[test]
    fn numbers_near_the_largest_do_not_overflow() {
        let vectors = Vectors::new(vec![3e38, -3e38, -3e38, 3e38, 1e38, 0.0], 2);
        check(&Points::at(&vectors.expect("whole rows")), 1e-5);
    }

    #[test]
    fn distances_of_worked_examples() {
        // (3, 0) and (0, 4) are 5 apart, and their directions √2.
        let vectors = Vectors::new(vec![3.0, 0.0, 0.0, 4.0], 2).expect("two rows");
        assert_eq!(Points::at(&vectors).squared_distance(0, 1), 25.0);
        let directions = Points::directions(&vectors).expect("not zero");
        assert!((directions.squared_distance(0, 1) - 2.0).abs() < 1e-15);
    }

    #[test]
    fn equal_vectors_are_at_distance_zero() {
        let vectors = Vectors::new([0.1, 0.2, 0.3].repeat(600), 3).expect("whole rows");
        for points in [
            Points::at(&vectors),
            Points::directions(&vectors).expect("not zero"),
        ] {
            check(&points, 0.0);
        }
    }
}
