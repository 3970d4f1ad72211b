//! Golden cases: a folder with a command and all that it is expected to say.
//!
//! `cases/STAGE/WHAT_IT_SHOWS/cmd` is a line or two for the shell, `expected` its exit code and its
//! two outputs; other files beside them are its inputs. `UPDATE_CASES=1` writes `expected` anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::difference::difference;
use crate::scratch::Scratch;

/// A case that did not go as expected.
#[derive(Debug)]
pub struct CaseFailure {
    /// Its folder, from that of all cases on.
    pub name: String,
    /// What differs.
    pub difference: String,
}

/// Runs every case in `folder`, and returns how many there were and which failed.
pub fn run_cases(folder: &Path) -> (usize, Vec<CaseFailure>) {
    let update = std::env::var_os("UPDATE_CASES").is_some_and(|value| value == "1");
    let cases: Vec<PathBuf> = sorted(folder)
        .iter()
        .flat_map(|stage| sorted(stage))
        .collect();
    let failures = cases.iter().filter_map(|case| {
        let name = case
            .strip_prefix(folder)
            .unwrap_or(case)
            .display()
            .to_string();
        let found = found(case);
        if update {
            fs::write(case.join("expected"), &found).expect("written");
            return None;
        }
        let expected = fs::read_to_string(case.join("expected")).unwrap_or_default();
        (found != expected).then(|| CaseFailure {
            name,
            difference: difference(&expected, &found),
        })
    });
    let failures = failures.collect();
    (cases.len(), failures)
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of cases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Runs the case in a copy of its folder, and puts all that it says into one text.
fn found(case: &Path) -> String {
    let scratch = Scratch::new();
    for entry in fs::read_dir(case).expect("a case") {
        let entry = entry.expect("a file");
        if entry.file_name() != "cmd" && entry.file_name() != "expected" {
            fs::copy(entry.path(), scratch.path().join(entry.file_name())).expect("copied");
        }
    }
    let command = fs::read_to_string(case.join("cmd")).expect("a case has a file `cmd`");
    transcript(&scratch.run(&command))
}

fn transcript(ran: &Output) -> String {
    let code = ran
        .status
        .code()
        .map_or_else(|| ran.status.to_string(), |code| format!("exit {code}"));
    let mut text = format!("{code}\n");
    for (name, bytes) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if bytes.is_empty() {
            continue;
        }
        let said = String::from_utf8_lossy(bytes);
        text.extend(["--- ", name, "\n", &said]);
        if !said.ends_with('\n') {
            text.push_str("\n(no end of line)\n");
        }
    }
    text
}
