//! How long the texts are: the mean number of tokens a text.
//!
//! # Definition
//!
//! The mean over texts of the number of tokens between white space (`text::whitespace_tokens`).
//!
//! # Range
//!
//! From 0; it says nothing about variety. It stands beside the lexical metrics because all of them
//! change with length: sets of different mean length are not comparable by them.
//!
//! # Cost
//!
//! O(bytes) time, O(1) memory.
//!
//! # Source
//!
//! Shaib et al. 2024 (arXiv 2403.00553), who show that length confounds diversity scores.

use rayon::prelude::*;
use text::Tokenizer;

use crate::{Compute, Direction, MeasureError, Metric, Param};

pub(super) static MEAN_WORDS: Metric = Metric {
    name: "mean_words",
    unit: "tokens a text",
    direction: Direction::Neutral,
    about: "mean length of a text in tokens between white space",
    params: &[Param::text("tokens", "whitespace")],
    compute: Compute::Texts(mean_words),
};

fn mean_words(texts: &[&str]) -> Result<f64, MeasureError> {
    MeasureError::check("texts", 1, texts.len())?;
    let total: usize = texts
        .par_iter()
        .map(|text| Tokenizer::Whitespace.count(text))
        .sum();
    Ok(total as f64 / texts.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_texts_count() {
        // 3, 0 and 1 tokens.
        assert_eq!(mean_words(&["a b, c", "", "d"]), Ok(4.0 / 3.0));
    }
}
