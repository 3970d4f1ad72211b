//! BLEU of all texts together, from 0 to 100, as sacrebleu computes it.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;
use crate::scores::bleu;

pub(super) const METRIC: Metric = Metric {
    name: "bleu",
    unit: "points",
    direction: Direction::Higher,
    forms: &[Form::Generation],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let rows = super::counts_of(said, bleu::counts)?;
    Ok(Score::of_counts(rows, bleu::score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{lists, tests::of_columns, texts};

    #[test]
    fn it_is_of_the_whole_corpus() {
        let columns = vec![
            ("predicted", texts(["a b c d e", "x"].into_iter())),
            ("references", lists(&[vec!["a b c d e"], vec!["y"]])),
        ];
        let score = (METRIC.score)(&of_columns(Form::Generation, columns)).expect("a score");
        assert!((score.value(&[1, 0]) - 100.0).abs() < 1e-9);
        assert!(score.value(&[1, 1]) < 99.0);
    }
}
