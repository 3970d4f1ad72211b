//! JSON lines, or one JSON array of objects, read in two passes: the first finds the columns, the second fills them.
//!
//! A field that is missing or null is null.
//! Integers and floats in one field make it float64; a field that is null throughout is text; any other disagreement is an error.
//! An object that never has a field is read as the text `{}`, since no file format has a column for it.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::text::BATCH_BYTES;
use super::{BATCH_ROWS, RawRows};
use crate::error::Result;
use build::Rows;
use records::Records;
use shape::Fields;

mod build;
mod items;
mod records;
mod shape;
mod value;

/// Opens the file at `path`, called `name` in messages, after reading it once for its columns.
pub(crate) fn open(path: &Path, name: &str) -> Result<RawRows> {
    let schema = Arc::new(infer(path, name)?);
    let mut batches = Batches {
        records: Some(Records::open(path, name)?),
        rows: Rows::new(schema.fields()),
        schema: Arc::clone(&schema),
    };
    let rows = std::iter::from_fn(move || batches.next_batch().transpose());
    Ok(RawRows::plain(schema, rows))
}

fn infer(path: &Path, name: &str) -> Result<Schema> {
    let mut records = Records::open(path, name)?;
    let mut fields = Fields::default();
    while records.advance()? {
        let object = records.object()?;
        fields
            .fold(&object, records.line())
            .map_err(|problem| records.error(problem))?;
    }
    Ok(Schema::new(fields.arrow()))
}

struct Batches {
    records: Option<Records>,
    schema: SchemaRef,
    rows: Rows,
}

impl Batches {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        // Taken, so that nothing follows an error.
        let Some(mut records) = self.records.take() else {
            return Ok(None);
        };
        let mut bytes = 0;
        while self.rows.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            if !records.advance()? {
                return self.finish();
            }
            bytes += records.bytes().len();
            let object = records.object()?;
            let pushed = self.rows.push(object);
            pushed.map_err(|problem| records.error(problem))?;
        }
        self.records = Some(records);
        self.finish()
    }

    fn finish(&mut self) -> Result<Option<RecordBatch>> {
        if self.rows.len() == 0 {
            return Ok(None);
        }
        self.rows.finish(&self.schema).map(Some)
    }
}

#[cfg(test)]
mod tests;
