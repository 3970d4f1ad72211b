//! How far the shares of ten clusters have moved: the population stability index over topics.
//!
//! # Definition
//!
//! The index of `psi_length` over the clusters of k-means with k = 10 on the vectors of the
//! reference, which starts from ten different vectors that are drawn by a hash; every vector of
//! either set is in the cluster whose mean is nearest, by Euclidean distance of the vectors as they
//! are.
//!
//! # Range
//!
//! From 0, higher is farther; other starts make other clusters, and values differ somewhat.
//!
//! # Cost
//!
//! O(n k d) time an iteration and O(n d) memory.
//!
//! # Source
//!
//! As in `psi`; that clusters stand for topics: Du and Black 2019 (ACL).

use numeric::{Clusters, Seed, Vectors};

use super::mauve::starts;
use super::nearest::nearest;
use super::psi::psi;
use crate::distances::Centred;
use crate::{Compare, Direction, MeasureError, Measured, Param, Preset, Shift};

/// How many clusters there are.
const K: usize = 10;
const ITERATIONS: usize = 300;

pub(super) static PSI_CLUSTER_10: Shift = Shift {
    name: "psi_cluster_10",
    family: "psi_cluster",
    unit: "nats",
    direction: Direction::HigherIsFarther,
    about: "how far the shares of ten clusters of the reference have moved",
    params: &[Param::integer("k", K as u64), Param::real("floor", 1e-4)],
    preset: Preset::All,
    jackknife: false,
    compute: Compare::Vectors(|reference, other, context| {
        psi_cluster(reference, other, context.seed())
    }),
};

fn psi_cluster(reference: &Vectors, other: &Vectors, seed: Seed) -> Measured {
    MeasureError::check("vectors", 2, other.len())?;
    let starts = starts(reference, K, seed.child("psi clusters", 0));
    MeasureError::check("different vectors in its reference", K, starts.len())?;
    let clusters = Clusters::from_starts(reference, &starts, ITERATIONS);
    let centres = clusters.centres.iter().map(|x| *x as f32).collect();
    let centres = Vectors::new(centres, reference.dim())?;
    let counts = |vectors: &Vectors| {
        let (centres, vectors) = Centred::both(&centres, vectors);
        let mut counts = vec![0; K];
        for found in nearest(&vectors, &centres, false) {
            counts[found.place] += 1;
        }
        counts
    };
    Ok(psi(&counts(reference), &counts(other))?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `each` rows at each of ten places, those of the first place `times` as often.
    fn places(each: usize, times: usize) -> Vectors {
        let rows = (0..10).flat_map(|place| {
            let count = if place == 0 { each * times } else { each };
            std::iter::repeat_n(place as f32 * 100.0, count)
        });
        Vectors::new(rows.collect(), 1).expect("whole rows")
    }

    #[test]
    fn ten_places_are_ten_clusters() {
        let (reference, other) = (places(20, 1), places(20, 11));
        let same = psi_cluster(&reference, &reference, Seed::new(1));
        assert_eq!(same.expect("ten places").value, 0.0);
        // 0.1 each against 0.55 and 0.05: 0.45 ln 5.5 and nine times −0.05 ln 0.5.
        let moved = psi_cluster(&reference, &other, Seed::new(1)).expect("ten places");
        let expected = 0.45 * 5.5f64.ln() + 9.0 * 0.05 * 2f64.ln();
        assert!((moved.value - expected).abs() < 1e-12, "{}", moved.value);
    }

    #[test]
    fn fewer_different_rows_than_clusters_are_refused() {
        let few = Vectors::new([1.0, 2.0, 3.0].repeat(20), 1).expect("whole rows");
        assert!(psi_cluster(&few, &few, Seed::new(1)).is_err());
    }
}
