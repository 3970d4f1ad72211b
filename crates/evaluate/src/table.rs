//! Columns of a table that metrics look at, besides texts and numbers.

use anyhow::Context as _;
use arrow::array::{ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type};
use dataset::Table;
use std::sync::Arc;

/// The column called `name`, in parts.
fn parts<'a>(table: &'a Table, name: &'a str) -> anyhow::Result<Vec<&'a ArrayRef>> {
    let parts = table.batches().iter().map(|batch| {
        let known = || dataset::column_names(table.schema());
        batch.column_by_name(name).with_context(|| {
            format!(
                "{} has no column `{name}`; it has {}",
                table.name(),
                known()
            )
        })
    });
    parts.collect()
}

/// The truth values of the column called `name`; null is false.
pub(crate) fn flags(table: &Table, name: &str) -> anyhow::Result<Vec<bool>> {
    let mut flags = Vec::with_capacity(table.len());
    for part in parts(table, name)? {
        let part = cast(part, &DataType::Boolean)?;
        flags.extend(part.as_boolean().iter().map(|flag| flag == Some(true)));
    }
    Ok(flags)
}

/// The whole numbers of the column called `name`, with its nulls.
pub(crate) fn integers(table: &Table, name: &str) -> anyhow::Result<Vec<Option<i64>>> {
    let mut values = Vec::with_capacity(table.len());
    for part in parts(table, name)? {
        values.extend(cast(part, &DataType::Int64)?.as_primitive::<Int64Type>());
    }
    Ok(values)
}

/// The numbers of the column called `name`; a null is an error that names its row.
pub(crate) fn numbers(table: &Table, name: &str) -> anyhow::Result<Vec<f64>> {
    let numbers = table.floats(name)?.into_iter().enumerate();
    let whole = numbers.map(|(row, number)| {
        number.with_context(|| format!("{}: column `{name}` is null in row {row}", table.name()))
    });
    whole.collect()
}

/// The lists of texts of the column called `name`; a null is an empty list.
pub(crate) fn lists(table: &Table, name: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let kind = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    let mut lists = Vec::with_capacity(table.len());
    for part in parts(table, name)? {
        for list in cast(part, &kind)?.as_list::<i32>() {
            let texts = list.map(|list| {
                let texts = list.as_string::<i32>().iter().flatten();
                texts.map(str::to_owned).collect()
            });
            lists.push(texts.unwrap_or_default());
        }
    }
    Ok(lists)
}

/// The one value that the text column called `name` has in all rows; `None` where it is null or
/// the column is not there.
pub(crate) fn constant(table: &Table, name: &str) -> anyhow::Result<Option<String>> {
    if !table.has(name) {
        return Ok(None);
    }
    let values = table.optional_texts(name)?;
    let first = values.first().copied().flatten();
    anyhow::ensure!(
        values.iter().all(|value| *value == first),
        "{}: column `{name}` has more than one value",
        table.name()
    );
    Ok(first.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use arrow::array::{BooleanArray, Float64Array, RecordBatch, StringArray};

    use super::*;

    fn table() -> Table {
        let columns: [(&str, ArrayRef, bool); 3] = [
            (
                "right",
                Arc::new(BooleanArray::from(vec![Some(true), None])),
                true,
            ),
            (
                "loss",
                Arc::new(Float64Array::from(vec![Some(0.5), None])),
                true,
            ),
            ("arm", Arc::new(StringArray::from(vec!["a", "b"])), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns");
        Table::new("said.parquet", batch.schema(), vec![batch])
    }

    #[test]
    fn a_null_is_false_or_named_by_its_row() {
        assert_eq!(flags(&table(), "right").expect("flags"), [true, false]);
        let error = numbers(&table(), "loss").expect_err("a null").to_string();
        assert_eq!(error, "said.parquet: column `loss` is null in row 1");
        let error = flags(&table(), "wrong").expect_err("no column").to_string();
        assert!(
            error.ends_with("no column `wrong`; it has right, loss, arm"),
            "{error}"
        );
    }

    #[test]
    fn a_constant_is_one() {
        let error = constant(&table(), "arm").expect_err("two").to_string();
        assert_eq!(error, "said.parquet: column `arm` has more than one value");
        assert_eq!(constant(&table(), "study").expect("none"), None);
    }
}
