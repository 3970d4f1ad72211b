//! Share of n-grams that are the first of their kind: distinct-n.
//!
//! # Definition
//!
//! |distinct n-grams| / |n-grams| over the whole set. No n-gram crosses from one text to the next,
//! and a text of fewer than n tokens has none.
//!
//! # Range
//!
//! From near 0 to 1, higher is more varied. It falls as the set grows, whatever the set (Heaps'
//! law): compare only at equal numbers of tokens.
//!
//! # Cost
//!
//! O(tokens · n) time and O(tokens) memory; equal n-grams are counted exactly, without hash
//! collisions.
//!
//! # Source
//!
//! Li et al. 2016 (NAACL), "A diversity-promoting objective function", who divide by the number of
//! *tokens*; we divide by the number of n-grams, so that 1 is reached at every n. A third variant,
//! the mean of per-text ratios, is not this one. `diversity` 0.3.1 joins all texts first, so that
//! its n-grams cross texts.

use text::{NGrams, TokenIds};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static DISTINCT_1: Metric = Metric {
    name: "distinct_1",
    family: "distinct",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct tokens over all tokens",
    params: &[Param::integer("n", 1), OF_NGRAMS],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(distinct(texts.tokens(), 1)?.into())),
};

pub(super) static DISTINCT_2: Metric = Metric {
    name: "distinct_2",
    family: "distinct",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct pairs of successive tokens over all such pairs",
    params: &[Param::integer("n", 2), OF_NGRAMS],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(distinct(texts.tokens(), 2)?.into())),
};

pub(super) static DISTINCT_3: Metric = Metric {
    name: "distinct_3",
    family: "distinct",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct triples of successive tokens over all such triples",
    params: &[Param::integer("n", 3), OF_NGRAMS],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(distinct(texts.tokens(), 3)?.into())),
};

const OF_NGRAMS: Param = Param::text("divisor", "ngrams");

/// |distinct n-grams| / |n-grams|, for any `n` from 1.
pub fn distinct(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    let ngrams = NGrams::of_order(tokens, n);
    MeasureError::check("n-grams", 1, ngrams.total())?;
    Ok(ngrams.kinds() as f64 / ngrams.total() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    fn share(texts: &[&str], tokenizer: Tokenizer, n: usize) -> Result<f64, MeasureError> {
        distinct(&TokenIds::new(texts, tokenizer), n)
    }

    #[test]
    fn value_of_a_worked_example() {
        // Bigrams: ab, ba, ab | ab: 2 of 4. Tokens: a, b of 6.
        let texts = ["a b a b", "a b"];
        assert_eq!(share(&texts, Tokenizer::Whitespace, 2), Ok(0.5));
        assert_eq!(share(&texts, Tokenizer::Whitespace, 1), Ok(2.0 / 6.0));
    }

    #[test]
    fn the_way_tokens_are_cut_matters() {
        let texts = ["No, no.", "no no"];
        assert_eq!(share(&texts, Tokenizer::Whitespace, 1), Ok(3.0 / 4.0));
        assert_eq!(share(&texts, Tokenizer::Unicode, 1), Ok(1.0 / 4.0));
    }

    #[test]
    fn a_set_without_a_bigram_is_refused() {
        let error = share(&["one", "", "two"], Tokenizer::Whitespace, 2);
        let what = "n-grams";
        assert_eq!(
            error,
            Err(MeasureError::TooFew {
                what,
                needs: 1,
                has: 0
            })
        );
    }
}
