//! A folder of a test's own, in which pipelines are run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::binaries::{binaries, root};

/// A folder that is gone when dropped.
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// A new, empty folder.
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of the file called `name` in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A shell that will run `line` in this folder, with the stages on its path and `$WORLD` the
    /// grammar of the built-in world; a failing part of a pipeline fails the whole.
    pub fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-euo", "pipefail", "-c", line])
            .current_dir(self.path())
            .env("PATH", path_with_stages())
            .env("WORLD", root().join("data/world.grammar"))
            .env("LC_ALL", "C")
            .env_remove("BASH_ENV")
            .env_remove("COLUMNS")
            .stdin(Stdio::null());
        command
    }

    /// Runs `line` as [`shell`](Self::shell) does.
    pub fn run(&self, line: &str) -> Output {
        self.shell(line).output().expect("bash runs")
    }

    /// Runs `line`, which must succeed, and returns what it printed.
    pub fn must(&self, line: &str) -> String {
        let ran = self.run(line);
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(
            ran.status.success(),
            "`{line}` failed with {}:\n{told}",
            ran.status
        );
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }
}

fn path_with_stages() -> OsString {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(binaries().to_owned()).chain(std::env::split_paths(&inherited));
    std::env::join_paths(folders).expect("folders of a path")
}

/// The bytes of all files at `path`, by their names in it; hidden ones too.
///
/// A single file has the empty name, and what is not there has no files.
pub fn contents(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(path, "", &mut files);
    files
}

fn collect(path: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            let entry = entry.expect("an entry");
            let inner = entry.file_name().to_string_lossy().into_owned();
            let inner = if name.is_empty() {
                inner
            } else {
                format!("{name}/{inner}")
            };
            collect(&entry.path(), &inner, files);
        }
    } else if path.exists() {
        files.insert(name.to_owned(), fs::read(path).expect("a file"));
    }
}
