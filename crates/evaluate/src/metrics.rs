//! What is measured of predictions, one file a metric.
//!
//! A metric is a file with a `METRIC`, and its line in [`METRICS`]. It looks at the columns of the
//! predictions alone, so that a score, the comparison of two and a bootstrap of either are of one
//! definition.

mod acc;
mod acc_bytes;
mod acc_norm;
mod accuracy;
mod bits_per_byte;
mod bleu;
mod byte_perplexity;
mod chrf;
mod ece_15;
mod exact_match;
mod grammar_membership;
mod label_correctness;
mod macro_f1;
mod mean_nll_nats;
mod numeric_match;
mod perplexity;
mod rouge1;
mod rouge2;
#[expect(non_snake_case, reason = "the field writes rougeL")]
mod rougeL;
mod squad_exact_match;
mod squad_f1;
mod target_perplexity;
mod word_perplexity;

use dataset::Table;
use serde_json::{Value, json};

use crate::form::Form;
use crate::predictions::Predictions;
use crate::table::{lists, numbers};

/// Every metric, in the order in which results have them.
pub(crate) static METRICS: &[&Metric] = &[
    &accuracy::METRIC,
    &macro_f1::METRIC,
    &ece_15::METRIC,
    &perplexity::METRIC,
    &bits_per_byte::METRIC,
    &mean_nll_nats::METRIC,
    &word_perplexity::METRIC,
    &byte_perplexity::METRIC,
    &label_correctness::METRIC,
    &grammar_membership::METRIC,
    &acc::METRIC,
    &acc_norm::METRIC,
    &acc_bytes::METRIC,
    &target_perplexity::METRIC,
    &squad_exact_match::METRIC,
    &squad_f1::METRIC,
    &exact_match::METRIC,
    &numeric_match::METRIC,
    &rouge1::METRIC,
    &rouge2::METRIC,
    &rougeL::METRIC,
    &bleu::METRIC,
    &chrf::METRIC,
];

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
}

impl Direction {
    /// Its name in results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher_is_better",
            Self::Lower => "lower_is_better",
        }
    }
}

/// A figure that can be had of predictions of some forms.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The name, which pins its parameters.
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) direction: Direction,
    /// The forms of which it is measured.
    pub(crate) forms: &'static [Form],
    pub(crate) score: fn(&Predictions) -> anyhow::Result<Score>,
}

/// A value of rows that count as often as they are drawn.
pub(crate) type Statistic = Box<dyn Fn(&[u32]) -> f64 + Send + Sync>;

/// What a metric is of some predictions, before rows are drawn.
pub(crate) enum Score {
    /// The share of rows that are right.
    Share(Vec<bool>),
    /// The mean over rows.
    Mean(Vec<f64>),
    /// A value of all rows together that is no mean over them; the object is told beside it.
    Whole(Statistic, Value),
    /// There is none, and why.
    None(String),
}

impl Score {
    /// The value of rows that count as often as `weights` says; NaN where there is none.
    pub(crate) fn value(&self, weights: &[u32]) -> f64 {
        match self {
            Self::Share(hits) => mean_of(hits.iter().map(|hit| f64::from(u8::from(*hit))), weights),
            Self::Mean(values) => mean_of(values.iter().copied(), weights),
            Self::Whole(statistic, _) => statistic(weights),
            Self::None(_) => f64::NAN,
        }
    }

    /// The value of each row, where the whole is their mean.
    pub(crate) fn of_rows(&self) -> Option<Vec<f64>> {
        match self {
            Self::Share(hits) => Some(hits.iter().map(|hit| f64::from(u8::from(*hit))).collect()),
            Self::Mean(values) => Some(values.clone()),
            Self::Whole(..) | Self::None(_) => None,
        }
    }

    /// The same, finished by `finish`, as the mean of two sums over rows.
    fn rate(
        parts: Vec<f64>,
        sizes: Vec<f64>,
        finish: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Self {
        let statistic = move |weights: &[u32]| {
            let total = |values: &[f64]| {
                let weighed = values.iter().zip(weights);
                numeric::sum(weighed.map(|(value, weight)| value * f64::from(*weight)))
            };
            finish(total(&parts) / total(&sizes))
        };
        Self::Whole(Box::new(statistic), json!({}))
    }

    /// A value of counts that are added up over rows.
    fn of_counts<const N: usize>(
        rows: Vec<[u64; N]>,
        finish: impl Fn(&[f64; N]) -> f64 + Send + Sync + 'static,
    ) -> Self {
        let statistic = move |weights: &[u32]| {
            let mut totals = [0u64; N];
            for (row, weight) in rows.iter().zip(weights) {
                for (total, count) in totals.iter_mut().zip(row) {
                    *total += count * u64::from(*weight);
                }
            }
            finish(&totals.map(|total| total as f64))
        };
        Self::Whole(Box::new(statistic), json!({}))
    }
}

fn mean_of(values: impl Iterator<Item = f64>, weights: &[u32]) -> f64 {
    let weighed = values.zip(weights);
    let total = numeric::sum(weighed.map(|(value, weight)| value * f64::from(*weight)));
    let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    total / all as f64
}

/// The metrics of a form, or those of them that are named.
pub(crate) fn wanted(
    form: Form,
    named: Option<&[String]>,
) -> impl Iterator<Item = &'static Metric> {
    let metrics = METRICS.iter().copied();
    let named = named.map(<[String]>::to_vec);
    metrics.filter(move |metric| {
        let asked = |names: &Vec<String>| names.iter().any(|name| name == metric.name);
        metric.forms.contains(&form) && named.as_ref().is_none_or(asked)
    })
}

/// The loss of all rows over all their sizes in the column called `size`.
fn loss_over(
    said: &Predictions,
    size: &str,
    finish: impl Fn(f64) -> f64 + Send + Sync + 'static,
) -> anyhow::Result<Score> {
    let sizes = said.table.floats(size)?;
    if sizes.iter().any(Option::is_none) {
        return Ok(Score::None(
            "the model has no token that begins or ends a text, so the first token of each text \
             is not predicted"
                .to_owned(),
        ));
    }
    let sizes = sizes.into_iter().flatten().collect();
    Ok(Score::rate(
        numbers(&said.table, "nll_nats")?,
        sizes,
        finish,
    ))
}

/// What was written, and the references of each row.
fn written(table: &Table) -> anyhow::Result<(Vec<&str>, Vec<Vec<String>>)> {
    Ok((table.texts("predicted")?, lists(table, "references")?))
}

/// The best value over the references of each row.
fn best_of(
    said: &Predictions,
    value: impl Fn(&str, &str) -> f64 + Sync,
) -> anyhow::Result<Vec<f64>> {
    use rayon::prelude::*;
    let (texts, references) = written(&said.table)?;
    let rows = texts.par_iter().zip(&references);
    let best = rows.map(|(text, references)| {
        crate::scores::best(references.iter().map(|reference| value(text, reference)))
    });
    Ok(best.collect())
}

/// The counts of each row against its references.
fn counts_of<const N: usize>(
    said: &Predictions,
    counts: impl Fn(&str, &[&str]) -> [u64; N] + Sync,
) -> anyhow::Result<Vec<[u64; N]>> {
    use rayon::prelude::*;
    let (texts, references) = written(&said.table)?;
    let rows = texts.par_iter().zip(&references);
    let rows = rows.map(|(text, references)| {
        counts(
            text,
            &references.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_each_metric_has_the_file_of_its_name() {
        let names: BTreeSet<String> = METRICS
            .iter()
            .map(|metric| metric.name.to_owned())
            .collect();
        assert_eq!(names.len(), METRICS.len());
        let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/metrics"));
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| {
            let path = file.expect("a file").path();
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        });
        assert_eq!(files.collect::<BTreeSet<_>>(), names);
    }

    #[test]
    fn classes_score_as_with_scikit_learn() {
        use crate::predictions::{flags, floats, tests::of_columns, texts};
        let golden = include_str!("../tests/goldens/values.json");
        let golden: Value = serde_json::from_str(golden).expect("JSON");
        let golden = &golden["classes"];
        let list = |key: &str| golden[key].as_array().expect(key).clone();
        let [truth, predicted] = ["truth", "predicted"].map(list);
        let names = |list: &[Value]| texts(list.iter().filter_map(Value::as_str));
        let columns = vec![
            ("label", names(&truth)),
            ("predicted", names(&predicted)),
            (
                "probability",
                floats(list("probability").iter().filter_map(Value::as_f64)),
            ),
            (
                "correct",
                flags(truth.iter().zip(&predicted).map(|(a, b)| a == b)),
            ),
        ];
        let said = of_columns(Form::Classification, columns);
        for metric in [&macro_f1::METRIC, &ece_15::METRIC] {
            let found = (metric.score)(&said).expect("a score").value(&[1; 200]);
            let expected = golden[metric.name].as_f64().expect("a number");
            assert!(
                (found - expected).abs() < 1e-12,
                "{}: {found} {expected}",
                metric.name
            );
        }
    }

    #[test]
    fn a_mean_is_weighed() {
        let score = Score::Mean(vec![1.0, 2.0, 6.0]);
        assert_eq!(score.value(&[1, 1, 1]), 3.0);
        assert_eq!(score.value(&[2, 0, 1]), 8.0 / 3.0);
        assert_eq!(Score::Share(vec![true, false]).value(&[3, 1]), 0.75);
    }
}
