//! The share of rows whose likeliest choice a byte is right.
//!
//! As lm-evaluation-harness has it: the log-likelihood over the number of UTF-8 bytes of the choice.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::table::flags;

pub(super) const METRIC: Metric = Metric {
    name: "acc_bytes",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::MultipleChoice],
    score: |said| Ok(Score::Share(flags(&said.table, "correct_bytes")?)),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{flags, tests::of_columns};

    #[test]
    fn hits_are_counted() {
        let said = of_columns(
            Form::MultipleChoice,
            vec![("correct_bytes", flags([true, false]))],
        );
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[3, 1]), 0.75);
    }
}
