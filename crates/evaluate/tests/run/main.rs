//! What `evaluate` does to files, by who judges.

mod classifier;
mod decoder;
mod grammar;
mod head;
mod support;
