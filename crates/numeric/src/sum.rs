//! Sums and moments in one fixed order, added up in f64.

/// The sum by Neumaier's compensated summation, from first to last.
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0f64, 0.0f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() {
            (total - next) + value
        } else {
            (value - next) + total
        };
        total = next;
    }
    total + lost
}

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values.iter().copied()) / values.len() as f64)
}

/// The unbiased variance (division by n − 1); `None` of fewer than two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares = sum(values.iter().map(|value| (value - mean).powi(2)));
    (values.len() > 1).then(|| squares / (values.len() - 1) as f64)
}

/// ln Σ exp(x), computed around the largest x so that nothing overflows; −∞ of nothing.
pub fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return largest;
    }
    largest + sum(values.iter().map(|value| (value - largest).exp())).ln()
}

/// The `q`-quantile of ascending values by linear interpolation (type 7, as numpy's default).
pub fn quantile_sorted(ascending: &[f64], q: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let weight = position - below as f64;
    Some(ascending[below] + weight * (ascending[above] - ascending[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_number_is_not_lost_beside_a_large_one() {
        assert_eq!(sum([1e100, 1.0, -1e100]), 1.0);
    }

    #[test]
    fn moments_of_a_worked_example() {
        // 2, 4, 9: mean 5, squared deviations 9 + 1 + 16 = 26, over 2 is 13.
        assert_eq!(mean(&[2.0, 4.0, 9.0]), Some(5.0));
        assert_eq!(variance(&[2.0, 4.0, 9.0]), Some(13.0));
        assert_eq!((mean(&[]), variance(&[1.0])), (None, None));
    }

    #[test]
    fn log_sum_exp_does_not_overflow() {
        let value = log_sum_exp(&[1000.0, 1000.0]);
        assert!((value - (1000.0 + 2f64.ln())).abs() < 1e-12);
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    }

    #[test]
    fn quantiles_agree_with_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0, .1, .5, 1]) = 1, 1.3, 3, 8
        let values = [1.0, 2.0, 4.0, 8.0];
        let quantile = |q| quantile_sorted(&values, q).expect("not empty");
        assert!((quantile(0.1) - 1.3).abs() < 1e-12);
        assert_eq!(
            (quantile(0.0), quantile(0.5), quantile(1.0)),
            (1.0, 3.0, 8.0)
        );
        assert_eq!(quantile_sorted(&[], 0.5), None);
    }
}
