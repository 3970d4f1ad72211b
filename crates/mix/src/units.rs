//! In what rows are counted: one by one, or by their tokens.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use clap::ValueEnum;
use dataset::columns;
use serde::{Serialize, Serializer};

/// What a total and a share count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A row is 1.
    #[default]
    Rows,
    /// A row is as much as its text has tokens.
    Tokens,
}

impl Unit {
    /// What `n` of it are called.
    pub(crate) fn of(self, n: u64) -> String {
        let noun = match self {
            Self::Rows => "row",
            Self::Tokens => "token",
        };
        cli::count(n as usize, noun)
    }
}

/// How a text is cut into tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tokenizer {
    /// At white space.
    #[default]
    Whitespace,
    /// Into words, as the metrics do.
    Words,
    /// As a `tokenizer.json` of Hugging Face says, without special tokens.
    File(PathBuf),
}

impl FromStr for Tokenizer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "whitespace" => Ok(Self::Whitespace),
            "words" => Ok(Self::Words),
            path if Path::new(path).extension().is_some_and(|end| end == "json") => {
                Ok(Self::File(path.into()))
            }
            _ => Err(format!(
                "`{text}` is no tokenizer; known are whitespace, words, and a tokenizer.json"
            )),
        }
    }
}

impl Serialize for Tokenizer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whitespace => serializer.serialize_str("whitespace"),
            Self::Words => serializer.serialize_str("words"),
            Self::File(path) => {
                let name = path.file_name().unwrap_or_default();
                serializer.serialize_str(&name.to_string_lossy())
            }
        }
    }
}

/// Counts the tokens of texts.
#[derive(Default)]
pub(crate) enum Counter {
    #[default]
    Whitespace,
    Words,
    HuggingFace(Box<tokenizers::Tokenizer>),
}

impl Counter {
    /// Reads the tokenizer, where it lies in a file.
    pub(crate) fn new(tokenizer: &Tokenizer) -> anyhow::Result<Self> {
        Ok(match tokenizer {
            Tokenizer::Whitespace => Self::Whitespace,
            Tokenizer::Words => Self::Words,
            Tokenizer::File(path) => {
                let json = dataset::read_text(path)?;
                let read = json.parse::<tokenizers::Tokenizer>();
                let read = read.map_err(|cause| anyhow::anyhow!(cause));
                Self::HuggingFace(Box::new(read.context("the tokenizer could not be read")?))
            }
        })
    }

    /// Of each row of `batch` the tokens of its text, of its completion where it has no text, or of
    /// its answer; a null has none.
    pub(crate) fn lengths(&self, name: &str, batch: &RecordBatch) -> anyhow::Result<Vec<u32>> {
        let Some(column) = counted(batch.schema_ref()) else {
            let known = dataset::column_names(batch.schema_ref());
            let said = anyhow::anyhow!("{name} has no column whose tokens could be counted");
            return Err(cli::with_hint(
                said,
                format!("it needs `text`, `completion` or `answer`; its columns are: {known}"),
            ));
        };
        let texts = dataset::optional_texts(name, batch, column)?;
        texts
            .into_iter()
            .map(|text| self.count(text.unwrap_or_default()))
            .collect()
    }

    fn count(&self, text: &str) -> anyhow::Result<u32> {
        Ok(match self {
            Self::Whitespace => text::whitespace_tokens(text).count() as u32,
            Self::Words => text::words(text).count() as u32,
            Self::HuggingFace(tokenizer) => {
                let encoded = tokenizer.encode_fast(text, false);
                encoded.map_err(|cause| anyhow::anyhow!(cause))?.len() as u32
            }
        })
    }
}

/// The column whose tokens are counted.
pub(crate) fn counted(schema: &Schema) -> Option<&'static str> {
    let columns = [&columns::TEXT, &columns::COMPLETION, &columns::ANSWER];
    let there = columns
        .into_iter()
        .find(|column| schema.field_with_name(column.name).is_ok());
    there.map(|column| column.name)
}

/// The column called `column` as texts, numbers as their digits.
pub(crate) fn as_texts(batch: &RecordBatch, column: &str) -> anyhow::Result<RecordBatch> {
    let found = batch
        .column_by_name(column)
        .context("the column is there")?;
    let texts = cast(found, &DataType::Utf8).with_context(|| {
        format!(
            "column `{column}` is {}, which has no strata",
            found.data_type()
        )
    })?;
    let schema = Schema::new(vec![Field::new(column, DataType::Utf8, true)]);
    Ok(RecordBatch::try_new(Arc::new(schema), vec![texts])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tokenizer_is_written_as_it_is_read_but_for_its_folder() {
        for (text, name) in [
            ("whitespace", "whitespace"),
            ("words", "words"),
            ("a/tokenizer.json", "tokenizer.json"),
        ] {
            let tokenizer: Tokenizer = text.parse().expect("known");
            assert_eq!(serde_json::to_value(&tokenizer).expect("a text"), name);
        }
        assert!("gpt2".parse::<Tokenizer>().is_err());
    }

    #[test]
    fn tokens_are_those_of_the_tokenizer() {
        let of = |counter: Counter| counter.count("it's 3.5, no?").expect("a count");
        assert_eq!((of(Counter::Whitespace), of(Counter::Words)), (3, 4));
    }
}
