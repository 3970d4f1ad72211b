//! How far the k-th nearest other vector is on average: how dense the set is.
//!
//! # Definition
//!
//! The mean over all vectors of 1 − cos to their k-th nearest other vector; `knn_distance_1` would
//! be `chamfer`.
//!
//! # Range
//!
//! 0 (every vector has k copies) to n / (n − 1), higher is more varied. Unlike the nearest
//! neighbour's, the distance of the k-th survives a few copies. It falls as n grows: compare only at
//! equal n.
//!
//! # Cost
//!
//! O(n² d) time and O(n k) memory beside the vectors.
//!
//! # Source
//!
//! Yang et al. 2025 (ACL, arXiv 2502.17184), section 3, lists it among the measures of a set; their
//! name is k-NN distance.

use super::chamfer::{CHAMFER, mean_cosine_distance_to};
use crate::{Compute, Metric, Param};

pub(super) static KNN_DISTANCE_5: Metric = Metric {
    name: "knn_distance_5",
    family: "knn_distance",
    about: "mean of 1 - cosine to the 5th nearest other vector",
    params: &[Param::integer("k", 5), Param::text("distance", "cosine")],
    compute: Compute::Vectors(|vectors, context| mean_cosine_distance_to(5, vectors, context)),
    ..CHAMFER
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::{equicorrelated, of_vectors};
    use numeric::Vectors;

    #[test]
    fn copies_up_to_k_do_not_make_it_0() {
        let vectors = equicorrelated(12, 0.0);
        let rows = |copies: usize| (0..12 * copies).map(|row| row % 12).collect::<Vec<_>>();
        let value = |copies| {
            let found = of_vectors(&KNN_DISTANCE_5, &vectors.select(&rows(copies)));
            found.expect("enough vectors")
        };
        assert!((value(5) - 1.0).abs() < 1e-12);
        assert_eq!(value(6), 0.0);
    }

    #[test]
    fn value_of_a_worked_example() {
        // Six directions 10° apart: the fifth nearest is the farthest, 50, 40, 30, 30, 40, 50 away.
        let values = (0..6).flat_map(|at| {
            let angle = f64::from(at) * 10f64.to_radians();
            [angle.cos() as f32, angle.sin() as f32]
        });
        let vectors = Vectors::new(values.collect(), 2).expect("whole rows");
        let found = of_vectors(&KNN_DISTANCE_5, &vectors).expect("enough vectors");
        let cosines: f64 = [50f64, 40.0, 30.0]
            .map(|angle| angle.to_radians().cos())
            .iter()
            .sum();
        assert!((found - (1.0 - cosines / 3.0)).abs() < 1e-7, "{found}");
    }

    #[test]
    fn five_vectors_have_no_fifth_neighbour() {
        let error = of_vectors(&KNN_DISTANCE_5, &equicorrelated(5, 0.0)).expect_err("five");
        assert_eq!(
            error.to_string(),
            "the set has 5 vectors, and at least 6 are needed"
        );
    }
}
