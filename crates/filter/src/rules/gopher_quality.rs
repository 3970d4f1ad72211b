//! Drops texts that do not read like prose: the quality filter of Gopher (Rae et al. 2021, appendix A.1.1).

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;
use text::whitespace_tokens;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// The words of which a text has at least two different ones.
const STOP_WORDS: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

/// The bounds of the paper; they were made for whole web pages.
///
/// A word is what lies between white space, stripped of punctuation at its ends where stop words
/// are looked for. Deviation: the bound of 50 words can be lowered, since generated texts are short.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct GopherQuality {
    /// Drop texts that fail the quality filter of Gopher: 50 to 100,000 words of 3 to 10 characters on average, at most 0.1 # or … a word, 0.9 of lines with a bullet, 0.3 of lines that end in …; at least 0.8 of words with a letter, and two stop words
    #[arg(long)]
    gopher_quality: bool,
    /// The fewest words that the filter of Gopher allows [default: 50]
    #[arg(long, value_name = "WORDS", requires = "gopher_quality")]
    gopher_min_words: Option<usize>,
}

impl Rule for GopherQuality {
    fn name(&self) -> &'static str {
        "gopher-quality"
    }

    fn options(&self) -> &'static [&'static str] {
        &["gopher_quality", "gopher_min_words"]
    }

    fn asked(&self) -> bool {
        self.gopher_quality
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &GopherQuality {
    /// The score is the figure that is out of its bounds, of the first that is.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let least = self.gopher_min_words.unwrap_or(50);
        let verdict = |text: &&str| fault(text, least).map(Rejection::scored);
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

/// The first figure that is out of bounds.
fn fault(text: &str, least_words: usize) -> Option<f64> {
    let words: Vec<&str> = whitespace_tokens(text).collect();
    let n = words.len() as f64;
    if !(least_words..=100_000).contains(&words.len()) {
        return Some(n);
    }
    let share = |count: usize| count as f64 / n.max(1.0);
    let letters = words.iter().map(|word| word.chars().count()).sum();
    let hashes = share(text.matches('#').count());
    let dots = share(text.matches("...").count() + text.matches('…').count());
    let alphabetic = share(
        words
            .iter()
            .filter(|word| word.contains(char::is_alphabetic))
            .count(),
    );
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let of_lines = |is: &dyn Fn(&str) -> bool| {
        lines.iter().filter(|line| is(line.trim())).count() as f64 / lines.len().max(1) as f64
    };
    let bullets = of_lines(&|line| line.starts_with(['•', '-', '*']));
    let open = of_lines(&|line| line.ends_with("...") || line.ends_with('…'));
    [
        (share(letters), 3.0, 10.0),
        (hashes, 0.0, 0.1),
        (dots, 0.0, 0.1),
        (bullets, 0.0, 0.9),
        (open, 0.0, 0.3),
        (alphabetic, 0.8, 1.0),
        (stop_words(&words), 2.0, 8.0),
    ]
    .into_iter()
    .find(|(figure, least, most)| !(*least..=*most).contains(figure))
    .map(|(figure, _, _)| figure)
}

/// How many different stop words there are.
fn stop_words(words: &[&str]) -> f64 {
    let bare = |word: &&str| {
        word.trim_matches(|end: char| !end.is_alphanumeric())
            .to_lowercase()
    };
    let found: BTreeSet<String> = words.iter().map(bare).collect();
    STOP_WORDS
        .iter()
        .filter(|word| found.contains(**word))
        .count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The cat of the house sat with the dog and looked at the rain that fell.";

    #[test]
    fn prose_passes_and_what_is_too_short_does_not() {
        // 16 words.
        assert_eq!(fault(PROSE, 5), None);
        assert_eq!(fault(PROSE, 50), Some(16.0));
    }

    #[test]
    fn each_bound_is_one_of_the_paper() {
        // 4 words of 12 characters each.
        let long = "abcdefghijkl abcdefghijkl abcdefghijkl abcdefghijkl";
        assert_eq!(fault(long, 1), Some(12.0));
        // 2 hashes on 16 words; the bullets and the open ends of all 3 lines.
        assert_eq!(fault(&format!("{PROSE}##"), 1), Some(2.0 / 16.0));
        let bullets = format!("- {PROSE}\n* {PROSE}\n• {PROSE}");
        assert_eq!(fault(&bullets, 1), Some(1.0));
        // 1 of 5 words has no letter, of 4 words 2.
        assert_eq!(fault("the that with have 1234", 1), None);
        assert_eq!(fault("the that 1234 5678", 1), Some(0.5));
        assert_eq!(fault("the cats were sleeping here", 1), Some(1.0));
    }
}
