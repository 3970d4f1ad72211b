//! Training a decoder: examples, optimizer, steps and checkpoints.

mod adamw;
mod example;
mod graph;
mod options;
mod parameters;
mod resume;
mod trainer;

pub use adamw::AdamW;
pub use example::Example;
pub use options::{Decay, Lora, Schedule, TrainOptions, Tuning};
pub use trainer::{LedgerRow, Trainer};
