//! Runs the binary in a folder of its own and reads what it wrote.

use std::path::PathBuf;
use std::process::Command;

use dataset::results::{self, ResultRow};
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

    /// Writes the files of a model.
    pub(crate) fn model(&self, name: &str, files: &[(String, Vec<u8>)]) {
        for (file, bytes) in files {
            self.write(&format!("{name}/{file}"), bytes);
        }
    }

    /// Runs `evaluate` with these arguments, which hold no space but between them.
    pub(crate) fn run(&self, arguments: &str) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_evaluate"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .expect("the binary runs");
        let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
        let code = output.status.code().expect("not killed");
        Ended { code, said }
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("written")
    }

    pub(crate) fn table(&self, name: &str) -> Table {
        let source = Source::Path(self.path(name));
        Table::read(&source, &Reading::default(), "input", &[]).expect("a set")
    }

    pub(crate) fn results(&self, name: &str) -> Vec<ResultRow> {
        let batch = self.table(name).to_batch().expect("one batch");
        results::from_batch(name, &batch).expect("results")
    }
}
