//! The objects of a JSON file: each on a line of its own, or the items of one array.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use super::items::{Items, skip_space};
use super::value::{self, Object};
use crate::error::{Error, Result};
use crate::formats::text::bytes;
use crate::formats::text::lines::{Lines, at, ends, not_utf8};

/// The records of a file, one at a time.
pub(super) struct Records {
    layout: Layout,
    name: String,
}

enum Layout {
    Lines(Lines),
    Array(Items),
}

impl Records {
    /// Opens the file at `path`; an array is told by its first byte.
    pub(super) fn open(path: &Path, name: &str) -> Result<Self> {
        let mut reader = bytes::open(path, name)?;
        let failed = |cause| Error::io("read", name, cause);
        let (ended, first) = skip_space(&mut reader).map_err(failed)?;
        let layout = if first == Some(b'[') {
            reader.read_exact(&mut [0]).map_err(failed)?;
            Layout::Array(Items::after(reader, name, ended + 1))
        } else {
            Layout::Lines(Lines::after(reader, name, ended))
        };
        Ok(Self {
            layout,
            name: name.to_owned(),
        })
    }

    /// Goes on to the next record; false at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool> {
        match &mut self.layout {
            Layout::Lines(lines) => lines.advance(),
            Layout::Array(items) => items.advance(),
        }
    }

    /// The record's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.layout {
            Layout::Lines(lines) => lines.bytes(),
            Layout::Array(items) => items.bytes(),
        }
    }

    /// The line on which the record starts.
    pub(super) fn line(&self) -> u64 {
        match &self.layout {
            Layout::Lines(lines) => lines.number(),
            Layout::Array(items) => items.line(),
        }
    }

    /// The record as an object.
    pub(super) fn object(&self) -> Result<Object<'_>> {
        let text = std::str::from_utf8(self.bytes())
            .map_err(|cause| self.not_utf8(cause.valid_up_to()))?;
        value::parse(text).map_err(|fault| {
            let line = self.line() + fault.line.saturating_sub(1);
            let error = at(&self.name, line, &fault);
            if fault.cut_off && matches!(self.layout, Layout::Lines(_)) {
                error.with_hint(
                    "each line is to hold one whole object, such as `jq -c .` writes them",
                )
            } else {
                error
            }
        })
    }

    /// An error on this record.
    pub(super) fn error(&self, problem: impl fmt::Display) -> Error {
        at(&self.name, self.line(), problem)
    }

    /// The error for a record that is UTF-8 only as far as `valid`, by the line that the byte is on.
    fn not_utf8(&self, valid: usize) -> Error {
        let before = &self.bytes()[..valid];
        let ended = ends(before);
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        not_utf8(
            &self.name,
            self.line() + ended,
            &self.bytes()[start..],
            valid - start,
        )
    }
}
