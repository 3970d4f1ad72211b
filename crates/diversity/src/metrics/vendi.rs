//! The effective number of different vectors: the Vendi Score.
//!
//! # Definition
//!
//! exp(−Σ λ ln λ) over the eigenvalues λ > 0 of K / n, where K of shape (n, n) holds the cosine of
//! every pair of the n vectors: the exponential of the entropy of the spectrum, order q = 1.
//!
//! # Range
//!
//! 1 (all the same direction) to min(n, d), higher is more varied. m groups of equal vectors, as
//! large as each other and orthogonal, score m; repeating the whole set changes nothing. It cannot
//! exceed the dimension d of the vectors.
//!
//! # Cost
//!
//! O(n d² + d³) time and O(d²) memory where n > d, as the d × d Gram matrix has the same non-zero
//! eigenvalues; O(n² d + n³) time and O(n²) memory otherwise.
//!
//! # Source
//!
//! Friedman and Dieng 2023 (TMLR), "The Vendi Score". `vendi-score` 0.0.3 keeps the precision of
//! its input: in f32 its noise eigenvalues (n > d) enter the sum. Here all of it is f64.

use numeric::{Vectors, sum, unit_gram, unit_kernel};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static VENDI_Q1: Metric = Metric {
    name: "vendi_q1",
    family: "vendi",
    unit: "effective vectors",
    direction: Direction::HigherIsMoreVaried,
    about: "effective number of different vectors, by the entropy of their similarities",
    params: &[Param::integer("q", 1), Param::text("kernel", "cosine")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(vendi(vectors)?.into())),
};

fn vendi(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 1, vectors.len())?;
    let n = vectors.len();
    let similarity = if n > vectors.dim() {
        unit_gram(vectors)?
    } else {
        unit_kernel(vectors)?
    };
    let eigenvalues = similarity.scaled(1.0 / n as f64).eigenvalues()?;
    let positive = eigenvalues
        .into_iter()
        .filter(|eigenvalue| *eigenvalue > 0.0);
    Ok((-sum(positive.map(|eigenvalue| eigenvalue * eigenvalue.ln()))).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    #[test]
    fn one_direction_scores_1_and_orthogonal_ones_n() {
        assert!((vendi(&equicorrelated(20, 1.0)).expect("finite") - 1.0).abs() < 1e-6);
        assert!((vendi(&equicorrelated(20, 0.0)).expect("finite") - 20.0).abs() < 1e-9);
    }

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // Eigenvalues (1 + (n − 1) c) / n once and (1 − c) / n n − 1 times.
        let (n, c) = (200.0f64, 0.4f64);
        let (large, small) = ((1.0 + (n - 1.0) * c) / n, (1.0 - c) / n);
        let expected = (-large * large.ln() - (n - 1.0) * small * small.ln()).exp();
        let found = vendi(&equicorrelated(200, c)).expect("finite");
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn groups_of_equal_vectors_count_once_whichever_matrix_is_used() {
        // Three axes, four vectors each, in 20 dimensions and in 3: by n × n and by d × d.
        for dim in [20, 3] {
            let mut values = vec![0.0; 12 * dim];
            (0..12).for_each(|row| values[row * dim + row % 3] = 2.0);
            let vectors = Vectors::new(values, dim).expect("whole rows");
            assert!((vendi(&vectors).expect("finite") - 3.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        let vectors = Vectors::new(vec![0.0; 4], 2).expect("two rows");
        let error = vendi(&vectors).expect_err("zero").to_string();
        assert_eq!(error, "vector 0 is all zeros and has no direction");
    }
}
