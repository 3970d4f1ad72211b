//! The training ledger: one row a step, written beside the weights.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use dataset::{Run, Sink, Writer};

/// One step of an optimizer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The step; from 1 for a decoder, from 0 (the start) for L-BFGS.
    pub(crate) step: usize,
    /// The tokens whose loss counted; `None` where rows count.
    pub(crate) tokens: Option<usize>,
    /// The mean loss of a token, or of a row, in nats.
    pub(crate) loss_nats: f64,
    /// The learning rate; `None` for L-BFGS, which searches for its steps.
    pub(crate) learning_rate: Option<f64>,
    /// The length of the gradient, before any clipping.
    pub(crate) grad_norm: f64,
}

/// Writes the ledger with the provenance of its run.
pub(crate) fn write(entries: &[Entry], sink: &Sink, run: &Run) -> anyhow::Result<()> {
    let field = |name, kind, nullable| Field::new(name, kind, nullable);
    let schema = Arc::new(Schema::new(vec![
        field("step", DataType::Int64, false),
        field("tokens", DataType::Int64, true),
        field("loss_nats", DataType::Float64, false),
        field("learning_rate", DataType::Float64, true),
        field("grad_norm", DataType::Float64, false),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(
            entries.iter().map(|entry| entry.step as i64),
        )),
        Arc::new(Int64Array::from_iter(
            entries
                .iter()
                .map(|entry| entry.tokens.map(|tokens| tokens as i64)),
        )),
        Arc::new(Float64Array::from_iter_values(
            entries.iter().map(|entry| entry.loss_nats),
        )),
        Arc::new(Float64Array::from_iter(
            entries.iter().map(|entry| entry.learning_rate),
        )),
        Arc::new(Float64Array::from_iter_values(
            entries.iter().map(|entry| entry.grad_norm),
        )),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let mut writer = Writer::create(sink, &schema)?;
    writer.write(&batch)?;
    writer.finish(run)?;
    Ok(())
}

/// How the loss went, for the closing line.
pub(crate) fn summary(entries: &[Entry], steps: &str) -> String {
    let [Some(first), Some(last)] = [entries.first(), entries.last()] else {
        return format!("no {steps}");
    };
    format!(
        "loss {:.4} -> {:.4} nats in {} {steps}",
        first.loss_nats, last.loss_nats, last.step
    )
}
