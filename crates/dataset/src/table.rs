//! A whole set in memory: its rows, and the columns that a stage works on.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches, filter_record_batch, interleave_record_batch};
use arrow::datatypes::{
    DataType, Field, FieldRef, Float32Type, Float64Type, Int32Type, Schema, SchemaRef,
};
use numeric::Vectors;

use crate::canonical::Reading;
use crate::columns::{self, Column};
use crate::digest::ContentHash;
use crate::error::{Error, Result, listed};
use crate::id::IdAssigner;
use crate::provenance::Input;
use crate::rows::open_with;
use crate::source::Source;
use crate::sources::Stacked;
use crate::union::{stacked, widened};
use crate::writer::Writer;

/// A set that was read whole.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    inputs: Vec<Input>,
    /// What messages call the first row.
    first_row: usize,
}

impl Table {
    /// Reads `source` as `role`, after checking that it has the columns `reads`.
    pub fn read(source: &Source, how: &Reading, role: &str, reads: &[&Column]) -> Result<Self> {
        let read = Self::read_after(IdAssigner::default(), source, how, role, reads);
        read.map(|(table, _)| table)
    }

    /// Reads each of `sources` as [`read`](Self::read) does, so that no two rows without an id
    /// get the same, even where they are in different sources.
    pub fn read_each(
        sources: &[Source],
        how: &Reading,
        role: &str,
        reads: &[&Column],
    ) -> Result<Vec<Self>> {
        let mut ids = IdAssigner::default();
        let mut tables = Vec::with_capacity(sources.len());
        for source in sources {
            let (table, given) = Self::read_after(ids, source, how, role, reads)?;
            tables.push(table);
            ids = given;
        }
        Ok(tables)
    }

    fn read_after(
        ids: IdAssigner,
        source: &Source,
        how: &Reading,
        role: &str,
        reads: &[&Column],
    ) -> Result<(Self, IdAssigner)> {
        let mut rows = open_with(source, how, ids)?;
        columns::require(rows.name(), rows.schema(), reads)?;
        let (name, schema) = (rows.name().to_owned(), Arc::clone(rows.schema()));
        let batches = rows.by_ref().collect::<Result<Vec<_>>>()?;
        let (inputs, ids) = rows.into_parts(role)?;
        let table = Self {
            name,
            schema,
            batches,
            inputs,
            first_row: 0,
        };
        Ok((table, ids))
    }

    /// The rows of `batches`, which all have `schema`; made, not read.
    pub fn new(name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self {
            name: name.to_owned(),
            schema,
            batches,
            inputs: Vec::new(),
            first_row: 0,
        }
    }

    /// Reads all of `rows`, as `role`.
    pub fn collect(mut rows: Stacked, role: &str) -> Result<Self> {
        let (name, schema) = (rows.name().to_owned(), Arc::clone(rows.schema()));
        let batches = rows.by_ref().collect::<Result<Vec<_>>>()?;
        let inputs = rows.into_inputs(role)?;
        Ok(Self {
            inputs,
            ..Self::new(&name, schema, batches)
        })
    }

    /// The same rows, the first of which is row `first` to messages: this is a part of a set.
    #[must_use]
    pub fn from_row(self, first: usize) -> Self {
        Self {
            first_row: first,
            ..self
        }
    }

    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What messages call the first row: 0, or its place in the set that this is a part of.
    pub fn first_row(&self) -> usize {
        self.first_row
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows, as they were read.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// What was read, for the provenance.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The content hash of what was read; of several files, the hash of the lines that hold
    /// their hashes.
    pub fn hash(&self) -> Option<ContentHash> {
        match &self.inputs[..] {
            [] => None,
            [one] => Some(one.node.hash),
            several => {
                let lines = several.iter().map(|input| format!("{}\n", input.node.hash));
                Some(ContentHash::of_bytes(lines.collect::<String>().as_bytes()))
            }
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a column called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.schema.field_with_name(name).is_ok()
    }

    /// Fails unless there is a column called `name`; the error lists those that there are.
    pub fn require(&self, name: &str) -> Result<()> {
        if self.has(name) {
            return Ok(());
        }
        Err(columns::missing(&self.name, &self.schema, name))
    }

    pub(crate) fn chunks(&self, name: &str) -> Result<impl Iterator<Item = &ArrayRef>> {
        let at = self
            .schema
            .index_of(name)
            .map_err(|_| columns::missing(&self.name, &self.schema, name))?;
        Ok(self.batches.iter().map(move |batch| batch.column(at)))
    }

    /// The values of the text column called `name`, with its nulls.
    pub fn optional_texts(&self, name: &str) -> Result<Vec<Option<&str>>> {
        let mut texts = Vec::with_capacity(self.len());
        for chunk in self.chunks(name)? {
            add_texts(&self.name, name, chunk, &mut texts)?;
        }
        Ok(texts)
    }

    /// The values of the text column called `name`; a null is an error that names its row.
    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        let texts = self.optional_texts(name)?;
        let whole = texts.iter().enumerate().map(|(row, text)| {
            text.ok_or_else(|| {
                Error::new(format!(
                    "{}: column `{name}` is null in row {}",
                    self.name,
                    self.first_row + row
                ))
                .with_hint("drop such rows first, or fill them")
            })
        });
        whole.collect()
    }

    /// The values of the column called `name` as they are shown, whatever its type; a null is `null`.
    pub fn shown(&self, name: &str) -> Result<Vec<String>> {
        let mut shown = Vec::with_capacity(self.len());
        for chunk in self.chunks(name)? {
            let texts = cast(chunk, &DataType::Utf8)?;
            let values = texts.as_string::<i32>().iter();
            shown.extend(values.map(|value| value.unwrap_or("null").to_owned()));
        }
        Ok(shown)
    }

    /// The values of the integer column called `name`, with its nulls.
    pub fn integers(&self, name: &str) -> Result<Vec<Option<i32>>> {
        let mut values = Vec::with_capacity(self.len());
        for chunk in self.chunks(name)? {
            values.extend(cast(chunk, &DataType::Int32)?.as_primitive::<Int32Type>());
        }
        Ok(values)
    }

    /// The values of the number column called `name`, with its nulls.
    pub fn floats(&self, name: &str) -> Result<Vec<Option<f64>>> {
        let mut values = Vec::with_capacity(self.len());
        for chunk in self.chunks(name)? {
            if !chunk.data_type().is_numeric() {
                return Err(Error::new(format!(
                    "{}: column `{name}` is {}, but a number is needed",
                    self.name,
                    chunk.data_type()
                )));
            }
            values.extend(cast(chunk, &DataType::Float64)?.as_primitive::<Float64Type>());
        }
        Ok(values)
    }

    /// For each row the id of the first row that it was made from, or its own where there is none:
    /// rows of one family share their accidents, and intervals are computed over families.
    pub fn families(&self) -> Result<Vec<String>> {
        let ids = self.texts(columns::ID.name)?;
        if !self.has(columns::PARENTS.name) {
            return Ok(ids.into_iter().map(str::to_owned).collect());
        }
        let kind = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
        let mut parents = Vec::with_capacity(self.len());
        for chunk in self.chunks(columns::PARENTS.name)? {
            for list in cast(chunk, &kind)?.as_list::<i32>() {
                let list = list.filter(|list| !list.is_empty() && list.is_valid(0));
                parents.push(list.map(|list| list.as_string::<i32>().value(0).to_owned()));
            }
        }
        let families = ids.into_iter().zip(parents);
        Ok(families
            .map(|(id, parent)| parent.unwrap_or_else(|| id.to_owned()))
            .collect())
    }

    /// The vectors of the column `embedding`, and what its field says of the embedder.
    pub fn vectors(&self) -> Result<(Vectors, FieldRef)> {
        let name = columns::EMBEDDING.name;
        columns::require(&self.name, &self.schema, &[&columns::EMBEDDING])?;
        let field = Arc::new(self.schema.field_with_name(name)?.clone());
        let DataType::FixedSizeList(_, dim) = field.data_type() else {
            return Err(columns::missing(&self.name, &self.schema, name));
        };
        let dim = *dim as usize;
        let mut values = Vec::with_capacity(self.len() * dim);
        for (batch, chunk) in self.chunks(name)?.enumerate() {
            let lists = chunk.as_fixed_size_list();
            if let Some(row) = (0..lists.len()).find(|row| lists.is_null(*row)) {
                let before: usize = self.batches[..batch]
                    .iter()
                    .map(RecordBatch::num_rows)
                    .sum();
                return Err(Error::new(format!(
                    "{}: column `{name}` is null in row {}",
                    self.name,
                    self.first_row + before + row
                )));
            }
            for row in 0..lists.len() {
                values.extend_from_slice(lists.value(row).as_primitive::<Float32Type>().values());
            }
        }
        let vectors = Vectors::new(values, dim).map_err(|cause| {
            Error::new(format!(
                "{}: column `{name}` holds no usable vectors",
                self.name
            ))
            .caused_by(cause)
        })?;
        Ok((vectors, field))
    }

    /// The rows at `indices`, in that order, a row more than once where it is named more than once.
    pub fn take(&self, indices: &[usize]) -> Result<Self> {
        let mut starts = vec![0];
        for batch in &self.batches {
            starts.push(starts[starts.len() - 1] + batch.num_rows());
        }
        let places: Vec<(usize, usize)> = indices
            .iter()
            .map(|index| {
                let batch = starts.partition_point(|start| start <= index) - 1;
                (batch, index - starts[batch])
            })
            .collect();
        let sources: Vec<&RecordBatch> = self.batches.iter().collect();
        let chunks = places
            .chunks(crate::formats::BATCH_ROWS)
            .map(|chunk| interleave_record_batch(&sources, chunk));
        let batches = chunks.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            batches,
            ..self.clone()
        })
    }

    /// The rows where `keep` says so.
    pub fn keep(&self, keep: &[bool]) -> Result<Self> {
        let mut start = 0;
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let mask = BooleanArray::from(keep[start..start + batch.num_rows()].to_vec());
            batches.push(filter_record_batch(batch, &mask)?);
            start += batch.num_rows();
        }
        Ok(Self {
            batches,
            ..self.clone()
        })
    }

    /// The same rows with one more column; a column that is already there is refused.
    pub fn with_column(&self, field: Field, values: &ArrayRef) -> Result<Self> {
        if self.has(field.name()) {
            return Err(Error::new(format!(
                "{} already has a column `{}`",
                self.name,
                field.name()
            )));
        }
        if values.len() != self.len() {
            return Err(Error::new(format!(
                "{} has {} rows, but its column `{}` has {}",
                self.name,
                self.len(),
                field.name(),
                values.len()
            )));
        }
        let mut fields: Vec<FieldRef> = self.schema.fields().iter().cloned().collect();
        fields.push(Arc::new(field));
        let schema = Arc::new(Schema::new(fields));
        let mut start = 0;
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let mut columns = batch.columns().to_vec();
            columns.push(values.slice(start, batch.num_rows()));
            batches.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
            start += batch.num_rows();
        }
        Ok(Self {
            schema,
            batches,
            ..self.clone()
        })
    }

    /// The same rows with `value` in place of each null of the text column called `name`.
    pub fn filled(&self, name: &str, value: &str) -> Result<Self> {
        let texts = self.optional_texts(name)?;
        if texts.iter().all(Option::is_some) {
            return Ok(self.clone());
        }
        let at = self.schema.index_of(name)?;
        let mut fields: Vec<FieldRef> = self.schema.fields().iter().cloned().collect();
        fields[at] = Arc::new(Field::clone(&fields[at]).with_data_type(DataType::Utf8));
        let schema = Arc::new(Schema::new(fields));
        let mut texts = texts.into_iter().map(|text| text.unwrap_or(value));
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let mut columns = batch.columns().to_vec();
            let part = texts.by_ref().take(batch.num_rows());
            columns[at] = Arc::new(StringArray::from_iter_values(part));
            batches.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
        }
        Ok(Self {
            schema,
            batches,
            ..self.clone()
        })
    }

    /// The rows of `tables` one after the other.
    ///
    /// A column that one of them lacks is null there; a column of two types, or of vectors of two
    /// embedders, is an error.
    pub fn stack(name: &str, tables: &[&Self]) -> Result<Self> {
        let schema = stacked(name, tables.iter().map(|table| &table.schema))?;
        let mut batches = Vec::new();
        for batch in tables.iter().flat_map(|table| &table.batches) {
            batches.push(widened(batch, &schema)?);
        }
        let inputs = tables
            .iter()
            .flat_map(|table| table.inputs.iter().cloned())
            .collect();
        Ok(Self {
            name: name.to_owned(),
            schema,
            batches,
            inputs,
            first_row: 0,
        })
    }

    /// All rows as one batch.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        Ok(concat_batches(&self.schema, &self.batches)?)
    }

    /// Writes all rows.
    pub fn write(&self, writer: &mut Writer) -> Result<()> {
        self.batches
            .iter()
            .try_for_each(|batch| writer.write(batch))
    }
}

/// The values of the text column called `column` of one batch of the set called `name`, with its nulls.
pub fn optional_texts<'a>(
    name: &str,
    batch: &'a RecordBatch,
    column: &str,
) -> Result<Vec<Option<&'a str>>> {
    let found = batch
        .column_by_name(column)
        .ok_or_else(|| columns::missing(name, batch.schema_ref(), column))?;
    let mut texts = Vec::with_capacity(batch.num_rows());
    add_texts(name, column, found, &mut texts)?;
    Ok(texts)
}

fn add_texts<'a>(
    name: &str,
    column: &str,
    chunk: &'a ArrayRef,
    texts: &mut Vec<Option<&'a str>>,
) -> Result<()> {
    match chunk.data_type() {
        DataType::Utf8 => texts.extend(chunk.as_string::<i32>()),
        DataType::LargeUtf8 => texts.extend(chunk.as_string::<i64>()),
        DataType::Utf8View => texts.extend(chunk.as_string_view()),
        DataType::Null => texts.extend(std::iter::repeat_n(None, chunk.len())),
        other => {
            return Err(Error::new(format!(
                "{name}: column `{column}` is {other}, but text is needed"
            )));
        }
    }
    Ok(())
}

/// The names of the columns of `schema`, as a message lists them.
pub fn column_names(schema: &Schema) -> String {
    listed(schema.fields().iter().map(|field| field.name().as_str()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, ListBuilder, StringBuilder};

    use super::*;

    fn table(values: &[&str]) -> Table {
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, true)]));
        let batches = values.iter().map(|value| {
            let array: ArrayRef = Arc::new(StringArray::from(vec![*value, "end"]));
            RecordBatch::try_new(Arc::clone(&schema), vec![array]).expect("one column")
        });
        Table::new("set", Arc::clone(&schema), batches.collect())
    }

    #[test]
    fn rows_are_taken_across_batches_in_the_order_asked_for() {
        let taken = table(&["a", "b"]).take(&[2, 0, 2]).expect("rows");
        assert_eq!(taken.texts("text").expect("text"), ["b", "a", "b"]);
        let kept = table(&["a", "b"])
            .keep(&[false, true, true, false])
            .expect("rows");
        assert_eq!(kept.texts("text").expect("text"), ["end", "b"]);
    }

    #[test]
    fn a_column_is_added_and_never_overwritten() {
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3, 4]));
        let field = Field::new("n", DataType::Int32, false);
        let wider = table(&["a", "b"])
            .with_column(field.clone(), &numbers)
            .expect("added");
        assert_eq!(
            wider.integers("n").expect("numbers"),
            [Some(1), Some(2), Some(3), Some(4)]
        );
        assert!(wider.with_column(field.clone(), &numbers).is_err());
        assert!(table(&["a"]).with_column(field, &numbers).is_err());
    }

    #[test]
    fn a_column_that_one_source_lacks_is_null_there() {
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        let wide = table(&["a"]).with_column(Field::new("n", DataType::Int32, false), &numbers);
        let both = Table::stack("both", &[&wide.expect("added"), &table(&["b"])]).expect("stacked");
        assert_eq!(
            both.integers("n").expect("numbers"),
            [Some(1), Some(2), None, None]
        );
        assert_eq!(both.len(), 4);
    }

    #[test]
    fn rows_of_one_parent_are_one_family_with_the_parent_itself() {
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_null();
        lists.append_value([Some("a"), Some("z")]);
        lists.append(true);
        lists.append_value([Some("z")]);
        let parents: ArrayRef = Arc::new(lists.finish());
        let columns = [("id", ids, true), ("parents", parents, true)];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("one length");
        let table = Table::new("set", batch.schema(), vec![batch]);
        assert_eq!(table.families().expect("families"), ["a", "a", "c", "z"]);
    }

    #[test]
    fn vectors_of_two_embedders_are_not_stacked() {
        let item = Arc::new(Field::new("item", DataType::Float32, false));
        let kind = DataType::FixedSizeList(item, 1);
        let made = |embedder: &str| {
            let values = arrow::array::new_null_array(&kind, 2);
            let said = [("embedder".to_owned(), embedder.to_owned())];
            let field = Field::new("embedding", kind.clone(), true).with_metadata(said);
            table(&["a"]).with_column(field, &values).expect("added")
        };
        assert!(Table::stack("both", &[&made("one"), &made("one")]).is_ok());
        let error = Table::stack("both", &[&made("one"), &made("other")]).expect_err("two");
        let message = error.to_string();
        assert!(message.contains("embedder one"), "{message}");
        assert!(message.contains("embedder other"), "{message}");
    }

    #[test]
    fn identical_rows_of_two_sources_get_different_ids() {
        let folder = tempfile::tempdir().expect("a folder");
        let sources = ["a.jsonl", "b.jsonl"].map(|name| Source::Path(folder.path().join(name)));
        std::fs::write(folder.path().join("a.jsonl"), "{\"text\":\"x\"}\n").expect("written");
        let more = "{\"text\":\"x\"}\n{\"text\":\"y\",\"n\":1}\n";
        std::fs::write(folder.path().join("b.jsonl"), more).expect("written");
        let tables = Table::read_each(&sources, &Reading::default(), "input", &[]).expect("sets");
        let both = Table::stack("both", &tables.iter().collect::<Vec<_>>()).expect("stacked");
        let ids = both.texts("id").expect("ids");
        assert_ne!(ids[0], ids[1]);
        let alone = Table::read(&sources[1], &Reading::default(), "input", &[]).expect("a set");
        assert_eq!(alone.texts("id").expect("ids"), [ids[0], ids[2]]);
        let lines: String = tables
            .iter()
            .filter_map(Table::hash)
            .map(|hash| format!("{hash}\n"))
            .collect();
        assert_eq!(both.hash(), Some(ContentHash::of_bytes(lines.as_bytes())));
    }

    #[test]
    fn a_null_text_is_named_by_its_row() {
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, true)]));
        let array: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![array]).expect("one column");
        let error = Table::new("set", schema, vec![batch])
            .texts("text")
            .map(|_| ())
            .expect_err("a null");
        assert_eq!(error.to_string(), "set: column `text` is null in row 1");
    }
}
