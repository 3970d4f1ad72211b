//! One row a step: loss, learning rate, gradient, tokens.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};

/// One step of an optimizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The step; from 1 for a decoder, from 0 (the start) for L-BFGS.
    pub(crate) step: usize,
    /// How often the set has been passed over after it; `None` for L-BFGS, which always sees all of it.
    pub(crate) epoch: Option<f64>,
    /// The tokens whose loss counted; `None` where rows count.
    pub(crate) tokens: Option<usize>,
    /// The mean loss of a token, or of a row, in nats.
    pub(crate) loss_nats: f64,
    /// The learning rate; `None` for L-BFGS, which searches for its steps.
    pub(crate) learning_rate: Option<f64>,
    /// The length of the gradient, before any clipping.
    pub(crate) grad_norm: f64,
    /// The mean loss on the validation set after the step, where it was measured.
    pub(crate) validation_loss_nats: Option<f64>,
}

/// The entries as a batch.
pub(crate) fn batch(entries: &[Entry]) -> anyhow::Result<RecordBatch> {
    let field = |name, kind, nullable| Field::new(name, kind, nullable);
    let schema = Arc::new(Schema::new(vec![
        field("step", DataType::Int64, false),
        field("epoch", DataType::Float64, true),
        field("tokens", DataType::Int64, true),
        field("loss_nats", DataType::Float64, false),
        field("learning_rate", DataType::Float64, true),
        field("grad_norm", DataType::Float64, false),
        field("validation_loss_nats", DataType::Float64, true),
    ]));
    let floats = |value: fn(&Entry) -> Option<f64>| -> ArrayRef {
        Arc::new(Float64Array::from_iter(entries.iter().map(value)))
    };
    let steps = entries.iter().map(|entry| entry.step as i64);
    let tokens = entries
        .iter()
        .map(|entry| entry.tokens.map(|tokens| tokens as i64));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(steps)),
        floats(|entry| entry.epoch),
        Arc::new(Int64Array::from_iter(tokens)),
        floats(|entry| Some(entry.loss_nats)),
        floats(|entry| entry.learning_rate),
        floats(|entry| Some(entry.grad_norm)),
        floats(|entry| entry.validation_loss_nats),
    ];
    Ok(RecordBatch::try_new(schema, columns)?)
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
