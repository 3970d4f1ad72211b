//! What a stage says to people: one closing line, notes, progress; all on stderr.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::failure;
use crate::options::Common;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line, for machines.
    Json,
}

/// Where a stage speaks.
#[derive(Debug)]
pub struct Console {
    stage: &'static str,
    quiet: bool,
    format: LogFormat,
}

impl Console {
    pub(crate) fn new(stage: &'static str, common: &Common) -> Self {
        Self {
            stage,
            quiet: common.quiet,
            format: common.log_format,
        }
    }

    /// Says the closing line of the stage, such as `5 in, 3 kept`; silenced by `--quiet`.
    pub fn close(&self, line: impl fmt::Display) {
        if !self.quiet {
            self.say("info", &line.to_string());
        }
    }

    /// Says something that is worth knowing although nothing is wrong; silenced by `--quiet`.
    pub fn note(&self, line: impl fmt::Display) {
        self.close(line);
    }

    /// Says what may be wrong; never silenced.
    pub fn warn(&self, line: impl fmt::Display) {
        self.say("warning", &line.to_string());
    }

    /// A progress bar over `total` things called `what`; drawn only on a terminal.
    pub fn progress(&self, total: u64, what: &'static str) -> Progress {
        let hidden =
            self.quiet || self.format == LogFormat::Json || !std::io::stderr().is_terminal();
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) =
            ProgressStyle::with_template("{prefix}: {pos}/{len} {msg} [{elapsed}, {eta} left]")
        {
            bar.set_style(style);
        }
        bar.set_prefix(self.stage);
        bar.set_message(what);
        Progress(bar)
    }

    pub(crate) fn failed(&self, error: &anyhow::Error) {
        let lines = failure::lines(error);
        match self.format {
            LogFormat::Text => lines.iter().for_each(|line| write_line(line)),
            LogFormat::Json => self.say("error", &lines.join("\n")),
        }
    }

    fn say(&self, level: &str, message: &str) {
        match (self.format, level) {
            (LogFormat::Json, _) => {
                write_line(
                    &json!({"stage": self.stage, "level": level, "message": message}).to_string(),
                );
            }
            (LogFormat::Text, "info") => write_line(&format!("{}: {message}", self.stage)),
            (LogFormat::Text, _) => write_line(&format!("{}: {level}: {message}", self.stage)),
        }
    }
}

/// A message that cannot be delivered is no reason to stop the work.
fn write_line(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A progress bar; gone when dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// `n` more things are done.
    pub fn advance(&self, n: u64) {
        self.0.inc(n);
    }

    /// Says `line` behind the count.
    pub fn say(&self, line: &str) {
        self.0.set_message(line.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `n` things with the right form of the noun: `1 row`, `2 rows`.
pub fn count(n: usize, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{n} {stem}ies"),
        _ => format!("{n} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_is_in_the_right_form() {
        let told = [
            count(1, "row"),
            count(0, "row"),
            count(2, "entry"),
            count(2, "day"),
        ];
        assert_eq!(told, ["1 row", "0 rows", "2 entries", "2 days"]);
    }
}
