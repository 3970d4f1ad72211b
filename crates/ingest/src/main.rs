//! `ingest`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<ingest::Args>(&ingest::STAGE, ingest::run)
}
