//! How unlikely a target is as a whole: the exponential of the mean loss of a row.
//!
//! What lm-evaluation-harness calls `perplexity` of a task of the type `loglikelihood`.

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;
use crate::table::numbers;

pub(super) const METRIC: Metric = Metric {
    name: "target_perplexity",
    unit: "perplexity",
    direction: Direction::Lower,
    forms: &[Form::Loglikelihood],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let losses = numbers(&said.table, "nll_nats")?;
    let rows = vec![1.0; losses.len()];
    Ok(Score::rate(losses, rows, f64::exp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{floats, tests::of_columns};

    #[test]
    fn it_is_over_rows() {
        let said = of_columns(Form::Loglikelihood, vec![("nll_nats", floats([1.0, 3.0]))]);
        let score = (METRIC.score)(&said).expect("a score");
        assert!((score.value(&[1, 1]) - 2f64.exp()).abs() < 1e-12);
    }
}
