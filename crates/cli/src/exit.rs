//! The exit codes of every stage, in one place.

use std::process::ExitCode;

use crate::console::Console;
use crate::failure;

/// How a run that could run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit 0: done.
    Done,
    /// Exit 1: it ran and the answer is no, such as nothing left or fewer rows than asked.
    No,
}

/// Exit 2: it could not run.
const COULD_NOT_RUN: u8 = 2;
/// Exit 101: a bug, as Rust's own panics.
const BUG: u8 = 101;

/// The exit code of arguments that could not be parsed, or of `--help`.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { COULD_NOT_RUN } else { 0 })
}

/// The exit code of what could not run; the error is printed.
pub(crate) fn of_failure(error: &anyhow::Error) -> ExitCode {
    failure::print(error);
    ExitCode::from(COULD_NOT_RUN)
}

/// The exit code of a run; what went wrong is printed.
///
/// A reader that goes away has seen what it wanted to see.
pub(crate) fn of_run(ran: anyhow::Result<Outcome>, console: &Console) -> ExitCode {
    match ran {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Err(error) if failure::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            console.failed(&error);
            ExitCode::from(if failure::is_bug(&error) {
                BUG
            } else {
                COULD_NOT_RUN
            })
        }
    }
}
