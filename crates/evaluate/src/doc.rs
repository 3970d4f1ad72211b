//! Rows as what templates see: each column under its name, of whatever type it is.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use arrow::error::ArrowError;
use dataset::{Table, columns};
use minijinja::Value;

/// The rows of `table`, without their vectors.
pub(crate) fn docs(table: &Table) -> anyhow::Result<Vec<Value>> {
    let mut docs = Vec::with_capacity(table.len());
    for batch in table.batches() {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns());
        let columns: Vec<_> = columns
            .filter(|(field, _)| field.name() != columns::EMBEDDING.name)
            .collect();
        for row in 0..batch.num_rows() {
            let values = columns
                .iter()
                .map(|(field, column)| Ok((field.name().clone(), value(column.as_ref(), row)?)));
            let values: BTreeMap<String, Value> = values.collect::<Result<_, ArrowError>>()?;
            docs.push(Value::from(values));
        }
    }
    Ok(docs)
}

/// The value of `array` in `row`: a number, a text, a list, a map, or none.
fn value(array: &dyn Array, row: usize) -> Result<Value, ArrowError> {
    if array.is_null(row) {
        return Ok(Value::from(()));
    }
    let one = || array.slice(row, 1);
    let kind = array.data_type();
    Ok(match kind {
        DataType::Boolean => Value::from(array.as_boolean().value(row)),
        DataType::UInt64 => Value::from(array.as_primitive::<UInt64Type>().value(row)),
        kind if kind.is_integer() => {
            let integers = cast(&one(), &DataType::Int64)?;
            Value::from(integers.as_primitive::<Int64Type>().value(0))
        }
        kind if kind.is_numeric() => {
            let floats = cast(&one(), &DataType::Float64)?;
            Value::from(floats.as_primitive::<Float64Type>().value(0))
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(..) => items(&array.as_fixed_size_list().value(row))?,
        DataType::Struct(_) => {
            let structs = array.as_struct();
            let fields = structs.column_names().into_iter().zip(structs.columns());
            let fields = fields.map(|(name, column)| Ok((name.to_owned(), value(column, row)?)));
            Value::from(fields.collect::<Result<BTreeMap<_, _>, ArrowError>>()?)
        }
        DataType::Dictionary(_, of) => return value(&cast(&one(), of)?, 0),
        _ => Value::from(cast(&one(), &DataType::Utf8)?.as_string::<i32>().value(0)),
    })
}

fn items(list: &dyn Array) -> Result<Value, ArrowError> {
    let items = (0..list.len()).map(|row| value(list, row));
    Ok(Value::from(items.collect::<Result<Vec<Value>, _>>()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float32Array, Int32Array, RecordBatch, StringArray, StructArray};
    use arrow::datatypes::Field;

    use super::*;
    use crate::predictions::lists;

    #[test]
    fn columns_keep_their_types() {
        let inner: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
        let field = Arc::new(Field::new("inner", DataType::Utf8, true));
        let columns: [(&str, ArrayRef, bool); 5] = [
            ("n", Arc::new(Int32Array::from(vec![1, 2])), true),
            ("f", Arc::new(Float32Array::from(vec![0.5, 1.0])), true),
            (
                "t",
                Arc::new(StringArray::from(vec![Some("a"), None])),
                true,
            ),
            ("l", lists(&[vec!["b", "c"], vec![]]), true),
            ("s", Arc::new(StructArray::from(vec![(field, inner)])), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns");
        let table = Table::new("set", batch.schema(), vec![batch]);
        let told: Vec<String> = docs(&table)
            .expect("rows")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "{'f': 0.5, 'l': ['b', 'c'], 'n': 1, 's': {'inner': 'x'}, 't': 'a'}",
                "{'f': 1.0, 'l': [], 'n': 2, 's': {'inner': None}, 't': None}",
            ]
        );
    }
}
