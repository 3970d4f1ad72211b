//! The columns of several sets as one set has them, and their rows brought to these columns.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};

use crate::columns;
use crate::error::{Error, Result};

/// The columns that any of `schemas` has, in the order in which they first come.
///
/// Each may be null, since a set that lacks it has nulls there; a column of two types, or of
/// vectors of two embedders, is an error. `name` is that of the sets together, for messages.
pub fn stacked<'a>(
    name: &str,
    schemas: impl IntoIterator<Item = &'a SchemaRef>,
) -> Result<SchemaRef> {
    let mut fields: Vec<FieldRef> = Vec::new();
    for field in schemas.into_iter().flat_map(|schema| schema.fields()) {
        match fields.iter_mut().find(|known| known.name() == field.name()) {
            None => fields.push(Arc::new(field.as_ref().clone().with_nullable(true))),
            Some(known) if same_kind(known.data_type(), field.data_type()) => {
                if field.name() == columns::EMBEDDING.name {
                    columns::one_embedder(name, known, field)?;
                }
            }
            Some(known) => {
                return Err(Error::new(format!(
                    "column `{}` is {} in one source and {} in another",
                    field.name(),
                    known.data_type(),
                    field.data_type()
                )));
            }
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// The rows of `batch` with the columns of `schema`, null in those that it lacks.
pub fn widened(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => Ok(cast(column, field.data_type())?),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(Error::from)
}

fn same_kind(one: &DataType, other: &DataType) -> bool {
    one == other || (columns::is_text(one) && columns::is_text(other))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;

    use super::*;

    fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
        let fields = fields
            .iter()
            .map(|(name, kind)| Field::new(*name, kind.clone(), false));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    #[test]
    fn columns_come_in_the_order_in_which_they_are_first_met() {
        let one = schema(&[("text", DataType::Utf8), ("n", DataType::Int64)]);
        let other = schema(&[("label", DataType::Utf8), ("text", DataType::LargeUtf8)]);
        let both = stacked("both", [&one, &other]).expect("one set");
        let names: Vec<_> = both.fields().iter().map(|field| field.name()).collect();
        assert_eq!(names, ["text", "n", "label"]);
        assert!(both.fields().iter().all(|field| field.is_nullable()));
        assert_eq!(both.field(0).data_type(), &DataType::Utf8);
    }

    #[test]
    fn a_column_of_two_types_is_refused_with_both() {
        let one = schema(&[("n", DataType::Int64)]);
        let other = schema(&[("n", DataType::Float64)]);
        let error = stacked("both", [&one, &other]).expect_err("two types");
        assert_eq!(
            error.to_string(),
            "column `n` is Int64 in one source and Float64 in another"
        );
    }
}
