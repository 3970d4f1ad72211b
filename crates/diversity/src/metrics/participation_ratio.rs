//! In how many directions the vectors vary: the participation ratio of their covariance.
//!
//! # Definition
//!
//! (Σ λ)² / Σ λ² over the eigenvalues λ of the covariance of the vectors as they are.
//!
//! # Range
//!
//! 1 (all on a line) to min(n − 1, d), higher is more varied. It says in how many directions the
//! vectors spread and not how far.
//!
//! # Cost
//!
//! O(n d²) time and O(d²) memory; no eigenvalue is needed, as Σ λ is the trace and Σ λ² the sum of the
//! squared elements.
//!
//! # Source
//!
//! Gao et al. 2017 (bioRxiv 214262), "A theory of multineuronal dimensionality, dynamics and
//! measurement"; the same ratio is the inverse participation ratio of physics.

use numeric::{Vectors, mean_and_covariance};

use crate::{Compute, Direction, MeasureError, Metric, Preset};

pub(super) static PARTICIPATION_RATIO: Metric = Metric {
    name: "participation_ratio",
    family: "participation_ratio",
    unit: "effective dimensions",
    direction: Direction::HigherIsMoreVaried,
    about: "effective number of directions in which the vectors vary",
    params: &[],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(participation_ratio(vectors)?.into())),
};

fn participation_ratio(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let covariance = mean_and_covariance(vectors).1;
    let (trace, squares) = (covariance.trace(), covariance.sum_of_squares());
    let first = vectors.row(0);
    if vectors.rows().all(|row| row == first) || squares == 0.0 {
        return Err(MeasureError::Undefined(
            "all vectors are equal, so they vary in no direction",
        ));
    }
    Ok(trace * trace / squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // Variances in the ratio 4 : 1 along the axes: 5² / (16 + 1).
        let values = vec![2.0, 0.0, -2.0, 0.0, 0.0, 1.0, 0.0, -1.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        assert!((participation_ratio(&vectors).expect("finite") - 25.0 / 17.0).abs() < 1e-14);
    }

    #[test]
    fn vectors_on_a_line_vary_in_one_direction() {
        let values = (0..90)
            .flat_map(|x| [x as f32, 2.0 * x as f32, 7.0])
            .collect();
        let vectors = Vectors::new(values, 3).expect("whole rows");
        assert!((participation_ratio(&vectors).expect("finite") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn equal_vectors_have_no_direction() {
        let same = Vectors::new([0.1, 0.2].repeat(9), 2).expect("whole rows");
        let error = participation_ratio(&same).expect_err("equal").to_string();
        assert_eq!(error, "all vectors are equal, so they vary in no direction");
    }
}
