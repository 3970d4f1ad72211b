//! How evenly the vectors spread over k clusters: the entropy of the clusters' sizes.
//!
//! # Definition
//!
//! −Σ p log₂ p over the shares p of the vectors in the clusters of k-means, those of
//! `kmeans_inertia`.
//!
//! # Range
//!
//! 0 (one cluster has all) to log₂ k bits (all equally large), higher is more varied. It says how
//! even the clusters are and not how far apart.
//!
//! # Cost
//!
//! O(n k d) time an iteration and O(n d) memory.
//!
//! # Source
//!
//! Partition entropy in Yang et al. 2025 (ACL, arXiv 2502.17184), section 3; their code
//! (`UmeanNever/NovelSum`, `entropy.py`) has 100 clusters of a reference set, here they are of the set itself.

use numeric::sum;

use super::kmeans_inertia::{KMEANS_INERTIA_10, ten_clusters};
use crate::{Compute, Metric};

pub(super) static CLUSTER_ENTROPY_10: Metric = Metric {
    name: "cluster_entropy_10",
    family: "cluster_entropy",
    unit: "bits",
    about: "entropy of the sizes of 10 clusters",
    compute: Compute::Vectors(|vectors, context| {
        let clusters = ten_clusters(vectors, context);
        let clusters = clusters.as_ref().as_ref().map_err(Clone::clone)?;
        Ok(entropy(&clusters.sizes).into())
    }),
    ..KMEANS_INERTIA_10
};

/// The entropy of sizes, in bits.
fn entropy(sizes: &[usize]) -> f64 {
    let total = sizes.iter().sum::<usize>() as f64;
    let shares = sizes.iter().filter(|size| **size > 0);
    let shares = shares.map(|size| *size as f64 / total);
    // A lone cluster has −1 · log 1, which is −0.
    sum(shares.map(|share| -share * share.log2())).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::of_vectors;
    use numeric::Vectors;

    #[test]
    fn value_of_a_worked_example() {
        // Shares 1/2, 1/4, 1/4: 1/2 · 1 + 2 · 1/4 · 2 bits.
        assert_eq!(entropy(&[4, 2, 0, 2]), 1.5);
    }

    #[test]
    fn ten_places_of_four_vectors_each_are_even() {
        let values = (0..40).map(|row| (row % 10) as f32 * 3.0).collect();
        let vectors = Vectors::new(values, 1).expect("whole rows");
        let found = of_vectors(&CLUSTER_ENTROPY_10, &vectors).expect("enough vectors");
        assert!((found - 10f64.log2()).abs() < 1e-12);
    }

    #[test]
    fn equal_vectors_are_one_cluster() {
        let same = Vectors::new(vec![2.0; 40], 1).expect("whole rows");
        assert_eq!(of_vectors(&CLUSTER_ENTROPY_10, &same), Ok(0.0));
    }

    #[test]
    fn fewer_vectors_than_clusters_are_refused() {
        let nine = Vectors::new(vec![1.0; 9], 1).expect("whole rows");
        assert!(of_vectors(&CLUSTER_ENTROPY_10, &nine).is_err());
    }
}
