//! How far apart two vectors of the set are on average: mean pairwise distance, cosine or Euclidean.
//!
//! # Definition
//!
//! The mean over all pairs i < j of 1 − cos(xᵢ, xⱼ), or of |xᵢ − xⱼ| with the vectors as they are.
//!
//! # Range
//!
//! Cosine: 0 (all the same direction) to n / (n − 1) (the unit vectors sum to zero); Euclidean: 0
//! upward. Higher is more varied. Both see the spread alone: two tight clusters far apart look as
//! varied as an even cloud.
//!
//! # Cost
//!
//! Cosine: O(n d) time and O(d) memory, as with u the unit vectors and S their sum,
//! Σ over i ≠ j of uᵢ · uⱼ = |S|² − n. Euclidean: O(n² d) time, half of it saved by symmetry, and
//! O(n d) memory.
//!
//! # Source
//!
//! "Remote-clique" of Cox et al. 2021 (CHI), "Directed Diversity". `diversity` 0.3.1 divides by n²
//! and so counts each vector's distance 0 from itself; here only pairs count.

use numeric::{Points, Vectors, VectorsError, sum};

use super::energy::sum_of_pairs;
use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static MEAN_PAIRWISE_COSINE_DISTANCE: Metric = Metric {
    name: "mean_pairwise_cosine_distance",
    family: "mean_pairwise",
    unit: "cosine distance",
    direction: Direction::HigherIsMoreVaried,
    about: "mean of 1 - cosine over all pairs of vectors",
    params: &[Param::text("pairs", "i < j")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(mean_pairwise_cosine_distance(vectors)?.into())),
};

pub(super) static MEAN_PAIRWISE_EUCLIDEAN_DISTANCE: Metric = Metric {
    name: "mean_pairwise_euclidean_distance",
    unit: "Euclidean distance",
    about: "mean Euclidean distance over all pairs of vectors",
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, _| Ok(mean_pairwise_euclidean_distance(vectors)?.into())),
    ..MEAN_PAIRWISE_COSINE_DISTANCE
};

fn mean_pairwise_euclidean_distance(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mut of_tiles = Vec::new();
    Points::at(vectors).fold_tiles(
        |tile| sum_of_pairs(tile, f64::sqrt),
        |of_tile| of_tiles.push(of_tile),
    );
    let n = vectors.len() as f64;
    Ok(sum(of_tiles) / (n * (n - 1.0) / 2.0))
}

fn mean_pairwise_cosine_distance(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mut total = vec![0.0f64; vectors.dim()];
    for (row, vector) in vectors.rows().enumerate() {
        let squares: f64 = vector.iter().map(|x| f64::from(*x).powi(2)).sum();
        let scale = squares.sqrt().recip();
        if !scale.is_finite() {
            return Err(VectorsError::Zero { row }.into());
        }
        let unit = vector.iter().map(|x| f64::from(*x) * scale);
        total.iter_mut().zip(unit).for_each(|(sum, x)| *sum += x);
    }
    let n = vectors.len() as f64;
    let cosines = sum(total.iter().map(|x| x * x)) - n;
    Ok(1.0 - cosines / (n * (n - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(values: &[f32], dim: usize) -> Result<f64, MeasureError> {
        mean_pairwise_cosine_distance(&Vectors::new(values.to_vec(), dim).expect("whole rows"))
    }

    #[test]
    fn value_of_a_worked_example() {
        // East, north, west: cosines 0, −1, 0; mean distance (1 + 2 + 1) / 3.
        let found = distance(&[2.0, 0.0, 0.0, 1.0, -1.0, 0.0], 2).expect("finite");
        assert!((found - 4.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn euclidean_value_of_a_worked_example() {
        // A triangle with sides 3, 4 and 5, and many copies of a pair 2 apart: n² / 4 of the pairs.
        let triangle = Vectors::new(vec![1.0, 1.0, 4.0, 1.0, 1.0, 5.0], 2).expect("whole rows");
        assert!((mean_pairwise_euclidean_distance(&triangle).expect("pairs") - 4.0).abs() < 1e-6);
        let pair = Vectors::new([1.0, 3.0].repeat(300), 1).expect("whole rows");
        let expected = 2.0 * 300.0 * 300.0 / (600.0 * 599.0 / 2.0);
        let found = mean_pairwise_euclidean_distance(&pair).expect("pairs");
        assert!((found - expected).abs() < 1e-6, "{found}");
    }

    #[test]
    fn one_direction_has_no_distance() {
        assert!(distance(&[1.0, 2.0].repeat(100), 2).expect("finite").abs() < 1e-13);
    }

    #[test]
    fn one_vector_is_no_pair() {
        let what = "vectors";
        let too_few = MeasureError::TooFew {
            what,
            needs: 2,
            has: 1,
        };
        assert_eq!(distance(&[1.0, 2.0], 2), Err(too_few));
    }
}
