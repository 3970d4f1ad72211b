//! How surely each vector picks itself among all: `DCScore`.
//!
//! # Definition
//!
//! Σᵢ Pᵢᵢ with P the row-wise softmax of K / τ, where K of shape (n, n) holds the cosine of every
//! pair: Pᵢᵢ = 1 / Σⱼ exp((Kᵢⱼ − 1) / τ).
//!
//! # Range
//!
//! 1 (all the same direction) to n · e^(1/τ) / (e^(1/τ) + (n − 1) e^(−1/τ)), higher is more varied.
//! With cosines of 0 or more and τ = 1 it cannot exceed e, whatever the set; at τ = 0.1 it can come
//! near n. Repeating the whole set changes nothing. Compare only at equal n and τ.
//!
//! # Cost
//!
//! O(n² d) time, half of it saved by symmetry, and O(n d) memory: K is made and used a tile at a
//! time.
//!
//! # Source
//!
//! Zhu et al. 2025 (ICML, arXiv 2502.08512), "Measuring Diversity in Synthetic Datasets". Their
//! code (`BlueWhaleLab/DCScore` at eab8bf4) has τ = 1 by default and leaves vectors as they are when
//! handed vectors; here they are always brought to length 1, as it does with texts. The products
//! are f32, the exponentials and sums f64.

use numeric::{Vectors, dot_products, exp_in_place, sum};
use rayon::prelude::*;

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static DCSCORE_COSINE_TAU0_1: Metric = Metric {
    name: "dcscore_cosine_tau0.1",
    family: "dcscore",
    unit: "effective vectors",
    direction: Direction::HigherIsMoreVaried,
    about: "effective number of vectors, by how surely each picks itself",
    params: &[Param::text("kernel", "cosine"), Param::real("tau", 0.1)],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(dcscore(vectors, 0.1)?.into())),
};

/// A tile of K has so many rows and columns.
const TILE: usize = 256;

/// `DCScore` with the cosine kernel at any temperature `tau` above 0.
pub fn dcscore(vectors: &Vectors, tau: f64) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 1, vectors.len())?;
    let units = vectors.normalized()?;
    let mut row_sums = vec![0.0; units.len()];
    for first in (0..units.len()).step_by(TILE) {
        let tiles: Vec<Tile> = (first..units.len())
            .into_par_iter()
            .step_by(TILE)
            .map(|second| Tile::new(&units, first, second, tau))
            .collect();
        // In the order of the tiles, whichever was ready first.
        for tile in tiles {
            tile.add_to(&mut row_sums);
        }
    }
    Ok(sum(row_sums.into_iter().map(f64::recip)))
}

/// The sums of exp((K − 1) / τ) over the rows and the columns of one tile of K.
struct Tile {
    first: usize,
    second: usize,
    row_sums: Vec<f64>,
    column_sums: Vec<f64>,
}

impl Tile {
    fn new(units: &Vectors, first: usize, second: usize, tau: f64) -> Self {
        let (left, right) = (rows_from(units, first), rows_from(units, second));
        let (height, width) = (left.len() / units.dim(), right.len() / units.dim());
        let mut cosines = vec![0.0f32; height * width];
        dot_products(left, right, units.dim(), &mut cosines);
        let mut tile = Self {
            first,
            second,
            row_sums: vec![0.0; height],
            column_sums: vec![0.0; width],
        };
        let mut weights = vec![0.0; width];
        for (row, cosines) in cosines.chunks_exact(width).enumerate() {
            // Rounding makes of a cosine of 1 a little more or less; with itself it is 1.
            let exponent = |cosine: &f32| (f64::from(cosine.min(1.0)) - 1.0) / tau;
            weights
                .iter_mut()
                .zip(cosines)
                .for_each(|(x, cosine)| *x = exponent(cosine));
            if first == second {
                weights[row] = 0.0;
            }
            exp_in_place(&mut weights);
            tile.row_sums[row] = weights.iter().sum();
            let columns = tile.column_sums.iter_mut().zip(&weights);
            columns.for_each(|(sum, weight)| *sum += weight);
        }
        tile
    }

    /// Adds what the tile knows about its rows, and by symmetry about its columns.
    fn add_to(&self, row_sums: &mut [f64]) {
        let rows = row_sums[self.first..].iter_mut().zip(&self.row_sums);
        rows.for_each(|(total, sum)| *total += sum);
        if self.first != self.second {
            let columns = row_sums[self.second..].iter_mut().zip(&self.column_sums);
            columns.for_each(|(total, sum)| *total += sum);
        }
    }
}

/// Up to [`TILE`] vectors from `start` on.
fn rows_from(units: &Vectors, start: usize) -> &[f32] {
    let end = (start + TILE).min(units.len());
    &units.values()[start * units.dim()..end * units.dim()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // Pᵢᵢ = e^(1/τ) / (e^(1/τ) + (n − 1) e^(c/τ)); 300 vectors make several tiles.
        for (tau, c) in [(0.1, 0.0), (0.1, 0.4), (1.0, 0.2), (0.05, 0.8), (0.1, 1.0)] {
            let n = 300.0;
            let itself = f64::exp(1.0 / tau);
            let expected = n * itself / (itself + (n - 1.0) * f64::exp(c / tau));
            let found = dcscore(&equicorrelated(300, c), tau).expect("finite");
            assert!(
                (found / expected - 1.0).abs() < 1e-5,
                "{tau} {c}: {found} {expected}"
            );
        }
    }

    #[test]
    fn one_direction_scores_1() {
        let vectors = Vectors::new([1.0, 2.0, 3.0].repeat(700), 3).expect("whole rows");
        assert!((dcscore(&vectors, 0.1).expect("finite") - 1.0).abs() < 1e-5);
    }

    #[test]
    fn at_tau_1_no_set_of_orthogonal_vectors_exceeds_e() {
        let score = dcscore(&equicorrelated(500, 0.0), 1.0).expect("finite");
        assert!(2.7 < score && score < std::f64::consts::E, "{score}");
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        let vectors = Vectors::new(vec![1.0, 0.0, 0.0, 0.0], 2).expect("two rows");
        let error = dcscore(&vectors, 0.1).expect_err("zero").to_string();
        assert_eq!(error, "vector 1 is all zeros and has no direction");
    }
}
