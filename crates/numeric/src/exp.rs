//! The exponential of many numbers at once, without a call a number.

use crate::simd::widest;

/// 1.5 · 2^52: adding it leaves the nearest whole number in the lowest bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has so few bits that its multiples here are exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// 1 / k! for k from 12 down to 0.
const FACTORIALS: [f64; 13] = [
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
    1.0,
    1.0,
];

/// Replaces every x by exp(x), to a relative error of 1e-15, for x from −708 to 708.
///
/// What lies outside counts as the nearer end: below −708 that is 3e-308 instead of 0. It is the
/// same on every system, and several times faster than `f64::exp`, since it has no branches.
pub fn exp_in_place(values: &mut [f64]) {
    widest(|| exp_of_each(values));
}

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn exp_of_each(values: &mut [f64]) {
    for value in values {
        // exp(x) = 2^n · exp(r) with n whole and |r| ≤ ln 2 / 2 (Cody and Waite 1980).
        let x = value.clamp(-708.0, 708.0);
        let shifted = x * std::f64::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
        let power = FACTORIALS.iter().fold(0.0, |sum, factor| sum * r + factor);
        // Adds n to the exponent of the float.
        *value = f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential() {
        let arguments: Vec<f64> = (-70_800..=70_800).map(|i| f64::from(i) / 100.0).collect();
        let mut values = arguments.clone();
        exp_in_place(&mut values);
        for (x, value) in arguments.iter().zip(values) {
            assert!((value / x.exp() - 1.0).abs() < 1e-15, "{x}");
        }
    }

    #[test]
    fn the_ends_are_exact_or_next_to_nothing() {
        let mut values = [0.0, -0.0, -1e9, f64::NEG_INFINITY];
        exp_in_place(&mut values);
        assert_eq!(values[..2], [1.0, 1.0]);
        assert!(
            values[2..]
                .iter()
                .all(|value| (0.0..1e-307).contains(value))
        );
    }
}
