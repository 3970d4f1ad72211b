//! `embed`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<embed::Args>(&embed::STAGE, embed::run)
}
