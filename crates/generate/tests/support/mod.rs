//! Runs the binary in a folder of its own and reads what it wrote.

use std::path::PathBuf;
use std::process::Command;

use dataset::{Reading, Source, Table};
use tempfile::TempDir;

/// A folder in which the stage runs.
pub(crate) struct Place(TempDir);

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) said: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    /// Runs `generate` with these arguments, which hold no space but between them.
    pub(crate) fn run(&self, arguments: &str) -> Ended {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &str, more: &[&str]) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_generate"))
            .args(arguments.split_whitespace())
            .args(more)
            .current_dir(self.0.path())
            .output()
            .expect("the binary runs");
        let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
        Ended {
            code: output.status.code().expect("not killed"),
            said,
        }
    }

    /// Runs `generate`, which must end well, and reads `out.parquet`.
    pub(crate) fn made(&self, arguments: &str) -> Table {
        let ended = self.run(&format!("{arguments} -o out.parquet"));
        assert_eq!(ended.code, 0, "{}", ended.said);
        self.table("out.parquet")
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("written")
    }

    pub(crate) fn table(&self, name: &str) -> Table {
        let source = Source::Path(self.path(name));
        Table::read(&source, &Reading::default(), "input", &[]).expect("readable")
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
