//! What every stage's command line shares: the main wrapper, shared options, exit codes, progress, how an error is printed.
//!
//! The only crate that prints an error or picks an exit code.

mod arguments;
mod columns;
mod console;
mod exit;
mod failure;
mod memory;
mod options;
mod outputs;
mod plain;
mod signals;

pub use arguments::arguments;
pub use console::{Console, LogFormat, Progress, count};
pub use exit::Outcome;
pub use failure::with_hint;
pub use memory::{Memory, MemoryArgs};
pub use options::{ArmArgs, Common, InputArgs, OutputArgs, Param, ReadingArgs, SeedArgs};
pub use outputs::{distinct, file_of, resolved};
pub use plain::{plain, short, steers};

use std::process::ExitCode;

use dataset::Column;

/// What a stage is called, and what it does to columns; shown in `--help`.
#[derive(Debug)]
pub struct Stage {
    /// The name of the stage and of its binary.
    pub name: &'static str,
    /// Columns that must be there; checked before any work.
    pub reads: &'static [&'static Column],
    /// Columns that it adds.
    pub adds: &'static [&'static Column],
}

/// A stage's arguments, which hold the options common to all.
pub trait Arguments: clap::Parser {
    /// The options common to all stages.
    fn common(&self) -> &Common;
}

/// Runs a stage: parses its arguments, runs it, prints what went wrong, picks the exit code.
pub fn main<A: Arguments>(
    stage: &Stage,
    run: impl FnOnce(&A, &Console) -> anyhow::Result<Outcome>,
) -> ExitCode {
    signals::watch();
    failure::keep_panics_quiet();
    let arguments = match parse::<A>(stage) {
        Ok(arguments) => arguments,
        Err(error) => return exit::of_usage(&error),
    };
    let console = Console::new(stage.name, arguments.common());
    let ran = arguments
        .common()
        .set_threads()
        .and_then(|()| failure::catching(|| run(&arguments, &console)));
    exit::of_run(ran, &console)
}

/// Prints `error` as every stage does, and picks the exit code of what could not run; for a
/// program that is no stage.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    exit::of_failure(error)
}

fn parse<A: Arguments>(stage: &Stage) -> Result<A, clap::Error> {
    let command = A::command().after_help(columns::help(stage));
    A::from_arg_matches(&command.try_get_matches()?)
}
