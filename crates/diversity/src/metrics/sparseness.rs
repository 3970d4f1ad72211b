//! How far the vectors lie from the most central of them: sparseness.
//!
//! # Definition
//!
//! The mean Euclidean distance of all vectors from the medoid, the vector whose mean distance is
//! least; its distance 0 from itself is counted. The vectors are taken as they are.
//!
//! # Range
//!
//! 0 (all equal) upward, higher is more varied.
//!
//! # Cost
//!
//! O(n² d) time, half of it saved by symmetry, and O(n d) memory.
//!
//! # Source
//!
//! Cox et al. 2021 (CHI), "Directed Diversity", who call it sparseness.

use numeric::{Points, Tile, Vectors};

use super::span::SPAN_P90;
use crate::{Compute, MeasureError, Metric, Param};

pub(super) static SPARSENESS: Metric = Metric {
    name: "sparseness",
    family: "sparseness",
    about: "mean distance of the vectors from the most central of them",
    params: &[Param::text("distance", "Euclidean")],
    compute: Compute::Vectors(|vectors, _| Ok(sparseness(vectors)?.into())),
    ..SPAN_P90
};

fn sparseness(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mut sums = vec![0.0f64; vectors.len()];
    Points::at(vectors).fold_tiles(distance_sums, |tile| {
        for (start, of_tile) in tile {
            let into = sums[start..].iter_mut().zip(of_tile);
            into.for_each(|(sum, of_tile)| *sum += of_tile);
        }
    });
    Ok(sums.into_iter().fold(f64::INFINITY, f64::min) / vectors.len() as f64)
}

/// What the pairs of a tile add to the sums of its rows and of its columns, and where those begin.
fn distance_sums(tile: &Tile<'_>) -> [(usize, Vec<f64>); 2] {
    let (mut of_rows, mut of_columns) = (vec![0.0; tile.height()], vec![0.0; tile.width]);
    let mut squared = vec![0.0; tile.width];
    for (row, of_row) in of_rows.iter_mut().enumerate() {
        tile.squared_distances(row, &mut squared);
        for column in tile.first_new_column(row)..tile.width {
            let distance = squared[column].sqrt();
            *of_row += distance;
            of_columns[column] += distance;
        }
    }
    [(tile.first_row, of_rows), (tile.first_column, of_columns)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // From 3 it is 3 + 0 + 1 + 6 = 10, from 4 it is 4 + 1 + 0 + 5 = 10, from the ends more.
        let line = Vectors::new(vec![0.0, 3.0, 4.0, 9.0], 1).expect("whole rows");
        assert!((sparseness(&line).expect("pairs") - 2.5).abs() < 1e-6);
    }

    #[test]
    fn many_tiles_add_up_to_every_distance() {
        // The middle of 0..=600 is 300: 2 · (1 + … + 300) / 601.
        let line = Vectors::new((0..=600).map(|x| x as f32).collect(), 1).expect("whole rows");
        let found = sparseness(&line).expect("finite");
        assert!((found - 300.0 * 301.0 / 601.0).abs() < 1e-4, "{found}");
    }

    #[test]
    fn one_vector_is_no_pair() {
        assert!(sparseness(&Vectors::new(vec![1.0], 1).expect("one row")).is_err());
    }
}
