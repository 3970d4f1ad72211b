//! The mean F1 over the tokens of answer and nearest reference, as in SQuAD.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::scores::squad;

pub(super) const METRIC: Metric = Metric {
    name: "squad_f1",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::QuestionAnswering],
    score: |said| Ok(Score::Mean(super::best_of(said, squad::f1)?)),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{lists, tests::of_columns, texts};

    #[test]
    fn the_best_reference_counts() {
        let columns = vec![
            ("predicted", texts(["in Paris, France"].into_iter())),
            ("references", lists(&[vec!["Rome", "Paris"]])),
        ];
        let score = (METRIC.score)(&of_columns(Form::Generation, columns)).expect("a score");
        assert_eq!(score.value(&[1]), 0.5);
    }
}
