//! How much of the words of one text another has in the same order: homogenization by ROUGE-L.
//!
//! # Definition
//!
//! The mean over pairs of different texts of 2 · LCS / (Lᵢ + Lⱼ): LCS is the length of the longest
//! common subsequence of their tokens, L their lengths; 0 for two texts without a token. Up to 2000
//! texts all pairs are looked at, beyond that 2,000,000 are drawn; the row says how many.
//!
//! # Range
//!
//! 0 (no two texts share a token) to 1 (all the same), lower is more varied. It does not grow with
//! the number of texts, but falls where lengths differ.
//!
//! # Cost
//!
//! O(pairs · L · ⌈L / 64⌉): one row of the table of common subsequences is one word of 64 bits.
//!
//! # Source
//!
//! Padmakumar and He 2023 (arXiv 2309.05196); Lin 2004 (ROUGE-L); Hyyrö 2004 for the bit-parallel
//! table. `homogenization_rouge_l_cshaib` is what `homogenization_score` of `diversity` 0.3.1
//! computes on `rouge-score` 0.1.2, before it rounds to 3 digits: tokens are runs of `a` to `z` and
//! `0` to `9` of the lower-cased text, so that letters of other scripts vanish, and where no two
//! texts share a token it says 1, as of equal texts, instead of 0.

use numeric::{Seed, sum};
use rayon::prelude::*;
use text::{Lcs, Rows, TokenIds, Tokenizer};

use crate::pairs::{MOST_PAIRS, pairs};
use crate::{Compute, Direction, Figure, MeasureError, Measured, Metric, Param, Preset};

pub(super) static HOMOGENIZATION_ROUGE_L: Metric = Metric {
    name: "homogenization_rouge_l",
    family: "homogenization",
    unit: "F1",
    direction: Direction::LowerIsMoreVaried,
    about: "mean ROUGE-L of pairs of texts",
    params: &[Param::integer("most_pairs", MOST_PAIRS as u64)],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        homogenization_rouge_l(texts.tokens(), MOST_PAIRS, context.seed())
    }),
};

pub(super) static HOMOGENIZATION_ROUGE_L_CSHAIB: Metric = Metric {
    name: "homogenization_rouge_l_cshaib",
    family: "homogenization",
    unit: "F1",
    direction: Direction::LowerIsMoreVaried,
    about: "the same on ASCII words, and 1 where no pair shares a word, as diversity 0.3.1 does",
    params: &[
        Param::integer("most_pairs", MOST_PAIRS as u64),
        Param::text("tokens", "runs of a to z and 0 to 9 in lower case"),
    ],
    preset: Preset::Compat("cshaib"),
    jackknife: true,
    compute: Compute::Texts(|texts, context| {
        let tokens = rouge_tokens(texts.rows());
        let mut figure = homogenization_rouge_l(&tokens, MOST_PAIRS, context.seed())?;
        if figure.value == 0.0 {
            figure.value = 1.0;
        }
        Ok(figure)
    }),
};

/// Pairs of this many are added up together; fixed, so that the sum is the same on any machine.
const CHUNK: usize = 4096;

/// Mean ROUGE-L F1 over all pairs of texts, or over `most` of them.
pub fn homogenization_rouge_l(tokens: &TokenIds, most: usize, seed: Seed) -> Measured {
    let texts = tokens.rows();
    MeasureError::check("texts", 2, texts.len())?;
    let pairs = pairs(texts.len(), most, seed);
    let sums: Vec<f64> = pairs
        .par_chunks(CHUNK)
        .map(|pairs| sum_of_scores(texts, pairs))
        .collect();
    let figure = Figure::from(sum(sums) / pairs.len() as f64);
    Ok(figure.with(Param::integer("pairs", pairs.len() as u64)))
}

/// The sum of ROUGE-L F1 of some pairs; those with the same first text are neighbours.
fn sum_of_scores(texts: &Rows<u32>, pairs: &[(u32, u32)]) -> f64 {
    let of_one_text = pairs.chunk_by(|a, b| a.0 == b.0);
    sum(of_one_text.flat_map(|pairs| {
        let first = Lcs::new(texts.row(pairs[0].0 as usize));
        let score = move |pair: &(u32, u32)| first.rouge_l(texts.row(pair.1 as usize));
        pairs.iter().map(score)
    }))
}

/// The tokens of `rouge-score`: runs of ASCII letters and digits of the lower-cased texts.
fn rouge_tokens(texts: &[&str]) -> TokenIds {
    let spaced: Vec<String> = texts
        .par_iter()
        .map(|text| {
            let kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            let lower = text.to_lowercase();
            lower
                .chars()
                .map(|c| if kept(c) { c } else { ' ' })
                .collect()
        })
        .collect();
    let spaced: Vec<&str> = spaced.iter().map(String::as_str).collect();
    TokenIds::new(&spaced, Tokenizer::Whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    const ALL: &Metric = &HOMOGENIZATION_ROUGE_L;

    #[test]
    fn value_of_a_worked_example() {
        // "a b c d" and "a c e": LCS a c, 4 / 7; with "x": 0 and 0.
        assert_close(value(ALL, &["a b c d", "a c e", "x"]), 4.0 / 21.0, 1e-15);
    }

    #[test]
    fn copies_score_1_and_texts_without_a_common_word_0() {
        assert_eq!(value(ALL, &["a b c", "a b c", "a b c"]), Ok(1.0));
        assert_eq!(value(ALL, &["a b", "c d", ""]), Ok(0.0));
        assert_eq!(value(ALL, &["", ""]), Ok(0.0));
        assert_refused(ALL, &["a"], "the set has 1 texts");
    }

    #[test]
    fn the_peer_calls_texts_without_a_common_word_equal() {
        let peer = &HOMOGENIZATION_ROUGE_L_CSHAIB;
        assert_eq!(value(peer, &["a b", "c d"]), Ok(1.0));
        // "Don't" is don and t; "日本" is nothing: 2 · 2 / (2 + 2), 0 and 0.
        assert_close(
            value(peer, &["Don't", "don T", "\u{65e5}\u{672c}"]),
            1.0 / 3.0,
            1e-15,
        );
    }

    #[test]
    fn drawn_pairs_come_close_to_all_pairs() {
        let word = |i: usize| format!("w{} ", i * i % 23);
        let texts: Vec<String> = (0..300)
            .map(|t| (t..t + 5 + t % 9).map(word).collect())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        let of = |most| homogenization_rouge_l(&tokens, most, Seed::new(4)).expect("pairs");
        let (all, drawn) = (of(MOST_PAIRS), of(20_000));
        assert_eq!(all.details, [Param::integer("pairs", 300 * 299 / 2)]);
        assert_eq!(drawn.details, [Param::integer("pairs", 20_000)]);
        assert!((all.value - drawn.value).abs() < 0.01, "{all:?} {drawn:?}");
    }
}
