//! Reads Arrow IPC: streams, where a missing end marker is an error, and files.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::SchemaRef;
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
struct Watched {
    input: Box<dyn Read + Send>,
    at_end: bool,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.at_end |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

struct Stream {
    reader: Option<StreamReader<Watched>>,
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
            return Err(Error::new(format!(
                "{} ends without its end-of-stream marker: it was cut off",
                self.name
            ))
            .with_hint("the program that wrote it did not finish; see what it printed"));
        }
        if let Some(json) = guarded(&self.name, || read_trailer(input))? {
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

/// The provenance in the stream that follows the rows, if there is one.
fn read_trailer(input: &mut Watched) -> Option<String> {
    let mut trailer = StreamReader::try_new(input, None).ok()?;
    let schema: SchemaRef = trailer.schema();
    schema.field_with_name(KEY).ok()?;
    let batch = trailer.next()?.ok()?;
    let column = batch.column_by_name(KEY)?.as_string_opt::<i32>()?;
    (column.len() == 1 && column.is_valid(0)).then(|| column.value(0).to_owned())
}
