//! Drops texts that are made of too many symbols or digits.

use numeric::Share;
use rayon::prelude::*;
use serde::Serialize;
use unicode_normalization::char::is_combining_mark;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// Bounds on shares of all characters that are no white space.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Characters {
    /// Drop texts of which a larger share of characters is neither letter, digit nor mark on a letter; white space does not count
    #[arg(long, value_name = "SHARE")]
    max_symbols: Option<Share>,
    /// Drop texts of which a larger share of characters is a digit; white space does not count
    #[arg(long, value_name = "SHARE")]
    max_digits: Option<Share>,
}

impl Rule for Characters {
    fn name(&self) -> &'static str {
        "characters"
    }

    fn options(&self) -> &'static [&'static str] {
        &["max_symbols", "max_digits"]
    }

    fn asked(&self) -> bool {
        self.max_symbols.is_some() || self.max_digits.is_some()
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &Characters {
    /// The score is the share that is too large; a text without a character has none.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let texts = rows.texts.par_iter();
        Ok(texts.map(|text| self.verdict(text)).collect())
    }
}

impl Characters {
    fn verdict(&self, text: &str) -> Verdict {
        let (mut all, mut symbols, mut digits) = (0usize, 0usize, 0usize);
        for character in text.chars().filter(|character| !character.is_whitespace()) {
            all += 1;
            digits += usize::from(character.is_numeric());
            symbols += usize::from(!character.is_alphanumeric() && !is_combining_mark(character));
        }
        let over = |count: usize, most: Option<Share>| {
            let share = count as f64 / all.max(1) as f64;
            most.is_some_and(|most| share > most.fraction())
                .then_some(share)
        };
        let share = over(symbols, self.max_symbols).or_else(|| over(digits, self.max_digits))?;
        Some(Rejection::scored(share))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, kept, score};
    use super::*;

    #[test]
    fn shares_are_of_what_is_no_white_space() {
        let rule = Characters {
            max_symbols: "0.25".parse().ok(),
            max_digits: "0.5".parse().ok(),
        };
        // 1 of 4, 2 of 4 symbols; 2 of 4, 3 of 4 digits; an accent is no symbol.
        let verdicts = judged(
            &rule,
            &["a b c!", "ab!?", "ab12", "a123", "e\u{301}!aa", ""],
        );
        assert_eq!(kept(&verdicts), [true, false, true, false, true, true]);
        assert_eq!(
            (score(&verdicts[1]), score(&verdicts[3])),
            (Some(0.5), Some(0.75))
        );
    }
}
