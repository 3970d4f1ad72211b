//! The share of rows whose own label is one under which the grammar derives their text.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::table::flags;

pub(super) const METRIC: Metric = Metric {
    name: "label_correctness",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Labels],
    score: |said| Ok(Score::Share(flags(&said.table, "correct")?)),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{flags, tests::of_columns};

    #[test]
    fn rows_under_their_own_label_are_counted() {
        let said = of_columns(Form::Labels, vec![("correct", flags([true, false, false]))]);
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[1; 3]), 1.0 / 3.0);
    }
}
