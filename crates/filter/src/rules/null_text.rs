//! Drops rows that have no text; nobody asks for it, since no other rule can judge them.

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// A text must be there; an empty one is.
pub(crate) struct NullText;

impl Rule for NullText {
    fn name(&self) -> &'static str {
        "null-text"
    }

    fn options(&self) -> &'static [&'static str] {
        &[]
    }

    fn asked(&self) -> bool {
        true
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(Self)))
    }
}

impl JudgeRows for NullText {
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |null: &bool| null.then(Rejection::default);
        Ok(rows.null.iter().map(verdict).collect())
    }
}
