//! The bytes of a text file: gzip unpacked, a byte-order mark dropped.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Result};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const BUFFER: usize = 256 << 10;

/// A file that unpacks to more than this many times its size, and then some, was made to do so.
const MOST_RATIO: u64 = 200;
const ALWAYS_ALLOWED: u64 = 64 << 20;

/// Opens the file at `path`, called `name` in messages, for reading its text.
///
/// Gzip is told by its first bytes, whatever the extension, and all its members are read.
pub(crate) fn open(path: &Path, name: &str) -> Result<Box<dyn BufRead + Send>> {
    unpacked(path)
        .and_then(without_byte_order_mark)
        .map_err(|cause| Error::io("read", name, cause))
}

fn unpacked(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path)?;
    let packed = file.metadata()?.len();
    let mut plain = BufReader::with_capacity(BUFFER, file);
    if !plain.fill_buf()?.starts_with(&GZIP) {
        return Ok(Box::new(plain));
    }
    let limited = Limited {
        inner: MultiGzDecoder::new(plain),
        left: packed
            .saturating_mul(MOST_RATIO)
            .saturating_add(ALWAYS_ALLOWED),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, limited)))
}

fn without_byte_order_mark(
    mut reader: Box<dyn BufRead + Send>,
) -> io::Result<Box<dyn BufRead + Send>> {
    let mut head = Vec::new();
    (&mut reader)
        .take(BYTE_ORDER_MARK.len() as u64)
        .read_to_end(&mut head)?;
    if head == BYTE_ORDER_MARK {
        return Ok(reader);
    }
    Ok(Box::new(Cursor::new(head).chain(reader)))
}

/// A reader that fails once it has given more than it may.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other(format!(
                "it unpacks to more than {MOST_RATIO} times its size and 64 MiB"
            ))
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::formats::text::lines::tests::file;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("to memory");
        encoder.finish().expect("to memory")
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let set = file(bytes);
        let mut found = Vec::new();
        open(set.path(), "set")
            .expect("opens")
            .read_to_end(&mut found)?;
        Ok(found)
    }

    #[test]
    fn every_member_of_a_gzip_file_is_read() {
        let two = [packed(b"\xef\xbb\xbfone "), packed(b"two")].concat();
        assert_eq!(read(&two).expect("reads"), b"one two");
    }

    #[test]
    fn short_and_empty_files_are_read_whole() {
        for text in [&b""[..], b"a", b"ab", b"\xef\xbb", b"abcd"] {
            assert_eq!(read(text).expect("reads"), text);
        }
    }

    #[test]
    fn a_gzip_file_cut_short_is_an_error() {
        let whole = packed(b"some text that is longer than nothing");
        assert!(read(&whole[..whole.len() - 6]).is_err());
    }

    #[test]
    fn more_than_is_allowed_is_refused() {
        let mut limited = Limited {
            inner: io::repeat(0).take(1000),
            left: 999,
        };
        let error = io::copy(&mut limited, &mut io::sink()).expect_err("bursts");
        assert!(error.to_string().contains("200 times"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = open(Path::new("/nowhere/set.jsonl"), "set.jsonl")
            .err()
            .expect("missing");
        assert_eq!(error.to_string(), "could not read set.jsonl");
        assert!(error.source().is_some());
    }
}
