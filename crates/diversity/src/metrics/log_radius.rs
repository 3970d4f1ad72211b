//! How wide the cloud of vectors is along its axes: the logarithm of the radius.
//!
//! # Definition
//!
//! The mean over the d components of ln σ, where σ is the standard deviation of that component over
//! the set (division by n), or 1e-12 where that is larger. The vectors are taken as they are.
//!
//! # Range
//!
//! ln 1e-12 = −27.6 (all equal) upward, higher is more varied. It depends on the axes: components
//! that hardly vary weigh as much as those that do.
//!
//! # Cost
//!
//! O(n d) time and O(d) memory.
//!
//! # Source
//!
//! Lai et al. 2020 (LREC), "Diversity, Density, and Homogeneity", section 3.1: the radius is the
//! geometric mean of the standard deviations. One constant component makes that 0; the logarithm
//! with a floor keeps what the others say. `emb-diversity` 0.1.0 (`geo_mean_std`) divides by n − 1;
//! with n, repeating the whole set changes nothing.

use numeric::{Vectors, mean_vector, sum};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

/// The least standard deviation of a component.
const FLOOR: f64 = 1e-12;

pub(super) static LOG_RADIUS: Metric = Metric {
    name: "log_radius",
    family: "log_radius",
    unit: "ln of Euclidean distance",
    direction: Direction::HigherIsMoreVaried,
    about: "mean logarithm of the standard deviations of the components",
    params: &[Param::real("floor", FLOOR)],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(log_radius(vectors)?.into())),
};

pub(super) fn log_radius(vectors: &Vectors) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", 2, vectors.len())?;
    let mean = mean_vector(vectors);
    let mut squares = vec![0.0f64; vectors.dim()];
    for row in vectors.rows() {
        let deviations = row.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean);
        let into = squares.iter_mut().zip(deviations);
        into.for_each(|(square, deviation)| *square += deviation * deviation);
    }
    let n = vectors.len() as f64;
    let logarithms = squares
        .iter()
        .map(|square| (square / n).sqrt().max(FLOOR).ln());
    Ok(sum(logarithms) / vectors.dim() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // Components 0, 2 with σ = 1 and 0, 6 with σ = 3.
        let vectors = Vectors::new(vec![0.0, 0.0, 2.0, 6.0], 2).expect("two rows");
        let found = log_radius(&vectors).expect("finite");
        assert!((found - 3f64.ln() / 2.0).abs() < 1e-15);
    }

    #[test]
    fn a_constant_component_counts_as_the_floor() {
        let vectors = Vectors::new(vec![0.0, 5.0, 2.0, 5.0], 2).expect("two rows");
        assert_eq!(log_radius(&vectors), Ok(FLOOR.ln() / 2.0));
    }

    #[test]
    fn one_vector_has_no_radius() {
        assert!(log_radius(&Vectors::new(vec![1.0], 1).expect("one row")).is_err());
    }
}
