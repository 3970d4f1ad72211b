//! Figures of predictions, with intervals over rows, and over seeds where there are several models.

use dataset::results::ResultRow;
use numeric::{Bootstrap, Estimate, Seed};
use serde_json::{Value, json};

use crate::metrics::{self, Metric, Score};
use crate::predictions::Predictions;

/// What one or several models said of the same rows, and who they are.
pub(crate) struct Evidence<'a> {
    /// One a model, of the same rows in the same order.
    pub(crate) of_models: &'a [Predictions],
    /// The seeds of the models, in their order; none where there is one model.
    pub(crate) seeds: &'a [i64],
    /// The metrics that are asked for; all where none is named.
    pub(crate) metrics: Option<&'a [String]>,
    /// The architecture of the models.
    pub(crate) kind: &'a str,
    /// The content hash of what is scored.
    pub(crate) subject: &'a str,
    /// The content hash of what it is held against.
    pub(crate) reference: &'a str,
}

/// One row for each metric that the predictions allow.
pub(crate) fn of(evidence: &Evidence<'_>, seed: Seed) -> anyhow::Result<Vec<ResultRow>> {
    let first = &evidence.of_models[0];
    let groups = first.groups()?;
    let bootstrap = Bootstrap::over_seeds(&groups, evidence.of_models.len(), seed);
    let wanted = metrics::wanted(first.form, evidence.metrics);
    let rows = wanted.map(|metric| row(metric, evidence, &bootstrap));
    rows.collect()
}

/// The name of a metric of these predictions: of texts that were read after something else, it is
/// another one.
pub(crate) fn name(metric: &Metric, said: &Predictions) -> String {
    match &said.condition {
        Some(condition) => format!("{}_given_{condition}", metric.name),
        None => metric.name.to_owned(),
    }
}

fn row(
    metric: &Metric,
    evidence: &Evidence<'_>,
    bootstrap: &Bootstrap,
) -> anyhow::Result<ResultRow> {
    let first = &evidence.of_models[0];
    let scores = evidence.of_models.iter().map(metric.score);
    let scores = scores.collect::<anyhow::Result<Vec<Score>>>()?;
    let mut row = ResultRow {
        metric: name(metric, first),
        unit: Some(metric.unit.to_owned()),
        direction: Some(metric.direction.name().to_owned()),
        subject: Some(evidence.subject.to_owned()),
        reference: Some(evidence.reference.to_owned()),
        n: Some(first.len() as i64),
        n_tokens: n_tokens(evidence.of_models)?,
        params: told(&scores, evidence),
        ..ResultRow::default()
    };
    match estimate(&scores, bootstrap) {
        Ok(estimate) if estimate.value.is_finite() => {
            row.value = Some(estimate.value);
            row.low = estimate.interval.as_ref().map(|interval| interval.low);
            row.high = estimate.interval.as_ref().map(|interval| interval.high);
            row.interval_method = estimate.interval.map(|interval| interval.method.to_owned());
        }
        Ok(estimate) => row.reason = Some(format!("it is {}", estimate.value)),
        Err(reason) => row.reason = Some(reason),
    }
    Ok(row)
}

/// The mean over models, with its interval; or why there is none.
fn estimate(scores: &[Score], bootstrap: &Bootstrap) -> Result<Estimate, String> {
    for score in scores {
        if let Score::None(reason) = score {
            return Err(reason.clone());
        }
    }
    if let [Score::Share(hits)] = scores {
        return Ok(bootstrap.share(hits));
    }
    Ok(bootstrap.estimate(|model, weights| scores[model].value(weights)))
}

/// What is told beside a figure: of one model what its score tells, of several the value of each.
fn told(scores: &[Score], evidence: &Evidence<'_>) -> Value {
    let mut params = match scores {
        [Score::Whole(_, told)] => told.clone(),
        [_] => json!({}),
        several => {
            let rows = evidence.of_models[0].len();
            let values = evidence.seeds.iter().zip(several).map(|(seed, score)| {
                let value = score.value(&vec![1; rows]);
                (seed.to_string(), json!(value))
            });
            let by_seed: serde_json::Map<String, Value> = values.collect();
            json!({ "seeds": several.len(), "by_seed": by_seed })
        }
    };
    params["model_kind"] = evidence.kind.into();
    params
}

/// How many tokens were scored or written, of all models; `None` where that is not known.
fn n_tokens(of_models: &[Predictions]) -> anyhow::Result<Option<i64>> {
    let column = dataset::columns::N_TOKENS.name;
    if !of_models.iter().all(|said| said.table.has(column)) {
        return Ok(None);
    }
    let mut total = 0.0;
    for said in of_models {
        total += said
            .table
            .floats(column)?
            .into_iter()
            .flatten()
            .sum::<f64>();
    }
    Ok(Some(total as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use crate::predictions::{flags, tests::of_columns};

    fn rows(of_models: &[Vec<bool>], seeds: &[i64]) -> Vec<ResultRow> {
        let said: Vec<Predictions> = of_models
            .iter()
            .map(|hits| of_columns(Form::MultipleChoice, columns(hits)))
            .collect();
        let named = ["acc".to_owned()];
        let evidence = Evidence {
            of_models: &said,
            seeds,
            metrics: Some(&named),
            kind: "decoder",
            subject: "a",
            reference: "b",
        };
        of(&evidence, Seed::new(1)).expect("figures")
    }

    fn columns(hits: &[bool]) -> crate::predictions::Columns {
        vec![("correct", flags(hits.iter().copied()))]
    }

    #[test]
    fn of_one_model_the_interval_is_over_rows() {
        let rows = rows(&[vec![true, true, false, true]], &[]);
        assert_eq!(
            (rows.len(), rows[0].value, rows[0].n),
            (1, Some(0.75), Some(4))
        );
        assert_eq!(rows[0].interval_method.as_deref(), Some("wilson_95"));
        assert_eq!(rows[0].params, json!({"model_kind": "decoder"}));
    }

    #[test]
    fn of_several_models_the_value_is_their_mean_and_each_is_told() {
        let rows = rows(
            &[
                vec![true, true, false, true],
                vec![true, false, false, false],
            ],
            &[3, 7],
        );
        assert_eq!((rows[0].value, rows[0].n), (Some(0.5), Some(4)));
        assert_eq!(
            rows[0].interval_method.as_deref(),
            Some("two_level_bootstrap_95")
        );
        assert_eq!(rows[0].params["by_seed"], json!({"3": 0.75, "7": 0.25}));
    }
}
