//! Runs the measures over a set and puts each figure, or the reason for having none, in a row.

use anyhow::Context as _;
use dataset::results::ResultRow;
use dataset::{Table, columns};
use diversity::{Input, Metric, Shift, params_json};
use numeric::{Estimate, Groups, Seed, Vectors, keyed_hash};
use serde_json::Value;

use crate::Args;

/// What is kept of a set in order to measure it.
pub(crate) struct Scored<'a> {
    texts: Vec<&'a str>,
    vectors: Result<Vectors, String>,
    groups: Groups,
    hash: Option<String>,
    seed: Seed,
}

impl<'a> Scored<'a> {
    /// The rows of `table`, or `sample` of them chosen by a hash of their ids.
    pub(crate) fn new(table: &'a Table, sample: Option<usize>, seed: Seed) -> anyhow::Result<Self> {
        let all = table.texts(columns::TEXT.name)?;
        let ids = table.texts(columns::ID.name)?;
        let chosen = chosen(&ids, sample, seed);
        let texts = chosen.iter().map(|row| all[*row]).collect();
        let families = table.families()?;
        let families: Vec<&String> = chosen.iter().map(|row| &families[*row]).collect();
        let vectors = if table.has(columns::EMBEDDING.name) {
            Ok(table.vectors()?.0.select(&chosen))
        } else {
            Err(format!(
                "{} has no column `embedding`; run `embed` first",
                table.name()
            ))
        };
        Ok(Self {
            groups: Groups::by_key(&families, seed),
            texts,
            vectors,
            hash: table.hash().map(|hash| hash.to_string()),
            seed,
        })
    }

    fn len(&self) -> usize {
        self.texts.len()
    }

    fn input(&self, reads: &str) -> Result<Input<'_>, String> {
        match reads {
            "texts" => Ok(Input::texts(&self.texts)),
            _ => self
                .vectors
                .as_ref()
                .map(Input::vectors)
                .map_err(Clone::clone),
        }
    }

    fn words(&self) -> i64 {
        words(self.texts.iter())
    }
}

fn words<'t>(texts: impl Iterator<Item = &'t &'t str>) -> i64 {
    texts
        .map(|text| text.split_whitespace().count() as i64)
        .sum()
}

/// The set that shifts are measured from.
pub(crate) struct Reference<'a> {
    /// What the set is compared with.
    scored: Scored<'a>,
    /// All its rows, out of which two parts of the size of the set are drawn.
    whole: Scored<'a>,
}

impl<'a> Reference<'a> {
    /// The rows of `table`, and `sample` of them as in the set.
    pub(crate) fn new(table: &'a Table, sample: Option<usize>, seed: Seed) -> anyhow::Result<Self> {
        Ok(Self {
            scored: Scored::new(table, sample, seed)?,
            whole: Scored::new(table, None, seed)?,
        })
    }
}

/// Says of a figure that it is of a sample, since its subject is the hash of the whole file.
pub(crate) fn tell_sample(row: &mut ResultRow, sample: Option<usize>) {
    let Some(sample) = sample else { return };
    if !row.params.is_object() {
        row.params = serde_json::json!({});
    }
    row.params["sample"] = sample.into();
}

/// The rows to score, in the order of the set: all, or those with the smallest keyed hashes.
fn chosen(ids: &[&str], sample: Option<usize>, seed: Seed) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..ids.len()).collect();
    if let Some(sample) = sample.filter(|sample| *sample < ids.len()) {
        let key = seed.key("sample");
        rows.sort_by_key(|row| (keyed_hash(key, ids[*row].as_bytes()), *row));
        rows.truncate(sample);
        rows.sort_unstable();
    }
    rows
}

/// One row for each metric that is asked for.
pub(crate) fn metrics_of(set: &Scored<'_>, args: &Args) -> anyhow::Result<Vec<ResultRow>> {
    let wanted = diversity::METRICS
        .iter()
        .filter(|metric| is_wanted(args, metric.name));
    wanted.map(|metric| metric_row(metric, set, args)).collect()
}

fn is_wanted(args: &Args, name: &str) -> bool {
    args.metrics.is_empty() || args.metrics.iter().any(|wanted| wanted == name)
}

fn metric_row(metric: &Metric, set: &Scored<'_>, args: &Args) -> anyhow::Result<ResultRow> {
    let measured = set.input(metric.reads()).and_then(|input| {
        let measured = if args.no_intervals {
            metric
                .value(&input)
                .map(|value| Estimate::point(value, input.len()))
        } else {
            metric.estimate(&input, &set.groups)
        };
        measured.map_err(|error| error.to_string())
    });
    let mut row = filled(metric.name, measured, set);
    row.unit = Some(metric.unit.to_owned());
    row.direction = Some(metric.direction.name().to_owned());
    row.params = pinned(&params_json(metric.params))?;
    Ok(row)
}

/// Two rows for each shift measure that is asked for: the shift, and beside it that of one part of
/// the reference from another, both as large as the set, since a shift depends on n.
pub(crate) fn shifts_of(
    set: &Scored<'_>,
    reference: &Reference<'_>,
    args: &Args,
) -> anyhow::Result<Vec<ResultRow>> {
    let mut rows = Vec::new();
    for shift in diversity::SHIFTS
        .iter()
        .filter(|shift| is_wanted(args, shift.name))
    {
        rows.push(shift_row(shift, set, &reference.scored, args)?);
        rows.push(null_row(shift, set.len(), &reference.whole)?);
    }
    Ok(rows)
}

fn shift_row(
    shift: &Shift,
    set: &Scored<'_>,
    reference: &Scored<'_>,
    args: &Args,
) -> anyhow::Result<ResultRow> {
    let inputs = reference
        .input(shift.reads())
        .and_then(|from| Ok((from, set.input(shift.reads())?)));
    let measured = inputs.and_then(|(from, to)| {
        let measured = if args.no_intervals {
            shift
                .value(&from, &to)
                .map(|value| Estimate::point(value, to.len()))
        } else {
            shift.estimate((&from, &reference.groups), (&to, &set.groups))
        };
        measured.map_err(|error| error.to_string())
    });
    described(shift, filled(shift.name, measured, set), reference)
}

/// `n` is the number of rows of the set, and of each part of the reference.
fn null_row(shift: &Shift, n: usize, whole: &Scored<'_>) -> anyhow::Result<ResultRow> {
    let mut rows: Vec<usize> = (0..whole.len()).collect();
    whole.seed.stream("reference halves").shuffle(&mut rows);
    let parts = rows.get(..2 * n).map(|rows| rows.split_at(n));
    let measured = parts.map_or_else(
        || {
            let (there, needed) = (whole.len(), 2 * n);
            Err(format!(
                "the reference has {there} rows, but two parts of {n} rows take {needed}"
            ))
        },
        |(one, other)| {
            let input = whole.input(shift.reads())?;
            let value = shift.value(&input.select(one), &input.select(other));
            let value = value.map_err(|error| error.to_string())?;
            Ok(Estimate::point(value, n))
        },
    );
    let name = format!("{}_reference_halves", shift.name);
    let mut row = filled(&name, measured, whole);
    row.n = Some(n as i64);
    row.n_tokens = parts.map(|(_, other)| words(other.iter().map(|row| &whole.texts[*row])));
    described(shift, row, whole)
}

fn described(
    shift: &Shift,
    mut row: ResultRow,
    reference: &Scored<'_>,
) -> anyhow::Result<ResultRow> {
    row.unit = Some(shift.unit.to_owned());
    row.direction = Some(shift.direction.name().to_owned());
    row.params = pinned(&params_json(shift.params))?;
    row.reference.clone_from(&reference.hash);
    Ok(row)
}

fn pinned(json: &str) -> anyhow::Result<Value> {
    serde_json::from_str(json).context("the params of a measure are JSON")
}

fn filled(name: &str, measured: Result<Estimate, String>, set: &Scored<'_>) -> ResultRow {
    let mut row = ResultRow {
        metric: name.to_owned(),
        subject: set.hash.clone(),
        n: Some(set.len() as i64),
        n_tokens: Some(set.words()),
        ..ResultRow::default()
    };
    match measured {
        Ok(estimate) => {
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
    row
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field};
    use clap::Parser as _;

    use super::*;

    #[test]
    fn a_sample_depends_on_the_ids_and_not_on_their_order() {
        let ids = ["a", "b", "c", "d", "e"];
        let turned = ["e", "d", "c", "b", "a"];
        let seed = Seed::new(1);
        let of = |ids: &[&str]| {
            let mut chosen: Vec<_> = chosen(ids, Some(2), seed)
                .iter()
                .map(|row| ids[*row].to_owned())
                .collect();
            chosen.sort();
            chosen
        };
        assert_eq!(of(&ids), of(&turned));
        assert_eq!(chosen(&ids, Some(9), seed).len(), 5);
    }

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

    /// The shift of a set of `n` rows, and that of two parts of a reference of `from` rows.
    fn shifts(n: usize, from: usize, sample: Option<usize>) -> Vec<ResultRow> {
        let (set, from) = (table("set", n), table("from", from));
        let args = Args::parse_from(["score-diversity", "--metric", "mmd2_rbf"]);
        let seed = Seed::new(1);
        let set = Scored::new(&set, sample, seed).expect("a set");
        let reference = Reference::new(&from, sample, seed).expect("a reference");
        shifts_of(&set, &reference, &args).expect("shifts")
    }

    #[test]
    fn the_parts_of_the_reference_are_as_large_as_the_set() {
        let rows = shifts(30, 60, None);
        assert_eq!((rows[1].n, rows[1].n_tokens), (Some(30), Some(90)));
        assert!(rows[1].value.is_some(), "{:?}", rows[1].reason);
        // A sample of both still leaves the whole reference to draw the parts from.
        let rows = shifts(60, 60, Some(30));
        assert_eq!((rows[0].n, rows[1].n), (Some(30), Some(30)));
        assert!(rows[1].value.is_some(), "{:?}", rows[1].reason);
    }

    #[test]
    fn a_reference_too_small_for_two_parts_has_a_reason() {
        let row = &shifts(30, 59, None)[1];
        assert_eq!((row.value, row.n_tokens), (None, None));
        assert_eq!(
            row.reason.as_deref(),
            Some("the reference has 59 rows, but two parts of 30 rows take 60")
        );
    }

    #[test]
    fn a_figure_of_a_sample_says_so() {
        let mut row = ResultRow::default();
        tell_sample(&mut row, None);
        assert_eq!(row, ResultRow::default());
        tell_sample(&mut row, Some(30));
        assert_eq!(row.params["sample"], 30);
    }
}
