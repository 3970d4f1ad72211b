//! How unevenly words are used: the exponent of Zipf's law, and the share of words used once.
//!
//! # Definition
//!
//! - `zipf_exponent`: the negative slope of the least-squares line through (ln r, ln f) of all V
//!   distinct tokens, f how often a token occurs, r its rank by f; equal counts take successive
//!   ranks.
//! - `hapax_share`: V₁ / V, the share of distinct tokens that occur once.
//!
//! # Range
//!
//! The exponent is 0 where all tokens are equally frequent and about 1 in natural text; a set
//! whose tail is cut off, as after training on generated text, has a smaller `hapax_share`. Both
//! move with the size of the set: compare at equal numbers of tokens.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Zipf 1949; Baayen 2001, "Word Frequency Distributions". Fits by maximum likelihood, by bins or
//! above a least count give other exponents.

use numeric::sum;
use text::Spectrum;

use crate::lexical::spectrum;
use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static ZIPF_EXPONENT: Metric = Metric {
    name: "zipf_exponent",
    family: "zipf",
    unit: "exponent",
    direction: Direction::Neutral,
    about: "how steeply the counts of tokens fall with their rank",
    params: &[Param::text("fit", "least squares of ln count on ln rank")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        MeasureError::check("distinct tokens", 2, texts.tokens().kinds())?;
        Ok(zipf_exponent(&spectrum(texts, context)).into())
    }),
};

pub(super) static HAPAX_SHARE: Metric = Metric {
    name: "hapax_share",
    family: "zipf",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "share of distinct tokens that occur once",
    params: &[],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        MeasureError::check("tokens", 1, texts.tokens().total())?;
        let spectrum = spectrum(texts, context);
        Ok((spectrum.once() as f64 / spectrum.kinds() as f64).into())
    }),
};

/// Of at least two kinds.
fn zipf_exponent(spectrum: &Spectrum) -> f64 {
    let kinds = spectrum.kinds() as f64;
    let log_ranks = |ranks: std::ops::Range<u64>| ranks.map(|rank| ((rank + 1) as f64).ln());
    let mean_rank = sum(log_ranks(0..spectrum.kinds())) / kinds;
    let mean_count = spectrum.sum(|count| (count as f64).ln()) / kinds;
    let (mut first, mut products) = (0, Vec::new());
    for (count, kinds) in spectrum.classes().iter().rev() {
        let ranks = log_ranks(first..first + kinds);
        let distances = sum(ranks.map(|rank| rank - mean_rank));
        products.push(distances * ((*count as f64).ln() - mean_count));
        first += kinds;
    }
    let squares = sum(log_ranks(0..spectrum.kinds()).map(|rank| (rank - mean_rank).powi(2)));
    // 0 rather than −0 where all counts are equal.
    0.0 - sum(products) / squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn two_words_are_on_a_line() {
        // Counts 8 and 2 at ranks 1 and 2: −(ln 2 − ln 8) / ln 2 = 2.
        let texts = ["a a a a a a a a", "b b"];
        assert_close(value(&ZIPF_EXPONENT, &texts), 2.0, 1e-14);
        assert_eq!(value(&HAPAX_SHARE, &texts), Ok(0.0));
        assert_eq!(value(&HAPAX_SHARE, &["a a b"]), Ok(0.5));
    }

    #[test]
    fn a_power_law_has_its_exponent() {
        // 2520 / r tokens of rank r, a whole number up to 10: exponent 1.
        let words = (1..=10).map(|rank| format!("{rank} ").repeat(2520 / rank));
        let text: String = words.collect();
        assert_close(value(&ZIPF_EXPONENT, &[&text]), 1.0, 1e-13);
    }

    #[test]
    fn equally_frequent_words_have_exponent_0() {
        let found = value(&ZIPF_EXPONENT, &["a b c", "c b a"]).expect("three kinds");
        assert_eq!(found.to_bits(), 0f64.to_bits());
    }

    #[test]
    fn too_few_kinds_have_a_reason() {
        assert_refused(&ZIPF_EXPONENT, &["a a a"], "the set has 1 distinct tokens");
        assert_refused(&HAPAX_SHARE, &[""], "the set has 0 tokens");
    }
}
