//! Drops rows that have no text; nobody asks for it, since no other rule can judge them.

use super::{Candidates, Files, Rejection, Rule, Verdict};

/// A text must be there; an empty one is.
pub(crate) struct NullText;

impl Rule for NullText {
    fn name(&self) -> &'static str {
        "null-text"
    }

    fn asked(&self) -> bool {
        true
    }

    fn judge(&self, rows: &Candidates<'_>, _: &mut Files<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |null: &bool| null.then(Rejection::default);
        Ok(rows.null.iter().map(verdict).collect())
    }
}

#[cfg(test)]
mod tests {
    use dataset::Reading;

    use super::super::RuleArgs;
    use super::*;
    use crate::judgement::Judgement;

    #[test]
    fn a_null_text_is_dropped_before_any_rule_and_an_empty_one_is_a_text() {
        let rows = Candidates {
            ids: vec!["0", "1", "2"],
            texts: vec!["", "", "a"],
            null: vec![true, false, false],
            labels: vec![None; 3],
        };
        let mut files = Files {
            column: "text",
            reading: Reading::default(),
            inputs: Vec::new(),
        };
        let rules = RuleArgs::default();
        let judgement = Judgement::of(&rules.judging(), &rows, &mut files).expect("verdicts");
        assert_eq!(judgement.keep(), [false, true, true]);
        assert_eq!(
            judgement.summary(),
            "3 in, 2 kept, 1 rejected (1 null-text)"
        );
    }
}
