//! The rows of a table under its header, each as wide as the header.

use std::collections::HashMap;
use std::io::{self, BufRead, Cursor, Read as _};
use std::path::{Path, PathBuf};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use crate::error::{Error, Result, shown};
use crate::formats::text::bytes;
use crate::formats::text::lines::{LONGEST, at, ends};

/// Put after the file as a row of its own: a quote that is never closed takes it in, which is how it is found out.
const AFTER_THE_END: &str = "\u{1}\u{2}end\u{2}\u{1}";

/// A table, row by row.
pub(super) struct Table {
    reader: Reader<Box<dyn BufRead + Send>>,
    name: String,
    header: StringRecord,
    row: StringRecord,
    quoted: bool,
    path: PathBuf,
    /// Where in the file the row starts, or the line ending before it.
    start: u64,
}

impl Table {
    /// Opens the file at `path`, called `name` in messages, and reads its header.
    pub(super) fn open(path: &Path, name: &str, delimiter: u8) -> Result<Self> {
        let quoted = delimiter != b'\t';
        let mut file = bytes::open(path, name)?;
        if quoted {
            file = Box::new(file.chain(Cursor::new(format!("\n{AFTER_THE_END}"))));
        }
        let mut builder = ReaderBuilder::new();
        builder
            .delimiter(delimiter)
            .quoting(quoted)
            .has_headers(false)
            .flexible(true);
        let mut table = Self {
            reader: builder.from_reader(file),
            name: name.to_owned(),
            header: StringRecord::new(),
            row: StringRecord::new(),
            quoted,
            path: path.to_owned(),
            start: 0,
        };
        if !table.next_row()? {
            return Err(Error::new(format!(
                "{name} is empty; a header with the names of the columns is needed"
            )));
        }
        table.header = std::mem::take(&mut table.row);
        table.check_header()?;
        Ok(table)
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &StringRecord {
        &self.header
    }

    /// The row, with as many cells as the header.
    pub(super) fn row(&self) -> &StringRecord {
        &self.row
    }

    /// Goes on to the next row; false at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool> {
        if !self.next_row()? {
            return Ok(false);
        }
        let (expected, found) = (self.header.len(), self.row.len());
        if found != expected {
            return Err(self.error(&format!(
                "expected {expected} cells, as in the header, found {found}"
            )));
        }
        Ok(true)
    }

    /// An error on this row.
    pub(super) fn error(&self, problem: &str) -> Error {
        at(&self.name, self.line(), problem)
    }

    fn next_row(&mut self) -> Result<bool> {
        if !self.read()? {
            return Ok(false);
        }
        if self.row.as_slice().len() > LONGEST {
            return Err(self
                .error("a row longer than 64 MiB")
                .with_hint("a quote may be missing"));
        }
        if self.quoted
            && self
                .row
                .iter()
                .next_back()
                .is_some_and(|cell| cell.ends_with(AFTER_THE_END))
        {
            return self.end();
        }
        Ok(true)
    }

    /// Checks that the end of the file is a row of its own.
    fn end(&mut self) -> Result<bool> {
        if self.row.len() == 1 && self.row.get(0) == Some(AFTER_THE_END) && !self.read()? {
            return Ok(false);
        }
        Err(self.error("a quote is opened and never closed"))
    }

    fn read(&mut self) -> Result<bool> {
        self.start = self.reader.position().byte();
        let read = self.reader.read_record(&mut self.row);
        read.map_err(|cause| match cause.into_kind() {
            ErrorKind::Io(cause) => Error::io("read", &self.name, cause),
            ErrorKind::Utf8 { err, .. } => self
                .error(&format!("cell {} is not UTF-8", err.field() + 1))
                .with_hint("convert it first, such as with iconv -f latin1 -t utf8"),
            other => self.error(&format!("{other:?}")),
        })
    }

    /// The line on which the row starts, which the library does not count where lines end in two characters.
    fn line(&self) -> u64 {
        let counted = bytes::open(&self.path, &self.name).and_then(|file| {
            line_at(file, self.start).map_err(|cause| Error::io("read", &self.name, cause))
        });
        counted.unwrap_or_else(|_| self.reader.position().line())
    }

    fn check_header(&self) -> Result<()> {
        let mut places = HashMap::new();
        for (place, column) in (1..).zip(&self.header) {
            if column.is_empty() {
                return Err(Error::new(format!("{}: column {place} has no name", self.name))
                    .with_hint("name every column in the header; pandas leaves out the name of the index unless told index=False"));
            }
            if let Some(first) = places.insert(column, place) {
                let column = shown(column);
                return Err(Error::new(format!(
                    "{}: columns {first} and {place} are both called `{column}`",
                    self.name
                )));
            }
        }
        Ok(())
    }
}

/// The line of the first byte from `start` on that does not end a line.
fn line_at(mut file: impl BufRead, start: u64) -> io::Result<u64> {
    let mut line = 1;
    let mut before = (&mut file).take(start);
    loop {
        let buffer = before.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let length = buffer.len();
        line += ends(buffer);
        before.consume(length);
    }
    for byte in file.bytes() {
        match byte? {
            b'\n' => line += 1,
            b'\r' => {}
            _ => break,
        }
    }
    Ok(line)
}
