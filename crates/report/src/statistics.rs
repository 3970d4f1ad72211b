//! Student's t over seeds: intervals, p-values, and Holm's correction for many comparisons.

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
    let half = t_quantile(UPPER, freedom) * error;
    // Equal values have no spread but that of their last digits, which is no evidence.
    let largest = values
        .iter()
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    let p = (error > 1e-12 * largest).then(|| 2.0 * t_tail((mean / error).abs(), freedom));
    Some(OverSeeds {
        mean,
        interval: Some((mean - half, mean + half)),
        p,
        seeds,
    })
}

/// Holm's adjusted p-values, in the order of `ps`; those that are missing stay so and count as comparisons.
pub(crate) fn holm(ps: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<usize> = (0..ps.len()).filter(|at| ps[*at].is_some()).collect();
    order.sort_by(|one, other| {
        ps[*one]
            .unwrap_or(1.0)
            .total_cmp(&ps[*other].unwrap_or(1.0))
    });
    let mut adjusted = vec![None; ps.len()];
    let mut least = 0.0f64;
    for (rank, at) in order.into_iter().enumerate() {
        least = least
            .max(ps[at].unwrap_or(1.0) * (ps.len() - rank) as f64)
            .min(1.0);
        adjusted[at] = Some(least);
    }
    adjusted
}

/// The chance that Student's t with `freedom` degrees is above `t`, which is at least 0.
fn t_tail(t: f64, freedom: f64) -> f64 {
    0.5 * incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// The value that t stays below with chance `p`, which is above ½; by bisection.
fn t_quantile(p: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while t_tail(high, freedom) > 1.0 - p {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if t_tail(middle, freedom) > 1.0 - p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The regularised incomplete beta function, by Lentz's continued fraction (Numerical Recipes 6.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front =
        (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            value *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// ln Γ(x) for x above 0, by Lanczos' approximation (g = 7, n = 9).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Γ(x) Γ(1 − x) = π / sin πx
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let mut series = 0.999_999_999_999_809_9;
    for (at, term) in TERMS.iter().enumerate() {
        series += term / (x + at as f64 + 1.0);
    }
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // scipy 1.16: scipy.stats.t.ppf(0.975, df)
        let expected = [
            (1.0, 12.706_204_736),
            (2.0, 4.302_652_730),
            (4.0, 2.776_445_105),
            (30.0, 2.042_272_456),
        ];
        for (freedom, quantile) in expected {
            assert!(
                (t_quantile(UPPER, freedom) - quantile).abs() < 1e-8,
                "{freedom}"
            );
        }
    }

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

    #[test]
    fn holm_multiplies_the_smallest_most_and_never_falls() {
        // 0.01 × 4, 0.02 × 3, then max(0.06, 0.03 × 2); the missing one counts.
        let adjusted = holm(&[Some(0.02), None, Some(0.01), Some(0.03)]);
        let near = |value: Option<f64>, expected: f64| {
            (value.expect("a p-value") - expected).abs() < 1e-12
        };
        assert!(near(adjusted[0], 0.06) && near(adjusted[2], 0.04) && near(adjusted[3], 0.06));
        assert_eq!(adjusted[1], None);
    }
}
