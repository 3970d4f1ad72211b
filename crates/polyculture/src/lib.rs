//! The front door: `polyculture mix …` becomes the binary `mix` that lies beside it, as git does.

mod nearest;
mod stages;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, anyhow};

use stages::STAGES;

/// What the first argument asks for.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// The list of stages; it was asked for.
    Help,
    /// Nothing was asked for.
    Nothing,
    /// The version.
    Version,
    /// A stage, by its name, with its own arguments.
    Stage(&'static str, Vec<OsString>),
}

/// Runs what `arguments` ask for; they do not hold the name of the program.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let done = parse(arguments).and_then(|request| match request {
        Request::Help => say(&stages::help()),
        Request::Version => say(concat!("polyculture ", env!("CARGO_PKG_VERSION"), "\n")),
        Request::Nothing => Err(no_stage()),
        Request::Stage(name, arguments) => run(name, &arguments),
    });
    done.unwrap_or_else(|error| cli::fail(&error))
}

fn parse(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<Request> {
    let Some(first) = arguments.next() else {
        return Ok(Request::Nothing);
    };
    match first.to_str() {
        Some("-h" | "--help") => Ok(Request::Help),
        Some("-V" | "--version") => Ok(Request::Version),
        Some("help") => match arguments.next() {
            None => Ok(Request::Help),
            Some(name) => Ok(Request::Stage(known(&name)?, vec!["--help".into()])),
        },
        _ => Ok(Request::Stage(known(&first)?, arguments.collect())),
    }
}

/// The stage called `name`.
///
/// Only a name of the list is ever run, so no argument can name a program of its own.
fn known(name: &OsStr) -> anyhow::Result<&'static str> {
    if let Some(stage) = STAGES.iter().find(|stage| name == stage.name) {
        return Ok(stage.name);
    }
    let name = name.to_string_lossy();
    let error = anyhow!("`{name}` is no stage; known are {}", stages::names());
    if name.starts_with('-') {
        return Err(cli::with_hint(
            error,
            "options follow the name of a stage: polyculture mix --help",
        ));
    }
    match nearest::nearest(&name, STAGES.iter().map(|stage| stage.name)) {
        Some(near) => Err(cli::with_hint(error, format!("did you mean `{near}`?"))),
        None => Err(cli::with_hint(error, "see polyculture --help")),
    }
}

fn no_stage() -> anyhow::Error {
    let error = anyhow!("no stage was named; known are {}", stages::names());
    cli::with_hint(error, "polyculture --help says what each of them does")
}

fn say(text: &str) -> anyhow::Result<ExitCode> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn run(stage: &str, arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let own = std::env::current_exe().context("the place of polyculture cannot be told")?;
    // A link on the PATH leads to where the stages lie.
    let own = own.canonicalize().unwrap_or(own);
    let path = beside(&own, stage);
    if !path.is_file() {
        let error = anyhow!("the stage `{stage}` is not there: no {}", path.display());
        return Err(cli::with_hint(
            error,
            "all stages are installed into one folder, with polyculture",
        ));
    }
    let mut command = Command::new(&path);
    command.args(arguments);
    replace(&mut command, stage).with_context(|| format!("could not run {}", path.display()))
}

fn beside(own: &Path, stage: &str) -> PathBuf {
    own.with_file_name(format!("{stage}{}", std::env::consts::EXE_SUFFIX))
}

/// Becomes `command`, so that signals, exit codes and the terminal are its own.
#[cfg(unix)]
fn replace(command: &mut Command, stage: &str) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    // The name that the stage's own help shows.
    Err(command.arg0(format!("polyculture {stage}")).exec())
}

/// Runs `command` and hands its exit code on, where a program cannot become another.
#[cfg(not(unix))]
fn replace(command: &mut Command, _: &str) -> io::Result<ExitCode> {
    let status = command.status()?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> anyhow::Result<Request> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn arguments_of_a_stage_are_left_alone() {
        let request = parsed(&["mix", "--help", "-", "a b", "--"]).expect("a stage");
        let own = ["--help", "-", "a b", "--"].map(OsString::from).to_vec();
        assert_eq!(request, Request::Stage("mix", own));
    }

    #[test]
    fn help_is_for_the_whole_or_for_one_stage() {
        assert_eq!(parsed(&["help"]).expect("help"), Request::Help);
        let one = Request::Stage("train", vec!["--help".into()]);
        assert_eq!(parsed(&["help", "train"]).expect("help"), one);
        assert!(parsed(&["help", "trian"]).is_err());
    }

    #[test]
    fn an_unknown_stage_is_told_with_the_known_ones() {
        let error = parsed(&["score"]).expect_err("unknown");
        assert!(
            error.to_string().contains("known are ingest, generate"),
            "{error}"
        );
        assert!(parsed(&["../bin/sh"]).is_err());
    }

    #[test]
    fn nothing_asked_for_is_told_from_help() {
        assert_eq!(parsed(&[]).expect("nothing"), Request::Nothing);
    }
}
