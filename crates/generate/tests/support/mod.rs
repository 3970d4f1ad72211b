//! Runs the binary in a folder of its own and reads what it wrote.

use std::ops::Deref;

use dataset::Table;

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
        Self(suite::Place::of(env!("CARGO_BIN_EXE_generate")))
    }

    /// Runs `generate`, which must end well, and reads `out.parquet`.
    pub(crate) fn made(&self, arguments: &str) -> Table {
        let ended = self.run(&format!("{arguments} -o out.parquet"));
        assert_eq!(ended.code, 0, "{}", ended.said);
        self.table("out.parquet")
    }
}

/// The values of a text column, which has no nulls.
pub(crate) fn texts(table: &Table, column: &str) -> Vec<String> {
    table
        .texts(column)
        .expect("a text column")
        .into_iter()
        .map(str::to_owned)
        .collect()
}
