//! What was said of each row, by its id.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use dataset::{Run, Sink, Writer, columns};

use crate::judges::{Classes, Evidence, Losses, Truths};
use crate::test_set::TestSet;

/// Writes one row for each row that was judged.
pub(crate) fn write(
    sink: &Sink,
    evidence: &Evidence,
    test: &TestSet,
    run: &Run,
) -> anyhow::Result<()> {
    let ids = test.table().texts(columns::ID.name)?;
    let columns = match evidence {
        Evidence::Classes(classes) => of_classes(&ids, classes),
        Evidence::Losses(losses) => of_losses(&ids, losses),
        Evidence::Truths(truths) => of_truths(&ids, truths),
    };
    let columns = columns
        .into_iter()
        .map(|(name, values)| (name, values, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    let mut writer = Writer::create(sink, batch.schema_ref())?;
    writer.write(&batch)?;
    writer.finish(run)?;
    Ok(())
}

type Columns = Vec<(&'static str, ArrayRef)>;

fn of_classes(ids: &[&str], classes: &Classes) -> Columns {
    let names = |numbers: &[usize]| {
        let names = numbers.iter().map(|number| classes.names[*number].as_str());
        Arc::new(StringArray::from_iter_values(names))
    };
    let rows = classes.truth.iter().zip(&classes.predicted);
    let correct = rows.map(|(truth, predicted)| Some(truth == predicted));
    vec![
        (columns::ID.name, text(ids)),
        (columns::LABEL.name, names(&classes.truth)),
        ("predicted", names(&classes.predicted)),
        ("probability", float(&classes.probability)),
        ("correct", Arc::new(BooleanArray::from_iter(correct))),
    ]
}

/// A grammar is certain, so no probability is told.
fn of_truths(ids: &[&str], truths: &Truths) -> Columns {
    let derived = truths.derived.iter().map(Option::as_deref);
    let labels = StringArray::from_iter_values(&truths.labels);
    vec![
        (columns::ID.name, text(ids)),
        (columns::LABEL.name, Arc::new(labels)),
        ("predicted", Arc::new(StringArray::from_iter(derived))),
        (
            "probability",
            Arc::new(Float64Array::new_null(truths.len())),
        ),
        (
            "correct",
            Arc::new(BooleanArray::from_iter(truths.right().map(Some))),
        ),
    ]
}

fn of_losses(ids: &[&str], losses: &Losses) -> Columns {
    let ids: Vec<&str> = losses.rows.iter().map(|row| ids[*row]).collect();
    let tokens = losses.tokens.iter().map(|tokens| *tokens as i32);
    let bytes = losses.bytes.iter().map(|bytes| *bytes as i64);
    vec![
        (columns::ID.name, text(&ids)),
        ("nll_nats", float(&losses.nll)),
        (
            columns::N_TOKENS.name,
            Arc::new(Int32Array::from_iter_values(tokens)),
        ),
        ("n_bytes", Arc::new(Int64Array::from_iter_values(bytes))),
    ]
}

fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn float(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values.iter().copied()))
}
