//! `evaluate`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<evaluate::Args>(&evaluate::STAGE, evaluate::run)
}
