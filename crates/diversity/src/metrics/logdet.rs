//! How large a volume the vectors span: the logarithm of the determinant of their products.
//!
//! # Definition
//!
//! ln det(X Xᵀ + 0.001 I), with X of shape (n, d) the vectors as they are; for vectors of length 1
//! the products are cosines.
//!
//! # Range
//!
//! For vectors of length 1 from about n ln 0.001 (all the same direction) to n ln 1.001, higher is
//! more varied. Beyond d vectors each further one adds about ln 0.001: compare only at equal n.
//!
//! # Cost
//!
//! O(n d² + d³) time and O(d²) memory where n > d, O(n² d + n³) time and O(n²) memory otherwise, as
//! det(X Xᵀ + ε I) = ε^(n − d) det(Xᵀ X + ε I).
//!
//! # Source
//!
//! Wang et al. 2024 (arXiv 2402.02318), "Diversity Measurement and Subset Selection for Instruction
//! Tuning Datasets". They take the distance from a reference of the same size, which is a
//! difference of two of these.

use numeric::{Vectors, smaller_gram, sum};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

/// What is added to the diagonal.
const JITTER: f64 = 0.001;

pub(super) static LOGDET: Metric = Metric {
    name: "logdet",
    family: "logdet",
    unit: "nats",
    direction: Direction::HigherIsMoreVaried,
    about: "logarithm of the determinant of the products of all vectors",
    params: &[
        Param::text("kernel", "dot product"),
        Param::real("jitter", JITTER),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(logdet(vectors, JITTER)?.into())),
};

/// ln det(X Xᵀ + `jitter` I).
pub(super) fn logdet(vectors: &Vectors, jitter: f64) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 1, vectors.len())?;
    let products = smaller_gram(vectors, &vec![1.0; vectors.len()]);
    let eigenvalues = products.eigenvalues()?;
    let zeros = vectors.len() - eigenvalues.len().min(vectors.len());
    // Rounding makes of an eigenvalue of 0 a little more or less.
    let logarithms = eigenvalues
        .into_iter()
        .map(|value| (value.max(0.0) + jitter).ln());
    Ok(sum(logarithms) + zeros as f64 * jitter.ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    #[test]
    fn value_of_a_worked_example() {
        // (1, 0), (1, 1) with jitter 1: [[2, 1], [1, 3]] has determinant 5; with one more (1, 0):
        // 3 × 3 with rows (2, 1, 1), (1, 3, 1), (1, 1, 2): 2 · 5 − 1 · 1 + 1 · (−2) = 7.
        let vectors = Vectors::new(vec![1.0, 0.0, 1.0, 1.0], 2).expect("two rows");
        assert!((logdet(&vectors, 1.0).expect("finite") - 5f64.ln()).abs() < 1e-12);
        let three = logdet(&vectors.select(&[0, 1, 0]), 1.0);
        assert!((three.expect("finite") - 7f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // Eigenvalues 1 + (n − 1) c once and 1 − c n − 1 times.
        let (n, c) = (50.0f64, 0.3f64);
        let large = (1.0 + (n - 1.0) * c + JITTER).ln();
        let expected = large + (n - 1.0) * (1.0 - c + JITTER).ln();
        let found = logdet(&equicorrelated(50, c), JITTER).expect("finite");
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn no_vector_spans_nothing() {
        assert!(logdet(&Vectors::new(Vec::new(), 3).expect("no row"), JITTER).is_err());
    }
}
