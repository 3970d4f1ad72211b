//! Intervals by drawing anew: test rows, rows that belong together, and the seeds of a model.
//!
//! With several seeds both seeds and groups of rows are drawn with replacement, independently of
//! each other, and a value counts as often as its seed and its row were drawn: the pigeonhole
//! bootstrap (Owen 2007, "The pigeonhole bootstrap", section 3).
//! It errs on the wide side where rows and seeds are few; of two or three seeds it cannot know how
//! far a fourth might be off.

use rayon::prelude::*;

use crate::{Estimate, Seed, quantile_sorted};

/// How many times rows are drawn anew.
const RESAMPLES: u64 = 1000;
/// The 0.975 quantile of the standard normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

/// The share `hits / n` with Wilson's interval (1927), which stays within [0, 1]; `n` is above 0.
pub fn wilson_95(hits: usize, n: usize) -> Estimate {
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

/// Rows that are drawn together, seeds whose values are of the same rows, and what the draws
/// follow from.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    groups: Vec<Vec<usize>>,
    rows: usize,
    seeds: usize,
    seed: Seed,
}

impl Bootstrap {
    /// Of rows with these numbers of groups; rows of one group are drawn together.
    pub fn new(group_of_row: &[usize], seed: Seed) -> Self {
        Self::over_seeds(group_of_row, 1, seed)
    }

    /// Of rows with these numbers of groups, each judged by models of as many `seeds`.
    pub fn over_seeds(group_of_row: &[usize], seeds: usize, seed: Seed) -> Self {
        let count = group_of_row.iter().max().map_or(0, |last| last + 1);
        let mut groups = vec![Vec::new(); count];
        for (row, group) in group_of_row.iter().enumerate() {
            groups[*group].push(row);
        }
        groups.retain(|group| !group.is_empty());
        Self {
            groups,
            rows: group_of_row.len(),
            seeds,
            seed,
        }
    }

    /// How many seeds there are.
    pub const fn seeds(&self) -> usize {
        self.seeds
    }

    /// How many rows each seed has.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// How many groups the rows are in.
    pub const fn groups(&self) -> usize {
        self.groups.len()
    }

    /// The rows of each group.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// Whether some rows are drawn together, so that they are fewer than they seem.
    pub const fn is_grouped(&self) -> bool {
        self.groups.len() < self.rows
    }

    /// The name of the interval: `bootstrap_95`, or `two_level_bootstrap_95` over several seeds.
    pub const fn method(&self) -> &'static str {
        if self.seeds > 1 {
            "two_level_bootstrap_95"
        } else {
            "bootstrap_95"
        }
    }

    /// The share of rows that are hits: with Wilson's interval, or where rows are drawn together
    /// with that of the draws; `hits` has all rows of one seed, and there is one at least.
    pub fn share(&self, hits: &[bool]) -> Estimate {
        if !self.is_grouped() && self.seeds == 1 {
            return wilson_95(hits.iter().filter(|hit| **hit).count(), hits.len());
        }
        self.estimate(|_, weights| {
            let counted = hits.iter().zip(weights).filter(|(hit, _)| **hit);
            let right: u64 = counted.map(|(_, weight)| u64::from(*weight)).sum();
            let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            right as f64 / all as f64
        })
    }

    /// The statistic of all rows, in the mean over seeds, with the interval that holds 95 of 100
    /// of its values over draws; without one where there is nothing to draw from, which is a
    /// single group.
    ///
    /// `statistic` is handed the number of a seed, from 0, and how often each row counts.
    pub fn estimate(&self, statistic: impl Fn(usize, &[u32]) -> f64 + Sync) -> Estimate {
        let estimate = Estimate::point(self.value(&statistic), self.rows);
        let values = self.draws(statistic);
        let ends = quantile_sorted(&values, 0.025).zip(quantile_sorted(&values, 0.975));
        match ends.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            Some((low, high)) => estimate.within(low, high, self.method()),
            None => estimate,
        }
    }

    /// The statistic of all rows, in the mean over seeds.
    pub fn value(&self, statistic: impl Fn(usize, &[u32]) -> f64) -> f64 {
        let weights = vec![1; self.rows];
        let of_seeds = (0..self.seeds).map(|seed| statistic(seed, &weights));
        crate::sum(of_seeds) / self.seeds as f64
    }

    /// The values of the statistic over the draws, ascending; none where there is a single group.
    pub fn draws(&self, statistic: impl Fn(usize, &[u32]) -> f64 + Sync) -> Vec<f64> {
        if self.groups.len() < 2 {
            return Vec::new();
        }
        let draws = (0..RESAMPLES).into_par_iter();
        let mut values: Vec<f64> = draws.map(|draw| self.redrawn(draw, &statistic)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn redrawn(&self, draw: u64, statistic: impl Fn(usize, &[u32]) -> f64) -> f64 {
        let seed = self.seed.child("bootstrap", draw);
        let weights = self.weights(seed);
        if self.seeds == 1 {
            return statistic(0, &weights);
        }
        let mut stream = seed.stream("seeds");
        let mut times = vec![0u32; self.seeds];
        for _ in 0..self.seeds {
            times[stream.below(self.seeds)] += 1;
        }
        let drawn = times.iter().enumerate().filter(|(_, times)| **times > 0);
        let values = drawn.map(|(at, times)| f64::from(*times) * statistic(at, &weights));
        crate::sum(values) / self.seeds as f64
    }

    fn weights(&self, seed: Seed) -> Vec<u32> {
        let mut stream = seed.stream("groups");
        let mut weights = vec![0; self.rows];
        for _ in 0..self.groups.len() {
            for row in &self.groups[stream.below(self.groups.len())] {
                weights[*row] += 1;
            }
        }
        weights
    }
}

/// The two-sided p-value of a difference of 0 by the draws of a paired bootstrap, ascending.
///
/// Twice the share of draws on the other side of 0, with 1 added above and below, so that it is
/// never 0 (Davison and Hinkley 1997, section 4.2); `None` without draws.
pub fn bootstrap_p(draws: &[f64]) -> Option<f64> {
    if draws.is_empty() {
        return None;
    }
    let not_above = draws.iter().filter(|draw| **draw <= 0.0).count();
    let not_below = draws.iter().filter(|draw| **draw >= 0.0).count();
    let side = (not_above.min(not_below) + 1) as f64 / (draws.len() + 1) as f64;
    Some((2.0 * side).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> impl Fn(usize, &[u32]) -> f64 + Sync {
        move |_, weights| weighed(values, weights)
    }

    fn weighed(values: &[f64], weights: &[u32]) -> f64 {
        let total: f64 = values
            .iter()
            .zip(weights)
            .map(|(x, w)| x * f64::from(*w))
            .sum();
        total / f64::from(weights.iter().sum::<u32>())
    }

    fn ends(estimate: &Estimate) -> (f64, f64) {
        let interval = estimate.interval.as_ref().expect("an interval");
        (interval.low, interval.high)
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // 8 of 10: middle (0.8 + 3.841459 / 20) / 1.3841459 = 0.716740, half
        // 1.959964 · √((0.16 + 3.841459 / 40) / 10) / 1.3841459 = 0.226578.
        let estimate = wilson_95(8, 10);
        let (low, high) = ends(&estimate);
        assert_eq!((estimate.value, estimate.n), (0.8, 10));
        assert!(
            (low - 0.490_162).abs() < 1e-5 && (high - 0.943_318).abs() < 1e-5,
            "{low} {high}"
        );
        // None of n: the upper end is z² / (n + z²).
        let (low, high) = ends(&wilson_95(0, 5));
        assert!(low == 0.0 && (high - NORMAL.powi(2) / (5.0 + NORMAL.powi(2))).abs() < 1e-12);
        assert_eq!(ends(&wilson_95(5, 5)).1, 1.0);
    }

    #[test]
    fn the_bootstrap_of_a_mean_is_about_its_standard_error() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let groups: Vec<usize> = (0..400).collect();
        let bootstrap = Bootstrap::new(&groups, Seed::new(1));
        let estimate = bootstrap.estimate(mean(&values));
        // 0.5 ± 1.96 · √(0.25 / 400) = 0.5 ± 0.049
        let (low, high) = ends(&estimate);
        assert!(estimate.value == 0.5 && (0.041..0.057).contains(&(high - 0.5)));
        assert!((0.041..0.057).contains(&(0.5 - low)), "{low}");
        assert_eq!(bootstrap.estimate(mean(&values)), estimate);
        let other = Bootstrap::new(&groups, Seed::new(2)).estimate(mean(&values));
        assert_ne!(other, estimate);
    }

    #[test]
    fn rows_of_a_group_are_drawn_together() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i / 40 % 2)).collect();
        let alone: Vec<usize> = (0..400).collect();
        let grouped: Vec<usize> = (0..400).map(|i| i / 40).collect();
        let width = |groups: &[usize]| {
            let (low, high) = ends(&Bootstrap::new(groups, Seed::new(1)).estimate(mean(&values)));
            high - low
        };
        assert!(width(&grouped) > 4.0 * width(&alone));
    }

    #[test]
    fn a_share_of_rows_that_belong_together_is_bootstrapped() {
        let hits: Vec<bool> = (0..40).map(|row| row / 4 % 2 == 0).collect();
        let method = |groups: &[usize]| {
            let estimate = Bootstrap::new(groups, Seed::new(1)).share(&hits);
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
        let estimate = Bootstrap::new(&[3, 3], Seed::new(1)).estimate(mean(&[1.0, 2.0]));
        assert_eq!(estimate, Estimate::point(1.5, 2));
    }

    #[test]
    fn seeds_that_disagree_widen_the_interval_and_those_that_agree_do_not() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let rows: Vec<usize> = (0..200).collect();
        let over = |shift: f64| {
            let bootstrap = Bootstrap::over_seeds(&rows, 5, Seed::new(1));
            let shift = move |seed: usize| shift * (seed as f64 - 2.0);
            bootstrap.estimate(|seed, weights| weighed(&values, weights) + shift(seed))
        };
        let (agreeing, apart) = (over(0.0), over(0.1));
        let one = Bootstrap::new(&rows, Seed::new(1)).estimate(mean(&values));
        // All seeds alike: the draws of rows are those of one seed, so is the interval.
        let near =
            |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-12 && (a.1 - b.1).abs() < 1e-12;
        assert!(near(ends(&agreeing), ends(&one)));
        assert!((apart.value - 0.5).abs() < 1e-12);
        // Variance of rows 0.25 / 200 = 0.00125, of seeds 0.02 / 5 = 0.004: ± 1.96 · 0.0725.
        let (low, high) = ends(&apart);
        assert!(
            (0.12..0.165).contains(&((high - low) / 2.0)),
            "{low} {high}"
        );
        let interval = apart.interval.expect("an interval");
        assert_eq!(interval.method, "two_level_bootstrap_95");
    }

    #[test]
    fn a_p_value_is_twice_the_smaller_side_and_never_zero() {
        // 2 of 9 not above 0: 2 · (2 + 1) / 10.
        let draws = [-1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(bootstrap_p(&draws), Some(0.6));
        assert_eq!(bootstrap_p(&[1.0; 99]), Some(0.02));
        assert_eq!(bootstrap_p(&[0.0; 99]), Some(1.0));
        assert_eq!(bootstrap_p(&[]), None);
    }
}
