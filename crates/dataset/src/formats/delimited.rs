//! Comma- and tab-separated values with a header, read in two passes: the first finds which columns are numbers.
//!
//! Commas go with quotes as RFC 4180 has them; between tabs a quote is a character like any other, as in the files that people have.
//! A column is numbers where every cell that is not empty is one that can be written back as it stands; every other column is text.
//! An empty cell is null among numbers and an empty text among texts.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Builder, Int64Builder, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use csv::StringRecord;

use super::text::BATCH_BYTES;
use super::{BATCH_ROWS, RawRows};
use crate::columns::{self, Kind};
use crate::error::{Error, Result};
use cells::{Cells, Seen};
use table::Table;

mod cells;
mod table;

/// Opens the file at `path`, called `name` in messages, after reading it once for the types of its columns.
pub(crate) fn open(path: &Path, name: &str, delimiter: u8) -> Result<RawRows> {
    let schema = Arc::new(infer(path, name, delimiter)?);
    let types = schema.fields().iter().map(|field| field.data_type());
    let mut batches = Batches {
        columns: types.map(Column::new).collect(),
        table: Some(Table::open(path, name, delimiter)?),
        schema: Arc::clone(&schema),
    };
    let rows = std::iter::from_fn(move || batches.next_batch().transpose());
    Ok(RawRows::plain(schema, rows))
}

fn infer(path: &Path, name: &str, delimiter: u8) -> Result<Schema> {
    let mut table = Table::open(path, name, delimiter)?;
    let mut seen = vec![Seen::default(); table.header().len()];
    while table.advance()? {
        for (seen, cell) in seen.iter_mut().zip(table.row()) {
            seen.note(cell);
        }
    }
    let columns = table.header().iter().zip(&seen);
    let fields = columns.map(|(name, seen)| Field::new(name, data_type(name, seen), true));
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// A column that the contract has as text, such as `label`, is text even if all of it is digits.
fn data_type(name: &str, seen: &Seen) -> DataType {
    if columns::named(name).is_some_and(|column| column.kind == Kind::Text) {
        return DataType::Utf8;
    }
    match seen.cells() {
        Cells::Ints => DataType::Int64,
        Cells::Floats => DataType::Float64,
        Cells::Texts => DataType::Utf8,
    }
}

struct Batches {
    table: Option<Table>,
    schema: SchemaRef,
    columns: Vec<Column>,
}

impl Batches {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        // Taken, so that nothing follows an error.
        let Some(mut table) = self.table.take() else {
            return Ok(None);
        };
        let (mut rows, mut bytes) = (0, 0);
        while rows < BATCH_ROWS && bytes < BATCH_BYTES {
            if !table.advance()? {
                return self.finish(rows);
            }
            self.push(table.row())
                .map_err(|problem| table.error(&problem))?;
            bytes += table.row().as_slice().len();
            rows += 1;
        }
        self.table = Some(table);
        self.finish(rows)
    }

    fn push(&mut self, row: &StringRecord) -> Result<(), String> {
        for ((column, field), cell) in self.columns.iter_mut().zip(self.schema.fields()).zip(row) {
            let pushed = column.push(cell);
            pushed.ok_or_else(|| {
                format!(
                    "column `{}` is not what it was on the first reading; the file was written to",
                    field.name()
                )
            })?;
        }
        Ok(())
    }

    fn finish(&mut self, rows: usize) -> Result<Option<RecordBatch>> {
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(Column::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        batch.map(Some).map_err(Error::from)
    }
}

enum Column {
    Int(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
}

impl Column {
    fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64 => Self::Int(Int64Builder::new()),
            DataType::Float64 => Self::Float(Float64Builder::new()),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds a cell; none if it is no number where numbers are expected.
    fn push(&mut self, cell: &str) -> Option<()> {
        match self {
            Self::Text(values) => values.append_value(cell),
            Self::Int(values) if cell.is_empty() => values.append_null(),
            Self::Float(values) if cell.is_empty() => values.append_null(),
            Self::Int(values) => values.append_value(cell.parse().ok()?),
            Self::Float(values) => values.append_value(cell.parse().ok()?),
        }
        Some(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Int(values) => Arc::new(values.finish()),
            Self::Float(values) => Arc::new(values.finish()),
            Self::Text(values) => Arc::new(values.finish()),
        }
    }
}

#[cfg(test)]
mod tests;
