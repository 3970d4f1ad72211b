//! How far apart the two farthest vectors are: the largest distance in the set.
//!
//! # Definition
//!
//! The largest 1 − cos over all pairs.
//!
//! # Range
//!
//! 0 (all the same direction) to 2 (two opposite ones), higher is more varied. Two outliers make it
//! large, however alike the rest is.
//!
//! # Cost
//!
//! O(n² d) time, half of it saved by symmetry, and O(n) memory beside the vectors.
//!
//! # Source
//!
//! Xie et al. 2023 (ICLR, arXiv 2112.12542), "How Much Space Has Been Explored?", section 3.

use numeric::{Points, Tile, Vectors};

use super::chamfer::CHAMFER;
use crate::{Compute, MeasureError, Metric};

pub(super) static DIAMETER: Metric = Metric {
    name: "diameter",
    family: "diameter",
    about: "largest 1 - cosine over all pairs of vectors",
    jackknife: false,
    compute: Compute::Vectors(|vectors, _| Ok(diameter(vectors)?.into())),
    ..CHAMFER
};

fn diameter(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let points = Points::directions(vectors)?;
    let mut largest = 0.0f64;
    points.fold_tiles(
        |tile| farthest_pair(&points, tile),
        |squared| largest = largest.max(squared),
    );
    Ok(largest / 2.0)
}

/// The squared distance, in f64, of the pair of a tile that is farthest apart in f32.
fn farthest_pair(points: &Points<'_>, tile: &Tile<'_>) -> f64 {
    let mut products = vec![0.0; tile.width];
    let mut farthest = (f64::INFINITY, 0, 0);
    for row in 0..tile.height() {
        tile.products(row, &mut products);
        for (column, product) in products.iter().enumerate() {
            if *product < farthest.0 {
                farthest = (*product, row, column);
            }
        }
    }
    points.squared_distance(tile.first_row + farthest.1, tile.first_column + farthest.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // East, north, (3, 4): cosines 0, 0.6 and 0.8.
        let values = vec![1.0, 0.0, 0.0, 1.0, 3.0, 4.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        assert!((diameter(&vectors).expect("finite") - 1.0).abs() < 1e-15);
    }

    #[test]
    fn opposite_vectors_are_2_apart_wherever_they_are() {
        let mut values = [1.0, 0.5].repeat(700);
        values[1399] = -0.5;
        values[1398] = -1.0;
        let vectors = Vectors::new(values, 2).expect("whole rows");
        assert!((diameter(&vectors).expect("finite") - 2.0).abs() < 1e-12);
    }

    #[test]
    fn one_vector_is_no_pair() {
        assert!(diameter(&Vectors::new(vec![1.0], 1).expect("one row")).is_err());
    }
}
