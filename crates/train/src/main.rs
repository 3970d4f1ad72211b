//! `train`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<train::Args>(&train::STAGE, train::run)
}
