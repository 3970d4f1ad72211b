//! How well each text can be put together from n-grams of all others: self-BLEU.
//!
//! # Definition
//!
//! The mean over texts i of BLEU-n with text i as hypothesis and all other texts as references:
//!
//! BLEU = BP · exp(1/n Σₖ ln pₖ), k = 1 … n,
//! pₖ = Σ over the k-grams g of text i of min(count of g in i, largest count of g in one other text)
//! / max(1, Lᵢ − k + 1),
//!
//! where a numerator of 0 counts as 0.1 (nltk's `method1`), a text that shares no token with any
//! other scores 0, and BP = 1 if Lᵢ exceeds the closest reference length r (of two as close, the
//! shorter), else exp(1 − r / Lᵢ).
//!
//! # Range
//!
//! 0 to 1, lower is more varied; a text with an exact copy scores 1. It grows with the number of
//! texts: compare only at equal n.
//!
//! # Cost
//!
//! O(tokens · n) time, O(tokens) memory. For each n-gram the largest count in one text, that text,
//! and the largest count in any other are kept; leaving text i out then takes one comparison, and
//! no pair of texts is ever looked at.
//!
//! # Source
//!
//! Zhu et al. 2018, "Texygen" (SIGIR); smoothing and lengths as in nltk 3.10.4
//! (`sentence_bleu`, `SmoothingFunction().method1`), whose values these are. Texygen's own code
//! draws 500 texts; here all are used.

use numeric::sum;
use rayon::prelude::*;
use text::{NGrams, Rows, TokenIds};

use crate::bleu::{brevity_penalty, log_precision};
use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset, Texts};

const fn metric(
    name: &'static str,
    about: &'static str,
    preset: Preset,
    params: &'static [Param],
    compute: fn(&Texts<'_>, &Context) -> Measured,
) -> Metric {
    Metric {
        name,
        family: "self_bleu",
        unit: "BLEU, 0 to 1",
        direction: Direction::LowerIsMoreVaried,
        about,
        params,
        preset,
        jackknife: true,
        compute: Compute::Tokens(compute),
    }
}

pub(super) static SELF_BLEU_2: Metric = metric(
    "self_bleu_2",
    "mean BLEU-2 of each text against all others",
    Preset::All,
    &[Param::integer("n", 2), METHOD1],
    |texts, _| Ok(self_bleu(texts.tokens(), 2)?.into()),
);
pub(super) static SELF_BLEU_3: Metric = metric(
    "self_bleu_3",
    "mean BLEU-3 of each text against all others",
    Preset::All,
    &[Param::integer("n", 3), METHOD1],
    |texts, _| Ok(self_bleu(texts.tokens(), 3)?.into()),
);
pub(super) static SELF_BLEU_4: Metric = metric(
    "self_bleu_4",
    "mean BLEU-4 of each text against all others",
    Preset::Fast,
    &[Param::integer("n", 4), METHOD1],
    |texts, _| Ok(self_bleu(texts.tokens(), 4)?.into()),
);
pub(super) static SELF_BLEU_5: Metric = metric(
    "self_bleu_5",
    "mean BLEU-5 of each text against all others",
    Preset::All,
    &[Param::integer("n", 5), METHOD1],
    |texts, _| Ok(self_bleu(texts.tokens(), 5)?.into()),
);

const METHOD1: Param = Param::text("smoothing", "method1");

/// Mean BLEU of each text against all others, over n-grams of orders 1 to `n`.
pub fn self_bleu(tokens: &TokenIds, n: usize) -> Result<f64, MeasureError> {
    MeasureError::check("texts", 2, tokens.rows().len())?;
    let lengths: Vec<usize> = tokens.rows().iter().map(<[u32]>::len).collect();
    let mut ngrams = NGrams::unigrams(tokens);
    let mut log_precisions = log_precisions(ngrams, &lengths);
    for _ in 1..n {
        ngrams = ngrams.longer();
        let longer = self::log_precisions(ngrams, &lengths);
        log_precisions
            .iter_mut()
            .zip(longer)
            .for_each(|(sum, next)| *sum += next);
    }
    let penalties = brevity_penalties(&lengths);
    let scores = log_precisions.iter().zip(penalties);
    let total = sum(scores.map(|(logs, penalty)| penalty * (logs / n as f64).exp()));
    Ok(total / lengths.len() as f64)
}

/// ln pₖ of each text for one order k; −∞ for a text that shares no token with another.
fn log_precisions(ngrams: NGrams<'_>, lengths: &[usize]) -> Vec<f64> {
    let sorted = ngrams.rows().sorted();
    let most = MostInOneText::new(&sorted, ngrams.kinds());
    (0..lengths.len())
        .into_par_iter()
        .map(|text| {
            let clipped = |(id, count)| most.elsewhere(id, text).min(count) as usize;
            let matched = counts(sorted.row(text)).map(clipped).sum();
            log_precision(matched, lengths[text], ngrams.order())
        })
        .collect()
}

/// Each id of a sorted row with how often it occurs.
fn counts(sorted: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len() as u32))
}

/// The largest count of each n-gram in one text, and the largest in any other text.
struct MostInOneText(Vec<Most>);

#[derive(Clone, Copy, Default)]
struct Most {
    count: u32,
    text: u32,
    elsewhere: u32,
}

/// N-grams of this many are looked for together, so that what is found of them fits a cache.
const IDS_A_PASS: usize = 1 << 20;

impl MostInOneText {
    /// `sorted` holds the n-grams of each text in ascending order, ids below `kinds`.
    fn new(sorted: &Rows<u32>, kinds: usize) -> Self {
        let mut most = vec![Most::default(); kinds];
        let passes = most.par_chunks_mut(IDS_A_PASS).enumerate();
        passes.for_each(|(pass, most)| {
            let first = (pass * IDS_A_PASS) as u32;
            for (text, row) in sorted.iter().enumerate() {
                let from = row.partition_point(|id| *id < first);
                for (id, count) in counts(&row[from..]) {
                    let Some(most) = most.get_mut((id - first) as usize) else {
                        break;
                    };
                    most.add(text as u32, count);
                }
            }
        });
        Self(most)
    }

    /// The largest count of an n-gram in any text but this one.
    fn elsewhere(&self, id: u32, text: usize) -> u32 {
        let most = self.0[id as usize];
        if most.text as usize == text {
            most.elsewhere
        } else {
            most.count
        }
    }
}

impl Most {
    fn add(&mut self, text: u32, count: u32) {
        if count > self.count {
            let elsewhere = self.count;
            *self = Self {
                count,
                text,
                elsewhere,
            };
        } else {
            self.elsewhere = self.elsewhere.max(count);
        }
    }
}

/// BP of each text, from the closest length among all others.
fn brevity_penalties(lengths: &[usize]) -> Vec<f64> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let penalty = |length: &usize| brevity_penalty(*length, closest_other(&sorted, *length));
    lengths.iter().map(penalty).collect()
}

/// The member of `sorted` closest to `length` once one `length` is taken out; of two, the shorter.
fn closest_other(sorted: &[usize], length: usize) -> usize {
    let at = sorted.partition_point(|other| *other < length);
    let above = sorted.get(at + 1).copied();
    let below = at.checked_sub(1).map(|before| sorted[before]);
    match (below, above) {
        (Some(below), Some(above)) if length - below <= above - length => below,
        (_, Some(above)) => above,
        (Some(below), None) => below,
        (None, None) => length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    fn score(texts: &[&str], n: usize) -> f64 {
        let tokens = TokenIds::new(texts, Tokenizer::Whitespace);
        self_bleu(&tokens, n).expect("two texts or more")
    }

    #[test]
    fn copies_score_1() {
        let text = "one two three four five";
        assert_eq!(score(&[text, text, text], 4), 1.0);
    }

    #[test]
    fn texts_without_a_common_token_score_0() {
        assert_eq!(score(&["a b c d", "e f g h", ""], 4), 0.0);
    }

    #[test]
    fn value_of_a_worked_example() {
        // "a b c" against "a b d e": p1 = 2/3, p2 = 1/2, r = 4: BP = exp(1 - 4/3).
        // "a b d e" against "a b c": p1 = 2/4, p2 = 1/3, L > r: BP = 1.
        let first = (1.0f64 - 4.0 / 3.0).exp() * (2.0f64 / 3.0 / 2.0).sqrt();
        let second = (0.5f64 / 3.0).sqrt();
        let expected = f64::midpoint(first, second);
        assert!((score(&["a b c", "a b d e"], 2) - expected).abs() < 1e-15);
    }

    #[test]
    fn counts_are_clipped_by_the_best_single_other_text() {
        // "a a a" has at most 2 a's in one other text: p1 = 2/3, closest length 2, BP = 1.
        // "a a" finds 3 in the first: p1 = 1, closest length 3 or 1, the shorter: BP = 1.
        // "a": p1 = 1, closest length 2: BP = exp(1 - 2).
        let expected = (2.0 / 3.0 + 1.0 + (-1.0f64).exp()) / 3.0;
        assert!((score(&["a a a", "a a", "a"], 1) - expected).abs() < 1e-15);
    }

    #[test]
    fn the_closest_other_length_is_the_shorter_of_two() {
        assert_eq!(closest_other(&[2, 4, 6], 4), 2);
        assert_eq!(closest_other(&[2, 4, 4], 4), 4);
        assert_eq!(closest_other(&[1, 4, 6], 4), 6);
        assert_eq!(closest_other(&[4, 9], 9), 4);
    }

    #[test]
    fn one_text_has_no_others() {
        let error = self_bleu(&TokenIds::new(&["a b"], Tokenizer::Whitespace), 4);
        let what = "texts";
        assert_eq!(
            error,
            Err(MeasureError::TooFew {
                what,
                needs: 2,
                has: 1
            })
        );
    }
}
