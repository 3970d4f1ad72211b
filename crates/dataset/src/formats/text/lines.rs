//! The lines of a text file, with their numbers.

use std::io::{BufRead, Read as _};
use std::path::Path;

use super::bytes;
use crate::error::{Error, Result};

/// No line may be longer than this many bytes: one that is was not meant as a line.
pub(crate) const LONGEST: usize = 64 << 20;

/// The lines of a file that are not blank, one at a time.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
    name: String,
    number: u64,
    line: Vec<u8>,
}

impl Lines {
    /// Opens the file at `path`, called `name` in messages.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Self> {
        Ok(Self::after(bytes::open(path, name)?, name, 0))
    }

    /// The lines that `reader` has left, of a file of which `number` lines were read.
    pub(crate) fn after(reader: Box<dyn BufRead + Send>, name: &str, number: u64) -> Self {
        Self {
            reader,
            name: name.to_owned(),
            number,
            line: Vec::new(),
        }
    }

    /// Goes on to the next line that is not blank; false at the end of the file.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        loop {
            self.line.clear();
            let most = LONGEST as u64 + 1;
            let read = (&mut self.reader)
                .take(most)
                .read_until(b'\n', &mut self.line);
            if read.map_err(|cause| Error::io("read", &self.name, cause))? == 0 {
                return Ok(false);
            }
            self.number += 1;
            if self.line.len() > LONGEST {
                return Err(self.error("longer than 64 MiB"));
            }
            for ending in [b'\n', b'\r'] {
                self.line.pop_if(|last| *last == ending);
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The line, without its ending.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.line
    }

    /// The line's number, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The line as text.
    pub(crate) fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.line)
            .map_err(|cause| not_utf8(&self.name, self.number, &self.line, cause.valid_up_to()))
    }

    /// An error on this line.
    pub(crate) fn error(&self, problem: impl std::fmt::Display) -> Error {
        at(&self.name, self.number, problem)
    }
}

/// How many lines end in `bytes`.
pub(crate) fn ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// An error on line `number` of the file called `name`.
pub(crate) fn at(name: &str, number: u64, problem: impl std::fmt::Display) -> Error {
    Error::new(format!("{name}: line {number}: {problem}"))
}

/// The error for a line whose bytes are UTF-8 only as far as `valid`.
pub(crate) fn not_utf8(name: &str, number: u64, line: &[u8], valid: usize) -> Error {
    let found = line.get(valid).copied().unwrap_or_default();
    let error = at(
        name,
        number,
        format!("byte {} (0x{found:02x}) is not UTF-8", valid + 1),
    );
    match line {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => error.with_hint(
            "it looks like UTF-16; convert it first, such as with iconv -f utf16 -t utf8",
        ),
        _ => error.with_hint("convert it first, such as with iconv -f latin1 -t utf8"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use super::*;

    /// A file of these bytes, gone when dropped.
    pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("written");
        file.flush().expect("written");
        file
    }

    #[test]
    fn lines_keep_the_numbers_that_an_editor_shows() {
        let set = file(b"a\r\n\r\n\t\nb");
        let mut lines = Lines::open(set.path(), "set").expect("opens");
        let mut found = Vec::new();
        while lines.advance().expect("reads") {
            found.push((lines.number(), lines.bytes().to_vec()));
        }
        assert_eq!(found, [(1, b"a".to_vec()), (4, b"b".to_vec())]);
    }

    #[test]
    fn a_line_longer_than_the_limit_is_refused() {
        let set = file(&[b"a\n".to_vec(), vec![b'x'; LONGEST + 1]].concat());
        let mut lines = Lines::open(set.path(), "set").expect("opens");
        assert!(lines.advance().expect("short"));
        let error = lines.advance().expect_err("long");
        assert_eq!(error.to_string(), "set: line 2: longer than 64 MiB");
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_read() {
        let set = file(&[vec![b'x'; LONGEST - 1], b"\nb\n".to_vec()].concat());
        let mut lines = Lines::open(set.path(), "set").expect("opens");
        assert!(lines.advance().expect("at the limit"));
        assert!(lines.advance().expect("the next") && lines.bytes() == b"b");
    }

    #[test]
    fn utf_16_is_called_by_its_name() {
        let set = file(b"\xff\xfea\0\n\0");
        let mut lines = Lines::open(set.path(), "set").expect("opens");
        assert!(lines.advance().expect("a line"));
        let error = lines.text().expect_err("not UTF-8");
        assert!(
            error.hint().is_some_and(|hint| hint.contains("utf16")),
            "{error}"
        );
    }
}
