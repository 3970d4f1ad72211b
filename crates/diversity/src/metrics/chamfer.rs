//! How near the nearest other vector is on average: the Chamfer distance of a set from itself.
//!
//! # Definition
//!
//! The mean over all vectors of 1 − cos to their nearest other vector.
//!
//! # Range
//!
//! 0 (every vector has a copy) to n / (n − 1), higher is more varied. It falls as n grows, since a
//! larger set has nearer neighbours: compare only at equal n.
//!
//! # Cost
//!
//! O(n² d) time and O(n) memory beside the vectors.
//!
//! # Source
//!
//! Cox et al. 2021 (CHI), "Directed Diversity". `diversity` 0.3.1 (`embedding.py`) computes the same
//! from all n² distances and rounds it to 3 digits.

use std::sync::Arc;

use numeric::{Neighbours, Points, Vectors, VectorsError, sum};

use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset};

pub(super) static CHAMFER: Metric = Metric {
    name: "chamfer",
    family: "chamfer",
    unit: "cosine distance",
    direction: Direction::HigherIsMoreVaried,
    about: "mean of 1 - cosine to the nearest other vector",
    params: &[Param::text("distance", "cosine")],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, context| mean_cosine_distance_to(1, vectors, context)),
};

/// How many neighbours are looked for, whichever metric asks first.
const KNOWN: usize = 5;

/// The five nearest others of the direction of every vector, found once for all metrics.
pub(super) fn neighbours(
    vectors: &Vectors,
    context: &Context,
) -> Arc<Result<Neighbours, VectorsError>> {
    context.shared("neighbours of directions", || {
        Ok(Points::directions(vectors)?.neighbours(KNOWN))
    })
}

/// The mean over all vectors of 1 − cos to their `k`-th nearest other vector, k at most 5.
pub(super) fn mean_cosine_distance_to(k: usize, vectors: &Vectors, context: &Context) -> Measured {
    MeasureError::check("vectors", k + 1, vectors.len())?;
    let neighbours = neighbours(vectors, context);
    let neighbours = neighbours.as_ref().as_ref().map_err(Clone::clone)?;
    let distance = |row| neighbours.squared_distances(row)[k - 1] / 2.0;
    let mean = sum((0..vectors.len()).map(distance)) / vectors.len() as f64;
    Ok(mean.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::{equicorrelated, of_vectors};

    #[test]
    fn value_of_a_worked_example() {
        // East and north-east have each other (1 − √½), west has north-east (1 + √½).
        let values = vec![2.0, 0.0, 3.0, 3.0, -1.0, 0.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        let found = of_vectors(&CHAMFER, &vectors).expect("finite");
        let near = 1.0 - 0.5f64.sqrt();
        assert!(
            (found - (near + near + 2.0 - near) / 3.0).abs() < 1e-12,
            "{found}"
        );
    }

    #[test]
    fn equal_cosines_are_one_distance() {
        let found = of_vectors(&CHAMFER, &equicorrelated(300, 0.4)).expect("finite");
        assert!((found - 0.6).abs() < 1e-7, "{found}");
    }

    #[test]
    fn one_vector_has_no_neighbour() {
        let error = of_vectors(&CHAMFER, &equicorrelated(1, 0.0)).expect_err("one");
        assert_eq!(
            error.to_string(),
            "the set has 1 vectors, and at least 2 are needed"
        );
    }
}
