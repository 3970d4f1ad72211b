//! `report`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<report::Args>(&report::STAGE, report::run)
}
