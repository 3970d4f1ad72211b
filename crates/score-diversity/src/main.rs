//! `score-diversity`: see the library for what it does.

fn main() -> std::process::ExitCode {
    cli::main::<score_diversity::Args>(&score_diversity::STAGE, score_diversity::run)
}
