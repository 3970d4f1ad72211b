//! `--results-json`: the figures in the layout of lm-evaluation-harness, for tools that read it.
//!
//! What differs from one machine or moment to another, such as dates and host names, is left out.

use std::collections::BTreeMap;

use dataset::results::ResultRow;
use serde_json::{Map, Value, json};

use crate::metrics::{METRICS, Score};
use crate::predictions::Predictions;

/// What the file tells besides the figures.
pub(crate) struct Told<'a> {
    /// The name of the task.
    pub(crate) task: &'a str,
    /// The name of the model.
    pub(crate) model: &'a str,
    /// The architecture of the model.
    pub(crate) kind: &'a str,
    /// What the task's file says.
    pub(crate) config: &'a Value,
    /// How many rows were read.
    pub(crate) original: usize,
    /// The seed of the run.
    pub(crate) seed: u64,
}

/// The file: `results`, and what they are of.
pub(crate) fn file(
    rows: &[ResultRow],
    said: &[Predictions],
    told: &Told<'_>,
) -> anyhow::Result<Vec<u8>> {
    let mut results = Map::from_iter([("alias".to_owned(), json!(told.task))]);
    let mut higher = Map::new();
    for row in rows {
        let metric = harness_name(&row.metric);
        results.insert(format!("{metric},none"), json!(row.value));
        results.insert(format!("{metric}_stderr,none"), stderr(&row.metric, said)?);
        let direction = row.direction.as_deref();
        higher.insert(
            metric.to_owned(),
            json!(direction == Some("higher_is_better")),
        );
    }
    let effective = said.first().map_or(0, Predictions::len);
    let name: String = told
        .model
        .chars()
        .map(|c| if c == '/' { '_' } else { c })
        .collect();
    let whole = json!({
        "results": { told.task: results },
        "group_subtasks": { told.task: [] },
        "configs": { told.task: told.config },
        "versions": { told.task: told.config["metadata"]["version"] },
        "n-shot": { told.task: 0 },
        "higher_is_better": { told.task: higher },
        "n-samples": { told.task: { "original": told.original, "effective": effective } },
        "config": {
            "model": "polyculture",
            "model_args": told.model,
            "architecture": told.kind,
            "random_seed": told.seed,
        },
        "model_source": "polyculture",
        "model_name": told.model,
        "model_name_sanitized": name,
    });
    let mut bytes = serde_json::to_vec_pretty(&whole)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The name that the harness gives a metric; most are its own.
fn harness_name(metric: &str) -> &str {
    match metric {
        "target_perplexity" => "perplexity",
        other => other,
    }
}

/// The standard error of a mean over rows, as the harness has it: the deviation of the sample over
/// the root of its size; `N/A` of what is no mean, and of several models.
fn stderr(metric: &str, said: &[Predictions]) -> anyhow::Result<Value> {
    let metrics: BTreeMap<&str, _> = METRICS.iter().map(|known| (known.name, *known)).collect();
    let ([said], Some(metric)) = (said, metrics.get(metric)) else {
        return Ok(json!("N/A"));
    };
    let of_rows = (metric.score)(said).map(|score: Score| score.of_rows())?;
    let error = of_rows.and_then(|values| {
        let variance = numeric::variance(&values)?;
        Some((variance / values.len() as f64).sqrt())
    });
    Ok(error.map_or(json!("N/A"), Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use crate::predictions::{flags, tests::of_columns};

    #[test]
    fn figures_stand_under_the_names_of_the_harness() {
        let said = of_columns(
            Form::MultipleChoice,
            vec![("correct", flags([true, false, true]))],
        );
        let row = ResultRow {
            metric: "acc".to_owned(),
            value: Some(2.0 / 3.0),
            direction: Some("higher_is_better".to_owned()),
            ..ResultRow::default()
        };
        let config = json!({"metadata": {"version": 1.0}});
        let told = Told {
            task: "tiny",
            model: "a/b",
            kind: "LlamaForCausalLM",
            config: &config,
            original: 3,
            seed: 0,
        };
        let bytes = file(&[row], &[said], &told).expect("a file");
        let read: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(read["results"]["tiny"]["acc,none"], json!(2.0 / 3.0));
        // √(1/3 / 3): the deviation of 1, 0, 1 is √(1/3).
        let error = read["results"]["tiny"]["acc_stderr,none"]
            .as_f64()
            .expect("a number");
        assert!((error - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(
            read["n-samples"]["tiny"],
            json!({"original": 3, "effective": 3})
        );
        assert_eq!(read["versions"]["tiny"], json!(1.0));
        assert_eq!(read["model_name_sanitized"], "a_b");
    }
}
