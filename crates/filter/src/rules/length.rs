//! Drops texts that are too short or too long.

use rayon::prelude::*;
use serde::Serialize;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// Bounds in words and in Unicode characters, both ends allowed.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Length {
    /// Drop texts of fewer words
    #[arg(long, value_name = "WORDS")]
    min_words: Option<usize>,
    /// Drop texts of more words
    #[arg(long, value_name = "WORDS")]
    max_words: Option<usize>,
    /// Drop texts of fewer Unicode characters
    #[arg(long, value_name = "CHARS")]
    min_chars: Option<usize>,
    /// Drop texts of more Unicode characters
    #[arg(long, value_name = "CHARS")]
    max_chars: Option<usize>,
}

impl Rule for Length {
    fn name(&self) -> &'static str {
        "length"
    }

    fn options(&self) -> &'static [&'static str] {
        &["min_words", "max_words", "min_chars", "max_chars"]
    }

    fn asked(&self) -> bool {
        [
            self.min_words,
            self.max_words,
            self.min_chars,
            self.max_chars,
        ]
        .iter()
        .any(Option::is_some)
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &Length {
    /// The score is the length that is out of bounds: in words where words are, else in characters.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let texts = rows.texts.par_iter();
        Ok(texts.map(|text| self.verdict(text)).collect())
    }
}

impl Length {
    fn verdict(&self, text: &str) -> Verdict {
        let outside = |length: usize, least: Option<usize>, most: Option<usize>| {
            let out =
                least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most);
            out.then_some(length)
        };
        let words = || outside(text::words(text).count(), self.min_words, self.max_words);
        let chars = || outside(text.chars().count(), self.min_chars, self.max_chars);
        let length = words().or_else(chars)?;
        Some(Rejection::scored(length as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, kept};
    use super::*;

    #[test]
    fn both_bounds_are_inside() {
        let rule = Length {
            min_words: Some(2),
            max_words: Some(3),
            ..Length::default()
        };
        let verdicts = judged(&rule, &["one", "one, two", "a b c", "a b c d", ""]);
        assert_eq!(kept(&verdicts), [false, true, true, false, false]);
        assert_eq!(verdicts[3], Some(Rejection::scored(4.0)));
    }

    #[test]
    fn characters_are_those_of_unicode() {
        let rule = Length {
            max_chars: Some(3),
            ..Length::default()
        };
        assert_eq!(kept(&judged(&rule, &["äöü", "äöü!"])), [true, false]);
    }

    #[test]
    fn no_bound_is_no_rule() {
        assert!(!Length::default().asked());
        assert!(
            Length {
                min_chars: Some(0),
                ..Length::default()
            }
            .asked()
        );
    }
}
