//! `show`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<show::Args>(&show::STAGE, show::run)
}
