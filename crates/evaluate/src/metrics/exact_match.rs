//! The share of rows whose text is a reference, letter by letter or but for what the task leaves out.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::table::flags;

pub(super) const METRIC: Metric = Metric {
    name: "exact_match",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Generation],
    score: |said| Ok(Score::Share(flags(&said.table, "exact_match")?)),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{flags, tests::of_columns};

    #[test]
    fn hits_are_counted() {
        let said = of_columns(
            Form::Generation,
            vec![("exact_match", flags([true, false]))],
        );
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[3, 1]), 0.75);
    }
}
