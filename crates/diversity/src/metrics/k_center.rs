//! How far the vectors lie from ten that were chosen to be far apart: the radius of a greedy cover.
//!
//! # Definition
//!
//! k vectors are chosen: the first row, then each time the one that is farthest from those chosen
//! (of equally far ones the first). The value is the largest Euclidean distance of any vector from
//! the nearest chosen one. The vectors are taken as they are.
//!
//! # Range
//!
//! 0 (at most k different vectors) upward, higher is more varied. Outliers rule it. Rows come in the
//! order of their ids, so the start follows from the rows alone.
//!
//! # Cost
//!
//! O(n k d) time and O(n) memory.
//!
//! # Source
//!
//! Gonzalez 1985, "Clustering to minimize the maximum intercluster distance": at most twice the
//! least radius that k centres can have.

use numeric::{Points, Vectors};

use super::span::SPAN_P90;
use crate::{Compute, MeasureError, Metric, Param};

pub(super) static K_CENTER_10: Metric = Metric {
    name: "k_center_10",
    family: "k_center",
    about: "largest distance of a vector from the nearest of 10 that are far apart",
    params: &[
        Param::integer("k", 10),
        Param::text("start", "first row"),
        Param::text("distance", "Euclidean"),
    ],
    jackknife: false,
    compute: Compute::Vectors(|vectors, _| Ok(k_center(vectors, 10)?.1.into())),
    ..SPAN_P90
};

/// The places of `k` vectors that are far apart, and the radius that covers all with them.
pub fn k_center(vectors: &Vectors, k: usize) -> Result<(Vec<usize>, f64), MeasureError> {
    MeasureError::check("vectors", k.max(1), vectors.len())?;
    let points = Points::at(vectors);
    let mut nearest = vec![f64::INFINITY; vectors.len()];
    let mut chosen = Vec::with_capacity(k);
    let mut farthest = (0, f64::INFINITY);
    while chosen.len() < k {
        chosen.push(farthest.0);
        let last = farthest.0;
        farthest = (0, 0.0);
        for (at, nearest) in nearest.iter_mut().enumerate() {
            *nearest = nearest.min(points.squared_distance(last, at));
            if *nearest > farthest.1 {
                farthest = (at, *nearest);
            }
        }
    }
    Ok((chosen, farthest.1.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // From 0 the farthest is 9, then 5 (4 from 9); 2 is then 2 from 0.
        let line = Vectors::new(vec![0.0, 2.0, 9.0, 5.0], 1).expect("whole rows");
        assert_eq!(k_center(&line, 1), Ok((vec![0], 9.0)));
        assert_eq!(k_center(&line, 3), Ok((vec![0, 2, 3], 2.0)));
        assert_eq!(k_center(&line, 4), Ok((vec![0, 2, 3, 1], 0.0)));
    }

    #[test]
    fn fewer_vectors_than_centres_are_refused() {
        assert!(k_center(&Vectors::new(vec![1.0], 1).expect("one row"), 2).is_err());
    }
}
