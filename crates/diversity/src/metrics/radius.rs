//! How wide the cloud of vectors is along its axes: the geometric mean of the standard deviations.
//!
//! # Definition
//!
//! exp of `log_radius`, which tells more where some components hardly vary.
//!
//! # Range
//!
//! 1e-12 (all equal) upward, higher is more varied.
//!
//! # Cost
//!
//! O(n d) time and O(d) memory.
//!
//! # Source
//!
//! Lai et al. 2020 (LREC), "Diversity, Density, and Homogeneity", section 3.1.

use super::log_radius::{LOG_RADIUS, log_radius};
use crate::{Compute, Metric};

pub(super) static RADIUS: Metric = Metric {
    name: "radius",
    family: "radius",
    unit: "Euclidean distance",
    about: "geometric mean of the standard deviations of the components",
    compute: Compute::Vectors(|vectors, _| Ok(log_radius(vectors).map(f64::exp)?.into())),
    ..LOG_RADIUS
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::of_vectors;
    use numeric::Vectors;

    #[test]
    fn value_of_a_worked_example() {
        // Components 0, 2 with σ = 1 and 0, 18 with σ = 9: √9.
        let vectors = Vectors::new(vec![0.0, 0.0, 2.0, 18.0], 2).expect("two rows");
        assert!((of_vectors(&RADIUS, &vectors).expect("finite") - 3.0).abs() < 1e-12);
    }
}
