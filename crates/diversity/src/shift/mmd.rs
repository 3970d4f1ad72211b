//! How well a smooth function can tell the two sets apart: squared MMD with a Gaussian kernel.
//!
//! # Definition
//!
//! mean of k(x, x′) over pairs of the reference + mean of k(y, y′) over pairs of the other set −
//! 2 · mean of k(x, y), with k(x, y) = exp(−|x − y|² / (2 σ²)). σ is the median distance between
//! two vectors of the *reference*, so that all sets compared with one reference share one σ; of a
//! reference of more than 1000 vectors, the 1000 whose bytes have the lowest hash are used.
//!
//! # Range
//!
//! −small to 2, higher is farther. It is unbiased: two sets of one source average 0, and single
//! values fall below 0. Report it beside the value between two halves of the reference.
//!
//! # Cost
//!
//! O((n + m)² d) time, half of n² and m² saved by symmetry, and O((n + m) d) memory.
//!
//! # Source
//!
//! Gretton et al. 2012 (JMLR), "A kernel two-sample test", equation 3 (unbiased) and section 8
//! (median heuristic). They take the median over both sets together, which makes the kernel depend
//! on what is compared.

use numeric::{
    Vectors, dot_products, exp_in_place, mean_vector, quantile_sorted, stable_hash, sum,
};
use rayon::prelude::*;

use crate::{Compare, Direction, Figure, MeasureError, Param, Preset, Shift};

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
    compute: Compare::Vectors(|reference, other, _| {
        let sigma = median_distance(reference)?;
        let value = mmd2_rbf(reference, other, 1.0 / (2.0 * sigma * sigma))?;
        Ok(Figure::from(value).with(Param::real("sigma", sigma)))
    }),
};

/// A tile of the kernel matrix has so many rows and columns.
const TILE: usize = 256;
/// The median is that of at most so many vectors.
const MEDIAN_OF: usize = 1000;

/// The unbiased squared MMD with the kernel exp(−gamma |x − y|²).
pub fn mmd2_rbf(reference: &Vectors, other: &Vectors, gamma: f64) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, reference.len().min(other.len()))?;
    let centre = mean_vector(reference);
    let (x, y) = (
        Centred::new(reference, &centre),
        Centred::new(other, &centre),
    );
    let (n, m) = (reference.len() as f64, other.len() as f64);
    let within_x = 2.0 * x.sum_of_pairs(gamma) / (n * (n - 1.0));
    let within_y = 2.0 * y.sum_of_pairs(gamma) / (m * (m - 1.0));
    let between = x.sum_with(&y, gamma) / (n * m);
    Ok(within_x + within_y - 2.0 * between)
}

/// The median distance between two of the vectors.
pub fn median_distance(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let chosen = some_by_hash(vectors);
    let chosen = Centred::new(&chosen, &mean_vector(&chosen));
    let mut squares = Vec::with_capacity(chosen.len() * chosen.len() / 2);
    for first in (0..chosen.len()).step_by(TILE) {
        for second in (first..chosen.len()).step_by(TILE) {
            chosen.tile(&chosen, first, second, |i, row| {
                squares.extend_from_slice(above_diagonal(row, i, second));
            });
        }
    }
    squares.par_sort_unstable_by(f64::total_cmp);
    for square in &mut squares {
        *square = square.sqrt();
    }
    match quantile_sorted(&squares, 0.5) {
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

/// Vectors less a common centre, which no distance notices and every product's rounding does.
struct Centred {
    values: Vec<f64>,
    squares: Vec<f64>,
    dim: usize,
}

impl Centred {
    fn new(vectors: &Vectors, centre: &[f64]) -> Self {
        let dim = vectors.dim();
        let less = |vector: &[f32]| -> Vec<f64> {
            vector
                .iter()
                .zip(centre)
                .map(|(x, c)| f64::from(*x) - c)
                .collect()
        };
        let values: Vec<f64> = vectors.rows().flat_map(less).collect();
        let square = |vector: &[f64]| vector.iter().map(|x| x * x).sum();
        let squares = values.chunks_exact(dim).map(square).collect();
        Self {
            values,
            squares,
            dim,
        }
    }

    fn len(&self) -> usize {
        self.squares.len()
    }

    /// Up to [`TILE`] vectors from `start` on.
    fn rows_from(&self, start: usize) -> &[f64] {
        let end = (start + TILE).min(self.len());
        &self.values[start * self.dim..end * self.dim]
    }

    /// Visits the rows of one tile of the squared distances: i, and |xᵢ − yⱼ|² for its j.
    fn tile(
        &self,
        other: &Self,
        first: usize,
        second: usize,
        mut visit: impl FnMut(usize, &mut [f64]),
    ) {
        let (left, right) = (self.rows_from(first), other.rows_from(second));
        let width = right.len() / self.dim;
        let mut tile = vec![0.0; left.len() / self.dim * width];
        dot_products(left, right, self.dim, &mut tile);
        for (i, row) in (first..).zip(tile.chunks_exact_mut(width)) {
            for (value, square) in row.iter_mut().zip(&other.squares[second..]) {
                *value = (self.squares[i] + square - 2.0 * *value).max(0.0);
            }
            visit(i, row);
        }
    }

    /// Σ k(xᵢ, xⱼ) over i < j.
    fn sum_of_pairs(&self, gamma: f64) -> f64 {
        let tiles = tiles(self.len(), self.len())
            .into_par_iter()
            .filter(|(i, j)| i <= j);
        let sums = tiles.map(|(first, second)| {
            let mut total = 0.0;
            self.tile(self, first, second, |i, row| {
                kernel(gamma, row);
                total += above_diagonal(row, i, second).iter().sum::<f64>();
            });
            total
        });
        sum(sums.collect::<Vec<f64>>())
    }

    /// Σ k(xᵢ, yⱼ) over all i and j.
    fn sum_with(&self, other: &Self, gamma: f64) -> f64 {
        let sums = tiles(self.len(), other.len())
            .into_par_iter()
            .map(|(first, second)| {
                let mut total = 0.0;
                self.tile(other, first, second, |_, row| {
                    kernel(gamma, row);
                    total += row.iter().sum::<f64>();
                });
                total
            });
        sum(sums.collect::<Vec<f64>>())
    }
}

/// The part of row i, which begins at column `start`, that lies right of the diagonal.
fn above_diagonal(row: &[f64], i: usize, start: usize) -> &[f64] {
    &row[(i + 1).saturating_sub(start).min(row.len())..]
}

/// Replaces squared distances by the kernel.
fn kernel(gamma: f64, squares: &mut [f64]) {
    for square in &mut *squares {
        *square *= -gamma;
    }
    exp_in_place(squares);
}

/// Where the tiles of a matrix of shape (n, m) begin.
fn tiles(n: usize, m: usize) -> Vec<(usize, usize)> {
    let columns = || (0..m).step_by(TILE);
    (0..n)
        .step_by(TILE)
        .flat_map(|i| columns().map(move |j| (i, j)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f32]) -> Vectors {
        Vectors::new(values.to_vec(), 1).expect("whole rows")
    }

    #[test]
    fn value_of_a_worked_example() {
        // x = 0, 1 and y = 0, 2 with gamma 1: e^−1 + e^−4 − 2 · (1 + e^−4 + e^−1 + e^−1) / 4.
        let expected = {
            let (a, b) = ((-1.0f64).exp(), (-4.0f64).exp());
            a + b - (1.0 + b + 2.0 * a) / 2.0
        };
        let found = mmd2_rbf(&line(&[0.0, 1.0]), &line(&[0.0, 2.0]), 1.0).expect("pairs");
        assert!((found - expected).abs() < 1e-15);
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
        let mut stream = numeric::Seed::new(1).stream("uniform");
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
