//! The file formats that sets come in: how each is told and which reader opens it.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::error::{Error, Result, listed};

pub(crate) mod delimited;
pub(crate) mod ipc;
pub(crate) mod json;
pub(crate) mod parquet;
pub(crate) mod text;

/// How many rows a reader hands out at a time.
pub(crate) const BATCH_ROWS: usize = 8192;

/// Rows as a file has them, before its columns are given their canonical names.
pub(crate) struct RawRows {
    /// The columns of the file.
    pub(crate) schema: SchemaRef,
    /// The rows, a batch at a time; after an error nothing follows.
    pub(crate) batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send>,
    /// The provenance JSON; set at the latest when the last batch was handed out.
    pub(crate) provenance: Arc<OnceLock<String>>,
    /// What the Hub's `datasets` library wrote about the columns, as JSON.
    pub(crate) huggingface: Option<String>,
}

impl RawRows {
    /// Rows of a format that carries no metadata.
    pub(crate) fn plain(
        schema: SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Self {
        Self {
            schema,
            batches: Box::new(batches),
            provenance: Arc::default(),
            huggingface: None,
        }
    }
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// An Arrow IPC stream.
    Arrow,
    /// An Arrow IPC file (Feather v2).
    Feather,
    /// JSON lines, or one JSON array of objects.
    Json,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// Plain text, a row a line.
    Text,
    /// Lines of `label text`.
    LabelText,
}

const NAMES: &[(&str, Format)] = &[
    ("parquet", Format::Parquet),
    ("arrow", Format::Arrow),
    ("feather", Format::Feather),
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("text", Format::Text),
    ("label-text", Format::LabelText),
];

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, format)| format == self);
        f.write_str(name.map_or("unknown", |(name, _)| name))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| {
            let known = listed(NAMES.iter().map(|(name, _)| *name));
            Error::new(format!("`{text}` is no format; known are {known}"))
        })
    }
}

impl Format {
    /// Tells the format of the file at `path` by its first bytes, and if those say nothing, by its extension.
    pub(crate) fn detect(path: &Path, name: &str) -> Result<Self> {
        let mut head = Vec::new();
        File::open(path)
            .and_then(|file| file.take(512).read_to_end(&mut head))
            .map_err(|cause| Error::io("read", name, cause))?;
        if let Some(format) = Self::by_content(&head) {
            return Ok(format);
        }
        let lower = name.to_lowercase();
        let unpacked = Path::new(lower.strip_suffix(".gz").unwrap_or(&lower));
        let extension = unpacked
            .extension()
            .and_then(|extension| extension.to_str());
        match extension {
            Some("jsonl" | "ndjson" | "json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some("tsv") => Ok(Self::Tsv),
            Some("txt") => Ok(Self::Text),
            Some("parquet") => Ok(Self::Parquet),
            Some("arrow" | "arrows") => Ok(Self::Arrow),
            Some("feather") => Ok(Self::Feather),
            _ => Err(
                Error::new(format!("{name}: its format cannot be told")).with_hint(format!(
                    "name it with --format: {}",
                    listed(NAMES.iter().map(|(name, _)| *name))
                )),
            ),
        }
    }

    fn by_content(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let mut marks = text.iter().filter(|byte| !byte.is_ascii_whitespace());
        match head {
            [b'P', b'A', b'R', b'1' | b'E', ..] => Some(Self::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Self::Feather),
            [0xff, 0xff, 0xff, 0xff, ..] => Some(Self::Arrow),
            _ if matches!(
                (marks.next(), marks.next()),
                (Some(b'{'), _) | (Some(b'['), Some(b'{' | b']'))
            ) =>
            {
                Some(Self::Json)
            }
            _ => None,
        }
    }

    /// Opens the file at `path`, called `name` in messages.
    pub(crate) fn open(self, path: &Path, name: &str) -> Result<RawRows> {
        match self {
            Self::Parquet => parquet::open(path, name),
            Self::Arrow => ipc::open_stream_file(path, name),
            Self::Feather => ipc::open_file(path, name),
            Self::Json => json::open(path, name),
            Self::Csv => delimited::open(path, name, b','),
            Self::Tsv => delimited::open(path, name, b'\t'),
            Self::Text => text::open(path, name),
            Self::LabelText => text::open_labelled(path, name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_back_from_its_name() {
        for (name, format) in NAMES {
            assert_eq!(name.parse::<Format>().expect("known"), *format);
            assert_eq!(format.to_string(), *name);
        }
        let told = |head: &[u8]| Format::by_content(head);
        assert_eq!(told(b"\xef\xbb\xbf {\"text\""), Some(Format::Json));
        assert_eq!(told(b"[\n {"), Some(Format::Json));
        assert_eq!(told(b"[12:30] a line of text"), None);
        let error = "xlsx".parse::<Format>().expect_err("unknown");
        assert!(error.to_string().contains("label-text"), "{error}");
    }
}
