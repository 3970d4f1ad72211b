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
        let vectors = if table.has(columns::EMBEDDING.name) {
            Ok(table.vectors()?.0.select(&chosen))
        } else {
            Err(format!(
                "{} has no column `embedding`; run `embed` first",
                table.name()
            ))
        };
        Ok(Self {
            groups: Groups::of_rows(chosen.len(), seed),
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
        self.texts
            .iter()
            .map(|text| text.split_whitespace().count() as i64)
            .sum()
    }
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

/// Two rows for each shift measure that is asked for: the shift, and beside it that of one half of
/// the reference from its other half, at the same n where the reference is large enough.
pub(crate) fn shifts_of(
    set: &Scored<'_>,
    reference: &Scored<'_>,
    args: &Args,
) -> anyhow::Result<Vec<ResultRow>> {
    let mut rows = Vec::new();
    for shift in diversity::SHIFTS
        .iter()
        .filter(|shift| is_wanted(args, shift.name))
    {
        rows.push(shift_row(shift, set, reference, args)?);
        rows.push(null_row(shift, set, reference)?);
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

fn null_row(shift: &Shift, set: &Scored<'_>, reference: &Scored<'_>) -> anyhow::Result<ResultRow> {
    let mut rows: Vec<usize> = (0..reference.len()).collect();
    reference.seed.stream("reference halves").shuffle(&mut rows);
    let n = set.len().min(rows.len() / 2);
    let measured = reference.input(shift.reads()).and_then(|input| {
        let (one, other) = (input.select(&rows[..n]), input.select(&rows[n..2 * n]));
        let value = shift
            .value(&one, &other)
            .map_err(|error| error.to_string())?;
        Ok(Estimate::point(value, n))
    });
    let name = format!("{}_reference_halves", shift.name);
    described(shift, filled(&name, measured, reference), reference)
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
}
