//! Drops answers in which a model declines, or speaks of itself as one.

use rayon::prelude::*;
use serde::Serialize;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// How refusals and boiler-plate begin, in lower case with straight apostrophes: the phrases by which
/// data sets of generated instructions are commonly cleaned.
const BEGINNINGS: [&str; 22] = [
    "i'm sorry, but",
    "i am sorry, but",
    "i'm sorry, i can",
    "i apologize, but",
    "i apologise, but",
    "sorry, i can",
    "sorry, but i",
    "i can't help",
    "i cannot help",
    "i can't assist",
    "i cannot assist",
    "i can't provide",
    "i cannot provide",
    "i cannot fulfill",
    "i can't fulfill",
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "unfortunately, i can",
    "it is not appropriate for me",
    "i must decline",
];

/// What gives a model away wherever it stands.
const ANYWHERE: [&str; 7] = [
    "as an ai language model",
    "as a language model",
    "as an ai assistant",
    "as an ai, i",
    "i am an ai",
    "i'm an ai",
    "my knowledge cutoff",
];

/// English phrases only; other languages pass.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Refusal {
    /// Drop texts that begin as a refusal does, or in which a model speaks of itself (English)
    #[arg(long)]
    refusals: bool,
}

impl Rule for Refusal {
    fn name(&self) -> &'static str {
        "refusal"
    }

    fn options(&self) -> &'static [&'static str] {
        &["refusals"]
    }

    fn asked(&self) -> bool {
        self.refusals
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &Refusal {
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |text: &&str| refuses(text).then(Rejection::default);
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

fn refuses(text: &str) -> bool {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let begun = text.trim_start_matches(|first: char| !first.is_alphanumeric());
    let begins = BEGINNINGS.iter().any(|phrase| begun.starts_with(phrase));
    begins || ANYWHERE.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_beginning_and_a_model_anywhere() {
        assert!(refuses("I\u{2019}m sorry, but I cannot do that."));
        assert!(refuses("\"I cannot assist with this.\""));
        assert!(refuses("Well, as an AI language model I have no opinion."));
        assert!(!refuses("She said: I'm sorry, but it is late."));
        assert!(!refuses("The model of the language school is new."));
    }
}
