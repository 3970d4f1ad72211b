//! How strongly the vectors would repel each other if they were charges: the energy of the set.
//!
//! # Definition
//!
//! The mean of −1 / max(1 − cos, 1e-12) over all pairs.
//!
//! # Range
//!
//! −1e12 (all the same direction) to about −(n − 1) / n, higher is more varied. Near copies rule it:
//! one pair of one direction among m pairs adds −1e12 / m, a number that says that there are copies
//! and not how near they are.
//!
//! # Cost
//!
//! O(n² d) time, half of it saved by symmetry, and O(n d) memory.
//!
//! # Source
//!
//! Velikonivtsev, Mironov and Prokhorenkova 2024 (NeurIPS), "Challenges of Generating Structurally
//! Diverse Graphs", with exponent 1; `emb-diversity` 0.1.0 (`energy`) computes the same from all
//! distances and has the same floor.

use numeric::{Points, Tile, Vectors, sum};

use super::chamfer::CHAMFER;
use crate::{Compute, MeasureError, Metric, Param};

/// The least distance of a pair.
const FLOOR: f64 = 1e-12;

pub(super) static ENERGY: Metric = Metric {
    name: "energy",
    family: "energy",
    unit: "per cosine distance",
    about: "mean of -1 / (1 - cosine) over all pairs of vectors",
    params: &[
        Param::text("distance", "cosine"),
        Param::integer("exponent", 1),
        Param::real("floor", FLOOR),
    ],
    compute: Compute::Vectors(|vectors, _| Ok(energy(vectors)?.into())),
    ..CHAMFER
};

fn energy(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mut of_tiles = Vec::new();
    let points = Points::directions(vectors)?;
    points.fold_tiles(
        |tile| sum_of_pairs(tile, |squared| (squared / 2.0).max(FLOOR).recip()),
        |of_tile| of_tiles.push(of_tile),
    );
    let n = vectors.len() as f64;
    Ok(-sum(of_tiles) / (n * (n - 1.0) / 2.0))
}

/// The sum of `term` over the squared distances of the pairs of a tile, each pair once.
pub(super) fn sum_of_pairs(tile: &Tile<'_>, term: impl Fn(f64) -> f64) -> f64 {
    let mut squared = vec![0.0; tile.width];
    let of_row = |row| {
        tile.squared_distances(row, &mut squared);
        squared[tile.first_new_column(row)..]
            .iter()
            .map(|squared| term(*squared))
            .sum::<f64>()
    };
    (0..tile.height()).map(of_row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    #[test]
    fn value_of_a_worked_example() {
        // East, north, (3, 4): distances 1, 0.4 and 0.2; −(1 + 2.5 + 5) / 3.
        let values = vec![1.0, 0.0, 0.0, 1.0, 3.0, 4.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        assert!((energy(&vectors).expect("finite") + 8.5 / 3.0).abs() < 1e-5);
    }

    #[test]
    fn equal_cosines_are_one_distance() {
        let found = energy(&equicorrelated(600, 0.75)).expect("finite");
        assert!((found + 4.0).abs() < 1e-5, "{found}");
    }

    #[test]
    fn copies_count_as_the_floor() {
        let same = Vectors::new([3.0, 4.0].repeat(9), 2).expect("whole rows");
        assert!((energy(&same).expect("finite") / -1e12 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_vector_is_no_pair() {
        assert!(energy(&equicorrelated(1, 0.0)).is_err());
    }
}
