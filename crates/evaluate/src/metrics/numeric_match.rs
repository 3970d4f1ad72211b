//! The share of rows that end with the number of a reference.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;
use crate::scores::number::last_number;

pub(super) const METRIC: Metric = Metric {
    name: "numeric_match",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Generation],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let (texts, references) = super::written(&said.table)?;
    let numbers: Vec<Vec<f64>> = references
        .iter()
        .map(|list| list.iter().filter_map(|text| last_number(text)).collect())
        .collect();
    if let Some(row) = numbers.iter().position(Vec::is_empty) {
        return Ok(Score::None(format!(
            "the references of row {row} hold no number"
        )));
    }
    let hits = texts
        .iter()
        .zip(&numbers)
        .map(|(text, numbers)| last_number(text).is_some_and(|found| numbers.contains(&found)));
    Ok(Score::Share(hits.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{lists, tests::of_columns, texts};

    #[test]
    fn numbers_are_compared_and_not_their_letters() {
        let columns = vec![
            ("predicted", texts(["so 1,000.0 it is", "7"].into_iter())),
            ("references", lists(&[vec!["#### 1000"], vec!["8"]])),
        ];
        let score = (METRIC.score)(&of_columns(Form::Generation, columns)).expect("a score");
        assert_eq!(score.value(&[1, 1]), 0.5);
    }
}
