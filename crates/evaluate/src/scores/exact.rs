//! Whether a text is the reference, letter by letter or but for what is said not to count.

use anyhow::Context as _;
use fancy_regex::Regex;

/// What does not count, as lm-evaluation-harness' `exact_match` has it; by default everything does.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExactMatch {
    /// What is cut out of both, in this order and before all else.
    pub(crate) ignored: Vec<Regex>,
    /// Whether case does not count.
    pub(crate) ignore_case: bool,
    /// Whether the punctuation of ASCII does not count.
    pub(crate) ignore_punctuation: bool,
    /// Whether the digits of ASCII do not count.
    pub(crate) ignore_numbers: bool,
}

impl ExactMatch {
    /// Whether `written` is `reference`.
    pub(crate) fn holds(&self, written: &str, reference: &str) -> anyhow::Result<bool> {
        Ok(self.plain(written)? == self.plain(reference)?)
    }

    fn plain(&self, text: &str) -> anyhow::Result<String> {
        let mut text = text.to_owned();
        for regex in &self.ignored {
            text = regex
                .try_replacen(&text, 0, "")
                .with_context(|| format!("the expression {} cannot be matched", regex.as_str()))?
                .into_owned();
        }
        if self.ignore_case {
            text = text.to_lowercase();
        }
        text.retain(|c| {
            let ignored = self.ignore_punctuation && c.is_ascii_punctuation()
                || self.ignore_numbers && c.is_ascii_digit();
            !ignored
        });
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_every_letter_counts() {
        let exact = ExactMatch::default();
        assert!(exact.holds("18", "18").expect("matched"));
        assert!(!exact.holds("18", "18 ").expect("matched"));
    }

    #[test]
    fn what_does_not_count_is_left_out_of_both() {
        let exact = ExactMatch {
            ignored: vec![Regex::new("(?s).*#### ").expect("an expression")],
            ignore_case: true,
            ignore_punctuation: true,
            ignore_numbers: false,
        };
        assert!(
            exact
                .holds("1,000 EUR.", "so\nit is #### 1000 eur")
                .expect("matched")
        );
        assert!(!exact.holds("1000", "2000").expect("matched"));
    }
}
