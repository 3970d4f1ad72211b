//! Tests of two systems on the same rows: `McNemar`'s, and a mixed model of rows and seeds.

use crate::student::{incomplete_beta, student_t_quantile, student_t_tail};
use crate::sum;

/// Rows on which two systems differ, of those that each gets right or wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discordant {
    /// The first is right and the second wrong.
    pub only_first: usize,
    /// The second is right and the first wrong.
    pub only_second: usize,
}

impl Discordant {
    /// Counts the rows that one of two systems alone gets right.
    pub fn of(first: &[bool], second: &[bool]) -> Self {
        let mut counts = Self::default();
        for pair in first.iter().zip(second) {
            match pair {
                (true, false) => counts.only_first += 1,
                (false, true) => counts.only_second += 1,
                _ => {}
            }
        }
        counts
    }

    /// The exact two-sided p-value of `McNemar`'s test (1947): each such row is a fair coin.
    ///
    /// 1 where there is no such row. It is of rows that are independent of each other.
    pub fn p(self) -> f64 {
        let (few, many) = (
            self.only_first.min(self.only_second),
            self.only_first.max(self.only_second),
        );
        // P(X ≤ k) of n coins is the incomplete beta I½(n − k, k + 1).
        let below = incomplete_beta(0.5, many as f64, few as f64 + 1.0);
        if many == 0 {
            1.0
        } else {
            (2.0 * below).min(1.0)
        }
    }

    /// Cohen's g (1988, chapter 5): the share of these rows that the second gets right, over ½;
    /// `None` where there is no such row.
    pub fn cohens_g(self) -> Option<f64> {
        let all = self.only_first + self.only_second;
        (all > 0).then(|| self.only_second as f64 / all as f64 - 0.5)
    }
}

/// A mean over seeds and rows, both random: its error, its interval, its p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossed {
    /// The mean of all values.
    pub mean: f64,
    /// The standard error of the mean.
    pub error: f64,
    /// Satterthwaite's degrees of freedom.
    pub freedom: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end of the 95 % interval.
    pub high: f64,
    /// The two-sided p-value of a mean of 0.
    pub p: f64,
}

/// The mean of `values`, a list a seed of one value a row, in the linear mixed model
/// value = mean + seed + row + rest with seeds and rows random and crossed.
///
/// The variance of the mean is (seeds' mean square + rows' − rest's) / (seeds · rows), with
/// Satterthwaite's degrees of freedom (Searle, Casella and `McCulloch` 1992, section 4.6); the
/// estimates of a balanced design by analysis of variance are those of REML where none is negative,
/// and one that is negative counts as none.
/// Of one seed it is the paired t-test.
///
/// `None` of fewer than two rows, of lists that differ in length, or where nothing varies, so that
/// there is no error to hold the mean against.
pub fn crossed(values: &[Vec<f64>]) -> Option<Crossed> {
    let (seeds, rows) = (values.len(), values.first()?.len());
    if rows < 2 || values.iter().any(|list| list.len() != rows) {
        return None;
    }
    let of_seeds: Vec<f64> = values.iter().map(|list| mean(list)).collect();
    let of_rows: Vec<f64> = (0..rows)
        .map(|row| mean(&values.iter().map(|list| list[row]).collect::<Vec<_>>()))
        .collect();
    let centre = mean(&of_seeds);
    let squares = |means: &[f64]| sum(means.iter().map(|value| (value - centre).powi(2)));
    let (s, r) = (seeds as f64, rows as f64);
    let by_row = s * squares(&of_rows) / (r - 1.0);
    let largest = values
        .iter()
        .flatten()
        .fold(0.0f64, |most, x| most.max(x.abs()));
    let (square, freedom) = if seeds == 1 {
        (by_row, r - 1.0)
    } else {
        let by_seed = r * squares(&of_seeds) / (s - 1.0);
        let rest = values.iter().zip(&of_seeds).flat_map(|(list, of_seed)| {
            let cells = list.iter().zip(&of_rows);
            cells.map(move |(value, of_row)| (value - of_seed - of_row + centre).powi(2))
        });
        combined(by_seed, by_row, sum(rest) / ((s - 1.0) * (r - 1.0)), s, r)
    };
    let error = (square / (s * r)).sqrt();
    // Equal values have no spread but that of their last digits, which is no evidence.
    if error <= 1e-12 * largest {
        return None;
    }
    let half = student_t_quantile(0.975, freedom) * error;
    Some(Crossed {
        mean: centre,
        error,
        freedom,
        low: centre - half,
        high: centre + half,
        p: 2.0 * student_t_tail((centre / error).abs(), freedom),
    })
}

/// The mean square of the mean, and Satterthwaite's degrees of freedom of it.
///
/// A source that varies less than the rest does has no variance of its own and drops out.
fn combined(by_seed: f64, by_row: f64, rest: f64, s: f64, r: f64) -> (f64, f64) {
    let freedom = |parts: [(f64, f64); 3]| {
        let total: f64 = parts.iter().map(|(square, _)| square).sum();
        let squares = parts.map(|(square, of)| square * square / of);
        total * total / squares.iter().sum::<f64>()
    };
    let both = (s - 1.0) * (r - 1.0);
    if by_seed <= rest && by_row <= rest {
        // Nothing but noise: all values are one sample.
        let pooled = (by_seed * (s - 1.0) + by_row * (r - 1.0) + rest * both) / (s * r - 1.0);
        return (pooled, s * r - 1.0);
    }
    if by_seed <= rest {
        return (by_row, r - 1.0);
    }
    if by_row <= rest {
        return (by_seed, s - 1.0);
    }
    let parts = [(by_seed, s - 1.0), (by_row, r - 1.0), (-rest, both)];
    (by_seed + by_row - rest, freedom(parts))
}

fn mean(values: &[f64]) -> f64 {
    sum(values.iter().copied()) / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemars_p_is_that_of_a_fair_coin() {
        // 1 of 6: 2 · (1 + 6) / 64; scipy 1.17 binomtest(1, 6).pvalue = 0.21875.
        let counts = Discordant::of(
            &[true, true, true, true, true, false, true, false],
            &[false, false, false, false, false, true, true, false],
        );
        assert_eq!((counts.only_first, counts.only_second), (5, 1));
        assert!((counts.p() - 0.218_75).abs() < 1e-12, "{}", counts.p());
        assert_eq!(counts.cohens_g(), Some(1.0 / 6.0 - 0.5));
        // scipy 1.17: binomtest(35, 100).pvalue
        let (only_first, only_second) = (35, 65);
        let p = Discordant {
            only_first,
            only_second,
        }
        .p();
        assert!((p - 0.003_517_641_722_970_16).abs() < 1e-12, "{p}");
    }

    #[test]
    fn systems_that_are_right_on_the_same_rows_do_not_differ() {
        let none = Discordant::of(&[true, false], &[true, false]);
        assert_eq!((none.p(), none.cohens_g()), (1.0, None));
        let even = Discordant::of(&[true, false], &[false, true]);
        assert_eq!((even.p(), even.cohens_g()), (1.0, Some(0.0)));
    }

    #[test]
    fn one_seed_is_the_paired_t_test() {
        // Differences 1, 2, 3: mean 2, error 1/√3, t(2) = 4.30265: 2 ± 2.48414; p = 0.07418.
        let found = crossed(&[vec![1.0, 2.0, 3.0]]).expect("a test");
        assert!((found.low + 0.484_14).abs() < 1e-5 && (found.high - 4.484_14).abs() < 1e-5);
        assert!((found.p - 0.074_18).abs() < 1e-5 && found.freedom == 2.0);
    }

    #[test]
    fn seeds_and_rows_both_count() {
        // Means of seeds 2, 4 and of rows 1, 3, 5 around 3, no rest: squares 3 · 2 = 6 and
        // 2 · 8 / 2 = 8; error √((6 + 8) / 6), freedom 14² / (36 + 64 / 2) = 196 / 68.
        let found = crossed(&[vec![0.0, 2.0, 4.0], vec![2.0, 4.0, 6.0]]).expect("a test");
        assert!((found.mean - 3.0).abs() < 1e-12);
        assert!((found.error - (14.0f64 / 6.0).sqrt()).abs() < 1e-12);
        assert!((found.freedom - 196.0 / 68.0).abs() < 1e-9);
    }

    #[test]
    fn what_does_not_vary_or_has_no_rows_is_no_evidence() {
        assert_eq!(crossed(&[]), None);
        assert_eq!(crossed(&[vec![1.0], vec![2.0]]), None);
        assert_eq!(crossed(&[vec![0.5; 4], vec![0.5; 4]]), None);
        assert_eq!(crossed(&[vec![1.0, 2.0], vec![1.0]]), None);
    }

    #[test]
    fn seeds_that_are_alike_are_no_more_evidence_than_one() {
        let rows: Vec<f64> = (0..12).map(|row| f64::from(row * 7 % 5) - 1.5).collect();
        let one = crossed(std::slice::from_ref(&rows)).expect("a test");
        let three = crossed(&vec![rows; 3]).expect("a test");
        assert!((one.p - three.p).abs() < 1e-9 && (one.error - three.error).abs() < 1e-12);
    }
}
