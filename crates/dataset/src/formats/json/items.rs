//! The items of one big JSON array, cut out one at a time without holding the array.

use std::io::{BufRead, Read as _};

use crate::error::{Error, Result};
use crate::formats::text::lines::{LONGEST, at, ends};

/// The items of an array whose opening bracket has been read.
pub(super) struct Items {
    reader: Box<dyn BufRead + Send>,
    name: String,
    /// The line that the reader is on.
    reached: u64,
    item: Vec<u8>,
    /// The line that the item starts on.
    line: u64,
    started: bool,
}

impl Items {
    /// The items that follow in `reader`, which is on line `line` and past the opening bracket.
    pub(super) fn after(reader: Box<dyn BufRead + Send>, name: &str, line: u64) -> Self {
        Self {
            reader,
            name: name.to_owned(),
            reached: line,
            item: Vec::new(),
            line,
            started: false,
        }
    }

    /// The bytes of the item.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.item
    }

    /// The line on which the item starts.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Goes on to the next item; false after the closing bracket, which nothing may follow.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.item.clear();
        match (self.next_byte()?, self.started) {
            (Some(b']'), _) => return self.close(),
            (Some(b','), true) => {
                self.take()?;
                if matches!(self.next_byte()?, Some(b']' | b',')) {
                    return Err(self.error("a comma with nothing after it"));
                }
            }
            (Some(b','), false) => return Err(self.error("a comma with nothing before it")),
            (Some(_), false) => {}
            (Some(_), true) => {
                return Err(self.error("expected `,` or `]` after an item of the array"));
            }
            (None, _) => return Err(self.error("the file ends inside the array")),
        }
        self.started = true;
        self.line = self.reached;
        self.cut()?;
        Ok(true)
    }

    fn close(&mut self) -> Result<bool> {
        self.take()?;
        match self.next_byte()? {
            None => Ok(false),
            Some(_) => Err(self.error("something follows the end of the array")),
        }
    }

    /// Skips white space; the byte after it, not taken.
    fn next_byte(&mut self) -> Result<Option<u8>> {
        let skipped =
            skip_space(&mut self.reader).map_err(|cause| Error::io("read", &self.name, cause))?;
        self.reached += skipped.0;
        Ok(skipped.1)
    }

    fn take(&mut self) -> Result<()> {
        let mut byte = [0];
        let read = self.reader.read_exact(&mut byte);
        read.map_err(|cause| Error::io("read", &self.name, cause))
    }

    /// Copies bytes up to the end of the item, which its brackets tell, or where it has none the next delimiter.
    fn cut(&mut self) -> Result<()> {
        let mut scan = Scan::default();
        loop {
            let buffer = self.reader.fill_buf();
            let buffer = buffer.map_err(|cause| Error::io("read", &self.name, cause))?;
            if buffer.is_empty() {
                return Err(self.error("the file ends inside the array"));
            }
            let (taken, ended) = scan.end(buffer);
            self.item.extend_from_slice(&buffer[..taken]);
            self.reached += ends(&buffer[..taken]);
            self.reader.consume(taken);
            if self.item.len() > LONGEST {
                return Err(at(&self.name, self.line, "an item longer than 64 MiB"));
            }
            if ended {
                return Ok(());
            }
        }
    }

    fn error(&self, problem: &str) -> Error {
        at(&self.name, self.reached, problem)
    }
}

/// Skips white space in `reader`: how many lines ended, and the byte after it, not taken.
pub(super) fn skip_space(reader: &mut impl BufRead) -> std::io::Result<(u64, Option<u8>)> {
    let mut lines = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let space = buffer
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        lines += ends(&buffer[..space]);
        let next = buffer.get(space).copied();
        let at_end = buffer.is_empty();
        reader.consume(space);
        if next.is_some() || at_end {
            return Ok((lines, next));
        }
    }
}

/// Where in an item the bytes seen so far have come to.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Scan {
    /// How many bytes of `buffer` belong to the item, and whether it ends there.
    fn end(&mut self, buffer: &[u8]) -> (usize, bool) {
        for (index, byte) in buffer.iter().enumerate() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return (index + 1, true),
                b',' | b']' if self.depth == 0 => return (index, true),
                _ => {}
            }
        }
        (buffer.len(), false)
    }
}
