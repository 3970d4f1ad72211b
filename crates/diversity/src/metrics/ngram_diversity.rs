//! Distinct-n summed over n = 1 … 4: the n-gram diversity score.
//!
//! # Definition
//!
//! Σ |distinct n-grams| / |n-grams| for n = 1 … 4; no n-gram crosses from one text to the next.
//!
//! # Range
//!
//! From near 0 to 4, higher is more varied. It falls as the set grows: compare only at equal
//! numbers of tokens.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Padmakumar and He 2023 (arXiv 2309.05196), after Meister et al. 2022. `ngram_diversity_4_cshaib`
//! is what `ngram_diversity_score` of `diversity` 0.3.1 computes, before it rounds to 3 digits: all
//! texts are joined by one space and cut at each single space. So two spaces make an empty token,
//! line ends stay inside tokens, n-grams cross texts, and the order of texts matters.

use text::TokenIds;

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static NGRAM_DIVERSITY_4: Metric = Metric {
    name: "ngram_diversity_4",
    family: "ngram_diversity",
    unit: "sum of 4 shares",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct n-grams over all n-grams, summed over n from 1 to 4",
    params: &[Param::text("n", "1 to 4")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(ngram_diversity(texts.tokens(), 4)?.into())),
};

pub(super) static NGRAM_DIVERSITY_4_CSHAIB: Metric = Metric {
    name: "ngram_diversity_4_cshaib",
    family: "ngram_diversity",
    unit: "sum of 4 shares",
    direction: Direction::HigherIsMoreVaried,
    about: "the same over texts joined by a space and cut at each space, as diversity 0.3.1 does",
    params: &[
        Param::text("n", "1 to 4"),
        Param::text("join", "space"),
        Param::text("tokens", "split at each space"),
    ],
    preset: Preset::Compat("cshaib"),
    jackknife: true,
    compute: Compute::Texts(|texts, _| Ok(ngram_diversity_joined(texts.rows(), 4)?.into())),
};

/// Σ |distinct k-grams| / |k-grams| for k = 1 … `n`.
pub fn ngram_diversity(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    (1..=n).map(|k| super::distinct(tokens, k)).sum()
}

/// The same over the texts joined by a space and cut at each space.
pub fn ngram_diversity_joined(texts: &[&str], n: usize) -> Result<f64, MeasureError> {
    MeasureError::check("texts", 1, texts.len())?;
    let tokens = TokenIds::cut_by(texts, |text, visit| text.split(' ').for_each(visit));
    ngram_diversity(&tokens.joined(), n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    #[test]
    fn value_of_a_worked_example() {
        // a b a | b: 2 / 4; ab, ba: 2 / 2; aba: 1 / 1.
        let tokens = TokenIds::new(&["a b a", "b"], Tokenizer::Whitespace);
        assert_eq!(ngram_diversity(&tokens, 3), Ok(2.5));
        // Joined a b a b: 2 / 4, ab, ba, ab: 2 / 3, aba, bab: 2 / 2.
        let joined = ngram_diversity_joined(&["a b a", "b"], 3).expect("long enough");
        assert!((joined - (0.5 + 2.0 / 3.0 + 1.0)).abs() < 1e-15);
    }

    #[test]
    fn one_word_has_a_closed_form() {
        // T times the same word: 1 / (T − n + 1) for each n.
        let text = ["a"; 20].join(" ");
        let tokens = TokenIds::new(&[&text], Tokenizer::Unicode);
        let expected: f64 = (17..=20).map(|n| 1.0 / f64::from(n)).sum();
        let found = ngram_diversity(&tokens, 4).expect("long enough");
        assert!((found - expected).abs() < 1e-15);
    }

    #[test]
    fn the_peer_counts_empty_tokens_and_crosses_texts() {
        // "a  b" and "": a, empty, b, empty: 3 / 4.
        assert_eq!(ngram_diversity_joined(&["a  b", ""], 1), Ok(0.75));
    }

    #[test]
    fn a_set_without_a_4_gram_is_refused() {
        let tokens = TokenIds::new(&["a b c", "d e f"], Tokenizer::Unicode);
        assert!(ngram_diversity(&tokens, 4).is_err());
    }
}
