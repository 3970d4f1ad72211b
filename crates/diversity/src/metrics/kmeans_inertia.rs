//! How much of the spread k clusters leave: the inertia of k-means.
//!
//! # Definition
//!
//! The sum of the squared Euclidean distances of the vectors from the means of their clusters, where
//! k-means starts from the first k rows and runs until no vector changes its cluster (Lloyd's
//! iterations, at most 300, tolerance 0). The vectors are taken as they are.
//!
//! # Range
//!
//! 0 (at most k different vectors) upward, higher is more varied. It is a sum, so it grows with n:
//! compare only at equal n. Rows come in the order of their ids, so the first k are a draw that
//! follows from the rows alone; other starts end in other clusters, and values differ by some percent.
//!
//! # Cost
//!
//! O(n k d) time an iteration and O(n d) memory.
//!
//! # Source
//!
//! Du and Black 2019 (ACL), "Boosting Dialog Response Generation". `scikit-learn` 1.9.1 has the same
//! value from the same starts (`KMeans(init=X[:k], algorithm="lloyd", tol=0)`).

use std::sync::Arc;

use numeric::{Clusters, Vectors};

use crate::{Compute, Context, Direction, MeasureError, Metric, Param, Preset};

/// How many times centres are moved at most.
const MOST_ITERATIONS: usize = 300;

pub(super) static KMEANS_INERTIA_10: Metric = Metric {
    name: "kmeans_inertia_10",
    family: "kmeans_inertia",
    unit: "squared Euclidean distance",
    direction: Direction::HigherIsMoreVaried,
    about: "sum of squared distances from the means of 10 clusters",
    params: &[
        Param::integer("k", 10),
        Param::text("starts", "first rows"),
        Param::integer("most_iterations", MOST_ITERATIONS as u64),
    ],
    preset: Preset::All,
    jackknife: false,
    compute: Compute::Vectors(|vectors, context| {
        let clusters = ten_clusters(vectors, context);
        let clusters = clusters.as_ref().as_ref().map_err(Clone::clone)?;
        Ok(clusters.inertia.into())
    }),
};

/// Ten clusters that start from the first rows, made once for all metrics.
pub(super) fn ten_clusters(
    vectors: &Vectors,
    context: &Context,
) -> Arc<Result<Clusters, MeasureError>> {
    context.shared("ten clusters", || clusters(vectors, 10))
}

/// The inertia of `k` clusters that start from the first rows.
pub fn kmeans_inertia(vectors: &Vectors, k: usize) -> Result<f64, MeasureError> {
    clusters(vectors, k).map(|clusters| clusters.inertia)
}

/// `k` clusters that start from the first rows.
fn clusters(vectors: &Vectors, k: usize) -> Result<Clusters, MeasureError> {
    MeasureError::check("vectors", k, vectors.len())?;
    let starts: Vec<usize> = (0..k).collect();
    Ok(Clusters::from_starts(vectors, &starts, MOST_ITERATIONS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // 0 and 1 around 0.5, 10 and 14 around 12: squares 0.25 + 0.25 + 4 + 4.
        let vectors = Vectors::new(vec![0.0, 10.0, 1.0, 14.0], 1).expect("whole rows");
        assert_eq!(kmeans_inertia(&vectors, 2), Ok(8.5));
        // One cluster around 6.25: n times the variance.
        assert_eq!(kmeans_inertia(&vectors, 1), Ok(140.75));
    }

    #[test]
    fn clusters_that_are_points_have_no_inertia() {
        let values = (0..200).map(|row| (row % 10) as f32 * 3.0).collect();
        assert_eq!(
            kmeans_inertia(&Vectors::new(values, 1).expect("whole rows"), 10),
            Ok(0.0)
        );
    }

    #[test]
    fn fewer_vectors_than_clusters_are_refused() {
        let error = kmeans_inertia(&Vectors::new(vec![1.0; 9], 1).expect("whole rows"), 10);
        let error = error.expect_err("nine").to_string();
        assert_eq!(error, "the set has 9 vectors, and at least 10 are needed");
    }
}
