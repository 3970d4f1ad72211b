//! One run of the stage: the set, its groups, its reference, and all that is found of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::{DataType, Field};
use dataset::Table;
use dataset::results::ResultRow;
use diversity::{CONTRIBUTIONS, Options, Pair, Reads, Set};

use crate::Args;
use crate::measured::{Told, baselines_of, metrics_of, shifts_of};
use crate::scored::{Making, Scored};
use crate::verdict::Verdict;
use crate::wanted::Wanted;

/// What a run is made of.
pub(crate) struct Scoring<'a> {
    args: &'a Args,
    wanted: &'a Wanted,
    table: &'a Table,
    reference: Option<&'a Table>,
    making: Making<'a>,
}

/// What a run comes to.
pub(crate) struct Outcomes {
    /// One row a figure.
    pub(crate) rows: Vec<ResultRow>,
    /// One line about the set.
    pub(crate) verdict: Option<Verdict>,
    /// The scored rows with a column for each contribution, if they are asked for.
    pub(crate) with_columns: Option<Table>,
}

impl<'a> Scoring<'a> {
    pub(crate) fn new(
        args: &'a Args,
        wanted: &'a Wanted,
        table: &'a Table,
        reference: Option<&'a Table>,
    ) -> Self {
        let making = Making {
            text_column: &args.column,
            vector_column: &args.embedding_column,
            words: args.words,
            order: args.order,
            normalize: args.normalize,
            seed: args.seed.seed,
            with_vectors: wanted.reads(Reads::Vectors) || args.rows_out.is_some(),
        };
        Self {
            args,
            wanted,
            table,
            reference,
            making,
        }
    }

    pub(crate) fn run(&self) -> anyhow::Result<Outcomes> {
        let set = Scored::new(self.table, self.args.sample, &self.making)?;
        let whole = self.reference.map(|reference| {
            Scored::new(reference, None, &self.making)
                .with_context(|| format!("the reference {} could not be read", reference.name()))
        });
        let whole = whole.transpose()?;
        let (rows, verdict) = match &self.args.by {
            Some(column) => (self.rows_by(column, whole.as_ref())?, None),
            None => {
                let told = self.told(self.args.sample, None);
                let verdict = self.verdict(&set, whole.as_ref());
                (self.rows_of(&set, whole.as_ref(), &told)?, verdict)
            }
        };
        let with_columns = self.args.rows_out.as_ref();
        let with_columns = with_columns.map(|_| self.with_columns(&set, whole.as_ref()));
        Ok(Outcomes {
            rows,
            verdict,
            with_columns: with_columns.transpose()?,
        })
    }

    fn told(&self, sample: Option<usize>, group: Option<(String, String)>) -> Told {
        Told {
            options: Options::new(self.args.seed.seed),
            words: self.args.words.tokenizer().name(),
            embedder: self.table.embedder(&self.args.embedding_column),
            normalize: self.args.normalize,
            sample,
            intervals: !self.args.no_intervals,
            group,
        }
    }

    /// The figures of a set: its metrics, its shifts, and each shift's baseline behind it.
    fn rows_of(
        &self,
        set: &Scored<'_>,
        whole: Option<&Scored<'_>>,
        told: &Told,
    ) -> anyhow::Result<Vec<ResultRow>> {
        let mut rows = metrics_of(&self.wanted.metrics, set, told)?;
        let shifts = &self.wanted.shifts;
        let Some(whole) = whole.filter(|_| !shifts.is_empty()) else {
            return Ok(rows);
        };
        let sampled = match (self.reference, told.sample) {
            (Some(table), Some(sample)) if sample < whole.len() => {
                Some(Scored::new(table, Some(sample), &self.making)?)
            }
            _ => None,
        };
        let of_set = shifts_of(shifts, set, sampled.as_ref().unwrap_or(whole), told)?;
        drop(sampled);
        if !self.args.baseline_split {
            rows.extend(of_set);
            return Ok(rows);
        }
        let baselines = baselines_of(shifts, set.len(), whole, told)?;
        for pair in of_set.into_iter().zip(baselines) {
            rows.extend(<[ResultRow; 2]>::from(pair));
        }
        Ok(rows)
    }

    /// The figures of each value of `column`, at the size that is asked for or at that of the
    /// smallest.
    fn rows_by(&self, column: &str, whole: Option<&Scored<'_>>) -> anyhow::Result<Vec<ResultRow>> {
        let groups = self.groups(column)?;
        let smallest = groups.values().map(Vec::len).min().unwrap_or(0);
        let size = self.args.sample.unwrap_or(smallest);
        let mut rows = Vec::new();
        for (value, places) in groups {
            let there = places.len();
            let told = self.told(Some(size), Some((column.to_owned(), value.clone())));
            let set = Scored::within(self.table, places, Some(size), &self.making)?;
            let mut of_group = self.rows_of(&set, whole, &told)?;
            if there < size {
                let reason =
                    format!("{column} {value} has {there} rows, fewer than --sample {size}");
                of_group.iter_mut().for_each(|row| void(row, &reason));
            }
            rows.append(&mut of_group);
        }
        Ok(rows)
    }

    /// The rows of each value of a column, by the value.
    fn groups(&self, column: &str) -> anyhow::Result<BTreeMap<String, Vec<usize>>> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let values = self.table.shown(column)?;
        for (row, value) in values.into_iter().enumerate() {
            groups.entry(value).or_default().push(row);
        }
        Ok(groups)
    }

    fn verdict(&self, set: &Scored<'_>, whole: Option<&Scored<'_>>) -> Option<Verdict> {
        let whole = whole.filter(|_| self.args.baseline_split && !self.wanted.shifts.is_empty())?;
        Verdict::new(&set.set, &whole.set, Options::new(self.args.seed.seed))
    }

    /// The scored rows, as they are in the file, with a column for each contribution that they and
    /// the reference allow.
    fn with_columns(&self, set: &Scored<'_>, whole: Option<&Scored<'_>>) -> anyhow::Result<Table> {
        let reference = whole.map_or_else(|| Set::of_rows(0), |whole| whole.set.clone());
        let pair = Pair::new(reference, set.set.clone());
        let mut order: Vec<usize> = (0..set.rows.len()).collect();
        order.sort_unstable_by_key(|at| set.rows[*at]);
        let rows: Vec<usize> = order.iter().map(|at| set.rows[*at]).collect();
        let mut table = self.table.take(&rows)?;
        for contribution in CONTRIBUTIONS {
            let reads = contribution.reads();
            let lacks_reference =
                contribution.needs_reference() && whole.is_none_or(|whole| !whole.set.knows(reads));
            if lacks_reference || !set.set.knows(reads) {
                continue;
            }
            let values = contribution
                .measure(&pair)
                .with_context(|| format!("{} has no value for --rows-out", contribution.name))?;
            let values = Float64Array::from_iter(order.iter().map(|at| values[*at]));
            let values: ArrayRef = Arc::new(values);
            let field = Field::new(contribution.name, DataType::Float64, true);
            table = table.with_column(field, &values)?;
        }
        Ok(table)
    }
}

/// Takes the value of a figure away.
fn void(row: &mut ResultRow, reason: &str) {
    (row.value, row.low, row.high, row.interval_method) = (None, None, None, None);
    row.reason = Some(reason.to_owned());
}
