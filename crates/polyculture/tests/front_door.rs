//! The front door, run with a stand-in for a stage beside it.
#![cfg(unix)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One test at a time: a program that is being written by one thread while another starts a
/// process cannot be run ("text file busy").
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a copy of `polyculture` in `folder`.
fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let own = folder.join("polyculture");
    if !own.exists() {
        fs::copy(env!("CARGO_BIN_EXE_polyculture"), &own).expect("copied");
    }
    let mut command = Command::new(own);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("written");
    child.wait_with_output().expect("ended")
}

fn stand_in(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made executable");
}

#[test]
fn a_stage_gets_its_arguments_and_its_input_and_gives_its_exit_code() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    stand_in(
        folder.path(),
        "mix",
        r#"for a in "$@"; do echo "[$a]"; done; cat; exit 7"#,
    );
    let ran = run(folder.path(), &["mix", "-q", "a b", "$HOME;*"], "rows");
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        "[-q]\n[a b]\n[$HOME;*]\nrows"
    );
    assert_eq!(ran.status.code(), Some(7));
}

#[test]
fn an_unknown_stage_ends_with_two_and_the_nearest_name() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let ran = run(folder.path(), &["mxi"], "");
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(
        told.starts_with("error: `mxi` is no stage; known are ingest,"),
        "{told}"
    );
    assert!(told.ends_with("hint: did you mean `mix`?\n"), "{told}");
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn a_stage_that_is_not_installed_is_told() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let ran = run(folder.path(), &["mix"], "");
    assert!(
        String::from_utf8_lossy(&ran.stderr).starts_with("error: the stage `mix` is not there")
    );
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn help_and_version_go_to_standard_output() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let help = run(folder.path(), &["--help"], "");
    assert!(String::from_utf8_lossy(&help.stdout).contains("\n  score-diversity "));
    let version = run(folder.path(), &["--version"], "");
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("polyculture "));
    assert!(help.status.success() && version.status.success());
    assert_eq!(run(folder.path(), &[], "").status.code(), Some(2));
}
