//! The share of rows that the grammar derives at all, under whatever label.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;

pub(super) const METRIC: Metric = Metric {
    name: "grammar_membership",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Labels],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let derived = said.table.optional_texts("predicted")?;
    Ok(Score::Share(derived.iter().map(Option::is_some).collect()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::*;
    use crate::predictions::tests::of_columns;

    #[test]
    fn a_text_under_another_label_belongs_to_it() {
        let derived = Arc::new(StringArray::from(vec![None, Some("a")]));
        let said = of_columns(Form::Labels, vec![("predicted", derived as _)]);
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[1, 1]), 0.5);
    }
}
