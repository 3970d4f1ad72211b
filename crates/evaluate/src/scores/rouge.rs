//! ROUGE-1, ROUGE-2 and ROUGE-L of a text and a reference, as the package `rouge-score` computes them.
//!
//! Lin 2004, "ROUGE: a package for automatic evaluation of summaries", sections 2 and 3; the F
//! measure, without stemming. Letters other than those of ASCII are no part of a token, so a text
//! without any scores 0.

use std::collections::BTreeMap;

use text::Lcs;

use super::grams::{grams, shared};
use super::harmonic;

/// The tokens of a text: runs of ASCII letters and digits in lower case.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric());
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The F measure over runs of `n` tokens.
pub(crate) fn rouge_n(reference: &[String], written: &[String], n: usize) -> f64 {
    let (expected, found) = (grams(reference, n), grams(written, n));
    let total = |counts: &BTreeMap<&[String], u64>| counts.values().sum::<u64>().max(1) as f64;
    let both = shared(&expected, &found) as f64;
    harmonic(both / total(&found), both / total(&expected))
}

/// The F measure over the longest common subsequence.
pub(crate) fn rouge_l(reference: &[String], written: &[String]) -> f64 {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for token in reference.iter().chain(written) {
        let next = numbers.len() as u32;
        numbers.entry(token).or_insert(next);
    }
    let numbered = |tokens: &[String]| -> Vec<u32> {
        tokens.iter().map(|token| numbers[token.as_str()]).collect()
    };
    Lcs::new(&numbered(reference)).rouge_l(&numbered(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(reference: &str, written: &str) -> [f64; 3] {
        let (reference, written) = (tokens(reference), tokens(written));
        [
            rouge_n(&reference, &written, 1),
            rouge_n(&reference, &written, 2),
            rouge_l(&reference, &written),
        ]
    }

    #[test]
    fn the_f_measure_is_that_worked_by_hand() {
        // the cat sat / the cat on the mat: 2 tokens shared of 3 and 5, 1 pair of 2 and 4,
        // the subsequence `the cat`: 2·2/8, 2·1/6, 2·2/8.
        let found = scores("the cat on the mat", "The cat sat!");
        let expected = [0.5, 1.0 / 3.0, 0.5];
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-15),
            "{found:?}"
        );
    }

    #[test]
    fn a_text_without_tokens_scores_nothing() {
        assert_eq!(scores("the cat", "")[..], [0.0; 3]);
        assert_eq!(scores("日本", "日本")[..], [0.0; 3]);
        assert_eq!(scores("a", "a")[..], [1.0, 0.0, 1.0]);
    }

    #[test]
    fn order_counts_for_the_subsequence_alone() {
        let [one, _, long] = scores("a b c d", "d c b a");
        assert!((one, long) == (1.0, 0.25));
    }
}
