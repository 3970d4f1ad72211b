//! Figures of a set: nulls, lengths of texts, spread of numbers, shares of labels and sources.

use std::collections::BTreeMap;
use std::io::Write;

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type};
use cli::{plain, short};
use dataset::{Column, Rows, columns};

use crate::summary::Summary;

/// Columns of which every value is counted.
const COUNTED: &[&Column] = &[
    &columns::LABEL,
    &columns::SPLIT,
    &columns::SOURCE,
    &columns::GENERATION,
    &columns::LEVEL,
    &columns::METHOD,
    &columns::TOPIC,
    &columns::FINISH_REASON,
];
/// How many values of a counted column are printed.
const MOST_VALUES: usize = 20;

/// What is gathered of one column.
struct Gathered {
    name: String,
    nulls: usize,
    what: What,
}

enum What {
    Counts(BTreeMap<String, usize>),
    Texts { chars: Vec<f64>, words: Vec<f64> },
    Numbers { values: Vec<f64>, not_finite: usize },
    Nothing,
}

/// Reads all of `set` and prints its figures.
pub(crate) fn write(out: &mut impl Write, set: &mut Rows) -> anyhow::Result<()> {
    let mut gathered: Vec<_> = set
        .schema()
        .fields()
        .iter()
        .map(|field| Gathered::new(field))
        .collect();
    let mut rows = 0;
    for batch in set.by_ref() {
        let batch = batch?;
        rows += batch.num_rows();
        for (column, values) in gathered.iter_mut().zip(batch.columns()) {
            column.add(values)?;
        }
    }
    let columns = cli::count(gathered.len(), "column");
    writeln!(
        out,
        "{}: {}, {columns}",
        plain(set.name()),
        cli::count(rows, "row")
    )?;
    gathered
        .into_iter()
        .try_for_each(|column| column.write(out, rows))
}

impl Gathered {
    fn new(field: &Field) -> Self {
        let what = match field.data_type() {
            _ if COUNTED.iter().any(|column| column.name == field.name()) => {
                What::Counts(BTreeMap::new())
            }
            _ if field.name() == columns::ID.name => What::Nothing,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => What::Texts {
                chars: Vec::new(),
                words: Vec::new(),
            },
            kind if kind.is_numeric() => What::Numbers {
                values: Vec::new(),
                not_finite: 0,
            },
            _ => What::Nothing,
        };
        Self {
            name: field.name().clone(),
            nulls: 0,
            what,
        }
    }

    fn add(&mut self, column: &ArrayRef) -> anyhow::Result<()> {
        self.nulls += column.logical_null_count();
        match &mut self.what {
            What::Nothing => {}
            What::Counts(counts) => {
                for value in cast(column, &DataType::Utf8)?
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                {
                    *counts.entry(value.to_owned()).or_default() += 1;
                }
            }
            What::Texts { chars, words } => {
                for text in cast(column, &DataType::LargeUtf8)?
                    .as_string::<i64>()
                    .iter()
                    .flatten()
                {
                    chars.push(text.chars().count() as f64);
                    words.push(text.split_whitespace().count() as f64);
                }
            }
            What::Numbers { values, not_finite } => {
                let numbers = cast(column, &DataType::Float64)?;
                let numbers = numbers.as_primitive::<Float64Type>().iter().flatten();
                let (finite, other): (Vec<f64>, Vec<f64>) =
                    numbers.partition(|value| value.is_finite());
                values.extend(finite);
                *not_finite += other.len();
            }
        }
        Ok(())
    }

    fn write(self, out: &mut impl Write, rows: usize) -> anyhow::Result<()> {
        writeln!(
            out,
            "  {}: {}",
            plain(&self.name),
            cli::count(self.nulls, "null")
        )?;
        let counted = rows - self.nulls;
        match self.what {
            What::Nothing => {}
            What::Counts(counts) => write_counts(out, counts, counted)?,
            What::Texts { chars, words } => {
                write_summary(out, "characters: ", chars)?;
                write_summary(out, "words: ", words)?;
            }
            What::Numbers { values, not_finite } => {
                write_summary(out, "", values)?;
                if not_finite > 0 {
                    writeln!(out, "      {not_finite} NaN or infinite")?;
                }
            }
        }
        Ok(())
    }
}

fn write_summary(out: &mut impl Write, of: &str, values: Vec<f64>) -> std::io::Result<()> {
    match Summary::of(values) {
        Some(summary) => writeln!(out, "      {of}{summary}"),
        None => Ok(()),
    }
}

fn write_counts(
    out: &mut impl Write,
    counts: BTreeMap<String, usize>,
    all: usize,
) -> std::io::Result<()> {
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    for (value, rows) in counts.iter().take(MOST_VALUES) {
        let share = *rows as f64 / all as f64;
        writeln!(out, "      {rows:>8}  {share:.4}  {}", short(value, 60))?;
    }
    if counts.len() > MOST_VALUES {
        writeln!(out, "      and {} more values", counts.len() - MOST_VALUES)?;
    }
    Ok(())
}
