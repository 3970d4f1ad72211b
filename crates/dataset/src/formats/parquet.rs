//! Reads Parquet, checking first what the library takes on trust.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::{BATCH_ROWS, RawRows};
use crate::error::{Error, Result};
use crate::provenance::KEY;

const MAGIC: &[u8; 4] = b"PAR1";
/// Magic, empty footer, footer length, magic.
const SMALLEST: u64 = 12;

pub(super) fn open(path: &Path, name: &str) -> Result<RawRows> {
    let mut file = File::open(path).map_err(|cause| Error::io("read", name, cause))?;
    check_frame(&mut file, name)?;
    let builder = guarded(name, || ParquetRecordBatchReaderBuilder::try_new(file))?
        .map_err(|cause| broken(name, cause))?;
    let metadata = Arc::clone(builder.metadata());
    let rows = check_counts(&metadata, name)?;
    let schema = Arc::clone(builder.schema());
    let reader = guarded(name, || builder.with_batch_size(BATCH_ROWS).build())?
        .map_err(|cause| broken(name, cause))?;
    let provenance = OnceLock::new();
    if let Some(json) = key_value(&metadata, KEY) {
        let _ = provenance.set(json);
    }
    Ok(RawRows {
        schema: without_metadata(&schema),
        batches: Box::new(Batches {
            reader: Some(reader),
            name: name.to_owned(),
            left: rows,
            schema: without_metadata(&schema),
        }),
        provenance: Arc::new(provenance),
        huggingface: key_value(&metadata, "huggingface"),
    })
}

/// The schema without what other tools noted about the whole file; notes on single columns stay.
fn without_metadata(schema: &SchemaRef) -> SchemaRef {
    Arc::new(arrow::datatypes::Schema::new(schema.fields().clone()))
}

/// Checks the frame of the file: its magic at both ends and a footer that fits in between.
fn check_frame(file: &mut File, name: &str) -> Result<()> {
    let io = |cause| Error::io("read", name, cause);
    let length = file.metadata().map_err(io)?.len();
    if length < SMALLEST {
        return Err(Error::new(format!(
            "{name} is no Parquet file: it has {length} bytes, at least {SMALLEST} are needed"
        )));
    }
    let (mut head, mut tail) = ([0; 4], [0; 8]);
    file.read_exact(&mut head).map_err(io)?;
    file.seek(SeekFrom::End(-8)).map_err(io)?;
    file.read_exact(&mut tail).map_err(io)?;
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    if &head == b"PARE" || &tail[4..] == b"PARE" {
        return Err(Error::new(format!(
            "{name} is encrypted Parquet, which is not supported"
        )));
    }
    if &head != MAGIC {
        return Err(Error::new(format!("{name} does not start with PAR1")));
    }
    if &tail[4..] != MAGIC {
        return Err(Error::new(format!(
            "{name} has no Parquet footer: its writer did not finish"
        ))
        .with_hint("make it again; whatever wrote it was stopped or the copy was cut off"));
    }
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if footer + SMALLEST > length {
        return Err(Error::new(format!(
            "{name}: the footer claims {footer} bytes, but the file has {length}"
        )));
    }
    Ok(())
}

/// Checks that the footer's count of rows is that of its row groups, and returns it.
fn check_counts(metadata: &ParquetMetaData, name: &str) -> Result<u64> {
    let declared = metadata.file_metadata().num_rows();
    let groups: Vec<i64> = metadata
        .row_groups()
        .iter()
        .map(RowGroupMetaData::num_rows)
        .collect();
    let held: i128 = groups.iter().map(|rows| i128::from(*rows)).sum();
    if i128::from(declared) != held || groups.iter().any(|rows| *rows < 0) {
        return Err(Error::new(format!(
            "{name}: the footer declares {declared} rows, but the row groups hold {held}"
        )));
    }
    Ok(declared as u64)
}

fn key_value(metadata: &ParquetMetaData, key: &str) -> Option<String> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    pairs.iter().find(|pair| pair.key == key)?.value.clone()
}

fn broken(name: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(format!("{name} is no readable Parquet file")).caused_by(cause)
}

/// Runs the decoder; on some malformed files the library panics, which is one more way to be broken.
fn guarded<T>(name: &str, decode: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).map_err(|_| {
        Error::new(format!(
            "{name} is no readable Parquet file: the decoder failed on it"
        ))
    })
}

struct Batches {
    reader: Option<ParquetRecordBatchReader>,
    name: String,
    left: u64,
    schema: SchemaRef,
}

impl Batches {
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        let Some(reader) = self.reader.as_mut() else {
            return Ok(None);
        };
        match guarded(&self.name, || reader.next())? {
            Some(Ok(batch)) => {
                self.left = self
                    .left
                    .checked_sub(batch.num_rows() as u64)
                    .ok_or_else(|| {
                        Error::new(format!(
                            "{} holds more rows than its footer declares",
                            self.name
                        ))
                    })?;
                Ok(Some(batch.with_schema(Arc::clone(&self.schema))?))
            }
            Some(Err(cause)) => Err(broken(&self.name, cause)),
            None if self.left > 0 => Err(Error::new(format!(
                "{} ends {} rows before the number that its footer declares",
                self.name, self.left
            ))),
            None => Ok(None),
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.reader = None;
        }
        next
    }
}
