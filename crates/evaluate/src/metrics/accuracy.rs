//! The share of rows whose class was found.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::table::flags;

pub(super) const METRIC: Metric = Metric {
    name: "accuracy",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Classification],
    score: |said| Ok(Score::Share(flags(&said.table, "correct")?)),
};

#[cfg(test)]
mod tests {
    use super::super::macro_f1::tests::of_classes;
    use super::*;

    #[test]
    fn hits_are_counted() {
        let said = of_classes(&["a", "b", "c", "a"], &["a", "b", "a", "b"]);
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[1; 4]), 0.5);
    }
}
