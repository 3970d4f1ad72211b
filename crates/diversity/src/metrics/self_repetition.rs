//! How many long n-grams of a text other texts have too: self-repetition.
//!
//! # Definition
//!
//! The mean over all texts of ln(1 + Σ over the different 4-grams of the text of the number of
//! *other* texts that have it). A text of fewer than 4 tokens counts as 0.
//!
//! # Range
//!
//! From 0 (no 4-gram in two texts), lower is more varied. It grows with the number of texts and
//! with their length: compare at equal n and length.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Salkar et al. 2022, "Self-Repetition in Abstractive Neural Summarizers"; the form is that of
//! `self_repetition_score` of `diversity` 0.3.1, which cuts at white space and takes quadratic time.

use numeric::sum;
use rayon::prelude::*;
use text::TokenIds;

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static SELF_REPETITION_4: Metric = Metric {
    name: "self_repetition_4",
    family: "self_repetition",
    unit: "nats of repeats a text",
    direction: Direction::LowerIsMoreVaried,
    about: "how many 4-grams of a text other texts have too, on a logarithmic scale",
    params: &[Param::integer("n", 4)],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(self_repetition(texts.tokens(), 4)?.into())),
};

/// Mean over texts of ln(1 + how often other texts have its different n-grams).
pub fn self_repetition(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    let texts = tokens.rows().len();
    MeasureError::check("texts", 1, texts)?;
    let ngrams = tokens.ngrams(n);
    MeasureError::check("n-grams", 1, ngrams.total())?;
    let sorted = ngrams.rows().sorted();
    let different = |text| sorted.row(text).chunk_by(|a, b| a == b).map(|run| run[0]);
    let mut texts_with = vec![0u32; ngrams.kinds()];
    for id in (0..texts).flat_map(different) {
        texts_with[id as usize] += 1;
    }
    let scores: Vec<f64> = (0..texts)
        .into_par_iter()
        .map(|text| {
            let others = |id| u64::from(texts_with[id as usize]) - 1;
            let others: u64 = different(text).map(others).sum();
            (others as f64).ln_1p()
        })
        .collect();
    Ok(sum(scores) / texts as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    fn of(texts: &[&str], n: usize) -> Result<f64, MeasureError> {
        self_repetition(&TokenIds::new(texts, Tokenizer::Whitespace), n)
    }

    #[test]
    fn value_of_a_worked_example() {
        // ab is in three texts and ba in two; the second ab of the first text adds nothing:
        // (ln(1 + 2 + 1) + ln(1 + 2 + 1) + ln(1 + 2) + 0) / 4.
        let found = of(&["a b a b", "b a b", "a b", "c"], 2).expect("bigrams");
        let expected = (2.0 * 4f64.ln() + 3f64.ln()) / 4.0;
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }

    #[test]
    fn copies_have_a_closed_form() {
        // Two 4-grams a text, each in the 9 other texts.
        let found = of(&["one two three four five"; 10], 4).expect("4-grams");
        assert!((found - 19f64.ln()).abs() < 1e-14);
        assert_eq!(of(&["a b c d", "e f g h"], 4), Ok(0.0));
    }

    #[test]
    fn a_set_without_a_4_gram_is_refused() {
        let error = of(&["a b c", "d"], 4).expect_err("none").to_string();
        assert_eq!(error, "the set has 0 n-grams, and at least 1 is needed");
    }
}
