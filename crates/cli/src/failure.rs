//! How an error is told apart and printed: `error:`, then `caused by:` lines, then `hint:`.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

/// A hint attached to an error of a crate that has no place for one.
#[derive(Debug)]
struct Hinted {
    hint: String,
    error: anyhow::Error,
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for Hinted {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// The same error with something to try.
pub fn with_hint(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Hinted {
        hint: hint.into(),
        error: error.into(),
    })
}

/// A panic that reached `main`.
#[derive(Debug)]
struct Bug(String);

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error: {}", self.0)
    }
}

impl StdError for Bug {}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Keeps panics silent: a decoder that panics on a malformed file is caught and told of as an
/// error, and one that is not caught is printed by [`catching`].
pub(crate) fn keep_panics_quiet() {
    panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = info.to_string();
        }
    }));
}

/// Runs a stage; a panic becomes an error that says it is a bug.
pub(crate) fn catching<T>(run: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let message = LAST_PANIC
            .lock()
            .map(|last| last.clone())
            .unwrap_or_default();
        Err(with_hint(
            Bug(message),
            "this is a bug in polyculture; please report it with the command",
        ))
    })
}

pub(crate) fn is_bug(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Hinted>()
        .is_some_and(|hinted| hinted.error.is::<Bug>())
}

/// Whether the reader of our output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
            || cause.to_string().contains("Broken pipe (os error 32)")
    })
}

/// Prints what [`lines`] tells.
pub(crate) fn print(error: &anyhow::Error) {
    // A message that cannot be delivered changes nothing.
    let _ = writeln!(io::stderr(), "{}", lines(error).join("\n"));
}

/// The lines that tell of an error: what, why, and what to try.
pub(crate) fn lines(error: &anyhow::Error) -> Vec<String> {
    let mut lines = vec![format!("error: {}", escaped(&error.to_string()))];
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if cause != last {
            lines.push(format!("  caused by: {}", escaped(&cause)));
        }
        last = cause;
    }
    if let Some(hint) = hint(error) {
        lines.push(format!("hint: {}", escaped(&hint)));
    }
    lines
}

fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let hinted = cause
            .downcast_ref::<Hinted>()
            .map(|hinted| hinted.hint.clone());
        let own = || {
            cause
                .downcast_ref::<dataset::Error>()?
                .hint()
                .map(str::to_owned)
        };
        hinted.or_else(own)
    })
}

/// Text of others as it may go to a terminal: no control characters but line ends.
fn escaped(text: &str) -> String {
    let shown = text.chars().map(|c| {
        if c.is_control() && c != '\n' {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_and_its_hint() {
        let cause = dataset::Error::new("a.csv has no column `text`").with_hint("name it");
        let error = Err::<(), _>(cause)
            .context("could not score a.csv")
            .expect_err("an error");
        let expected = [
            "error: could not score a.csv",
            "  caused by: a.csv has no column `text`",
            "hint: name it",
        ];
        assert_eq!(lines(&error), expected);
    }

    #[test]
    fn a_hint_can_be_given_to_any_error() {
        let error = with_hint(anyhow::anyhow!("too few"), "ask for more");
        assert_eq!(lines(&error), ["error: too few", "hint: ask for more"]);
    }

    #[test]
    fn a_reader_that_went_away_is_recognised_behind_other_errors() {
        let error =
            anyhow::Error::new(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow::anyhow!("other")));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(
            lines(&anyhow::anyhow!("a\u{1b}[2Jb")),
            ["error: a\\u{1b}[2Jb"]
        );
    }

    #[test]
    fn a_panic_is_told_as_a_bug() {
        let error = catching::<()>(|| panic!("boom")).expect_err("a panic");
        assert!(is_bug(&error));
    }
}
