//! The effective number of different vectors: the Vendi Score of any order.
//!
//! # Definition
//!
//! The exponential of the Rényi entropy of order q of the eigenvalues λ of K / n, where K of shape
//! (n, n) holds the cosine of every pair of the n vectors: (Σ λ^q)^(1 / (1 − q)); exp(−Σ λ ln λ) at
//! q = 1, 1 / Σ λ² at q = 2, 1 / max λ at q = ∞. Weights p that sum to 1 make it the entropy of
//! √p K √p.
//!
//! # Range
//!
//! 1 (all the same direction) to min(n, d), higher is more varied; it never rises with q. Below
//! q = 1 rare directions count more, above it frequent ones. m groups of equal vectors, as large
//! as each other and orthogonal, score m at every q; repeating the whole set changes nothing.
//!
//! # Cost
//!
//! O(n d² + d³) time and O(d²) memory where n > d, as the d × d Gram matrix has the same non-zero
//! eigenvalues; O(n² d + n³) time and O(n²) memory otherwise. q = 2 needs no eigenvalues: Σ λ² is the
//! sum of the squared elements of the smaller matrix over n².
//!
//! # Source
//!
//! Friedman and Dieng 2023 (TMLR), "The Vendi Score"; orders other than 1: Pasarkar and Dieng 2024
//! (AISTATS), "Cousins of the Vendi Score". `vendi-score` 0.0.3 keeps the precision of its input: in
//! f32 its noise eigenvalues (n > d) enter the sum, and at q < 1 those of f64 do so too; its
//! `score_X` ignores q. Here all of it is f64, and eigenvalues that are rounding errors are left out.

use numeric::{Symmetric, Vectors, inverse_lengths, smaller_gram, sum};

use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset};

pub(super) static VENDI_Q0_1: Metric = Metric {
    name: "vendi_q0.1",
    about: "effective number of different vectors, where rare directions count almost as much",
    params: &[Param::real("q", 0.1), Param::text("kernel", "cosine")],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, context| of_order(0.1, vectors, context)),
    ..VENDI_Q1
};

pub(super) static VENDI_Q0_5: Metric = Metric {
    name: "vendi_q0.5",
    about: "effective number of different vectors, where rare directions count more",
    params: &[Param::real("q", 0.5), Param::text("kernel", "cosine")],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, context| of_order(0.5, vectors, context)),
    ..VENDI_Q1
};

pub(super) static VENDI_Q1: Metric = Metric {
    name: "vendi_q1",
    family: "vendi",
    unit: "effective vectors",
    direction: Direction::HigherIsMoreVaried,
    about: "effective number of different vectors, by the entropy of their similarities",
    params: &[Param::integer("q", 1), Param::text("kernel", "cosine")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Vectors(|vectors, context| of_order(1.0, vectors, context)),
};

pub(super) static VENDI_Q2: Metric = Metric {
    name: "vendi_q2",
    about: "effective number of different vectors, where frequent directions count more",
    params: &[Param::integer("q", 2), Param::text("kernel", "cosine")],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, context| of_order(2.0, vectors, context)),
    ..VENDI_Q1
};

pub(super) static VENDI_QINF: Metric = Metric {
    name: "vendi_qinf",
    about: "effective number of different vectors, by the most frequent direction alone",
    params: &[Param::text("q", "inf"), Param::text("kernel", "cosine")],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, context| of_order(f64::INFINITY, vectors, context)),
    ..VENDI_Q1
};

/// The Vendi Score of order `q` from what all orders share.
pub(super) fn of_order(q: f64, vectors: &Vectors, context: &Context) -> Measured {
    let similarity = context.shared("similarity", || {
        similarity(vectors, &vec![1.0; vectors.len()])
    });
    let similarity = similarity.as_ref().as_ref().map_err(Clone::clone)?;
    if q == 2.0 {
        return Ok(similarity.sum_of_squares().recip().into());
    }
    let spectrum = context.shared("spectrum of similarity", || similarity.eigenvalues());
    let spectrum = spectrum.as_ref().as_ref().map_err(Clone::clone)?;
    Ok(effective_number(spectrum, q).into())
}

/// The Vendi Score of order `q`, from 0 (the number of directions) to infinity, at equal weights.
pub fn vendi(vectors: &Vectors, q: f64) -> Result<f64, MeasureError> {
    vendi_weighted(vectors, &vec![1.0; vectors.len()], q)
}

/// The Vendi Score of order `q` of vectors that count in proportion to their `weights`.
pub fn vendi_weighted(vectors: &Vectors, weights: &[f64], q: f64) -> Result<f64, MeasureError> {
    let similarity = similarity(vectors, weights)?;
    if q == 2.0 {
        return Ok(similarity.sum_of_squares().recip());
    }
    Ok(effective_number(&similarity.eigenvalues()?, q))
}

/// √p K √p, or the matrix of shape (d, d) with the same eigenvalues, at weights in proportion to p.
fn similarity(vectors: &Vectors, weights: &[f64]) -> Result<Symmetric, MeasureError> {
    MeasureError::check("vectors", 1, vectors.len())?;
    let total = sum(weights.iter().copied());
    let are_weights = weights.iter().all(|weight| *weight >= 0.0) && total.is_finite();
    if weights.len() != vectors.len() || !are_weights || total <= 0.0 {
        let what = "the weights are not one number a vector, 0 or more and not all 0";
        return Err(MeasureError::Undefined(what));
    }
    let scales = inverse_lengths(vectors)?.into_iter().zip(weights);
    let scales: Vec<f64> = scales
        .map(|(scale, p)| scale * (p / total).sqrt())
        .collect();
    Ok(smaller_gram(vectors, &scales))
}

/// The exponential of the Rényi entropy of order `q` of ascending eigenvalues that sum to 1.
pub(super) fn effective_number(eigenvalues: &[f64], q: f64) -> f64 {
    let largest = eigenvalues.last().copied().unwrap_or(0.0);
    // What the rounding of the matrix and of the solver makes of an eigenvalue of 0.
    let noise = largest * eigenvalues.len() as f64 * f64::EPSILON;
    let real = eigenvalues.iter().copied().filter(|value| *value > noise);
    if q.is_infinite() {
        largest.recip()
    } else if q == 1.0 {
        (-sum(real.map(|value| value * value.ln()))).exp()
    } else {
        sum(real.map(|value| value.powf(q))).powf((1.0 - q).recip())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    const ORDERS: [f64; 6] = [0.0, 0.1, 0.5, 1.0, 2.0, f64::INFINITY];

    fn value(vectors: &Vectors, q: f64) -> f64 {
        vendi(vectors, q).expect("finite")
    }

    #[test]
    fn one_direction_scores_1_and_orthogonal_ones_n() {
        for q in ORDERS {
            assert!(
                (value(&equicorrelated(20, 0.0), q) - 20.0).abs() < 1e-9,
                "{q}"
            );
            let same = Vectors::new([0.3, 0.4].repeat(20), 2).expect("whole rows");
            assert!((value(&same, q) - 1.0).abs() < 1e-9, "{q}");
        }
    }

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // Eigenvalues (1 + (n − 1) c) / n once and (1 − c) / n n − 1 times.
        let (n, c) = (200.0f64, 0.4f64);
        let (large, small) = ((1.0 + (n - 1.0) * c) / n, (1.0 - c) / n);
        for q in ORDERS {
            let expected = match q {
                1.0 => (-large * large.ln() - (n - 1.0) * small * small.ln()).exp(),
                f64::INFINITY => large.recip(),
                _ => (large.powf(q) + (n - 1.0) * small.powf(q)).powf(1.0 / (1.0 - q)),
            };
            let found = value(&equicorrelated(200, c), q);
            assert!(
                (found / expected - 1.0).abs() < 1e-6,
                "{q}: {found} {expected}"
            );
        }
    }

    #[test]
    fn groups_of_equal_vectors_count_once_whichever_matrix_is_used() {
        // Three axes, four vectors each, in 20 dimensions and in 3: by n × n and by d × d.
        for (dim, q) in [20, 3].into_iter().flat_map(|dim| ORDERS.map(|q| (dim, q))) {
            let mut values = vec![0.0; 12 * dim];
            (0..12).for_each(|row| values[row * dim + row % 3] = 2.0);
            let vectors = Vectors::new(values, dim).expect("whole rows");
            assert!((value(&vectors, q) - 3.0).abs() < 1e-12, "{q}");
        }
    }

    #[test]
    fn order_2_of_a_worked_example() {
        // (1, 0), (1, 0), (0, 1): eigenvalues 2/3 and 1/3; 1 / (4/9 + 1/9) = 1.8.
        let vectors = Vectors::new(vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0], 2).expect("whole rows");
        assert!((value(&vectors, 2.0) - 1.8).abs() < 1e-12);
        assert!((value(&vectors, f64::INFINITY) - 1.5).abs() < 1e-12);
        assert!((value(&vectors, 0.0) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn weights_on_orthogonal_vectors_are_the_eigenvalues() {
        let (vectors, weights) = (equicorrelated(3, 0.0), [0.5, 0.25, 0.25]);
        // exp of the entropy: 2^(0.5 · 1 + 0.25 · 2 + 0.25 · 2) = 2^1.5.
        let found = vendi_weighted(&vectors, &weights, 1.0).expect("finite");
        assert!((found - 2f64.powf(1.5)).abs() < 1e-12);
        let tripled = vendi_weighted(&vectors, &weights.map(|p| 3.0 * p), 1.0);
        assert!((tripled.expect("finite") - found).abs() < 1e-12);
    }

    #[test]
    fn a_weight_of_2_is_a_vector_given_twice() {
        let vectors = Vectors::new(vec![1.0, 2.0, 2.0, 1.0, 0.0, 1.0], 2).expect("whole rows");
        for q in ORDERS {
            let weighted = vendi_weighted(&vectors, &[1.0, 2.0, 1.0], q).expect("finite");
            let repeated = value(&vectors.select(&[0, 1, 1, 2]), q);
            assert!((weighted - repeated).abs() < 1e-12, "{q}");
        }
    }

    #[test]
    fn bad_weights_are_refused() {
        for weights in [&[1.0, -1.0, 1.0][..], &[0.0; 3], &[1.0; 2], &[f64::NAN; 3]] {
            assert!(vendi_weighted(&equicorrelated(3, 0.0), weights, 1.0).is_err());
        }
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        let vectors = Vectors::new(vec![0.0; 4], 2).expect("two rows");
        let error = vendi(&vectors, 1.0).expect_err("zero").to_string();
        assert_eq!(error, "vector 0 is all zeros and has no direction");
    }
}
