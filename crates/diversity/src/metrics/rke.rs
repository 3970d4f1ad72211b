//! The effective number of modes by the matrix entropy of order 2: RKE.
//!
//! # Definition
//!
//! n² / Σᵢⱼ Kᵢⱼ² over all pairs, each vector with itself included, with K the cosine: the
//! exponential of the Rényi kernel entropy of order 2, and so the Vendi Score of order 2.
//!
//! # Range
//!
//! 1 (all the same direction) to min(n, d), higher is more varied.
//!
//! # Cost
//!
//! O(n d²) time and O(d²) memory where n > d, O(n² d) time and O(n²) memory otherwise.
//!
//! # Source
//!
//! Jalali, Li and Farnia 2023 (NeurIPS), "An Information-Theoretic Evaluation of Generative Models
//! in Learning Multi-modal Distributions". They take a Gaussian kernel, whose bandwidth is one more
//! choice; with the cosine none is needed.

use super::vendi::{VENDI_Q1, of_order};
use crate::{Compute, Metric, Param, Preset};

pub(super) static RKE: Metric = Metric {
    name: "rke",
    family: "rke",
    unit: "effective modes",
    about: "effective number of modes, by the mean squared cosine of all pairs",
    params: &[Param::text("kernel", "cosine"), Param::integer("alpha", 2)],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, context| of_order(2.0, vectors, context)),
    ..VENDI_Q1
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::{equicorrelated, of_vectors};

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // n² / (n + n (n − 1) c²)
        for (n, c) in [(10, 0.5), (300, 0.1), (40, 0.0)] {
            let size = n as f64;
            let expected = size / (1.0 + (size - 1.0) * c * c);
            let found = of_vectors(&RKE, &equicorrelated(n, c)).expect("finite");
            assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn value_of_a_worked_example() {
        // Cosines 1 with itself, and 0.6 of (1, 0) with (3, 4): 4 / (1 + 1 + 2 · 0.36).
        let vectors = numeric::Vectors::new(vec![1.0, 0.0, 3.0, 4.0], 2).expect("two rows");
        let found = of_vectors(&RKE, &vectors).expect("finite");
        assert!((found - 4.0 / 2.72).abs() < 1e-7);
    }
}
