//! Training a decoder: examples, optimizer, steps and checkpoints.

mod adamw;
pub(crate) mod adapter;
mod example;
mod graph;
mod options;
mod parameters;
mod resume;
mod trainer;

pub use adamw::AdamW;
pub use adapter::{Adapter, Base};
pub use example::Example;
pub use options::{Decay, Lora, Schedule, TrainOptions, Tuning};
pub use trainer::{LedgerRow, Seen, Trainer};
