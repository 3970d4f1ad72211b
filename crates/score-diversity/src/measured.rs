//! Runs the measures over a set and puts each figure, or the reason for having none, in a row.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::results::ResultRow;
use diversity::{Direction, Found, Metric, Options, Pair, Param, Reads, Shift, params_json};
use serde_json::Value;

use crate::scored::{Scored, two_parts};

/// What is told of every figure, whatever the set.
#[derive(Debug)]
pub(crate) struct Told {
    /// What the seed and the like are.
    pub(crate) options: Options,
    /// How texts are cut into tokens.
    pub(crate) words: &'static str,
    /// What made the vectors.
    pub(crate) embedder: BTreeMap<String, String>,
    /// Whether vectors were brought to length 1.
    pub(crate) normalize: bool,
    /// How many rows of a set are scored at most.
    pub(crate) sample: Option<usize>,
    /// Whether intervals are computed.
    pub(crate) intervals: bool,
    /// The column and the value of it that the rows have in common.
    pub(crate) group: Option<(String, String)>,
}

/// One row for each of `metrics`.
pub(crate) fn metrics_of(
    metrics: &[&'static Metric],
    set: &Scored<'_>,
    told: &Told,
) -> anyhow::Result<Vec<ResultRow>> {
    let groups = told.intervals.then_some(&set.groups);
    let all = diversity::estimates(metrics, &set.set, groups, &told.options)?;
    let rows = metrics.iter().zip(all).map(|(metric, found)| {
        let found = found.map_err(|error| reason(&error, metric.reads(), &[set]));
        let row = filled(metric.name, found, set, &About::metric(metric), told)?;
        Ok(row)
    });
    rows.collect()
}

/// One row for each of `shifts`.
pub(crate) fn shifts_of(
    shifts: &[&'static Shift],
    set: &Scored<'_>,
    reference: &Scored<'_>,
    told: &Told,
) -> anyhow::Result<Vec<ResultRow>> {
    let pair = Pair::new(reference.set.clone(), set.set.clone());
    let groups = told.intervals.then_some((&reference.groups, &set.groups));
    let all = diversity::shift_estimates(shifts, &pair, groups, &told.options)?;
    let rows = shifts.iter().zip(all).map(|(shift, found)| {
        let found = found.map_err(|error| reason(&error, shift.reads(), &[reference, set]));
        let mut row = filled(shift.name, found, set, &About::shift(shift), told)?;
        row.reference.clone_from(&reference.hash);
        Ok(row)
    });
    rows.collect()
}

/// Beside each of `shifts` what it is between two parts of the reference, both of `n` rows as the
/// set: a shift depends on n, and a human set is not at distance 0 from another.
pub(crate) fn baselines_of(
    shifts: &[&'static Shift],
    n: usize,
    whole: &Scored<'_>,
    told: &Told,
) -> anyhow::Result<Vec<ResultRow>> {
    let parts = two_parts(&whole.set, n, told.options.seed);
    let all = match &parts {
        Some(pair) => diversity::shift_estimates(shifts, pair, None, &told.options)?
            .into_iter()
            .zip(shifts)
            .map(|(found, shift)| found.map_err(|error| reason(&error, shift.reads(), &[whole])))
            .collect(),
        None => {
            let (there, needed) = (whole.len(), 2 * n);
            let reason =
                format!("the reference has {there} rows, but two parts of {n} rows take {needed}");
            vec![Err(reason); shifts.len()]
        }
    };
    let tokens = parts.as_ref().and_then(|pair| pair.other.texts());
    let n_tokens = tokens.map(|texts| texts.tokens().total() as i64);
    let rows = shifts.iter().zip(all).map(|(shift, found)| {
        let name = format!("{}_reference_halves", shift.name);
        let mut row = filled(&name, found, whole, &About::shift(shift), told)?;
        row.n = Some(n as i64);
        row.n_tokens = n_tokens;
        row.reference.clone_from(&whole.hash);
        Ok(row)
    });
    rows.collect()
}

/// What a row says of a measure itself.
struct About {
    unit: &'static str,
    direction: Direction,
    params: &'static [Param],
    counts_tokens: bool,
    reads: Reads,
}

impl About {
    fn metric(metric: &'static Metric) -> Self {
        Self {
            unit: metric.unit,
            direction: metric.direction,
            params: metric.params,
            counts_tokens: metric.counts_tokens(),
            reads: metric.reads(),
        }
    }

    fn shift(shift: &'static Shift) -> Self {
        Self {
            unit: shift.unit,
            direction: shift.direction,
            params: shift.params,
            counts_tokens: shift.counts_tokens(),
            reads: shift.reads(),
        }
    }

    /// What the name pins, what the value brings with it, and what holds for the run.
    fn params(&self, details: &[Param], told: &Told) -> anyhow::Result<Value> {
        let json = params_json(self.params.iter().chain(details));
        let mut params: Value =
            serde_json::from_str(&json).context("the params of a measure are JSON")?;
        if self.counts_tokens {
            params["words"] = told.words.into();
        }
        if self.reads == Reads::Vectors {
            for (key, value) in &told.embedder {
                params[key] = value.as_str().into();
            }
            if told.normalize {
                params["normalized_here"] = true.into();
            }
        }
        // The subject is the hash of the whole file.
        if let Some(sample) = told.sample {
            params["sample"] = sample.into();
        }
        if let Some((column, value)) = &told.group {
            params["by"] = column.as_str().into();
            params["group"] = value.as_str().into();
        }
        Ok(params)
    }
}

fn filled(
    name: &str,
    found: Result<Found, String>,
    set: &Scored<'_>,
    about: &About,
    told: &Told,
) -> anyhow::Result<ResultRow> {
    let details = found.as_ref().map_or(&[][..], |found| &found.details);
    let mut row = ResultRow {
        metric: name.to_owned(),
        subject: set.hash.clone(),
        n: Some(set.len() as i64),
        n_tokens: set.n_tokens,
        unit: Some(about.unit.to_owned()),
        direction: Some(about.direction.name().to_owned()),
        params: about.params(details, told)?,
        ..ResultRow::default()
    };
    match found {
        Ok(Found { estimate, .. }) => {
            row.value = Some(estimate.value);
            row.n = Some(estimate.n as i64);
            if let Some(interval) = estimate.interval {
                row.low = Some(interval.low);
                row.high = Some(interval.high);
                row.interval_method = Some(interval.method.to_owned());
            }
        }
        Err(reason) => row.reason = Some(reason),
    }
    Ok(row)
}

/// Why there is no value: what the file lacks, if that is it.
fn reason(error: &diversity::MeasureError, reads: Reads, sets: &[&Scored<'_>]) -> String {
    let lacking = sets.iter().find_map(|set| set.lacking(reads));
    lacking.map_or_else(|| error.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field};
    use dataset::Table;
    use numeric::Seed;

    use super::*;
    use crate::scored::{Making, Order, Words};

    /// `rows` rows of different texts, with vectors on a circle.
    fn table(name: &str, rows: usize) -> Table {
        let of = |kind: &str| -> ArrayRef {
            let texts = (0..rows).map(|row| format!("{name} {kind} {row}"));
            Arc::new(StringArray::from_iter_values(texts))
        };
        let angles = (0..rows).map(|row| row as f32);
        let values = angles.flat_map(|angle| [angle.cos(), angle.sin()]);
        let values: ArrayRef = Arc::new(Float32Array::from_iter_values(values));
        let item = Arc::new(Field::new("item", DataType::Float32, true));
        let vectors = FixedSizeListArray::new(item, 2, values, None);
        let vectors: ArrayRef = Arc::new(vectors);
        let columns = [
            ("id", of("id")),
            ("text", of("text")),
            ("embedding", vectors),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("one length");
        Table::new(name, batch.schema(), vec![batch])
    }

    fn making() -> Making<'static> {
        Making {
            text_column: "text",
            vector_column: "embedding",
            words: Words::Unicode,
            order: Order::Id,
            normalize: false,
            seed: Seed::new(1),
            with_vectors: true,
        }
    }

    fn told(sample: Option<usize>) -> Told {
        Told {
            options: Options::new(Seed::new(1)),
            words: "unicode",
            embedder: BTreeMap::from([("embedder".to_owned(), "circle".to_owned())]),
            normalize: false,
            sample,
            intervals: false,
            group: None,
        }
    }

    #[test]
    fn the_parts_of_the_reference_are_as_large_as_the_set() {
        let table = table("from", 60);
        let whole = Scored::new(&table, None, &making()).expect("a set");
        let shift = [diversity::shift("mmd_rbf").expect("known")];
        let rows = baselines_of(&shift, 30, &whole, &told(None)).expect("rows");
        assert_eq!((rows[0].n, rows[0].n_tokens), (Some(30), Some(90)));
        assert_eq!(rows[0].metric, "mmd_rbf_reference_halves");
        assert!(rows[0].value.is_some(), "{:?}", rows[0].reason);
    }

    #[test]
    fn a_reference_too_small_for_two_parts_has_a_reason() {
        let table = table("from", 59);
        let whole = Scored::new(&table, None, &making()).expect("a set");
        let shift = [diversity::shift("mmd_rbf").expect("known")];
        let rows = baselines_of(&shift, 30, &whole, &told(None)).expect("rows");
        assert_eq!((rows[0].value, rows[0].n_tokens), (None, None));
        assert_eq!(
            rows[0].reason.as_deref(),
            Some("the reference has 59 rows, but two parts of 30 rows take 60")
        );
    }

    #[test]
    fn a_figure_says_what_it_depends_on() {
        let table = table("set", 40);
        let set = Scored::new(&table, Some(30), &making()).expect("a set");
        let metrics =
            ["distinct_1", "vendi_q1"].map(|name| diversity::metric(name).expect("known"));
        let rows = metrics_of(&metrics, &set, &told(Some(30))).expect("rows");
        let params = |at: usize| rows[at].params.to_string();
        assert_eq!(
            params(0),
            r#"{"divisor":"ngrams","n":1,"sample":30,"words":"unicode"}"#
        );
        assert!(
            params(1).contains(r#""embedder":"circle""#),
            "{}",
            params(1)
        );
        assert_eq!((rows[1].n, rows[1].n_tokens), (Some(30), Some(90)));
    }

    #[test]
    fn a_column_that_is_not_there_is_the_reason() {
        let table = table("set", 3);
        let vector_column = "vectors";
        let making = Making {
            vector_column,
            ..making()
        };
        let set = Scored::new(&table, None, &making).expect("a set");
        let metrics = [diversity::metric("vendi_q1").expect("known")];
        let rows = metrics_of(&metrics, &set, &told(None)).expect("rows");
        let reason = rows[0].reason.as_deref().expect("no value");
        assert_eq!(reason, "set has no column `vectors`; run `embed` first");
    }
}
