//! `filter`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<filter::Args>(&filter::STAGE, filter::run)
}
