//! How far from the centre most vectors lie: the 90th percentile of the distances to the mean.
//!
//! # Definition
//!
//! The 0.9-quantile (linear interpolation, type 7) of the Euclidean distances of the vectors from
//! their mean. The vectors are taken as they are.
//!
//! # Range
//!
//! 0 (all equal) upward, at most about 1 for vectors of length 1; higher is more varied. A tenth of
//! the vectors may lie anywhere without being seen.
//!
//! # Cost
//!
//! O(n d) time and O(n) memory.
//!
//! # Source
//!
//! Cox et al. 2021 (CHI), "Directed Diversity", who measure from the centroid.

use numeric::{Vectors, mean_vector, quantile_sorted};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static SPAN_P90: Metric = Metric {
    name: "span_p90",
    family: "span",
    unit: "Euclidean distance",
    direction: Direction::HigherIsMoreVaried,
    about: "90th percentile of the distances of the vectors from their mean",
    params: &[
        Param::text("distance", "Euclidean"),
        Param::real("quantile", 0.9),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(span(vectors, 0.9)?.into())),
};

/// The `quantile` of the distances of the vectors from their mean.
pub(super) fn span(vectors: &Vectors, quantile: f64) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mean = mean_vector(vectors);
    let distance = |row: &[f32]| {
        let squares = row
            .iter()
            .zip(&mean)
            .map(|(x, c)| (f64::from(*x) - c).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let mut distances: Vec<f64> = vectors.rows().map(distance).collect();
    distances.sort_unstable_by(f64::total_cmp);
    quantile_sorted(&distances, quantile).ok_or(MeasureError::Undefined("there is no distance"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // 0, 2, 4, 6, 8 around 4: distances 0, 2, 2, 4, 4; 0.9 of the way lies at 4, 0.5 at 2.
        let vectors = Vectors::new(vec![0.0, 2.0, 4.0, 6.0, 8.0], 1).expect("whole rows");
        assert_eq!(
            (span(&vectors, 0.9), span(&vectors, 0.5)),
            (Ok(4.0), Ok(2.0))
        );
        // A quarter of the way is at place 1 and 0.3 at place 1.2, both 2; 0.1 is at 0.4 · 2.
        assert!((span(&vectors, 0.1).expect("finite") - 0.8).abs() < 1e-12);
    }

    #[test]
    fn equal_vectors_span_nothing_and_one_has_no_span() {
        let same = Vectors::new([0.1, 0.7].repeat(50), 2).expect("whole rows");
        assert!(span(&same, 0.9).expect("finite") < 1e-15);
        assert!(span(&same.select(&[0]), 0.9).is_err());
    }
}
