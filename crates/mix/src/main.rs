//! `mix`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<mix::Args>(&mix::STAGE, mix::run)
}
