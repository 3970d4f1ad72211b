//! Student's t over seeds: intervals and p-values.

use numeric::{student_t_quantile, student_t_tail};

/// The quantile of a two-sided 95 % interval.
const UPPER: f64 = 0.975;

/// A mean over seeds and the interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OverSeeds {
    /// The mean.
    pub(crate) mean: f64,
    /// The 95 % t-interval; `None` of one seed.
    pub(crate) interval: Option<(f64, f64)>,
    /// The two-sided p-value of a mean of 0; `None` of one seed, or where all seeds agree exactly.
    pub(crate) p: Option<f64>,
    /// How many seeds there are.
    pub(crate) seeds: usize,
}

/// The mean of `values`, one a seed; `None` of nothing.
pub(crate) fn over_seeds(values: &[f64]) -> Option<OverSeeds> {
    let mean = numeric::mean(values)?;
    let seeds = values.len();
    let Some(variance) = numeric::variance(values) else {
        return Some(OverSeeds {
            mean,
            interval: None,
            p: None,
            seeds,
        });
    };
    let freedom = (seeds - 1) as f64;
    let error = (variance / seeds as f64).sqrt();
    let half = student_t_quantile(UPPER, freedom) * error;
    // Equal values have no spread but that of their last digits, which is no evidence.
    let largest = values
        .iter()
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    let p = (error > 1e-12 * largest).then(|| 2.0 * student_t_tail((mean / error).abs(), freedom));
    Some(OverSeeds {
        mean,
        interval: Some((mean - half, mean + half)),
        p,
        seeds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_over_three_seeds_is_that_worked_by_hand() {
        // mean 2, variance 1, error 1/√3, t(2) = 4.30265: 2 ± 2.48414; t = 3.4641, p = 0.07418.
        let all = over_seeds(&[1.0, 2.0, 3.0]).expect("values");
        let (low, high) = all.interval.expect("an interval");
        assert!((low + 0.484_14).abs() < 1e-5 && (high - 4.484_14).abs() < 1e-5);
        assert!((all.p.expect("a p-value") - 0.074_18).abs() < 1e-5);
    }

    #[test]
    fn one_seed_has_no_interval_and_equal_seeds_have_no_p_value() {
        assert_eq!(over_seeds(&[]), None);
        let one = over_seeds(&[0.5]).expect("a value");
        assert_eq!((one.interval, one.p, one.seeds), (None, None, 1));
        let equal = over_seeds(&[0.5, 0.5]).expect("values");
        assert_eq!((equal.interval, equal.p), (Some((0.5, 0.5)), None));
    }
}
