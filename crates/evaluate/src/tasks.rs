//! What is measured, one file a task.
//!
//! A task is a file with a `TASK`, and its line in [`TASKS`].

mod accuracy;
mod bits_per_byte;
mod grammar_membership;
mod label_correctness;
mod macro_f1;
mod mean_nll_nats;
mod perplexity;

use dataset::results::ResultRow;
use numeric::{Estimate, Seed};
use serde_json::{Value, json};

use crate::interval::Resampling;
use crate::judges::{Classes, Evidence, Judged, Losses, Truths};
use crate::test_set::TestSet;

/// Every task, in the order in which results have them.
const TASKS: &[&Task] = &[
    &accuracy::TASK,
    &macro_f1::TASK,
    &perplexity::TASK,
    &bits_per_byte::TASK,
    &mean_nll_nats::TASK,
    &label_correctness::TASK,
    &grammar_membership::TASK,
];

/// A figure that can be had of some kind of evidence.
struct Task {
    /// The name of the metric, which pins its parameters.
    name: &'static str,
    unit: &'static str,
    direction: &'static str,
    measure: Measure,
}

/// What a task needs to know, and how it measures it.
enum Measure {
    Classes(fn(&Classes, &Resampling) -> Figure),
    Losses(fn(&Losses, &Resampling) -> Figure),
    Truths(fn(&Truths) -> Figure),
}

/// Higher is better.
const HIGHER: &str = "higher_is_better";
/// Lower is better.
const LOWER: &str = "lower_is_better";

/// A figure, or why there is none.
struct Figure {
    estimate: Result<Estimate, String>,
    /// An object of what is told beside it.
    params: Value,
}

impl Figure {
    fn new(estimate: Estimate) -> Self {
        Self {
            estimate: Ok(estimate),
            params: json!({}),
        }
    }
}

/// One row for each task that the evidence allows.
pub(crate) fn figures(
    judged: &Judged,
    test: &TestSet,
    seed: Seed,
) -> anyhow::Result<Vec<ResultRow>> {
    let groups = judged.evidence.groups(&test.groups()?);
    let resampling = Resampling::new(&groups, seed);
    let rows = TASKS.iter().filter_map(|task| {
        let figure = match (&task.measure, &judged.evidence) {
            (Measure::Classes(measure), Evidence::Classes(classes)) => {
                measure(classes, &resampling)
            }
            (Measure::Losses(measure), Evidence::Losses(losses)) => measure(losses, &resampling),
            (Measure::Truths(measure), Evidence::Truths(truths)) => measure(truths),
            _ => return None,
        };
        Some(row(task, figure, judged))
    });
    Ok(rows.collect())
}

fn row(task: &Task, figure: Figure, judged: &Judged) -> ResultRow {
    let mut row = ResultRow {
        metric: task.name.to_owned(),
        unit: Some(task.unit.to_owned()),
        direction: Some(task.direction.to_owned()),
        subject: Some(judged.subject.clone()),
        reference: Some(judged.reference.clone()),
        n: Some(judged.evidence.used() as i64),
        params: figure.params,
        ..ResultRow::default()
    };
    row.params["model_kind"] = judged.kind.as_str().into();
    if let Evidence::Losses(losses) = &judged.evidence {
        row.n_tokens = Some(losses.tokens.iter().sum::<usize>() as i64);
    }
    match figure.estimate {
        Ok(estimate) if estimate.value.is_finite() => {
            row.value = Some(estimate.value);
            row.low = estimate.interval.as_ref().map(|interval| interval.low);
            row.high = estimate.interval.as_ref().map(|interval| interval.high);
            row.interval_method = estimate.interval.map(|interval| interval.method.to_owned());
        }
        Ok(estimate) => row.reason = Some(format!("it is {}", estimate.value)),
        Err(reason) => row.reason = Some(reason),
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_each_task_has_the_file_of_its_name() {
        let names: std::collections::BTreeSet<_> = TASKS.iter().map(|task| task.name).collect();
        assert_eq!(names.len(), TASKS.len());
        let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tasks"));
        assert!(
            names
                .iter()
                .all(|name| folder.join(format!("{name}.rs")).is_file())
        );
    }
}
