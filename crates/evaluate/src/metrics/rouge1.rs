//! The mean F measure of ROUGE-1 against the nearest reference, as `rouge-score` computes it.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;
use crate::scores::rouge;

pub(super) const METRIC: Metric = Metric {
    name: "rouge1",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Generation],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let value = |text: &str, reference: &str| {
        rouge::rouge_n(&rouge::tokens(reference), &rouge::tokens(text), 1)
    };
    Ok(Score::Mean(super::best_of(said, value)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{lists, tests::of_columns, texts};

    #[test]
    fn the_best_reference_counts() {
        let columns = vec![
            ("predicted", texts(["a b d c", "a b"].into_iter())),
            ("references", lists(&[vec!["x", "a b c d"], vec!["a b"]])),
        ];
        let score = (METRIC.score)(&of_columns(Form::Generation, columns)).expect("a score");
        assert_eq!(score.value(&[1, 0]), 1.0);
    }
}
