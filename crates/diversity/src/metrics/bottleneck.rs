//! How near the two nearest vectors are: the smallest distance in the set.
//!
//! # Definition
//!
//! The least 1 − cos over all pairs.
//!
//! # Range
//!
//! 0 (two vectors of one direction) to n / (n − 1), higher is more varied. One copy makes it 0,
//! however varied the rest is.
//!
//! # Cost
//!
//! O(n² d) time and O(n) memory beside the vectors.
//!
//! # Source
//!
//! Xie et al. 2023 (ICLR, arXiv 2112.12542), "How Much Space Has Been Explored?", section 3.

use numeric::Vectors;

use super::chamfer::{CHAMFER, neighbours};
use crate::{Compute, Context, MeasureError, Measured, Metric};

pub(super) static BOTTLENECK: Metric = Metric {
    name: "bottleneck",
    family: "bottleneck",
    about: "least 1 - cosine over all pairs of vectors",
    jackknife: false,
    compute: Compute::Vectors(bottleneck),
    ..CHAMFER
};

fn bottleneck(vectors: &Vectors, context: &Context) -> Measured {
    MeasureError::check("vectors", 2, vectors.len())?;
    let neighbours = neighbours(vectors, context);
    let neighbours = neighbours.as_ref().as_ref().map_err(Clone::clone)?;
    let distances = (0..vectors.len()).map(|row| neighbours.squared_distances(row)[0] / 2.0);
    Ok(distances.fold(f64::INFINITY, f64::min).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::of_vectors;

    #[test]
    fn value_of_a_worked_example() {
        // East, north, (3, 4): cosines 0, 0.6 and 0.8.
        let values = vec![1.0, 0.0, 0.0, 1.0, 3.0, 4.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        assert!((of_vectors(&BOTTLENECK, &vectors).expect("finite") - 0.2).abs() < 1e-15);
    }

    #[test]
    fn one_copy_makes_it_0() {
        let vectors = Vectors::new(vec![1.0, 2.0, 5.0, 1.0, 1.0, 2.0], 2).expect("whole rows");
        assert_eq!(of_vectors(&BOTTLENECK, &vectors), Ok(0.0));
    }

    #[test]
    fn one_vector_is_no_pair() {
        let one = Vectors::new(vec![1.0], 1).expect("one row");
        assert!(of_vectors(&BOTTLENECK, &one).is_err());
    }
}
