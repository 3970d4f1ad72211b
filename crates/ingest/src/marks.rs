//! Marks rows with who wrote them and in which generation, where the input does not say.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use dataset::columns;

/// What the command line says of all rows.
pub(crate) struct Marks<'a> {
    pub(crate) source: Option<&'a str>,
    pub(crate) generation: Option<i32>,
}

impl Marks<'_> {
    /// The marks by column, which tell rows apart that are otherwise alike.
    pub(crate) fn texts(&self) -> BTreeMap<&'static str, String> {
        let source = self
            .source
            .map(|name| (columns::SOURCE.name, name.to_owned()));
        let generation = self
            .generation
            .map(|n| (columns::GENERATION.name, n.to_string()));
        source.into_iter().chain(generation).collect()
    }

    /// The batch with the marks as columns; a column that is there is never overwritten.
    pub(crate) fn apply(&self, batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
        let rows = batch.num_rows();
        let mut batch = batch.clone();
        if let Some(source) = self.source {
            let values: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                source, rows,
            )));
            batch = with(&batch, &columns::SOURCE, DataType::Utf8, values)?;
        }
        if let Some(generation) = self.generation {
            let values: ArrayRef = Arc::new(Int32Array::from_value(generation, rows));
            batch = with(&batch, &columns::GENERATION, DataType::Int32, values)?;
        }
        Ok(batch)
    }
}

/// `batch` with one more column, unless it is there.
pub(crate) fn with(
    batch: &RecordBatch,
    column: &dataset::Column,
    data_type: DataType,
    values: ArrayRef,
) -> anyhow::Result<RecordBatch> {
    if batch.column_by_name(column.name).is_some() {
        return Ok(batch.clone());
    }
    let mut fields: Vec<FieldRef> = batch.schema_ref().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(column.name, data_type, false)));
    let mut columns = batch.columns().to_vec();
    columns.push(values);
    Ok(RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns,
    )?)
}
