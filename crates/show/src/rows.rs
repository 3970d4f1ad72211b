//! The rows of a set as JSON lines, as they come.

use std::fmt;
use std::io::Write;

use anyhow::anyhow;
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::Schema;
use dataset::Rows;

use crate::json;

/// How many rows were printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    rows: usize,
    cut: bool,
}

impl Shown {
    /// Counts those of one more input.
    pub(crate) fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.cut |= more.cut;
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.cut { ", more not shown" } else { "" };
        write!(f, "{}{more}", cli::count(self.rows, "row"))
    }
}

/// Prints the first `head` rows of `set`, or all; of all columns, or of those named `columns`.
pub(crate) fn write(
    out: &mut impl Write,
    set: &mut Rows,
    columns: &[String],
    head: Option<usize>,
) -> anyhow::Result<Shown> {
    let chosen = chosen(set.name(), set.schema(), columns)?;
    let mut left = head.unwrap_or(usize::MAX);
    let mut shown = Shown::default();
    while left > 0 {
        let Some(batch) = set.next().transpose()? else {
            return Ok(shown);
        };
        let rows = batch.num_rows().min(left);
        write_batch(out, &batch, &chosen, rows)?;
        shown.add(Shown {
            rows,
            cut: rows < batch.num_rows(),
        });
        left -= rows;
    }
    shown.cut |= set
        .next()
        .transpose()?
        .is_some_and(|batch| batch.num_rows() > 0);
    Ok(shown)
}

fn write_batch(
    out: &mut impl Write,
    batch: &RecordBatch,
    chosen: &[usize],
    rows: usize,
) -> anyhow::Result<()> {
    let schema = batch.schema_ref();
    let mut line = Vec::new();
    for row in 0..rows {
        line.clear();
        let columns = chosen.iter().map(|at| {
            let column: &dyn Array = batch.column(*at);
            (schema.field(*at).name().as_str(), column)
        });
        json::write_object(&mut line, columns, row)?;
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// The places of the columns named `wanted`, or of all.
pub(crate) fn chosen(name: &str, schema: &Schema, wanted: &[String]) -> anyhow::Result<Vec<usize>> {
    if wanted.is_empty() {
        return Ok((0..schema.fields().len()).collect());
    }
    let places = wanted.iter().map(|column| {
        schema.index_of(column).map_err(|_| {
            let known = dataset::column_names(schema);
            anyhow!("{name} has no column `{column}`; it has {known}")
        })
    });
    places.collect()
}
