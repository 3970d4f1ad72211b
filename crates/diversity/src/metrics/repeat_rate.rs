//! How likely two tokens of the set are the same: Yule's K and Simpson's D.
//!
//! # Definition
//!
//! With Vᵢ kinds that occur i times among N tokens:
//!
//! - `yule_k`: 10⁴ (Σ i² Vᵢ / N² − 1 / N).
//! - `simpson`: Σ i (i − 1) Vᵢ / (N (N − 1)): the probability that two tokens drawn without
//!   replacement are the same.
//!
//! # Range
//!
//! From 0 to 10⁴ and to 1, lower is more varied. Neither moves with the size of the set in
//! expectation, `simpson` exactly so; frequent words decide, rare ones hardly count.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Yule 1944; Simpson 1949. `lexicalrichness` 0.5.1 agrees (`yulek`, `simpsond`).

use text::Spectrum;

use crate::lexical::spectrum;
use crate::{Compute, Direction, MeasureError, Metric, Preset};

pub(super) static YULE_K: Metric = Metric {
    name: "yule_k",
    family: "repeat_rate",
    unit: "coincidences in 10000 pairs",
    direction: Direction::LowerIsMoreVaried,
    about: "how often two tokens of the set are the same, by Yule",
    params: &[],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        let tokens = texts.tokens();
        MeasureError::check("tokens", 1, tokens.total())?;
        let total = tokens.total() as f64;
        // Σ i² Vᵢ − N is the number of ordered pairs of equal tokens, an exact whole number.
        let pairs = equal_pairs(&spectrum(texts, context));
        Ok((1e4 * pairs / (total * total)).into())
    }),
};

pub(super) static SIMPSON: Metric = Metric {
    name: "simpson",
    family: "repeat_rate",
    unit: "probability",
    direction: Direction::LowerIsMoreVaried,
    about: "probability that two tokens drawn from the set are the same",
    params: &[],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        let tokens = texts.tokens();
        MeasureError::check("tokens", 2, tokens.total())?;
        let total = tokens.total() as f64;
        let pairs = equal_pairs(&spectrum(texts, context));
        Ok((pairs / (total * (total - 1.0))).into())
    }),
};

/// Σ i (i − 1) Vᵢ.
fn equal_pairs(spectrum: &Spectrum) -> f64 {
    spectrum.sum(|count| count as f64 * (count - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn values_of_a_worked_example() {
        // a a a b: Σ i² Vᵢ = 9 + 1: 10⁴ (10/16 − 1/4); 6 of 12 ordered pairs are equal.
        assert_close(value(&YULE_K, &["a a", "a b"]), 3750.0, 1e-15);
        assert_eq!(value(&SIMPSON, &["a a", "a b"]), Ok(0.5));
    }

    #[test]
    fn one_word_and_only_different_words_are_the_ends() {
        assert_eq!(value(&SIMPSON, &["a a a"]), Ok(1.0));
        assert_eq!(value(&SIMPSON, &["a b c"]), Ok(0.0));
        assert_eq!(value(&YULE_K, &["a b c"]), Ok(0.0));
    }

    #[test]
    fn too_few_tokens_have_a_reason() {
        assert_refused(&YULE_K, &[""], "the set has 0 tokens");
        assert_refused(&SIMPSON, &["a"], "the set has 1 tokens");
    }
}
