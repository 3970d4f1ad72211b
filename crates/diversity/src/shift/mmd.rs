//! How well a smooth function can tell the two sets apart: squared maximum mean discrepancy.
//!
//! # Definition
//!
//! mean of k(x, x′) over pairs of the reference + mean of k(y, y′) over pairs of the other set −
//! 2 · mean of k(x, y); pairs are of two different vectors, so that it is unbiased.
//!
//! - `mmd_rbf`: k(x, y) = exp(−|x − y|² / (2 σ²)). σ is the median distance between two vectors of
//!   the *reference*, so that all sets compared with one reference share one σ; of a reference of
//!   more than 1000 vectors, the 1000 whose bytes have the lowest hash are used. Beside the value
//!   stand σ, the biased estimate (pairs of a vector with itself included, never negative), and a
//!   p-value: the share of 199 random divisions of all vectors into two sets of these sizes, and of
//!   the given one, that are as far apart (kernel and σ kept).
//! - `mmd_poly3`: k(x, y) = (x · y / d + 1)³, the kernel of the "kernel inception distance".
//!
//! # Range
//!
//! −small to 2 with the first kernel, unbounded with the second, higher is farther. Two sets of one
//! source average 0, and single values fall below 0. Report it beside the value between two halves
//! of the reference.
//!
//! # Cost
//!
//! O((n + m)² d) time, half of n² and m² saved by symmetry, and O((n + m) d) memory.
//!
//! # Source
//!
//! Gretton et al. 2012 (JMLR), "A kernel two-sample test", equation 3 (unbiased), 5 (biased) and
//! section 8 (median heuristic). They take the median over both sets together, which makes the
//! kernel depend on what is compared. Bińkowski et al. 2018 (arXiv 1801.01401) for the polynomial
//! kernel, which they average over 100 random subsets; here all pairs count.

use numeric::{
    Seed, Vectors, dot_products, exp_in_place, mean_vector, quantile_sorted, stable_hash, sum,
};
use rayon::prelude::*;

use crate::distances::{Centred, TILE, Tile, tiles, upper_tiles};
use crate::{Compare, Direction, Figure, MeasureError, Measured, Param, Preset, Shift};

pub(super) static MMD_RBF: Shift = Shift {
    name: "mmd_rbf",
    family: "mmd",
    unit: "squared kernel distance",
    direction: Direction::HigherIsFarther,
    about: "how well a smooth function tells the sets apart, 0 on average for one source",
    params: &[
        Param::text("estimator", "unbiased"),
        Param::text("bandwidth", "median distance of the reference"),
    ],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        let sigma = median_distance(reference)?;
        let gamma = 1.0 / (2.0 * sigma * sigma);
        let figure = mmd2_rbf(reference, other, gamma)?.with(Param::real("sigma", sigma));
        if context.is_replicate() {
            return Ok(figure);
        }
        let p_value = permutation_p_value(reference, other, gamma, figure.value, context.seed());
        let permutations = Param::integer("permutations", PERMUTATIONS as u64);
        Ok(figure
            .with(Param::real("p_value", p_value))
            .with(permutations))
    }),
};

pub(super) static MMD_POLY3: Shift = Shift {
    name: "mmd_poly3",
    family: "mmd",
    unit: "squared kernel distance",
    direction: Direction::HigherIsFarther,
    about: "how well a cubic polynomial tells the sets apart, 0 on average for one source",
    params: &[
        Param::text("estimator", "unbiased"),
        Param::text("kernel", "(x.y/d + 1)^3"),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, _| mmd2_poly3(reference, other)),
};

/// The median is that of at most so many vectors.
const MEDIAN_OF: usize = 1000;
/// So many random divisions stand against the given one.
const PERMUTATIONS: usize = 199;

/// The unbiased squared MMD with the kernel exp(−gamma |x − y|²), and beside it the biased one.
pub fn mmd2_rbf(reference: &Vectors, other: &Vectors, gamma: f64) -> Measured {
    let (x, y) = Centred::both(reference, other);
    let kernel = |a: &Centred, b: &Centred, first, second| rbf(a, b, first, second, gamma);
    let sums = KernelSums::new(&x, &y, kernel)?;
    let biased = sums.biased(x.len() as f64, y.len() as f64);
    Ok(Figure::from(sums.unbiased()).with(Param::real("biased", biased)))
}

/// The unbiased squared MMD with the kernel (x · y / d + 1)³, and beside it the biased one.
pub fn mmd2_poly3(reference: &Vectors, other: &Vectors) -> Measured {
    let origin = vec![0.0; reference.dim()];
    let (x, y) = (
        Centred::new(reference, &origin),
        Centred::new(other, &origin),
    );
    let d = reference.dim() as f64;
    let cube = |product: f64| (product / d + 1.0).powi(3);
    let kernel = |a: &Centred, b: &Centred, first, second| {
        let mut tile = a.products(b, first, second);
        tile.values
            .iter_mut()
            .for_each(|value| *value = cube(*value));
        tile
    };
    let sums = KernelSums::new(&x, &y, kernel)?;
    let own = |set: &Centred| sum(set.squares().iter().map(|square| cube(*square)));
    let biased = sums.biased(own(&x), own(&y));
    Ok(Figure::from(sums.unbiased()).with(Param::real("biased", biased)))
}

/// A tile of the kernel exp(−gamma |x − y|²).
fn rbf(x: &Centred, y: &Centred, first: usize, second: usize, gamma: f64) -> Tile {
    let mut tile = x.distances(y, first, second);
    tile.values.iter_mut().for_each(|value| *value *= -gamma);
    exp_in_place(&mut tile.values);
    tile
}

/// Sums of a kernel over the pairs within two sets and between them.
struct KernelSums {
    /// n and m.
    sizes: (f64, f64),
    /// Over i < j of each set.
    within: (f64, f64),
    between: f64,
}

impl KernelSums {
    fn new(
        x: &Centred,
        y: &Centred,
        kernel: impl Fn(&Centred, &Centred, usize, usize) -> Tile + Sync,
    ) -> Result<Self, MeasureError> {
        MeasureError::check("vectors", 2, x.len().min(y.len()))?;
        let within = |set: &Centred| {
            let sums = upper_tiles(set.len())
                .into_par_iter()
                .map(|(first, second)| {
                    let tile = kernel(set, set, first, second);
                    let of_rows = tile.rows().map(|(i, row)| {
                        let new = tile.above_diagonal(i, row);
                        new.iter().sum::<f64>()
                    });
                    of_rows.sum::<f64>()
                });
            sum(sums.collect::<Vec<f64>>())
        };
        let between = tiles(x.len(), y.len())
            .into_par_iter()
            .map(|(first, second)| kernel(x, y, first, second).values.iter().sum::<f64>());
        Ok(Self {
            sizes: (x.len() as f64, y.len() as f64),
            within: (within(x), within(y)),
            between: sum(between.collect::<Vec<f64>>()),
        })
    }

    fn unbiased(&self) -> f64 {
        let ((n, m), (x, y)) = (self.sizes, self.within);
        2.0 * x / (n * (n - 1.0)) + 2.0 * y / (m * (m - 1.0)) - 2.0 * self.between / (n * m)
    }

    /// With each vector paired with itself too, which adds these sums to both sets.
    fn biased(&self, own_x: f64, own_y: f64) -> f64 {
        let ((n, m), (x, y)) = (self.sizes, self.within);
        (2.0 * x + own_x) / (n * n) + (2.0 * y + own_y) / (m * m) - 2.0 * self.between / (n * m)
    }
}

/// The share of random divisions, the given one among them, with at least the value `observed`.
///
/// With s the indicator of the first set and K the kernel of all vectors, the sums over pairs are
/// sᵀ K s, sᵀ K 1 and 1ᵀ K 1; all divisions are taken through a tile of K in one product.
fn permutation_p_value(
    reference: &Vectors,
    other: &Vectors,
    gamma: f64,
    observed: f64,
    seed: Seed,
) -> f64 {
    let all = Vectors::new(
        [reference.values(), other.values()].concat(),
        reference.dim(),
    );
    let Ok(all) = all else { return 1.0 };
    let all = Centred::new(&all, &mean_vector(reference));
    let (n, total) = (reference.len(), all.len());
    let blocks = indicator_blocks(n, total, seed);
    let parts: Vec<(Vec<f64>, Vec<f64>, f64)> = upper_tiles(total)
        .into_par_iter()
        .map(|(first, second)| {
            let tile = rbf(&all, &all, first, second, gamma);
            quadratic_forms(&tile, &blocks[first / TILE], &blocks[second / TILE])
        })
        .collect();
    let (mut within, mut margin, mut whole) =
        (vec![0.0; PERMUTATIONS], vec![0.0; PERMUTATIONS], 0.0);
    for (of_within, of_margin, of_whole) in parts {
        within
            .iter_mut()
            .zip(of_within)
            .for_each(|(sum, x)| *sum += x);
        margin
            .iter_mut()
            .zip(of_margin)
            .for_each(|(sum, x)| *sum += x);
        whole += of_whole;
    }
    let (n, m) = (n as f64, (total - n) as f64);
    let value = |(x, margin): (&f64, &f64)| {
        let (between, y) = (margin - x, whole - 2.0 * margin + x);
        (x - n) / (n * (n - 1.0)) + (y - m) / (m * (m - 1.0)) - 2.0 * between / (n * m)
    };
    // A division that is the given one but for rounding is as far.
    let least = observed - 1e-12;
    let as_far = within
        .iter()
        .zip(&margin)
        .map(value)
        .filter(|value| *value >= least);
    (1 + as_far.count()) as f64 / (1 + PERMUTATIONS) as f64
}

/// For each tile of the vectors, which of them are in the first set in each random division: of
/// shape (permutations, vectors of the tile).
fn indicator_blocks(n: usize, total: usize, seed: Seed) -> Vec<Vec<f64>> {
    let mut stream = seed.stream("mmd permutations");
    let mut order: Vec<usize> = (0..total).collect();
    let mut blocks: Vec<Vec<f64>> = (0..total)
        .step_by(TILE)
        .map(|start| vec![0.0; PERMUTATIONS * TILE.min(total - start)])
        .collect();
    for permutation in 0..PERMUTATIONS {
        stream.shuffle(&mut order);
        for row in &order[..n] {
            let width = TILE.min(total - row / TILE * TILE);
            blocks[row / TILE][permutation * width + row % TILE] = 1.0;
        }
    }
    blocks
}

/// What a tile of K adds to sᵀ K s and sᵀ K 1 of each division, and to 1ᵀ K 1.
fn quadratic_forms(tile: &Tile, of_rows: &[f64], of_columns: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
    let (height, width) = (tile.values.len() / tile.width, tile.width);
    let mut products = vec![0.0; height * PERMUTATIONS]; // K S, of shape (rows, permutations)
    dot_products(&tile.values, of_columns, width, &mut products);
    let row_sums: Vec<f64> = tile.rows().map(|(_, row)| row.iter().sum()).collect();
    let mut column_sums = vec![0.0; width];
    for (_, row) in tile.rows() {
        column_sums
            .iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += x);
    }
    // What is above the diagonal counts for what is below it.
    let times = if tile.is_diagonal() { 1.0 } else { 2.0 };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut margin: Vec<f64> = of_rows
        .chunks_exact(height)
        .map(|s| dot(s, &row_sums))
        .collect();
    if !tile.is_diagonal() {
        let of_columns = of_columns.chunks_exact(width);
        let below = of_columns.map(|s| dot(s, &column_sums));
        margin.iter_mut().zip(below).for_each(|(sum, x)| *sum += x);
    }
    let within = of_rows
        .chunks_exact(height)
        .enumerate()
        .map(|(permutation, s)| {
            let column = products[permutation..].iter().step_by(PERMUTATIONS);
            times * s.iter().zip(column).map(|(s, x)| s * x).sum::<f64>()
        });
    (
        within.collect(),
        margin,
        times * row_sums.iter().sum::<f64>(),
    )
}

/// The median distance between two of the vectors.
pub fn median_distance(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let chosen = some_by_hash(vectors);
    let chosen = Centred::new(&chosen, &mean_vector(&chosen));
    let pairs = upper_tiles(chosen.len())
        .into_par_iter()
        .map(|(first, second)| {
            let tile = chosen.distances(&chosen, first, second);
            let rows = tile.rows();
            let new = rows.flat_map(|(i, row)| tile.above_diagonal(i, row));
            new.map(|square| square.sqrt()).collect::<Vec<f64>>()
        });
    let mut distances: Vec<f64> = pairs.flatten().collect();
    distances.par_sort_unstable_by(f64::total_cmp);
    match quantile_sorted(&distances, 0.5) {
        Some(median) if median > 0.0 => Ok(median),
        _ => Err(MeasureError::Undefined(
            "half of the reference's vectors are the same, so that their median distance is 0",
        )),
    }
}

/// At most [`MEDIAN_OF`] of the vectors, chosen by their content and not by their place.
fn some_by_hash(vectors: &Vectors) -> Vectors {
    let hash = |vector: &[f32]| {
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        stable_hash(&bytes)
    };
    let mut order: Vec<(u64, usize)> = vectors.rows().map(hash).zip(0..).collect();
    order.sort_unstable();
    let chosen: Vec<usize> = order
        .into_iter()
        .take(MEDIAN_OF)
        .map(|(_, row)| row)
        .collect();
    vectors.select(&chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f32]) -> Vectors {
        Vectors::new(values.to_vec(), 1).expect("whole rows")
    }

    fn detail(figure: &Figure, key: &str) -> f64 {
        let detail = figure.details.iter().find(|detail| detail.key == key);
        match detail.expect("a detail").value {
            crate::ParamValue::Real(value) => value,
            _ => panic!("a quantity"),
        }
    }

    #[test]
    fn value_of_a_worked_example() {
        // x = 0, 1 and y = 0, 2 with gamma 1: e^−1 + e^−4 − 2 · (1 + e^−4 + e^−1 + e^−1) / 4.
        let (a, b) = ((-1.0f64).exp(), (-4.0f64).exp());
        let between = (1.0 + b + 2.0 * a) / 2.0;
        let found = mmd2_rbf(&line(&[0.0, 1.0]), &line(&[0.0, 2.0]), 1.0).expect("pairs");
        assert!((found.value - (a + b - between)).abs() < 1e-15);
        let biased = 1.0 + f64::midpoint(a, b) - between;
        assert!((detail(&found, "biased") - biased).abs() < 1e-15);
    }

    #[test]
    fn the_polynomial_kernel_of_a_worked_example() {
        // x = 1, 2 and y = 0, 1 with d = 1: (2 + 1)³ + (0 + 1)³ − (1 + 8 + 1 + 27) / 2.
        let found = mmd2_poly3(&line(&[1.0, 2.0]), &line(&[0.0, 1.0])).expect("pairs");
        assert!((found.value - (27.0 + 1.0 - 37.0 / 2.0)).abs() < 1e-12);
        // Biased: (8 + 125 + 2 · 27) / 4 + (1 + 8 + 2 · 1) / 4 − 37 / 2.
        let biased = detail(&found, "biased");
        assert!((biased - (187.0 / 4.0 + 11.0 / 4.0 - 18.5)).abs() < 1e-12);
    }

    #[test]
    fn a_division_at_random_is_as_far_as_others_and_a_true_one_is_not() {
        let mut stream = Seed::new(1).stream("cloud");
        let mut cloud = |n: usize, centre: f64| {
            let values = (0..n * 2).map(|_| (stream.normal() + centre) as f32);
            Vectors::new(values.collect(), 2).expect("whole rows")
        };
        let (reference, same, far) = (cloud(150, 0.0), cloud(130, 0.0), cloud(130, 1.0));
        let p = |other: &Vectors| {
            let value = mmd2_rbf(&reference, other, 0.5).expect("pairs").value;
            permutation_p_value(&reference, other, 0.5, value, Seed::new(2))
        };
        assert_eq!(p(&far), 1.0 / 200.0);
        assert!(p(&same) > 0.02, "{}", p(&same));
    }

    #[test]
    fn a_random_division_has_the_value_of_its_two_sets() {
        // All divisions of 2 and 2 among three equal points and one far one are equally far.
        let (x, y) = (line(&[0.0, 0.0]), line(&[0.0, 9.0]));
        let value = mmd2_rbf(&x, &y, 1.0).expect("pairs").value;
        assert_eq!(permutation_p_value(&x, &y, 1.0, value, Seed::new(1)), 1.0);
        let more = value + 1e-9;
        assert_eq!(
            permutation_p_value(&x, &y, 1.0, more, Seed::new(1)),
            1.0 / 200.0
        );
    }

    #[test]
    fn the_median_is_that_of_the_pairs() {
        // Distances 1, 3, 4, 2, 3, 1 of 0, 1, 3, 4: median (2 + 3) / 2.
        let median = median_distance(&line(&[0.0, 1.0, 3.0, 4.0])).expect("not 0");
        assert!((median - 2.5).abs() < 1e-12, "{median}");
    }

    #[test]
    fn many_vectors_of_one_spread_have_its_median() {
        // Uniform on [0, 1]: P(|x − y| ≤ t) = 2 t − t², so the median is 1 − 1/√2.
        let mut stream = Seed::new(1).stream("uniform");
        let values: Vec<f32> = (0..3000).map(|_| stream.unit() as f32).collect();
        let median = median_distance(&line(&values)).expect("not 0");
        assert!((median - (1.0 - 0.5f64.sqrt())).abs() < 0.02, "{median}");
    }

    #[test]
    fn a_reference_of_one_point_has_no_bandwidth() {
        let error = median_distance(&line(&[1.0, 1.0, 1.0])).expect_err("distance 0");
        assert!(
            error.to_string().contains("median distance is 0"),
            "{error}"
        );
    }
}
