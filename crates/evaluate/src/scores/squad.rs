//! Exact match and token F1 of an answer, as the evaluation script of SQuAD computes them.
//!
//! Rajpurkar et al. 2016, "SQuAD: 100,000+ questions for machine comprehension of text", section 6:
//! case, punctuation, articles and white space do not count.

use std::collections::BTreeMap;

use super::harmonic;

/// The tokens of an answer that count.
pub(crate) fn tokens(answer: &str) -> Vec<String> {
    let lower = answer.to_lowercase();
    let kept: String = lower
        .chars()
        .filter(|c| !c.is_ascii_punctuation())
        .collect();
    let words = without_articles(&kept);
    text::whitespace_tokens(&words).map(str::to_owned).collect()
}

/// The text with each article in it, between what is no part of a word, as one space.
fn without_articles(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let length = rest[start..]
            .find(|c| !is_word(c))
            .unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        kept.push_str(&rest[..start]);
        kept.push_str(if matches!(word, "a" | "an" | "the") {
            " "
        } else {
            word
        });
        rest = &rest[start + length..];
    }
    kept + rest
}

/// Whether both are the same answer.
pub(crate) fn same(answer: &str, reference: &str) -> bool {
    tokens(answer) == tokens(reference)
}

/// F1 over the tokens of both, each counted as often as it is there.
pub(crate) fn f1(answer: &str, reference: &str) -> f64 {
    let (answer, reference) = (tokens(answer), tokens(reference));
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for token in &reference {
        *left.entry(token).or_insert(0) += 1;
    }
    let mut both = 0.0;
    for token in &answer {
        if let Some(count) = left.get_mut(token.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            both += 1.0;
        }
    }
    if both == 0.0 {
        return 0.0;
    }
    harmonic(both / answer.len() as f64, both / reference.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_articles_do_not_count() {
        assert!(same(
            "The Eiffel-Tower, a  landmark!",
            "eiffeltower landmark"
        ));
        assert!(!same("then", "n") && same("the", "") && same("\u{e4} a", "\u{c4}"));
    }

    #[test]
    fn f1_is_over_tokens() {
        // in Paris France / Paris: 1 shared of 3 and 1: 2 · 1/3 / (4/3) = 1/2.
        assert!((f1("in Paris, France", "Paris") - 0.5).abs() < 1e-15);
        assert_eq!((f1("x", "y"), f1("the", "a")), (0.0, 0.0));
        assert!((f1("b b", "b") - 2.0 / 3.0).abs() < 1e-15);
    }
}
