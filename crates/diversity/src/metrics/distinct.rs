//! Share of n-grams that are the first of their kind: distinct-n, in its three variants.
//!
//! # Definition
//!
//! - `distinct_n`: |distinct n-grams| / |n-grams| over the whole set.
//! - `distinct_n_of_tokens`: |distinct n-grams| / |tokens| over the whole set.
//! - `distinct_n_per_text`: the mean over texts of |distinct n-grams of the text| / |its tokens|;
//!   texts without a token are left out.
//!
//! No n-gram crosses from one text to the next, and a text of fewer than n tokens has none.
//!
//! # Range
//!
//! From near 0 to 1, higher is more varied; only `distinct_n` reaches 1 at every n. The first two
//! fall as the set grows, whatever the set (Heaps' law): compare only at equal numbers of tokens.
//! The third does not see what texts have in common, and falls with their length.
//!
//! # Cost
//!
//! O(tokens · n) time and O(tokens) memory; equal n-grams are counted exactly, without hash
//! collisions.
//!
//! # Source
//!
//! Li et al. 2016 (NAACL), "A diversity-promoting objective function", divide by the number of
//! *tokens*. Published figures use all three without saying which. `diversity` 0.3.1 joins all
//! texts first, so that its n-grams cross texts (see `ngram_diversity`).

use numeric::sum;
use rayon::prelude::*;
use text::TokenIds;

use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset, Texts};

/// What a variant says, and the function that computes it.
struct Variant {
    about: &'static str,
    preset: Preset,
}

const OF_NGRAMS: Variant = Variant {
    about: "distinct n-grams over all n-grams",
    preset: Preset::Fast,
};
const OF_TOKENS: Variant = Variant {
    about: "distinct n-grams over all tokens",
    preset: Preset::All,
};
const PER_TEXT: Variant = Variant {
    about: "mean over texts of distinct n-grams over tokens",
    preset: Preset::All,
};

const fn metric(
    name: &'static str,
    variant: &Variant,
    params: &'static [Param],
    compute: fn(&Texts<'_>, &Context) -> Measured,
) -> Metric {
    Metric {
        name,
        family: "distinct",
        unit: "share",
        direction: Direction::HigherIsMoreVaried,
        about: variant.about,
        params,
        preset: variant.preset,
        jackknife: true,
        compute: Compute::Tokens(compute),
    }
}

/// The three variants for one n.
macro_rules! variants {
    ($n:literal: $of_ngrams:ident $of_tokens:ident $per_text:ident) => {
        pub(super) static $of_ngrams: Metric = metric(
            concat!("distinct_", $n),
            &OF_NGRAMS,
            &[Param::integer("n", $n), Param::text("divisor", "ngrams")],
            |texts, _| Ok(distinct(texts.tokens(), $n)?.into()),
        );
        pub(super) static $of_tokens: Metric = metric(
            concat!("distinct_", $n, "_of_tokens"),
            &OF_TOKENS,
            &[Param::integer("n", $n), Param::text("divisor", "tokens")],
            |texts, _| Ok(distinct_of_tokens(texts.tokens(), $n)?.into()),
        );
        pub(super) static $per_text: Metric = metric(
            concat!("distinct_", $n, "_per_text"),
            &PER_TEXT,
            &[
                Param::integer("n", $n),
                Param::text("divisor", "tokens"),
                Param::text("mean", "texts"),
            ],
            |texts, _| Ok(distinct_per_text(texts.tokens(), $n)?.into()),
        );
    };
}

variants!(1: DISTINCT_1 DISTINCT_1_OF_TOKENS DISTINCT_1_PER_TEXT);
variants!(2: DISTINCT_2 DISTINCT_2_OF_TOKENS DISTINCT_2_PER_TEXT);
variants!(3: DISTINCT_3 DISTINCT_3_OF_TOKENS DISTINCT_3_PER_TEXT);
variants!(4: DISTINCT_4 DISTINCT_4_OF_TOKENS DISTINCT_4_PER_TEXT);
variants!(5: DISTINCT_5 DISTINCT_5_OF_TOKENS DISTINCT_5_PER_TEXT);

/// |distinct n-grams| / |n-grams|, for any `n` from 1.
pub fn distinct(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    let ngrams = tokens.ngrams(n);
    MeasureError::check("n-grams", 1, ngrams.total())?;
    Ok(ngrams.kinds() as f64 / ngrams.total() as f64)
}

fn distinct_of_tokens(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    MeasureError::check("tokens", 1, tokens.total())?;
    Ok(tokens.ngrams(n).kinds() as f64 / tokens.total() as f64)
}

fn distinct_per_text(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    let (lengths, ngrams) = (tokens.rows(), tokens.ngrams(n).rows());
    let shares: Vec<Option<f64>> = (0..lengths.len())
        .into_par_iter()
        .map_with(Vec::new(), |sorted, text| {
            let length = lengths.row(text).len();
            (length > 0).then(|| kinds(ngrams.row(text), sorted) as f64 / length as f64)
        })
        .collect();
    let texts = shares.iter().flatten().count();
    MeasureError::check("texts with a token", 1, texts)?;
    Ok(sum(shares.into_iter().flatten()) / texts as f64)
}

/// How many different ids there are; `sorted` is room to sort them in.
fn kinds(ids: &[u32], sorted: &mut Vec<u32>) -> usize {
    sorted.clear();
    sorted.extend_from_slice(ids);
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    fn tokens(texts: &[&str]) -> TokenIds {
        TokenIds::new(texts, Tokenizer::Whitespace)
    }

    #[test]
    fn values_of_a_worked_example() {
        // Bigrams: ab, ba, ab | ab: 2 of 4, of 6 tokens; per text 2 / 4 and 1 / 2.
        let tokens = tokens(&["a b a b", "", "a b"]);
        assert_eq!(distinct(&tokens, 2), Ok(0.5));
        assert_eq!(distinct(&tokens, 1), Ok(2.0 / 6.0));
        assert_eq!(distinct_of_tokens(&tokens, 2), Ok(2.0 / 6.0));
        assert_eq!(distinct_per_text(&tokens, 2), Ok(0.5));
        assert_eq!(distinct_per_text(&tokens, 1), Ok(0.75));
    }

    #[test]
    fn the_way_tokens_are_cut_matters() {
        let texts = ["No, no.", "no no"];
        let words = TokenIds::new(&texts, Tokenizer::Unicode);
        assert_eq!(distinct(&tokens(&texts), 1), Ok(3.0 / 4.0));
        assert_eq!(distinct(&words, 1), Ok(1.0 / 4.0));
    }

    #[test]
    fn a_set_without_a_bigram_is_refused() {
        let error = |what| MeasureError::check(what, 1, 0).expect_err("none");
        let single = tokens(&["one", "", "two"]);
        assert_eq!(distinct(&single, 2), Err(error("n-grams")));
        assert_eq!(distinct_of_tokens(&single, 2), Ok(0.0));
        let empty = tokens(&["", ""]);
        assert_eq!(distinct_of_tokens(&empty, 2), Err(error("tokens")));
        let texts = "texts with a token";
        assert_eq!(distinct_per_text(&empty, 2), Err(error(texts)));
    }
}
