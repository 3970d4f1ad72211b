//! A folder in which the tests of one stage run its binary and read what it wrote.

use std::path::PathBuf;
use std::process::Command;

use dataset::{Reading, Source, Table};

use crate::scratch::Scratch;

/// A folder of a test's own, and the stage that runs in it.
#[derive(Debug)]
pub struct Place {
    folder: Scratch,
    stage: &'static str,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// What was said on stderr.
    pub said: String,
}

impl Place {
    /// A new folder, for the binary at `stage`: `env!("CARGO_BIN_EXE_NAME")`.
    pub fn of(stage: &'static str) -> Self {
        Self {
            folder: Scratch::new(),
            stage,
        }
    }

    /// The path of the file called `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    /// Writes a file, and the folders that it lies in.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    /// Runs the stage with these arguments, which hold no space but between them.
    pub fn run(&self, arguments: &str) -> Ended {
        self.run_with(arguments, &[])
    }

    /// The same with `more` arguments, which may hold spaces.
    pub fn run_with(&self, arguments: &str, more: &[&str]) -> Ended {
        let output = Command::new(self.stage)
            .args(arguments.split_whitespace())
            .args(more)
            .current_dir(self.folder.path())
            .output()
            .expect("the binary runs");
        Ended {
            code: output.status.code().expect("not killed"),
            said: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("written")
    }

    /// The rows of a file.
    pub fn table(&self, name: &str) -> Table {
        let source = Source::Path(self.path(name));
        Table::read(&source, &Reading::default(), "input", &[]).expect("a set")
    }
}
