//! Intervals of figures over test rows: Wilson's for a share, a percentile bootstrap for the rest.

use numeric::{Estimate, Seed, quantile_sorted};
use rayon::prelude::*;

/// How many times rows are drawn anew.
const RESAMPLES: u64 = 1000;
/// The 0.975 quantile of the standard normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

/// The share `hits / n` with Wilson's interval (1927), which stays within [0, 1]; `n` is above 0.
pub(crate) fn share(hits: usize, n: usize) -> Estimate {
    let (count, squared) = (n as f64, NORMAL * NORMAL);
    let value = hits as f64 / count;
    let scale = 1.0 + squared / count;
    let middle = (value + squared / (2.0 * count)) / scale;
    let spread = (value * (1.0 - value) + squared / (4.0 * count)) / count;
    let half = NORMAL * spread.sqrt() / scale;
    // At a share of 0 or 1 one end is the share itself, but for rounding.
    let low = (middle - half).clamp(0.0, value);
    let high = (middle + half).clamp(value, 1.0);
    Estimate::point(value, n).within(low, high, "wilson_95")
}

/// Rows that are drawn together, and what the draws follow from.
pub(crate) struct Resampling {
    groups: Vec<Vec<usize>>,
    rows: usize,
    seed: Seed,
}

impl Resampling {
    /// Of rows with these numbers of groups.
    pub(crate) fn new(group_of_row: &[usize], seed: Seed) -> Self {
        let count = group_of_row.iter().max().map_or(0, |last| last + 1);
        let mut groups = vec![Vec::new(); count];
        for (row, group) in group_of_row.iter().enumerate() {
            groups[*group].push(row);
        }
        groups.retain(|group| !group.is_empty());
        Self {
            groups,
            rows: group_of_row.len(),
            seed,
        }
    }

    /// Whether some rows are drawn together, so that they are fewer than they seem.
    pub(crate) fn is_grouped(&self) -> bool {
        self.groups.len() < self.rows
    }

    /// The share of rows that are hits: with Wilson's interval, or where rows are drawn together
    /// with that of the draws; `hits` has all rows, and there is one at least.
    pub(crate) fn share(&self, hits: &[bool]) -> Estimate {
        if !self.is_grouped() {
            return share(hits.iter().filter(|hit| **hit).count(), hits.len());
        }
        self.estimate(|weights| {
            let counted = hits.iter().zip(weights).filter(|(hit, _)| **hit);
            let right: u64 = counted.map(|(_, weight)| u64::from(*weight)).sum();
            let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            right as f64 / all as f64
        })
    }

    /// The statistic of all rows, with the interval that holds 95 of 100 of its values over as
    /// many groups drawn with replacement; without one where there is a single group.
    ///
    /// `statistic` is handed how often each row counts.
    pub(crate) fn estimate(&self, statistic: impl Fn(&[u32]) -> f64 + Sync) -> Estimate {
        let estimate = Estimate::point(statistic(&vec![1; self.rows]), self.rows);
        if self.groups.len() < 2 {
            return estimate;
        }
        let draws = (0..RESAMPLES).into_par_iter();
        let mut values: Vec<f64> = draws.map(|draw| statistic(&self.weights(draw))).collect();
        values.sort_by(f64::total_cmp);
        let ends = quantile_sorted(&values, 0.025).zip(quantile_sorted(&values, 0.975));
        match ends.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            Some((low, high)) => estimate.within(low, high, "bootstrap_95"),
            None => estimate,
        }
    }

    fn weights(&self, draw: u64) -> Vec<u32> {
        let mut stream = self.seed.child("bootstrap", draw).stream("groups");
        let mut weights = vec![0; self.rows];
        for _ in 0..self.groups.len() {
            for row in &self.groups[stream.below(self.groups.len())] {
                weights[*row] += 1;
            }
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> impl Fn(&[u32]) -> f64 + Sync {
        move |weights| {
            let total: f64 = values
                .iter()
                .zip(weights)
                .map(|(x, w)| x * f64::from(*w))
                .sum();
            total / f64::from(weights.iter().sum::<u32>())
        }
    }

    fn ends(estimate: &Estimate) -> (f64, f64) {
        let interval = estimate.interval.as_ref().expect("an interval");
        (interval.low, interval.high)
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // 8 of 10: middle (0.8 + 3.841459 / 20) / 1.3841459 = 0.716740, half
        // 1.959964 · √((0.16 + 3.841459 / 40) / 10) / 1.3841459 = 0.226578.
        let estimate = share(8, 10);
        let (low, high) = ends(&estimate);
        assert_eq!((estimate.value, estimate.n), (0.8, 10));
        assert!(
            (low - 0.490_162).abs() < 1e-5 && (high - 0.943_318).abs() < 1e-5,
            "{low} {high}"
        );
        // None of n: the upper end is z² / (n + z²).
        let (low, high) = ends(&share(0, 5));
        assert!(low == 0.0 && (high - NORMAL.powi(2) / (5.0 + NORMAL.powi(2))).abs() < 1e-12);
        assert_eq!(ends(&share(5, 5)).1, 1.0);
    }

    #[test]
    fn the_bootstrap_of_a_mean_is_about_its_standard_error() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let groups: Vec<usize> = (0..400).collect();
        let resampling = Resampling::new(&groups, Seed::new(1));
        let estimate = resampling.estimate(mean(&values));
        // 0.5 ± 1.96 · √(0.25 / 400) = 0.5 ± 0.049
        let (low, high) = ends(&estimate);
        assert!(estimate.value == 0.5 && (0.041..0.057).contains(&(high - 0.5)));
        assert!((0.041..0.057).contains(&(0.5 - low)), "{low}");
        assert_eq!(resampling.estimate(mean(&values)), estimate);
        let other = Resampling::new(&groups, Seed::new(2)).estimate(mean(&values));
        assert_ne!(other, estimate);
    }

    #[test]
    fn rows_of_a_group_are_drawn_together() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i / 40 % 2)).collect();
        let alone: Vec<usize> = (0..400).collect();
        let grouped: Vec<usize> = (0..400).map(|i| i / 40).collect();
        let width = |groups: &[usize]| {
            let (low, high) = ends(&Resampling::new(groups, Seed::new(1)).estimate(mean(&values)));
            high - low
        };
        assert!(width(&grouped) > 4.0 * width(&alone));
    }

    #[test]
    fn a_share_of_rows_that_belong_together_is_bootstrapped() {
        let hits: Vec<bool> = (0..40).map(|row| row / 4 % 2 == 0).collect();
        let method = |groups: &[usize]| {
            let estimate = Resampling::new(groups, Seed::new(1)).share(&hits);
            assert_eq!((estimate.value, estimate.n), (0.5, 40));
            estimate.interval.expect("an interval")
        };
        let alone = method(&(0..40).collect::<Vec<_>>());
        let grouped = method(&(0..40).map(|row| row / 4).collect::<Vec<_>>());
        assert_eq!(
            (alone.method, grouped.method),
            ("wilson_95", "bootstrap_95")
        );
        assert!(grouped.high - grouped.low > 1.5 * (alone.high - alone.low));
    }

    #[test]
    fn a_single_group_has_no_interval() {
        let estimate = Resampling::new(&[3, 3], Seed::new(1)).estimate(mean(&[1.0, 2.0]));
        assert_eq!(estimate, Estimate::point(1.5, 2));
    }
}
