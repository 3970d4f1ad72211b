//! Gives the columns of a file their canonical names and forms, and leaves all else as it is.
//!
//! - The columns named by the caller become `text` and `label`; a column that had such a name before becomes `text_original` or `label_original`.
//! - A `label` of integers becomes text: the names that the Hub's `datasets` library keeps with the file, and otherwise the digits.
//! - Alpaca's `instruction`, `input` and `output` are kept, and `prompt` and `completion` are added.
//! - `ShareGPT`'s `conversations` is kept, and `messages` is added.
//! - An `id` that is not text becomes `id_original`, so that rows are given ids.
//! - Dictionary-encoded columns are unpacked.
//!
//! A column `text` is never invented: which of several columns is meant is for the caller to say.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::columns::{COMPLETION, ID, LABEL, MESSAGES, PROMPT, TEXT, is_text, missing};
use crate::error::{Error, Result, shown};
use crate::formats::Format;
use alpaca::Alpaca;
use labels::Labels;
use sharegpt::ShareGpt;

mod alpaca;
mod labels;
mod names;
mod sharegpt;

/// How a set is to be read, where its files do not say.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Reading {
    /// The format, where the first bytes and the extension do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The column to read as `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// The column to read as `label`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// The split to read of a data set on the Hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Whether rows that are not those that their provenance speaks of are read, as of unknown origin.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub accept_edited: bool,
    /// Whether ids are left as the files have them: none is given, none checked.
    #[serde(skip)]
    pub ids_as_found: bool,
    /// What the caller will add to every row, by column: where a file lacks that column, it is
    /// part of what the row holds when its id is made.
    #[serde(skip)]
    pub marks: BTreeMap<&'static str, String>,
}

/// What is done to the batches of one file.
pub(crate) struct Mapping {
    name: String,
    schema: SchemaRef,
    columns: Vec<Made>,
}

/// How a column is made from those of the file.
enum Made {
    /// It is the file's column of this index.
    Kept(usize),
    /// It is that column with this type.
    Unpacked(usize, DataType),
    /// It is that column's classes by name.
    Labels(usize, Labels),
    /// It is Alpaca's prompt.
    Prompt(Alpaca),
    /// It is Alpaca's completion.
    Completion(Alpaca),
    /// It is `ShareGPT`'s conversation.
    Messages(ShareGpt),
}

impl Mapping {
    /// The mapping of a file with these columns.
    ///
    /// `name` is the file's, for messages, and `huggingface` what the `datasets` library keeps with it.
    pub(crate) fn new(
        name: &str,
        schema: &SchemaRef,
        huggingface: Option<&str>,
        how: &Reading,
    ) -> Result<Self> {
        check_names(name, schema)?;
        let renamed = names::canonical(name, schema, how)?;
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        for (index, (field, renamed)) in schema.fields().iter().zip(renamed).enumerate() {
            let unpacked = unpacked(field);
            let made = if renamed == LABEL.name && Labels::are_in(unpacked.data_type()) {
                Made::Labels(index, Labels::new(huggingface, field.name()))
            } else if unpacked.data_type() == field.data_type() {
                Made::Kept(index)
            } else {
                Made::Unpacked(index, unpacked.data_type().clone())
            };
            let field = unpacked.with_name(renamed);
            fields.push(Arc::new(match made {
                Made::Labels(..) => field.with_data_type(DataType::Utf8).with_nullable(true),
                _ => field,
            }));
            columns.push(made);
        }
        let mut mapping = Self {
            name: name.to_owned(),
            schema: Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())),
            columns,
        };
        mapping.add_conventions(schema);
        check_names(name, &mapping.schema)?;
        Ok(mapping)
    }

    /// The columns of the batches that [`Mapping::apply`] gives.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The batch with its columns named and formed.
    pub(crate) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = self.columns.iter().zip(self.schema.fields());
        let columns = columns.map(|(made, field)| self.make(made, field, batch));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema(), columns, &options).map_err(Error::from)
    }

    fn make(&self, made: &Made, field: &FieldRef, batch: &RecordBatch) -> Result<ArrayRef> {
        let failed = |problem: &dyn std::fmt::Display| {
            Error::new(format!(
                "{}: column `{}`: {problem}",
                self.name,
                shown(field.name())
            ))
        };
        match made {
            Made::Kept(index) => Ok(Arc::clone(batch.column(*index))),
            Made::Unpacked(index, to) => {
                cast(batch.column(*index), to).map_err(|cause| failed(&cause))
            }
            Made::Labels(index, labels) => labels
                .read(batch.column(*index))
                .map_err(|problem| failed(&problem)),
            Made::Prompt(alpaca) => alpaca.prompt(batch).map_err(|cause| failed(&cause)),
            Made::Completion(alpaca) => alpaca.completion(batch).map_err(|cause| failed(&cause)),
            Made::Messages(sharegpt) => sharegpt.messages(batch).map_err(|cause| failed(&cause)),
        }
    }

    /// Adds the columns that a known convention of the file `found` states in another form.
    fn add_conventions(&mut self, found: &Schema) {
        let has = |name: &str| self.schema.field_with_name(name).is_ok();
        let alpaca = Alpaca::told(found).filter(|_| !has(PROMPT.name) && !has(COMPLETION.name));
        let sharegpt = ShareGpt::told(found).filter(|_| !has(MESSAGES.name));
        let mut fields = self.schema.fields().to_vec();
        if let Some(alpaca) = alpaca {
            for (column, made) in [
                (PROMPT, Made::Prompt(alpaca)),
                (COMPLETION, Made::Completion(alpaca)),
            ] {
                fields.push(Arc::new(Field::new(column.name, DataType::Utf8, true)));
                self.columns.push(made);
            }
        }
        if let Some(sharegpt) = sharegpt {
            fields.push(Arc::new(Field::new(
                MESSAGES.name,
                sharegpt::messages_type(),
                true,
            )));
            self.columns.push(Made::Messages(sharegpt));
        }
        self.schema = Arc::new(Schema::new_with_metadata(
            fields,
            self.schema.metadata().clone(),
        ));
    }
}

/// Refuses a file with a column that has no name or the name of another.
fn check_names(name: &str, schema: &Schema) -> Result<()> {
    let mut places = HashMap::new();
    for (place, field) in (1..).zip(schema.fields()) {
        if field.name().is_empty() {
            return Err(Error::new(format!("{name}: column {place} has no name")));
        }
        if let Some(first) = places.insert(field.name(), place) {
            let column = shown(field.name());
            return Err(Error::new(format!(
                "{name}: columns {first} and {place} are both called `{column}`"
            )));
        }
    }
    Ok(())
}

/// The field with dictionaries replaced by the values that they stand for, at any depth.
fn unpacked(field: &Field) -> Field {
    let inner = |field: &FieldRef| Arc::new(unpacked(field));
    let data_type = match field.data_type() {
        DataType::Dictionary(_, values) => {
            let values = Field::new("", values.as_ref().clone(), true);
            unpacked(&values).data_type().clone()
        }
        DataType::List(item) => DataType::List(inner(item)),
        DataType::LargeList(item) => DataType::LargeList(inner(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(inner(item), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
        other => other.clone(),
    };
    field.clone().with_data_type(data_type)
}

#[cfg(test)]
mod tests;
