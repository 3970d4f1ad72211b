//! The share of answers that are a reference but for case, punctuation and articles, as in SQuAD.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;
use crate::scores::squad;

pub(super) const METRIC: Metric = Metric {
    name: "squad_exact_match",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::QuestionAnswering],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let same = |text: &str, reference: &str| f64::from(u8::from(squad::same(text, reference)));
    let hits = super::best_of(said, same)?;
    Ok(Score::Share(
        hits.into_iter().map(|hit| hit > 0.0).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{lists, tests::of_columns, texts};

    #[test]
    fn one_reference_of_several_is_enough() {
        let columns = vec![
            ("predicted", texts(["The cat.", "dog"].into_iter())),
            ("references", lists(&[vec!["a dog", "cat"], vec!["cat"]])),
        ];
        let score = (METRIC.score)(&of_columns(Form::Generation, columns)).expect("a score");
        assert_eq!(score.value(&[1, 1]), 0.5);
    }
}
