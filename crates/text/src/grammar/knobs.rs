//! How varied a grammar's texts are, and how far from the human ones: two knobs on the weights of its alternatives.
//!
//! For a rule with the human weights w, in order of rank w(1) ≥ w(2) ≥ … ≥ w(n):
//!
//! 1. *shift* s swaps the weights at ranks r and n + 1 − r for those pairs r whose mark
//!    u(r) = frac(h(rule) + r / φ) lies below s, where h is a hash of the rule's name in [0, 1)
//!    and φ the golden ratio. At 0 nothing is swapped, at 1 the ranking is upside down. The weights
//!    are only handed round, so no rule's entropy changes; the total variation from the human
//!    weights is Σ (w(r) − w(n + 1 − r)) / Σ w over the swapped pairs, and pairs are only ever added.
//! 2. *diversity* d raises the weights to the power 1 / d. At 1 they are the human ones, towards 0
//!    all falls to the most common alternatives, above 1 the tail grows fatter. A rule's entropy
//!    never falls as d rises.
//!
//! The weights of the classes are left alone: neither knob moves their balance, nor what is true of a text.

use numeric::{keyed_hash, unit_interval};

use super::error::GrammarError;

/// 1 / φ: its multiples fill [0, 1) evenly, so any shift takes its share of pairs from every rule.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Where a grammar's two knobs stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs {
    diversity: f64,
    shift: f64,
}

impl Knobs {
    /// The weights of the file as they are: diversity 1, shift 0.
    pub const HUMAN: Self = Self {
        diversity: 1.0,
        shift: 0.0,
    };

    /// Diversity in [0, 2] (1 is human) and shift in [0, 1] (0 is human).
    pub fn new(diversity: f64, shift: f64) -> Result<Self, GrammarError> {
        in_range("diversity", diversity, 2.0)?;
        in_range("shift", shift, 1.0)?;
        Ok(Self { diversity, shift })
    }

    /// Diversity in [0, 2].
    pub const fn diversity(self) -> f64 {
        self.diversity
    }

    /// Shift in [0, 1].
    pub const fn shift(self) -> f64 {
        self.shift
    }

    /// The probabilities of the alternatives of `rule`, whose human weights are positive.
    pub(super) fn probabilities(self, rule: &str, human: &[f64]) -> Vec<f64> {
        let shifted = self.shifted(rule, human);
        let most = shifted.iter().copied().fold(0.0, f64::max);
        let tempered: Vec<f64> = shifted
            .iter()
            .map(|weight| self.tempered(weight / most))
            .collect();
        let total = numeric::sum(tempered.iter().copied());
        tempered.into_iter().map(|weight| weight / total).collect()
    }

    /// The weights with some handed from the common to the rare.
    fn shifted(self, rule: &str, human: &[f64]) -> Vec<f64> {
        let mut ranks: Vec<usize> = (0..human.len()).collect();
        ranks.sort_by(|a, b| human[*b].total_cmp(&human[*a]));
        let start = unit_interval(keyed_hash(0, rule.as_bytes()));
        let mut weights = human.to_vec();
        for rank in 0..human.len() / 2 {
            if (start + rank as f64 * GOLDEN).fract() < self.shift {
                weights.swap(ranks[rank], ranks[human.len() - 1 - rank]);
            }
        }
        weights
    }

    /// A weight relative to the largest, raised to the power 1 / d.
    fn tempered(self, relative: f64) -> f64 {
        if self.diversity == 0.0 {
            f64::from(u8::from(relative == 1.0))
        } else {
            (relative.ln() / self.diversity).exp()
        }
    }
}

/// Refuses a knob outside `0..=high`.
fn in_range(knob: &'static str, value: f64, high: f64) -> Result<(), GrammarError> {
    if (0.0..=high).contains(&value) {
        return Ok(());
    }
    let low = 0.0;
    Err(GrammarError::Knob {
        knob,
        value,
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zipf weights 1, 1/2, …, 1/n.
    fn zipf(n: usize) -> Vec<f64> {
        (1..=n).map(|k| 1.0 / k as f64).collect()
    }

    fn probabilities(diversity: f64, shift: f64, human: &[f64]) -> Vec<f64> {
        let knobs = Knobs::new(diversity, shift).expect("in range");
        knobs.probabilities("item", human)
    }

    fn entropy(probabilities: &[f64]) -> f64 {
        let terms = probabilities
            .iter()
            .filter(|p| **p > 0.0)
            .map(|p| -p * p.ln());
        terms.sum()
    }

    fn total_variation(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }

    #[test]
    fn diversity_is_the_power_of_the_weights() {
        // 4 : 1 squared is 16 : 1, and its square root is 2 : 1.
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(probabilities(0.5, 0.0, &[4.0, 1.0])[0], 16.0 / 17.0));
        assert!(close(probabilities(2.0, 0.0, &[4.0, 1.0])[0], 2.0 / 3.0));
        assert_eq!(probabilities(1.0, 0.0, &[3.0, 1.0]), [0.75, 0.25]);
        assert_eq!(probabilities(0.0, 0.0, &[4.0, 1.0, 4.0]), [0.5, 0.0, 0.5]);
        assert_eq!(probabilities(1e-300, 0.0, &[4.0, 1.0]), [1.0, 0.0]);
    }

    #[test]
    fn entropy_rises_with_diversity_and_does_not_move_with_shift() {
        let human = zipf(40);
        let levels = [0.0, 0.1, 0.3, 0.7, 1.0, 1.5, 2.0];
        let entropies = levels.map(|level| entropy(&probabilities(level, 0.3, &human)));
        assert!(entropies.is_sorted_by(|a, b| a < b), "{entropies:?}");
        for shift in [0.2, 0.5, 1.0] {
            let moved = entropy(&probabilities(1.0, shift, &human));
            assert!((moved - entropies[4]).abs() < 1e-12);
        }
    }

    #[test]
    fn total_variation_rises_with_shift_to_its_closed_form() {
        let human = zipf(40);
        let start = probabilities(1.0, 0.0, &human);
        let shifts = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0];
        let moved = shifts.map(|shift| total_variation(&start, &probabilities(1.0, shift, &human)));
        assert!(moved.is_sorted(), "{moved:?}");
        // All pairs swapped: the head half's mass less the tail half's.
        let closed = start[..20].iter().sum::<f64>() - start[20..].iter().sum::<f64>();
        assert_eq!(moved[0], 0.0);
        assert!((moved[5] - closed).abs() < 1e-12);
    }

    #[test]
    fn a_knob_outside_its_range_is_refused() {
        let error = Knobs::new(1.0, 25.0).expect_err("a shift is a share");
        assert_eq!(error.to_string(), "shift is 25, outside 0 to 1");
        assert!(Knobs::new(f64::NAN, 0.0).is_err());
        assert!(Knobs::new(2.1, 0.0).is_err());
        assert_eq!(Knobs::new(1.0, 0.0), Ok(Knobs::HUMAN));
    }
}
