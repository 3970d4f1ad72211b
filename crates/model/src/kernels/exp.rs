//! The exponential function in plain arithmetic that compilers vectorise, the same bits on every machine.

use crate::kernels::dispatch::vectorized;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
// ln 2 in two parts (Cody and Waite): the first has so few bits that n · HIGH is exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;
// Adding 1.5 · 2²³ rounds to a whole number and leaves it in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// e to the power x within 2 units in the last place; 0 below −87 and finite above 88.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.3);
    let shifted = x.mul_add(LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    // Cephes' polynomial for expf on [-ln 2 / 2, ln 2 / 2].
    let mut p = 1.987_569_1e-4_f32;
    p = p.mul_add(r, 1.398_2e-3);
    p = p.mul_add(r, 8.333_452e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 1.666_666_5e-1);
    p = p.mul_add(r, 0.5);
    let value = (p * r).mul_add(r, r) + 1.0;
    let exponent = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .wrapping_add(127);
    value * f32::from_bits(exponent << 23)
}

/// The sum of 16 numbers as a balanced tree.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
pub(crate) fn tree_sum(lanes: [f32; 16]) -> f32 {
    let mut sums = lanes;
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

/// The largest of the values; −∞ of none.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut lanes = [f32::NEG_INFINITY; 16];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(
        f32::NEG_INFINITY,
        |most, value| if *value > most { *value } else { most },
    )
}

/// Replaces every x by exp(scale · (x − shift)) and returns the sum.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
pub(crate) fn exponentials(values: &mut [f32], scale: f32, shift: f32) -> f32 {
    let (chunks, rest) = values.as_chunks_mut::<16>();
    let mut lanes = [0.0; 16];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *value = exp(scale * (*value - shift));
            *lane += *value;
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *value = exp(scale * (*value - shift));
        *lane += *value;
    }
    tree_sum(lanes)
}

vectorized! {
    /// Replaces logits by softmax(logits / temperature) and returns (largest logit, sum of exponentials).
    pub(crate) fn softmax_in_place(logits: &mut [f32], inverse_temperature: f32) -> (f32, f32) {
        let most = largest(logits);
        let sum = exponentials(logits, inverse_temperature, most);
        let scale = 1.0 / sum;
        for value in logits.iter_mut() {
            *value *= scale;
        }
        (most, sum)
    }
}

vectorized! {
    /// ln Σ exp(x).
    pub(crate) fn log_sum_exp(logits: &[f32]) -> f64 {
        let most = largest(logits);
        let (chunks, rest) = logits.as_chunks::<16>();
        let mut lanes = [0.0; 16];
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += exp(*value - most);
            }
        }
        for (lane, value) in lanes.iter_mut().zip(rest) {
            *lane += exp(*value - most);
        }
        f64::from(most) + f64::from(tree_sum(lanes)).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_seven_digits() {
        for step in -8700..=8800 {
            let x = step as f32 / 100.0;
            let truth = f64::from(x).exp();
            let error = (f64::from(exp(x)) - truth).abs() / truth;
            assert!(error < 2.5e-7, "exp({x}) is off by {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1.3e-38 && exp(1000.0).is_finite());
    }

    #[test]
    fn a_softmax_of_equal_logits_is_uniform() {
        let mut row = vec![3.0; 20];
        softmax_in_place(&mut row, 1.0);
        assert!(row.iter().all(|p| (p - 0.05).abs() < 1e-8));
        // ln(e^0 + e^ln 3) = ln 4.
        assert!((log_sum_exp(&[0.0, 3f32.ln()]) - 4f64.ln()).abs() < 1e-6);
    }
}
