//! How different the n-gram frequencies of two sets are: the Jensen-Shannon divergence.
//!
//! # Definition
//!
//! ½ Σ p log₂(p / m) + ½ Σ q log₂(q / m), where p and q are the shares of each n-gram among all
//! n-grams of the reference and of the set, and m = (p + q) / 2. No n-gram crosses texts. Its
//! square root is a metric.
//!
//! # Range
//!
//! 0 (the same frequencies) to 1 (no n-gram in common), higher is farther. Two samples of one source
//! are above 0, the more so the smaller they are and the longer the n-grams: compare at equal
//! numbers of tokens, beside the value between two halves of the reference.
//!
//! # Cost
//!
//! O(tokens · n) time and O(tokens) memory.
//!
//! # Source
//!
//! Lin 1991 (IEEE Transactions on Information Theory), "Divergence measures based on the Shannon
//! entropy". `scipy.spatial.distance.jensenshannon` is its square root.

use numeric::sum;

use crate::{Compare, Direction, JointTokens, MeasureError, Measured, Param, Preset, Shift};

pub(super) static JS_1: Shift = Shift {
    name: "js_1",
    family: "js",
    unit: "bits, 0 to 1",
    direction: Direction::HigherIsFarther,
    about: "Jensen-Shannon divergence of the frequencies of tokens",
    params: &[Param::integer("n", 1), Param::integer("base", 2)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compare::Tokens(|tokens, _| js(tokens, 1)),
};

pub(super) static JS_2: Shift = Shift {
    name: "js_2",
    family: "js",
    unit: "bits, 0 to 1",
    direction: Direction::HigherIsFarther,
    about: "Jensen-Shannon divergence of the frequencies of pairs of successive tokens",
    params: &[Param::integer("n", 2), Param::integer("base", 2)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compare::Tokens(|tokens, _| js(tokens, 2)),
};

fn js(tokens: &JointTokens, n: usize) -> Measured {
    let [reference, other] = tokens.counts(n);
    Ok(jensen_shannon(&reference, &other)?.into())
}

/// The Jensen-Shannon divergence in bits of two lists of counts of the same things.
pub fn jensen_shannon(reference: &[u64], other: &[u64]) -> Result<f64, MeasureError> {
    let total = |counts: &[u64]| counts.iter().sum::<u64>();
    let (n, m) = (total(reference), total(other));
    MeasureError::check("n-grams", 1, n.min(m) as usize)?;
    let terms = reference.iter().zip(other).map(|(p, q)| {
        let (p, q) = (*p as f64 / n as f64, *q as f64 / m as f64);
        let middle = f64::midpoint(p, q);
        let term = |share: f64| {
            if share > 0.0 {
                share * (share / middle).log2()
            } else {
                0.0
            }
        };
        f64::midpoint(term(p), term(q))
    });
    Ok(sum(terms).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pair, Set};
    use text::Tokenizer;

    #[test]
    fn value_of_a_worked_example() {
        // p = (½, ½, 0), q = (½, 0, ½): m = (½, ¼, ¼). ½ (½ · 1) + ½ (½ · 1) = ½.
        assert_eq!(jensen_shannon(&[1, 1, 0], &[2, 0, 2]), Ok(0.5));
    }

    #[test]
    fn the_same_frequencies_are_at_0_and_nothing_in_common_is_at_1() {
        assert_eq!(jensen_shannon(&[3, 1, 2], &[6, 2, 4]), Ok(0.0));
        assert_eq!(jensen_shannon(&[3, 0], &[0, 7]), Ok(1.0));
    }

    #[test]
    fn the_value_is_that_of_scipy() {
        // scipy 1.17.1: jensenshannon([.1, .4, .5], [.3, .3, .4], base=2) ** 2
        let found = jensen_shannon(&[1, 4, 5], &[3, 3, 4]).expect("counts");
        assert!((found - 0.046_930_300_568_985_47).abs() < 1e-12, "{found}");
    }

    #[test]
    fn pairs_of_tokens_do_not_cross_texts() {
        let set = |texts: &[&'static str]| Set::of_texts(texts, Tokenizer::Unicode);
        let pair = Pair::new(set(&["a b", "c d"]), set(&["c d", "a b"]));
        let tokens = pair.tokens().expect("texts");
        assert_eq!(js(tokens, 2).expect("pairs").value, 0.0);
        assert!(js(tokens, 3).is_err());
    }
}
