//! How long the shortest connections between all vectors are: the mean edge of a spanning tree.
//!
//! # Definition
//!
//! The mean length of the n − 1 edges of a minimum spanning tree of the vectors under Euclidean
//! distance. The vectors are taken as they are.
//!
//! # Range
//!
//! 0 (all equal) upward, higher is more varied. It sees the gaps between clusters, once each; it
//! falls as n grows: compare only at equal n.
//!
//! # Cost
//!
//! O(n² d) time a round, a few rounds, and O(n) memory beside the vectors.
//!
//! # Source
//!
//! Cox et al. 2021 (CHI), "Directed Diversity", who sum the edges; here they are averaged, as the
//! sum grows with n.

use numeric::{Points, Vectors, sum};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static MST_DISPERSION: Metric = Metric {
    name: "mst_dispersion",
    family: "mst_dispersion",
    unit: "Euclidean distance",
    direction: Direction::HigherIsMoreVaried,
    about: "mean edge of a minimum spanning tree of the vectors",
    params: &[Param::text("distance", "Euclidean")],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(mst_dispersion(vectors)?.into())),
};

fn mst_dispersion(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mut lengths = Points::at(vectors).spanning_tree();
    // In an order that the order of the rows does not change.
    lengths.sort_unstable_by(f64::total_cmp);
    Ok(sum(lengths) / (vectors.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // The corners of a 3 × 4 rectangle: 3, 3 and 4.
        let values = vec![0.0, 0.0, 3.0, 4.0, 3.0, 0.0, 0.0, 4.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        assert_eq!(mst_dispersion(&vectors), Ok(10.0 / 3.0));
    }

    #[test]
    fn one_vector_has_no_edge() {
        assert!(mst_dispersion(&Vectors::new(vec![1.0], 1).expect("one row")).is_err());
    }
}
