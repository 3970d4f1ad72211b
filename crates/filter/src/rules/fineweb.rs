//! Drops texts whose lines are those of lists and menus: the filter that FineWeb added (Penedo et al. 2024, section 3.6).

use rayon::prelude::*;
use serde::Serialize;

use super::Rule;
use super::gopher_repetition::again;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// What a line ends with that is a sentence.
const ENDS: [char; 10] = ['.', '!', '?', '"', '\'', '”', '。', '！', '？', '…'];

/// The three bounds of the paper, over lines that are not empty.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Fineweb {
    /// Drop texts that fail the filter of FineWeb: at most 0.12 of lines end with a punctuation mark, at least 0.1 of characters are in repeated lines, or at least 0.67 of lines are shorter than 30 characters
    #[arg(long)]
    fineweb: bool,
}

impl Rule for Fineweb {
    fn name(&self) -> &'static str {
        "fineweb"
    }

    fn options(&self) -> &'static [&'static str] {
        &["fineweb"]
    }

    fn asked(&self) -> bool {
        self.fineweb
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &Fineweb {
    /// The score is the share that is out of its bound, of the first that is.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |text: &&str| fault(text).map(Rejection::scored);
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

fn fault(text: &str) -> Option<f64> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let n = lines.len().max(1) as f64;
    let ended = lines.iter().filter(|line| line.trim_end().ends_with(ENDS));
    let ended = ended.count() as f64 / n;
    if ended <= 0.12 {
        return Some(ended);
    }
    let chars: usize = lines.iter().map(|line| line.chars().count()).sum();
    let repeated = again(lines.iter().copied()).1 as f64 / chars.max(1) as f64;
    if repeated >= 0.1 {
        return Some(repeated);
    }
    let short = lines.iter().filter(|line| line.chars().count() < 30);
    let short = short.count() as f64 / n;
    (short >= 0.67).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_one_of_the_paper() {
        let sentence = "This line is long enough to be prose.";
        assert_eq!(fault(sentence), None);
        assert_eq!(fault("Home\nAbout\nContact"), Some(0.0));
        assert_eq!(fault(&format!("{sentence}\n{sentence}")), Some(0.5));
        // 2 of 3 lines are short: 0.67 is more than 2/3.
        assert_eq!(fault(&format!("{sentence}\nShort.\nAs short.")), None);
        assert_eq!(fault("Short.\nAs short."), Some(1.0));
        assert_eq!(fault(""), Some(0.0));
    }
}
