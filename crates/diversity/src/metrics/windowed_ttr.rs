//! Distinct tokens over tokens in windows of fixed length: MATTR and MSTTR.
//!
//! # Definition
//!
//! The tokens of all texts, one text after the other, are one sequence of N.
//!
//! - `mattr_50`: the mean of |distinct tokens| / 50 over all N − 49 windows of 50 successive tokens.
//! - `msttr_50`: the same over the ⌊N / 50⌋ windows that start at 0, 50, 100 …; the tail is left out.
//!
//! # Range
//!
//! 1 / 50 to 1, higher is more varied. The length of the set does not matter, but what follows on
//! what does: windows cross from text to text, so the order of texts counts a little.
//!
//! # Cost
//!
//! O(tokens) time and memory, whatever the length of the window: a token is new in all windows that
//! begin behind the same token before it, so that each place is looked at once.
//!
//! # Source
//!
//! Covington and McFall 2010 (MATTR), Johnson 1944 (MSTTR). `lexical-diversity` 0.1.1 agrees at 51
//! tokens and more; below, it gives the plain ratio, where here there is no value.
//! `lexicalrichness` 0.5.1 takes windows of 100 if nothing else is asked for.

use text::TokenIds;

use crate::lexical::previous_places;
use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static MATTR_50: Metric = Metric {
    name: "mattr_50",
    family: "windowed_ttr",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "mean of distinct tokens over tokens in all windows of 50 tokens",
    params: &[Param::integer("window", 50)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(mattr(texts.tokens(), 50)?.into())),
};

pub(super) static MSTTR_50: Metric = Metric {
    name: "msttr_50",
    family: "windowed_ttr",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "mean of distinct tokens over tokens in successive pieces of 50 tokens",
    params: &[Param::integer("window", 50)],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(msttr(texts.tokens(), 50)?.into())),
};

/// The moving-average type-token ratio over windows of this many tokens.
pub fn mattr(tokens: &TokenIds, window: usize) -> Result<f64, MeasureError> {
    MeasureError::check("tokens", window.max(1), tokens.total())?;
    let previous = previous_places(tokens.rows().values(), tokens.kinds());
    let last_start = previous.len() - window;
    let new_in = |(at, previous): (usize, &u32)| {
        let first = (at + 1).saturating_sub(window).max(*previous as usize);
        (at.min(last_start) + 1).saturating_sub(first)
    };
    let distinct: usize = previous.iter().enumerate().map(new_in).sum();
    Ok(distinct as f64 / (window as f64 * (last_start + 1) as f64))
}

/// The mean segmental type-token ratio over pieces of this many tokens.
pub fn msttr(tokens: &TokenIds, window: usize) -> Result<f64, MeasureError> {
    MeasureError::check("tokens", window.max(1), tokens.total())?;
    let previous = previous_places(tokens.rows().values(), tokens.kinds());
    let whole = previous.len() / window * window;
    let is_new = |(at, previous): (usize, &u32)| *previous as usize <= at / window * window;
    let places = previous[..whole].iter().enumerate();
    let distinct = places.filter(|place| is_new(*place)).count();
    Ok(distinct as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use text::Tokenizer;

    fn tokens(texts: &[&str]) -> TokenIds {
        TokenIds::new(texts, Tokenizer::Whitespace)
    }

    #[test]
    fn values_of_a_worked_example() {
        // a b a | c: windows of 3 are aba (2 kinds) and bac (3); the one whole piece is aba.
        let tokens = tokens(&["a b a", "c"]);
        assert_eq!(mattr(&tokens, 3), Ok(5.0 / 6.0));
        assert_eq!(msttr(&tokens, 3), Ok(2.0 / 3.0));
    }

    #[test]
    fn one_word_has_a_closed_form() {
        let text = ["a"; 170].join(" ");
        assert_eq!(mattr(&tokens(&[&text]), 50), Ok(1.0 / 50.0));
        assert_eq!(msttr(&tokens(&[&text]), 50), Ok(1.0 / 50.0));
    }

    #[test]
    fn fewer_tokens_than_a_window_have_no_value() {
        let text = ["a"; 49].join(" ");
        let error = mattr(&tokens(&[&text]), 50).expect_err("49").to_string();
        assert_eq!(error, "the set has 49 tokens, and at least 50 are needed");
        assert!(msttr(&tokens(&[&text]), 50).is_err());
    }

    proptest! {
        #[test]
        fn counting_by_places_is_counting_in_windows(
            words in prop::collection::vec(0u8..6, 4..40), window in 1usize..5
        ) {
            let text: Vec<String> = words.iter().map(u8::to_string).collect();
            let tokens = tokens(&[&text.join(" ")]);
            let distinct = |window: &[u8]| window.iter().collect::<BTreeSet<_>>().len();
            let moving: usize = words.windows(window).map(distinct).sum();
            let pieces: usize = words.chunks_exact(window).map(distinct).sum();
            let windows = words.len() - window + 1;
            let expected = moving as f64 / (window as f64 * windows as f64);
            prop_assert_eq!(mattr(&tokens, window), Ok(expected));
            let expected = pieces as f64 / (words.len() / window * window) as f64;
            prop_assert_eq!(msttr(&tokens, window), Ok(expected));
        }
    }
}
