//! How well one text can be put together from n-grams of another: pairwise BLEU.
//!
//! # Definition
//!
//! The mean over ordered pairs of different texts of BLEU-4 with one as hypothesis and the other as
//! its only reference, smoothed as in `self_bleu`. Up to 2000 texts all pairs are looked at, beyond
//! that 2,000,000 unordered ones are drawn, each taken both ways; the row says how many.
//!
//! # Range
//!
//! 0 to 1, lower is more varied. Unlike self-BLEU it does not grow with the number of texts.
//!
//! # Cost
//!
//! O(tokens) memory and O(pairs · L) time.
//!
//! # Source
//!
//! Shen et al. 2019, "Mixture Models for Diverse Machine Translation"; the values are the means of
//! nltk 3.10.4's (`sentence_bleu`, `SmoothingFunction().method1`). sacrebleu smooths in another way,
//! counts from 0 to 100 and cuts tokens by itself.

use numeric::{Seed, sum};
use rayon::prelude::*;
use text::{Rows, TokenIds};

use crate::bleu::{brevity_penalty, log_precision};
use crate::pairs::{MOST_PAIRS, pairs};
use crate::{Compute, Direction, Figure, MeasureError, Measured, Metric, Param, Preset};

pub(super) static PAIRWISE_BLEU_4: Metric = Metric {
    name: "pairwise_bleu_4",
    family: "pairwise_bleu",
    unit: "BLEU, 0 to 1",
    direction: Direction::LowerIsMoreVaried,
    about: "mean BLEU-4 of one text against another",
    params: &[
        Param::integer("n", 4),
        Param::text("smoothing", "method1"),
        Param::integer("most_pairs", MOST_PAIRS as u64),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        pairwise_bleu(texts.tokens(), 4, MOST_PAIRS, context.seed())
    }),
};

/// Pairs of this many are added up together; fixed, so that the sum is the same on any machine.
const CHUNK: usize = 4096;

/// Mean BLEU-n of one text against another over all pairs, or over `most` unordered ones.
pub fn pairwise_bleu(tokens: &TokenIds, n: usize, most: usize, seed: Seed) -> Measured {
    let texts = tokens.rows().len();
    MeasureError::check("texts", 2, texts)?;
    let orders = (1..=n).map(|k| tokens.ngrams(k).rows());
    let sorted: Vec<Rows<u32>> = orders.map(Rows::sorted).collect();
    let pairs = pairs(texts, most, seed);
    let both_ways = |(one, other): &(u32, u32)| both_ways(&sorted, *one as usize, *other as usize);
    let sums: Vec<f64> = pairs
        .par_chunks(CHUNK)
        .map(|pairs| sum(pairs.iter().map(both_ways)))
        .collect();
    let figure = Figure::from(sum(sums) / (2 * pairs.len()) as f64);
    Ok(figure.with(Param::integer("pairs", pairs.len() as u64)))
}

/// The sum of BLEU of `one` against `other` and of `other` against `one`; `sorted` has an order each.
fn both_ways(sorted: &[Rows<u32>], one: usize, other: usize) -> f64 {
    let length = |text| sorted[0].row(text).len();
    let (long_one, long_other) = (length(one), length(other));
    let (mut logs_one, mut logs_other) = (0.0, 0.0);
    for (at, ids) in sorted.iter().enumerate() {
        let matched = in_common(ids.row(one), ids.row(other));
        if at == 0 && matched == 0 {
            return 0.0;
        }
        logs_one += log_precision(matched, long_one, at + 1);
        logs_other += log_precision(matched, long_other, at + 1);
    }
    let n = sorted.len() as f64;
    brevity_penalty(long_one, long_other) * (logs_one / n).exp()
        + brevity_penalty(long_other, long_one) * (logs_other / n).exp()
}

/// How many members two sorted lists have in common, repeats counted.
fn in_common(mut one: &[u32], mut other: &[u32]) -> usize {
    let mut common = 0;
    while let ([a, rest_one @ ..], [b, rest_other @ ..]) = (one, other) {
        common += usize::from(a == b);
        (one, other) = (
            if a <= b { rest_one } else { one },
            if b <= a { rest_other } else { other },
        );
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    fn of(texts: &[&str], n: usize) -> f64 {
        let tokens = TokenIds::new(texts, Tokenizer::Whitespace);
        let figure = pairwise_bleu(&tokens, n, MOST_PAIRS, Seed::new(1));
        figure.expect("two texts or more").value
    }

    #[test]
    fn value_of_a_worked_example() {
        // "a b c" against "a b d e": p1 = 2/3, p2 = 1/2, BP = exp(1 − 4/3).
        // "a b d e" against "a b c": p1 = 2/4, p2 = 1/3, BP = 1. Nothing in common with "x": 0.
        let first = (1.0f64 - 4.0 / 3.0).exp() * (2.0f64 / 3.0 / 2.0).sqrt();
        let second = (0.5f64 / 3.0).sqrt();
        let found = of(&["a b c", "a b d e", "x"], 2);
        assert!((found - (first + second) / 6.0).abs() < 1e-15);
    }

    #[test]
    fn copies_score_1_and_two_texts_score_their_self_bleu() {
        assert_eq!(of(&["one two three four"; 4], 4), 1.0);
        let texts = ["the cat sat on a mat", "the cat sat on the hat today"];
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        let itself = crate::metrics::self_bleu(&tokens, 4).expect("two texts");
        assert!((of(&texts, 4) - itself).abs() < 1e-15);
    }

    #[test]
    fn empty_texts_have_nothing_in_common() {
        assert_eq!(of(&["", "", "a"], 4), 0.0);
    }

    #[test]
    fn one_text_is_no_pair() {
        let tokens = TokenIds::new(&["a"], Tokenizer::Whitespace);
        assert!(pairwise_bleu(&tokens, 4, 10, Seed::new(1)).is_err());
    }
}
