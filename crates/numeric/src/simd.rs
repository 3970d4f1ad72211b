//! Loops compiled for the vector instructions that the processor at hand has.
//!
//! The compiler never reorders the additions of a loop, so that results are those of any processor;
//! sums are written as eight sums side by side, which it can put into one register.

/// Runs `work` with the widest vector instructions there are.
///
/// Only what is inlined into `work` profits: hand in a closure over `#[inline(always)]` code.
#[inline]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Σ term(x) over the numbers of a row, as eight sums side by side.
#[inline]
pub(crate) fn sum_over(row: &[f32], term: impl Fn(f64) -> f64) -> f64 {
    widest(|| eight_sums(row, row, |x, _| term(x)))
}

/// Σ term(x, y) over the numbers of two rows of one length, as eight sums side by side.
#[inline]
pub(crate) fn sum_over_both(one: &[f32], other: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    widest(|| eight_sums(one, other, term))
}

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn eight_sums<T: Copy + Into<f64>>(
    one: &[f32],
    other: &[T],
    term: impl Fn(f64, f64) -> f64,
) -> f64 {
    let mut sums = [0.0f64; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest = ones.remainder().iter().zip(others.remainder());
    let rest: f64 = rest.map(|(x, y)| term(f64::from(*x), (*y).into())).sum();
    for (xs, ys) in ones.zip(others) {
        for ((sum, x), y) in sums.iter_mut().zip(xs).zip(ys) {
            *sum += term(f64::from(*x), (*y).into());
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Σ (x − y)² over a row of f32 and one of f64, as eight sums side by side.
#[inline]
pub(crate) fn squared_distance(row: &[f32], centre: &[f64]) -> f64 {
    widest(|| eight_sums(row, centre, |x, y| (x - y) * (x - y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_sums_and_the_rest_are_one() {
        let row: Vec<f32> = (0..21).map(|x| x as f32).collect();
        // Σ x² for x < 21 is 20 · 21 · 41 / 6.
        assert_eq!(sum_over(&row, |x| x * x), 2870.0);
        assert_eq!(sum_over_both(&row, &row[..], |x, y| x * y), 2870.0);
        assert_eq!(squared_distance(&row, &[0.0; 21]), 2870.0);
        assert_eq!(sum_over(&[], |x| x), 0.0);
    }
}
