//! Drops texts of which too little is left when lines that are no sentences are taken away: the filter of C4 (Raffel et al. 2020, section 2.2).

use rayon::prelude::*;
use serde::Serialize;
use text::whitespace_tokens;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// What a sentence ends with.
const ENDS: [char; 4] = ['.', '!', '?', '"'];

/// The rules of the paper, on whole texts.
///
/// A line counts if it has at least 5 words, ends with a mark and does not speak of JavaScript. Deviations: C4 takes the
/// other lines away, while no text is changed here, so they only do not count; the word list of
/// obscenities and the repeated three-sentence spans of other texts are left to other rules; a
/// sentence ends at each mark that white space or the end follows.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct C4 {
    /// Drop texts that fail the filter of C4: fewer than 3 sentences in lines of at least 5 words that end with . ! ? or ", a curly bracket, or lorem ipsum
    #[arg(long)]
    c4: bool,
    /// The fewest sentences that the filter of C4 allows [default: 3]
    #[arg(long, value_name = "SENTENCES", requires = "c4")]
    c4_min_sentences: Option<usize>,
}

impl Rule for C4 {
    fn name(&self) -> &'static str {
        "c4"
    }

    fn options(&self) -> &'static [&'static str] {
        &["c4", "c4_min_sentences"]
    }

    fn asked(&self) -> bool {
        self.c4
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &C4 {
    /// The score is the number of sentences; none where the text holds what no text may.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let least = self.c4_min_sentences.unwrap_or(3);
        let verdict = |text: &&str| {
            if text.contains('{') || text.to_lowercase().contains("lorem ipsum") {
                return Some(Rejection::default());
            }
            let found: usize = text.lines().map(sentences).sum();
            (found < least).then(|| Rejection::scored(found as f64))
        };
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

/// The sentences of a line; 0 of one that does not count.
fn sentences(line: &str) -> usize {
    let line = line.trim_end();
    let counts = line.ends_with(ENDS)
        && !line.ends_with("...")
        && whitespace_tokens(line).nth(4).is_some()
        && !line.to_lowercase().contains("javascript");
    if !counts {
        return 0;
    }
    let ends = whitespace_tokens(line).filter(|word| word.ends_with(ENDS));
    ends.count()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, kept};
    use super::*;

    #[test]
    fn sentences_are_those_of_lines_that_count() {
        assert_eq!(sentences("It rained here. We all stayed at home."), 2);
        assert_eq!(sentences("It rained."), 0);
        assert_eq!(sentences("It rained and we stayed at home"), 0);
        assert_eq!(sentences("It rained and we stayed at home..."), 0);
        assert_eq!(sentences("Please turn on JavaScript in your browser."), 0);
    }

    #[test]
    fn a_text_of_few_sentences_or_with_code_is_dropped() {
        let rule = C4 {
            c4: true,
            c4_min_sentences: Some(2),
        };
        let verdicts = judged(
            &rule,
            &[
                "It rained here today. We all stayed at home.",
                "It rained here the whole day.",
                "It rained here today. We all {stayed} at home.",
            ],
        );
        assert_eq!(kept(&verdicts), [true, false, false]);
    }
}
