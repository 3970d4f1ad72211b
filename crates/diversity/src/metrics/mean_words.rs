//! How long the texts are: the mean number of tokens a text.
//!
//! # Definition
//!
//! The mean over texts of the number of tokens.
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

use text::TokenIds;

use crate::{Compute, Direction, MeasureError, Metric, Preset};

pub(super) static MEAN_WORDS: Metric = Metric {
    name: "mean_words",
    family: "mean_words",
    unit: "tokens a text",
    direction: Direction::Neutral,
    about: "mean length of a text in tokens",
    params: &[],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(mean_words(texts.tokens())?.into())),
};

fn mean_words(tokens: &TokenIds) -> Result<f64, MeasureError> {
    let texts = tokens.rows().len();
    MeasureError::check("texts", 1, texts)?;
    Ok(tokens.total() as f64 / texts as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    #[test]
    fn empty_texts_count() {
        // 3, 0 and 1 tokens.
        let tokens = TokenIds::new(&["a b, c", "", "d"], Tokenizer::Whitespace);
        assert_eq!(mean_words(&tokens), Ok(4.0 / 3.0));
    }
}
