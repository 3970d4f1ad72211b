//! Runs the binary in a folder of its own and reads what it wrote.

use std::ops::Deref;

use dataset::results::{self, ResultRow};

/// A folder in which the stage runs.
pub(crate) struct Place(suite::Place);

impl Deref for Place {
    type Target = suite::Place;

    fn deref(&self) -> &suite::Place {
        &self.0
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(suite::Place::of(env!("CARGO_BIN_EXE_evaluate")))
    }

    /// Writes the files of a model.
    pub(crate) fn model(&self, name: &str, files: &[(String, Vec<u8>)]) {
        for (file, bytes) in files {
            self.write(&format!("{name}/{file}"), bytes);
        }
    }

    pub(crate) fn results(&self, name: &str) -> Vec<ResultRow> {
        let batch = self.table(name).to_batch().expect("one batch");
        results::from_batch(name, &batch).expect("results")
    }
}
