//! Rows that are like a target set in their words and word pairs: importance resampling (DSIR; Xie et al. 2023).

use numeric::{stable_hash, unit_interval};
use rayon::prelude::*;

/// Buckets of hashed words and word pairs, as in the paper.
const BUCKETS: usize = 10_000;

/// How often each bucket is there, as a distribution.
pub(crate) struct Importance {
    target: Vec<f64>,
}

/// The buckets of the words and word pairs of a text, in lower case.
fn buckets(text: &str) -> Vec<usize> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text::words(&text).collect();
    let bucket = |hash: u64| (hash % BUCKETS as u64) as usize;
    let single = words
        .iter()
        .map(|word| bucket(stable_hash(word.as_bytes())));
    let pairs = words
        .windows(2)
        .map(|pair| bucket(stable_hash(pair.join(" ").as_bytes())));
    single.chain(pairs).collect()
}

/// The log of the share of each bucket, one added to each so that none is impossible.
fn log_shares(texts: &[&str]) -> Vec<f64> {
    let mut counts = vec![1u64; BUCKETS];
    let found: Vec<Vec<usize>> = texts.par_iter().map(|text| buckets(text)).collect();
    found
        .iter()
        .flatten()
        .for_each(|bucket| counts[*bucket] += 1);
    let all: u64 = counts.iter().sum();
    counts
        .iter()
        .map(|count| (*count as f64 / all as f64).ln())
        .collect()
}

impl Importance {
    /// The distribution of these texts.
    pub(crate) fn of_target(texts: &[&str]) -> Self {
        Self {
            target: log_shares(texts),
        }
    }

    /// `n` of `texts`, drawn without replacement in proportion to p_target / p_texts of their
    /// buckets: those with the greatest log weight plus Gumbel noise, made of one hash a text.
    pub(crate) fn resample(&self, texts: &[&str], hashes: &[u64], n: usize) -> Vec<usize> {
        let raw = log_shares(texts);
        let weight = |text: &&str| -> f64 {
            let of = |bucket: usize| self.target[bucket] - raw[bucket];
            buckets(text).into_iter().map(of).sum()
        };
        let weights: Vec<f64> = texts.par_iter().map(weight).collect();
        let noise = |hash: &u64| {
            // Half a step up, so that no logarithm is taken of 0.
            let unit = unit_interval(*hash) + 0.5f64.powi(54);
            -(-unit.ln()).ln()
        };
        let keys = weights
            .iter()
            .zip(hashes)
            .map(|(weight, hash)| weight + noise(hash));
        let mut order: Vec<(usize, f64)> = keys.enumerate().collect();
        order.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        order.into_iter().take(n).map(|(row, _)| row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_like_the_target_are_drawn() {
        let target = Importance::of_target(&["the red kettle boils over"; 20]);
        let texts: Vec<&str> = (0..40)
            .map(|row| {
                if row % 2 == 0 {
                    "a red kettle boils over"
                } else {
                    "stocks fell in late trading"
                }
            })
            .collect();
        let hashes: Vec<u64> = (0..40u64)
            .map(|row| stable_hash(&row.to_le_bytes()))
            .collect();
        let drawn = target.resample(&texts, &hashes, 15);
        let like = drawn.iter().filter(|row| *row % 2 == 0).count();
        assert!(drawn.len() == 15 && like >= 14, "{like}");
    }

    #[test]
    fn words_and_pairs_have_buckets() {
        // a, b, c and a b, b c.
        assert_eq!(buckets("A b, c").len(), 5);
        assert_eq!(buckets("a b")[0], buckets("b a")[1]);
    }
}
