//! How much likelier the set's rows are in the reference than in the set: DSIR's importance weight.
//!
//! # Definition
//!
//! The mean over the set's rows of Σ over the row's tokens and pairs of tokens of
//! ln(p + 10⁻⁸) − ln(q + 10⁻⁸), where p and q are the shares of the bucket that token or pair falls
//! into among all of the reference and of the set. There are 10 000 buckets, by a hash. Tokens are
//! those of nltk's `wordpunct_tokenize` of the lower-cased text, whatever `--words` says.
//!
//! # Range
//!
//! Up to 0 on average, lower is farther; it grows with the length of the rows.
//!
//! # Cost
//!
//! O(bytes) time, O(10 000) memory.
//!
//! # Source
//!
//! Xie et al. 2023 (NeurIPS, arXiv 2302.03169), "Data selection for language models via importance
//! resampling". Their code hashes with SHA-256; here it is XXH3, so that single weights differ and
//! what they say does not.

use numeric::{mean, stable_hash};
use rayon::prelude::*;
use text::word_punct_tokens;

use crate::{Compare, Direction, MeasureError, Param, Preset, Shift};

/// How many buckets tokens and pairs fall into.
const BUCKETS: usize = 10_000;
/// What keeps a bucket that one set lacks from weighing without end.
const FLOOR: f64 = 1e-8;
/// Texts of this many are counted together.
const CHUNK: usize = 1024;

pub(super) static DSIR_LOG_WEIGHT: Shift = Shift {
    name: "dsir_log_weight",
    family: "dsir_log_weight",
    unit: "nats a row",
    direction: Direction::LowerIsFarther,
    about: "how much likelier the rows are in the reference than in the set, by hashed n-grams",
    params: &[
        Param::integer("n", 2),
        Param::integer("buckets", BUCKETS as u64),
        Param::text("tokens", "wordpunct, lower case"),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compare::Texts(|reference, other, _| {
        let weights = dsir_log_weights(reference.rows(), other.rows())?;
        let mean = mean(&weights).ok_or(MeasureError::Undefined("there is no row"))?;
        Ok(mean.into())
    }),
};

/// The log importance weight of each row of `other`: the reference is the target.
pub fn dsir_log_weights(reference: &[&str], other: &[&str]) -> Result<Vec<f64>, MeasureError> {
    let (p, q) = (shares(reference)?, shares(other)?);
    let gain = |(p, q): (&f64, &f64)| (p + FLOOR).ln() - (q + FLOOR).ln();
    let gains: Vec<f64> = p.iter().zip(&q).map(gain).collect();
    let weigh = |text: &&str| {
        let mut weight = 0.0;
        for_each_bucket(text, |bucket| weight += gains[bucket]);
        weight
    };
    Ok(other.par_iter().map(weigh).collect())
}

/// The share of each bucket among all tokens and pairs of the texts.
fn shares(texts: &[&str]) -> Result<Vec<f64>, MeasureError> {
    let counts = texts.par_chunks(CHUNK).map(|chunk| {
        let mut counts = vec![0u64; BUCKETS];
        for text in chunk {
            for_each_bucket(text, |bucket| counts[bucket] += 1);
        }
        counts
    });
    let counts = counts.reduce(
        || vec![0; BUCKETS],
        |mut sum, counts| {
            sum.iter_mut()
                .zip(counts)
                .for_each(|(sum, count)| *sum += count);
            sum
        },
    );
    let total: u64 = counts.iter().sum();
    MeasureError::check("tokens", 1, total as usize)?;
    Ok(counts
        .into_iter()
        .map(|count| count as f64 / total as f64)
        .collect())
}

/// Visits the bucket of each token and of each pair of successive tokens.
fn for_each_bucket(text: &str, mut visit: impl FnMut(usize)) {
    let lower = text.to_lowercase();
    let mut previous: Option<&str> = None;
    let mut pair = String::new();
    for token in word_punct_tokens(&lower) {
        visit(bucket(token));
        if let Some(previous) = previous {
            pair.clear();
            pair.push_str(previous);
            pair.push(' ');
            pair.push_str(token);
            visit(bucket(&pair));
        }
        previous = Some(token);
    }
}

fn bucket(key: &str) -> usize {
    (stable_hash(key.as_bytes()) % BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // One token a row. Reference: a, b; set: a, a: a is ½ over 1.
        let weights = dsir_log_weights(&["a", "b"], &["A", "a"]).expect("tokens");
        let expected = (0.5 + FLOOR).ln() - (1.0 + FLOOR).ln();
        assert_eq!(weights, [expected, expected]);
    }

    #[test]
    fn pairs_count_beside_tokens() {
        let mut buckets = Vec::new();
        for_each_bucket("Wet roof!", |bucket| buckets.push(bucket));
        let expected = ["wet", "roof", "wet roof", "!", "roof !"].map(bucket);
        assert_eq!(buckets, expected);
    }

    #[test]
    fn rows_like_the_reference_weigh_more() {
        let reference = ["rain on the tin roof", "rain on the wet roof"];
        let weights = dsir_log_weights(&reference, &["rain on the wet roof", "stocks fell again"]);
        let weights = weights.expect("tokens");
        assert!(weights[0] > 0.0 && weights[1] < 0.0, "{weights:?}");
    }

    #[test]
    fn a_set_against_itself_weighs_nothing() {
        let texts = ["a b c", "b c d"];
        assert_eq!(dsir_log_weights(&texts, &texts), Ok(vec![0.0, 0.0]));
        assert!(dsir_log_weights(&texts, &["", " "]).is_err());
    }
}
