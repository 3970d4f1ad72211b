//! How far apart two Gaussians fitted to the sets are: the Fréchet distance, squared.
//!
//! # Definition
//!
//! |μ₁ − μ₂|² + tr(S₁) + tr(S₂) − 2 tr((S₁ S₂)^½), with μ the means, of shape (d), and S the
//! covariances, of shape (d, d), with division by n − 1. The last trace is the sum of √λ over the
//! eigenvalues λ of S₁^½ S₂ S₁^½, which is symmetric.
//!
//! # Range
//!
//! From 0 (the same mean and covariance), higher is farther. It is biased by about d / n: compare
//! only at equal n, and beside the value between two halves of the reference.
//!
//! # Cost
//!
//! O((n + m) d² + d³) time, O(d²) memory.
//!
//! # Source
//!
//! Dowson and Landau 1982; on embeddings of texts Semeniuta et al. 2018 (arXiv 1806.04936). Common
//! code takes a complex square root of S₁ S₂ and adds 1e-6 to both diagonals when that fails; the
//! symmetric form needs neither. Vectors are compared as they are, at their own lengths.

use numeric::{Vectors, mean_and_covariance, sum};

use crate::{Compare, Direction, MeasureError, Param, Preset, Shift};

pub(super) static FRECHET: Shift = Shift {
    name: "frechet",
    family: "frechet",
    unit: "squared distance",
    direction: Direction::HigherIsFarther,
    about: "squared distance of the Gaussians fitted to both sets",
    params: &[Param::text("covariance", "n - 1")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, _| Ok(frechet(reference, other)?.into())),
};

/// The squared Fréchet distance of the Gaussians fitted to both sets.
pub fn frechet(reference: &Vectors, other: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, reference.len().min(other.len()))?;
    let (mean_1, covariance_1) = mean_and_covariance(reference);
    let (mean_2, covariance_2) = mean_and_covariance(other);
    let means = sum(mean_1.iter().zip(&mean_2).map(|(a, b)| (a - b).powi(2)));
    let product = covariance_1.sqrt()?.around(&covariance_2);
    // Rounding makes eigenvalues that are 0 a little less.
    let roots = product
        .eigenvalues()?
        .into_iter()
        .map(|eigenvalue| eigenvalue.max(0.0).sqrt());
    let shared = sum(roots);
    Ok((means + covariance_1.trace() + covariance_2.trace() - 2.0 * shared).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Vectors {
        let mut stream = numeric::Seed::new(1).stream("vectors");
        let values = (0..300).map(|_| stream.normal() as f32).collect();
        Vectors::new(values, 3).expect("whole rows")
    }

    fn moved(vectors: &Vectors, change: impl Fn(usize, f32) -> f32) -> Vectors {
        let dim = vectors.dim();
        let values = vectors.values().iter().enumerate();
        let values = values.map(|(at, x)| change(at % dim, *x)).collect();
        Vectors::new(values, dim).expect("whole rows")
    }

    #[test]
    fn a_set_is_at_no_distance_from_itself() {
        assert!(frechet(&cloud(), &cloud()).expect("enough") < 1e-9);
    }

    #[test]
    fn a_shifted_set_is_at_the_squared_length_of_the_shift() {
        // 1² + 2² + 2²
        let shifted = moved(&cloud(), |component, x| x + [1.0, -2.0, 2.0][component]);
        let distance = frechet(&cloud(), &shifted).expect("enough");
        assert!((distance - 9.0).abs() < 1e-5, "{distance}");
    }

    #[test]
    fn a_stretched_set_is_at_the_squared_differences_of_the_spreads() {
        // Stretched by 3 around 0: means differ by 2 μ, the spreads s by 2 s along every axis of
        // the covariance: 4 |μ|² + 4 tr(S).
        let vectors = cloud();
        let (mean, covariance) = mean_and_covariance(&vectors);
        let expected = 4.0 * (mean.iter().map(|x| x * x).sum::<f64>() + covariance.trace());
        let distance = frechet(&vectors, &moved(&vectors, |_, x| 3.0 * x)).expect("enough");
        assert!(
            (distance / expected - 1.0).abs() < 1e-6,
            "{distance} {expected}"
        );
    }
}
