//! What `evaluate` does to files, by who judges.

mod agreement;
mod asked;
mod classifier;
mod decoder;
mod grammar;
mod harness;
mod head;
mod support;
mod training;
