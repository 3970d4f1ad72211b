//! `generate`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<generate::Args>(&generate::STAGE, generate::run)
}
