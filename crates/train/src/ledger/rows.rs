//! One row a row of the set: how often it was seen, what was cut off, whether nothing of it counted.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use dataset::{Table, columns};
use model::Seen;

use crate::examples::{Fate, row_of};

/// Adds the rows of a step to how often each was seen; one that is in several sequences is seen once with each.
pub(crate) fn count(seen: &mut [u64], step: &[Seen], rows: &[Vec<usize>]) {
    for sequence in step {
        seen[row_of(rows, sequence)] += 1;
    }
}

/// The rows of `table`, how often each was seen, and their fates, as a batch.
pub(crate) fn batch(table: &Table, seen: &[u64], fates: &[Fate]) -> anyhow::Result<RecordBatch> {
    let field = |name, kind, nullable| Field::new(name, kind, nullable);
    let schema = Arc::new(Schema::new(vec![
        field(columns::ID.name, DataType::Utf8, false),
        field("times_seen", DataType::Int64, false),
        field("tokens", DataType::Int64, false),
        field("tokens_cut", DataType::Int64, false),
        field("tokens_counted", DataType::Int64, false),
        field("fully_masked", DataType::Boolean, false),
        field("skipped", DataType::Utf8, true),
    ]));
    let integers = |value: fn(&Fate) -> usize| -> ArrayRef {
        let values = fates.iter().map(|fate| value(fate) as i64);
        Arc::new(Int64Array::from_iter_values(values))
    };
    let seen = seen.iter().map(|count| *count as i64);
    let masked: Vec<bool> = fates
        .iter()
        .map(|fate| fate.tokens > 0 && fate.counted == 0)
        .collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(table.texts(columns::ID.name)?)),
        Arc::new(Int64Array::from_iter_values(seen)),
        integers(|fate| fate.tokens),
        integers(|fate| fate.cut),
        integers(|fate| fate.counted),
        Arc::new(BooleanArray::from(masked)),
        Arc::new(StringArray::from_iter(
            fates.iter().map(|fate| fate.skipped),
        )),
    ];
    Ok(RecordBatch::try_new(schema, columns)?)
}
