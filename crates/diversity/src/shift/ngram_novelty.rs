//! How much of the set's text the reference does not have: n-gram novelty.
//!
//! # Definition
//!
//! The share of the n-grams of the set that occur nowhere in the reference; every occurrence
//! counts, and no n-gram crosses texts.
//!
//! # Range
//!
//! 0 (all of it is there) to 1. It is neither good nor bad by itself: near 0 for a long n is
//! copying, near 1 for n = 1 is another language. It falls as the reference grows.
//!
//! # Cost
//!
//! O(tokens · n) time and O(tokens) memory.
//!
//! # Source
//!
//! McCoy et al. 2023 (TACL), "How much do language models copy from their training data?" (RAVEN).

use crate::{Compare, Direction, JointTokens, MeasureError, Measured, Param, Preset, Shift};

/// One static a length.
macro_rules! novelty {
    ($constant:ident, $n:literal, $name:literal, $about:literal, $preset:ident) => {
        pub(super) static $constant: Shift = Shift {
            name: $name,
            family: "ngram_novelty",
            unit: "share",
            direction: Direction::Neutral,
            about: $about,
            params: &[Param::integer("n", $n)],
            preset: Preset::$preset,
            jackknife: true,
            compute: Compare::Tokens(|tokens, _| novelty(tokens, $n)),
        };
    };
}

novelty!(
    NGRAM_NOVELTY_1,
    1,
    "ngram_novelty_1",
    "share of the set's tokens that the reference lacks",
    Standard
);
novelty!(
    NGRAM_NOVELTY_2,
    2,
    "ngram_novelty_2",
    "share of the set's pairs of tokens that the reference lacks",
    All
);
novelty!(
    NGRAM_NOVELTY_4,
    4,
    "ngram_novelty_4",
    "share of the set's runs of 4 tokens that the reference lacks",
    Standard
);
novelty!(
    NGRAM_NOVELTY_8,
    8,
    "ngram_novelty_8",
    "share of the set's runs of 8 tokens that the reference lacks",
    All
);

fn novelty(tokens: &JointTokens, n: usize) -> Measured {
    let [reference, other] = tokens.counts(n);
    let total: u64 = other.iter().sum();
    MeasureError::check("n-grams", 1, total as usize)?;
    MeasureError::check(
        "n-grams in its reference",
        1,
        reference.iter().sum::<u64>() as usize,
    )?;
    let unseen = reference
        .iter()
        .zip(&other)
        .filter(|(before, _)| **before == 0);
    let novel: u64 = unseen.map(|(_, count)| count).sum();
    Ok((novel as f64 / total as f64).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pair, Set};
    use text::Tokenizer;

    fn value(reference: &[&'static str], other: &[&'static str], n: usize) -> Measured {
        let set = |texts: &[&'static str]| Set::of_texts(texts, Tokenizer::Unicode);
        novelty(
            Pair::new(set(reference), set(other))
                .tokens()
                .expect("texts"),
            n,
        )
    }

    #[test]
    fn value_of_a_worked_example() {
        // b a, a b, b a, a c of "b a b a c": only "b a" and "a b" are in "a b a".
        assert_eq!(
            value(&["a b a"], &["b a b a c"], 2).expect("pairs").value,
            0.25
        );
        assert_eq!(
            value(&["a b a"], &["b a b a c"], 1).expect("tokens").value,
            0.2
        );
    }

    #[test]
    fn a_copy_is_not_novel_and_another_language_is() {
        assert_eq!(value(&["a b c"], &["a b c"], 3).expect("runs").value, 0.0);
        assert_eq!(value(&["a b c"], &["d e f"], 1).expect("tokens").value, 1.0);
    }

    #[test]
    fn without_n_grams_there_is_no_share() {
        assert!(value(&["a b c"], &["a b"], 3).is_err());
        assert!(value(&["a b"], &["a b c"], 3).is_err());
    }
}
