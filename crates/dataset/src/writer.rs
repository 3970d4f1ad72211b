//! Writes a set: Parquet on disk, an Arrow IPC stream on standard output, each with its provenance.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use crate::atomic::AtomicFile;
use crate::digest::{ContentHash, Digest};
use crate::error::{Error, Result};
use crate::provenance::{KEY, Provenance, Run};
use crate::source::file_name;

/// Rows of a row group, at most.
const GROUP_ROWS: usize = 128 * 1024;
/// Bytes of a row group, at most.
const GROUP_BYTES: usize = 64 * 1024 * 1024;

/// Where a set is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// `-`: standard output, as an Arrow IPC stream.
    Stdout,
    /// A Parquet file.
    Path(PathBuf),
}

impl FromStr for Sink {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(Self::Stdout);
        }
        let path = PathBuf::from(text);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => Ok(Self::Path(path)),
            _ => Err(Error::new(format!(
                "sets are written as Parquet, but `{}` does not end in .parquet",
                file_name(&path)
            ))
            .with_hint("for JSON lines, pipe the set into `polyculture show`")),
        }
    }
}

impl fmt::Display for Sink {
    /// The name for messages, without the folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Path(path) => f.write_str(&file_name(path)),
        }
    }
}

/// Writes one set, batch after batch; what is not [finished](Self::finish) never appears.
#[must_use = "a set that is not finished never appears"]
pub struct Writer {
    name: String,
    schema: SchemaRef,
    digest: Digest,
    output: Output,
}

enum Output {
    Parquet(Box<ArrowWriter<AtomicFile>>),
    Stream(Box<StreamWriter<BufWriter<Stdout>>>),
}

/// A set that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its content hash.
    pub hash: ContentHash,
    /// How many rows it has.
    pub rows: u64,
}

impl Writer {
    /// Begins to write a set with this schema.
    pub fn create(sink: &Sink, schema: &SchemaRef) -> Result<Self> {
        let name = sink.to_string();
        let output = match sink {
            Sink::Stdout => Output::Stream(Box::new(stdout_stream(schema)?)),
            Sink::Path(path) => {
                let file = AtomicFile::create(path)?;
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties()?))
                    .map_err(|cause| failed(&name, cause))?;
                Output::Parquet(Box::new(writer))
            }
        };
        Ok(Self {
            name,
            schema: Arc::clone(schema),
            digest: Digest::new(schema),
            output,
        })
    }

    /// Appends the rows of `batch`, which has the schema of this set.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.schema_ref().fields() != self.schema.fields() {
            return Err(Error::new(format!(
                "{}: a batch has other columns than the set: {} against {}",
                self.name,
                batch.schema_ref(),
                self.schema
            )));
        }
        self.digest.update(batch)?;
        match &mut self.output {
            Output::Parquet(writer) => writer
                .write(batch)
                .map_err(|cause| failed(&self.name, cause)),
            Output::Stream(writer) => writer
                .write(batch)
                .map_err(|cause| failed(&self.name, cause)),
        }
    }

    /// How many rows were written so far.
    pub fn rows(&self) -> u64 {
        self.digest.rows()
    }

    /// Checks the row equation of `run`, adds the provenance, and lets the set appear.
    pub fn finish(self, run: &Run) -> Result<Written> {
        run.rows.check(run.stage)?;
        let rows = self.digest.rows();
        if let Some(promised) = run.rows.rows_out().filter(|promised| *promised != rows) {
            return Err(Error::new(format!(
                "{}: {} rows were written, but {} counted {promised}",
                self.name, rows, run.stage
            ))
            .with_hint("this is a bug; please report it"));
        }
        let hash = self.digest.finish();
        let json = Provenance::new(hash, run).to_json()?;
        match self.output {
            Output::Parquet(writer) => finish_parquet(*writer, &self.name, json, rows)?,
            Output::Stream(writer) => finish_stream(*writer, &self.name, &json)?,
        }
        Ok(Written { hash, rows })
    }
}

fn failed(name: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(format!("could not write {name}")).caused_by(cause)
}

/// The library's version is left out, so that the same rows are the same bytes after an update.
fn properties() -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(|cause| failed("Parquet", cause))?;
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .set_created_by("polyculture".to_owned())
        .build())
}

fn stdout_stream(schema: &SchemaRef) -> Result<StreamWriter<BufWriter<Stdout>>> {
    let stdout = io::stdout();
    if stdout.is_terminal() {
        return Err(Error::new("rows are not written to a terminal")
            .with_hint("name a file with -o, or look at them with `| polyculture show`"));
    }
    StreamWriter::try_new(BufWriter::new(stdout), schema)
        .map_err(|cause| failed("standard output", cause))
}

fn finish_parquet(
    mut writer: ArrowWriter<AtomicFile>,
    name: &str,
    json: String,
    rows: u64,
) -> Result<()> {
    writer.append_key_value_metadata(KeyValue::new(KEY.to_owned(), json));
    let mut file = writer.into_inner().map_err(|cause| failed(name, cause))?;
    file.flush().map_err(|cause| failed(name, cause))?;
    verify(file.partial(), name, rows)?;
    file.publish()
}

/// Reads the footer of the finished file once more before anybody else can see it.
fn verify(path: &Path, name: &str, rows: u64) -> Result<()> {
    let file = File::open(path).map_err(|cause| failed(name, cause))?;
    let reader = SerializedFileReader::new(file).map_err(|cause| failed(name, cause))?;
    let found = reader.metadata().file_metadata().num_rows();
    if found != rows as i64 {
        return Err(Error::new(format!(
            "could not write {name}: {rows} rows went in, {found} are there"
        )));
    }
    Ok(())
}

fn finish_stream(
    mut writer: StreamWriter<BufWriter<Stdout>>,
    name: &str,
    json: &str,
) -> Result<()> {
    writer.finish().map_err(|cause| failed(name, cause))?;
    let mut output = writer.into_inner().map_err(|cause| failed(name, cause))?;
    write_trailer(&mut output, json).map_err(|cause| failed(name, cause))?;
    output.flush().map_err(|cause| failed(name, cause))
}

/// The provenance as a stream of its own, of one row, after the end marker of the first.
fn write_trailer(output: &mut impl Write, json: &str) -> Result<(), arrow::error::ArrowError> {
    let schema = Arc::new(Schema::new(vec![Field::new(KEY, DataType::Utf8, false)]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![Arc::new(StringArray::from(vec![json]))],
    )?;
    let mut writer = StreamWriter::try_new(output, &schema)?;
    writer.write(&batch)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_standard_output_or_a_parquet_file() {
        assert_eq!("-".parse::<Sink>().expect("stdout"), Sink::Stdout);
        assert_eq!(
            "a/b.parquet".parse::<Sink>().expect("a file").to_string(),
            "b.parquet"
        );
        let error = "a/b.jsonl".parse::<Sink>().expect_err("no Parquet");
        assert!(error.hint().is_some_and(|hint| hint.contains("show")));
    }
}
