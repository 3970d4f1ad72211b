//! Reads Arrow IPC: streams, where a missing end marker is an error, and files.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array as _, AsArray as _};
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::record_batch::RecordBatch;

use super::RawRows;
use crate::error::{Error, Result};
use crate::provenance::KEY;

pub(super) fn open_stream_file(path: &Path, name: &str) -> Result<RawRows> {
    let file = File::open(path).map_err(|cause| Error::io("read", name, cause))?;
    open_stream(Box::new(BufReader::new(file)), name)
}

/// Opens an IPC stream; its trailer is read when its last batch was.
pub(crate) fn open_stream(input: Box<dyn Read + Send>, name: &str) -> Result<RawRows> {
    let watched = Watched {
        input,
        at_end: false,
    };
    let reader = guarded(name, || StreamReader::try_new(watched, None))?
        .map_err(|cause| broken(name, cause))?;
    let provenance = Arc::new(OnceLock::new());
    Ok(RawRows {
        schema: reader.schema(),
        batches: Box::new(Stream {
            reader: Some(reader),
            name: name.to_owned(),
            provenance: Arc::clone(&provenance),
        }),
        provenance,
        huggingface: None,
    })
}

pub(super) fn open_file(path: &Path, name: &str) -> Result<RawRows> {
    let file = File::open(path).map_err(|cause| Error::io("read", name, cause))?;
    let mut reader = guarded(name, || FileReader::try_new(BufReader::new(file), None))?
        .map_err(|cause| broken(name, cause))?;
    let schema = reader.schema();
    let name = name.to_owned();
    let batches = std::iter::from_fn(move || match guarded(&name, || reader.next()) {
        Ok(next) => next.map(|batch| batch.map_err(|cause| broken(&name, cause))),
        Err(error) => Some(Err(error)),
    });
    Ok(RawRows::plain(schema, batches))
}

fn broken(name: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(format!("{name} is no readable Arrow IPC")).caused_by(cause)
}

fn cut_off(name: &str) -> Error {
    Error::new(format!(
        "{name} ends without its end-of-stream marker: it was cut off"
    ))
    .with_hint("the program that wrote it did not finish; see what it printed")
}

fn more(name: &str) -> Error {
    Error::new(format!("{name}: more follows after the end of the rows"))
        .with_hint("pipe one set at a time")
}

fn guarded<T>(name: &str, decode: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).map_err(|_| {
        Error::new(format!(
            "{name} is no readable Arrow IPC: the decoder failed on it"
        ))
    })
}

/// A reader that remembers whether it was read past its end.
///
/// Arrow takes the end of the input for the end of the stream; only a stream whose end marker
/// was read has not been read past its end.
struct Watched<R> {
    input: R,
    at_end: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.at_end |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

struct Stream {
    reader: Option<StreamReader<Watched<Box<dyn Read + Send>>>>,
    name: String,
    provenance: Arc<OnceLock<String>>,
}

impl Stream {
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        let Some(reader) = self.reader.as_mut() else {
            return Ok(None);
        };
        match guarded(&self.name, || reader.next())? {
            Some(batch) => Ok(Some(batch.map_err(|cause| broken(&self.name, cause))?)),
            None => self.finish().map(|()| None),
        }
    }

    fn finish(&mut self) -> Result<()> {
        let Some(reader) = self.reader.as_mut() else {
            return Ok(());
        };
        let input = reader.get_mut();
        if input.at_end {
            return Err(cut_off(&self.name));
        }
        let rest = guarded(&self.name, || read_trailer(&self.name, input))??;
        if let Some(json) = rest {
            let _ = self.provenance.set(json);
        }
        Ok(())
    }
}

impl Iterator for Stream {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.reader = None;
        }
        next
    }
}

/// The provenance in the stream that follows the rows, if there is one; nothing else may follow.
fn read_trailer(name: &str, input: &mut impl Read) -> Result<Option<String>> {
    let Some(first) = next_byte(name, input)? else {
        return Ok(None);
    };
    if first != 0xff {
        return Err(more(name));
    }
    let mut rest = Watched {
        input: io::Cursor::new([first]).chain(input),
        at_end: false,
    };
    let batch = one_batch(&mut rest);
    if rest.at_end {
        return Err(cut_off(name));
    }
    let Some(batch) = batch else {
        return Err(more(name));
    };
    if next_byte(name, &mut rest)?.is_some() {
        return Err(more(name));
    }
    let column = batch.column_by_name(KEY);
    let column = column.and_then(|column| column.as_string_opt::<i32>());
    let column = column.filter(|column| column.len() == 1 && column.is_valid(0));
    let json =
        column.ok_or_else(|| Error::new(format!("{name}: its provenance cannot be read")))?;
    Ok(Some(json.value(0).to_owned()))
}

/// The only batch of a stream that has the trailer's column and ends with its marker.
fn one_batch(input: impl Read) -> Option<RecordBatch> {
    let mut trailer = StreamReader::try_new(input, None).ok()?;
    trailer.schema().field_with_name(KEY).ok()?;
    let batch = trailer.next()?.ok()?;
    trailer.next().is_none().then_some(batch)
}

fn next_byte(name: &str, input: &mut impl Read) -> Result<Option<u8>> {
    let mut next = Vec::new();
    let read = input.take(1).read_to_end(&mut next);
    read.map_err(|cause| Error::io("read", name, cause))?;
    Ok(next.first().copied())
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::ipc::writer::StreamWriter;

    use super::*;

    /// A stream of one row, with a column of this name.
    fn stream(name: &str) -> Vec<u8> {
        let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, false)]));
        let value = Arc::new(StringArray::from(vec!["{}"]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![value]).expect("one column");
        let mut writer = StreamWriter::try_new(Vec::new(), &schema).expect("begun");
        writer.write(&batch).expect("written");
        writer.finish().expect("ended");
        writer.into_inner().expect("bytes")
    }

    /// How many rows there are and whether provenance follows, or the message.
    fn read(bytes: Vec<u8>) -> std::result::Result<(usize, bool), String> {
        let raw = open_stream(Box::new(io::Cursor::new(bytes)), "pipe");
        let mut raw = raw.map_err(|error| error.to_string())?;
        let mut rows = 0;
        for batch in raw.batches.by_ref() {
            rows += batch.map_err(|error| error.to_string())?.num_rows();
        }
        Ok((rows, raw.provenance.get().is_some()))
    }

    #[test]
    fn only_one_whole_trailer_may_follow_the_rows() {
        let (rows, trailer) = (stream("text"), stream(KEY));
        assert_eq!(read(rows.clone()), Ok((1, false)));
        assert_eq!(
            read([rows.clone(), trailer.clone()].concat()),
            Ok((1, true))
        );
        let refused = |bytes: Vec<u8>, message: &str| {
            let error = read(bytes).expect_err(message);
            assert!(error.contains(message), "{error}");
        };
        for length in 1..trailer.len() {
            refused([&rows[..], &trailer[..length]].concat(), "cut off");
        }
        refused([rows.clone(), rows.clone()].concat(), "more follows");
        refused([&rows[..], b"other bytes"].concat(), "more follows");
        refused([&rows[..], &trailer, b"x"].concat(), "more follows");
        refused([&rows[..], &trailer, &trailer].concat(), "more follows");
    }
}
