//! `polyculture`: see the library for what it does.

fn main() -> std::process::ExitCode {
    polyculture::main(std::env::args_os().skip(1))
}
