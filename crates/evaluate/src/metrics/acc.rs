//! The share of rows whose likeliest choice is right, or whose target is the greedy continuation.
//!
//! As lm-evaluation-harness has it, for tasks of the types `multiple_choice` and `loglikelihood`.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::table::flags;

pub(super) const METRIC: Metric = Metric {
    name: "acc",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::MultipleChoice, Form::Loglikelihood],
    score: |said| Ok(Score::Share(flags(&said.table, "correct")?)),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{flags, tests::of_columns};

    #[test]
    fn hits_are_counted() {
        let said = of_columns(
            Form::MultipleChoice,
            vec![("correct", flags([true, false]))],
        );
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[3, 1]), 0.75);
    }
}
