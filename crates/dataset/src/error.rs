//! What went wrong with a file, in words for the person who has to mend it.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// A failure of reading or writing, with a hint where there is something to try.
///
/// The message names the file, and where it applies the column, the row and the value.
#[derive(Debug)]
pub struct Error {
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of anything that reads or writes.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with this message: lower case, no full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// The same error with something to try.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// What the reader may try.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// An input or output error on the file called `name`, such as "could not read NAME".
    pub(crate) fn io(doing: &str, name: impl fmt::Display, cause: io::Error) -> Self {
        Self::new(format!("could not {doing} {name}")).caused_by(cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(cause: arrow::error::ArrowError) -> Self {
        Self::new("rows could not be worked on").caused_by(cause)
    }
}

/// `text` as it may be shown in a message: control characters escaped, cut after 80 characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// The `known` names, as an error lists them.
pub(crate) fn listed<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    known.into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_escaped_and_long_text_is_cut() {
        assert_eq!(shown("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(shown(&"x".repeat(81)).chars().count(), 81);
    }
}
