//! Reads a set as a stream of batches with canonical columns, ids and a known history.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::canonical::{Mapping, Reading};
use crate::columns;
use crate::digest::{Digest, add_text, row_contents};
use crate::error::{Error, Result, shown};
use crate::formats::{Format, RawRows, ipc};
use crate::id::IdAssigner;
use crate::provenance::{Input, InputNode, Provenance};
use crate::source::{Piece, Source};

/// The rows of a source, batch after batch; memory is that of one batch, and up to 40 bytes for
/// each distinct row where ids have to be given.
pub struct Rows {
    name: String,
    schema: SchemaRef,
    how: Reading,
    waiting: VecDeque<Piece>,
    current: Option<Open>,
    ids: IdAssigner,
    id_rule: Ids,
    inputs: Vec<Input>,
}

/// What becomes of the ids of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ids {
    /// They are there, and each is checked.
    Checked,
    /// They are given.
    Given,
    /// They are as the file has them, if it has any.
    AsFound,
}

/// A file that is being read.
struct Open {
    name: String,
    revision: Option<String>,
    mapping: Mapping,
    batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send>,
    /// The first batch, where it was looked at before it was asked for.
    peeked: Option<RecordBatch>,
    digest: Digest,
    provenance: Arc<OnceLock<String>>,
}

/// Opens `source`.
///
/// Columns get their canonical names, and rows without an id get one. A set that carries
/// provenance is checked against it when its last row was read.
pub fn open(source: &Source, how: &Reading) -> Result<Rows> {
    open_with(source, how, IdAssigner::default())
}

/// Opens `source` as [`open`] does, giving ids as `ids` does after all that it gave before:
/// rows of several sources that are one set take it over from each other, see
/// [`Rows::into_parts`].
pub fn open_with(source: &Source, how: &Reading, ids: IdAssigner) -> Result<Rows> {
    let (first, waiting) = match source {
        Source::Stdin => {
            let input = open_pipe(Box::new(io::stdin()), "standard input", how)?;
            (input, VecDeque::new())
        }
        Source::Path(path) if source.is_read_once() => {
            let name = source.to_string();
            let file = File::open(path).map_err(|cause| Error::io("read", &name, cause))?;
            (open_pipe(Box::new(file), &name, how)?, VecDeque::new())
        }
        _ => {
            let mut pieces = VecDeque::from(source.pieces(how.split.as_deref())?);
            let first = pieces
                .pop_front()
                .ok_or_else(|| Error::new(format!("{source} has no files")))?;
            (open_piece(&first, how)?, pieces)
        }
    };
    let mut first = first;
    let id_rule = match how.ids_as_found {
        true => Ids::AsFound,
        false if first.has_ids()? => Ids::Checked,
        false => Ids::Given,
    };
    let mapped = first.mapping.schema();
    let schema = match id_rule {
        Ids::Given => with_id(&mapped),
        Ids::Checked | Ids::AsFound => mapped,
    };
    Ok(Rows {
        name: source.to_string(),
        schema,
        how: how.clone(),
        waiting,
        current: Some(first),
        ids,
        id_rule,
        inputs: Vec::new(),
    })
}

/// The name that a column `id` of another tool, which holds no ids of ours, is read under.
const FOREIGN_ID: &str = "id_original";

fn open_piece(piece: &Piece, how: &Reading) -> Result<Open> {
    let format = how
        .format
        .map_or_else(|| Format::detect(&piece.path, &piece.name), Ok)?;
    Open::new(
        format.open(&piece.path, &piece.name)?,
        &piece.name,
        piece.revision.clone(),
        how,
    )
}

/// An IPC stream that comes through a pipe is read as it comes; any other format is kept in a
/// temporary file first, since it is read twice or from its end.
fn open_pipe(input: Box<dyn Read + Send>, name: &str, how: &Reading) -> Result<Open> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let head = input
        .fill_buf()
        .map_err(|cause| Error::io("read", name, cause))?;
    if head.is_empty() {
        return Err(Error::new(format!("{name} is empty"))
            .with_hint("the stage before this one wrote nothing; see what it printed"));
    }
    if head.starts_with(&[0xff; 4]) && how.format.is_none_or(|format| format == Format::Arrow) {
        return Open::new(ipc::open_stream(Box::new(input), name)?, name, None, how);
    }
    let spooled = spool(input, name)?;
    let format = match how.format {
        Some(format) => format,
        None => Format::detect(spooled.path(), name)?,
    };
    let raw = format.open(spooled.path(), name)?;
    Open::new(keeping(raw, spooled), name, None, how)
}

fn spool(mut input: impl Read, name: &str) -> Result<tempfile::NamedTempFile> {
    let io = |cause| Error::io("keep a copy of", name, cause);
    let mut file = tempfile::NamedTempFile::new().map_err(io)?;
    io::copy(&mut input, &mut file).map_err(io)?;
    file.flush().map_err(io)?;
    Ok(file)
}

/// The same rows, keeping the temporary file until they are read.
fn keeping(raw: RawRows, file: tempfile::NamedTempFile) -> RawRows {
    let mut batches = raw.batches;
    let kept = std::iter::from_fn(move || {
        let _ = &file;
        batches.next()
    });
    RawRows {
        batches: Box::new(kept),
        ..raw
    }
}

impl Open {
    fn new(raw: RawRows, name: &str, revision: Option<String>, how: &Reading) -> Result<Self> {
        let mapping = Mapping::new(name, &raw.schema, raw.huggingface.as_deref(), how)?;
        Ok(Self {
            name: name.to_owned(),
            revision,
            mapping,
            batches: raw.batches,
            peeked: None,
            digest: Digest::new(&raw.schema),
            provenance: raw.provenance,
        })
    }

    /// Whether the column `id` is there and holds ids of ours, by the first rows.
    fn has_ids(&mut self) -> Result<bool> {
        let schema = self.mapping.schema();
        let Ok(field) = schema.field_with_name(columns::ID.name) else {
            return Ok(false);
        };
        if !columns::ID.kind.accepts(field.data_type()) {
            return Ok(false);
        }
        self.peeked = self.next()?;
        let column = self
            .peeked
            .as_ref()
            .and_then(|batch| batch.column_by_name(columns::ID.name));
        let Some(column) = column else {
            return Ok(true);
        };
        let texts = cast(column, &DataType::Utf8)?;
        Ok(texts
            .as_string::<i32>()
            .iter()
            .all(|id| id.is_some_and(is_row_id)))
    }

    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(peeked) = self.peeked.take() {
            return Ok(Some(peeked));
        }
        let Some(batch) = self.batches.next().transpose()? else {
            return Ok(None);
        };
        self.digest.update(&batch)?;
        self.mapping.apply(&batch).map(Some)
    }

    /// Checks that every row of the batch that was just read has an id of ours.
    fn check_ids(&self, batch: &RecordBatch) -> Result<()> {
        let Some(column) = batch.column_by_name(columns::ID.name) else {
            return Ok(());
        };
        let texts = cast(column, &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        match texts.iter().position(|id| !id.is_some_and(is_row_id)) {
            None => Ok(()),
            Some(row) => Err(Error::new(format!(
                "{}: the id `{}` of row {} is no id of 32 hex digits, as those before it are",
                self.name,
                shown(texts.value(row)),
                self.digest.rows() as usize - batch.num_rows() + row
            ))),
        }
    }

    /// What was read, once all of it was.
    fn input(self, accept_edited: bool) -> Result<Input> {
        let rows = self.digest.rows();
        let hash = self.digest.finish();
        let json = self.provenance.get();
        let mut provenance = json
            .map(|json| Provenance::parse(&self.name, json))
            .transpose()?;
        if provenance
            .as_ref()
            .is_some_and(|claimed| claimed.of != hash)
        {
            if !accept_edited {
                return Err(Error::new(format!(
                    "{}: its rows are not those that its provenance speaks of: it was edited or damaged",
                    self.name
                ))
                .with_hint("make it again, or `ingest` it to take it as it is, of unknown origin"));
            }
            provenance = None;
        }
        let node = InputNode {
            role: String::new(),
            name: self.name,
            hash,
            rows,
            revision: self.revision,
        };
        Ok(Input { node, provenance })
    }
}

fn is_row_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The schema with a column `id` in front; one that is there is another tool's.
fn with_id(schema: &Schema) -> SchemaRef {
    let mut fields = vec![Arc::new(Field::new(
        columns::ID.name,
        DataType::Utf8,
        false,
    ))];
    fields.extend(schema.fields().iter().map(|field| {
        if field.name() == columns::ID.name {
            Arc::new(field.as_ref().clone().with_name(FOREIGN_ID))
        } else {
            Arc::clone(field)
        }
    }));
    Arc::new(Schema::new(fields))
}

impl Rows {
    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Gives ids as `ids` does after all that it gave before; for the time before the first row.
    pub(crate) fn give_ids_after(&mut self, ids: IdAssigner) {
        self.ids = ids;
    }

    /// Reads what is left, and says what was read, as `role`; one entry a file.
    pub fn into_inputs(self, role: &str) -> Result<Vec<Input>> {
        self.into_parts(role).map(|(inputs, _)| inputs)
    }

    /// The same, with what gave the ids, for the next source of the same set.
    pub fn into_parts(mut self, role: &str) -> Result<(Vec<Input>, IdAssigner)> {
        while self.advance()?.is_some() {}
        for input in &mut self.inputs {
            role.clone_into(&mut input.node.role);
        }
        Ok((self.inputs, self.ids))
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        while let Some(open) = self.current.as_mut() {
            if let Some(batch) = open.next()? {
                if self.id_rule == Ids::Checked {
                    open.check_ids(&batch)?;
                }
                return self.finish_batch(batch).map(Some);
            }
            if let Some(read) = self.current.take() {
                self.inputs.push(read.input(self.how.accept_edited)?);
            }
            if let Some(piece) = self.waiting.pop_front() {
                self.current = Some(open_piece(&piece, &self.how)?);
            }
        }
        Ok(None)
    }

    fn finish_batch(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let batch = match self.id_rule {
            Ids::Given => assign_ids(&mut self.ids, &batch, &self.how.marks)?,
            Ids::Checked | Ids::AsFound => batch,
        };
        if batch.schema_ref().fields() != self.schema.fields() {
            return self.reconcile(&batch);
        }
        Ok(batch)
    }

    /// Brings a later shard to the schema of the first, if it has the same columns.
    fn reconcile(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let name = self
            .current
            .as_ref()
            .map_or(self.name.as_str(), |open| &open.name);
        let columns = self.schema.fields().iter().map(|field| {
            let found = batch.column_by_name(field.name()).ok_or_else(|| {
                Error::new(format!(
                    "{name} has no column `{}`, which the files before it have",
                    field.name()
                ))
            })?;
            let differs = || {
                Error::new(format!(
                    "{name}: column `{}` is {}, but the files before it have {}",
                    field.name(),
                    found.data_type(),
                    field.data_type()
                ))
            };
            if !keeps_all(found.data_type(), field.data_type()) {
                return Err(differs());
            }
            cast(found, field.data_type()).map_err(|cause| differs().caused_by(cause))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        if batch.num_columns() != columns.len() {
            return Err(Error::new(format!(
                "{name} has {} columns, but the files before it have {}",
                batch.num_columns(),
                columns.len()
            )));
        }
        let vectors = columns::EMBEDDING.name;
        let fields = (
            self.schema.field_with_name(vectors),
            batch.schema_ref().field_with_name(vectors),
        );
        if let (Ok(before), Ok(found)) = fields {
            columns::one_embedder(name, before, found)?;
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// Whether every value of type `from` is there unchanged as one of type `to`.
fn keeps_all(from: &DataType, to: &DataType) -> bool {
    use DataType::{FixedSizeList, Int32, Int64, LargeList, List, Null, Struct};
    match (from, to) {
        (List(from) | LargeList(from), List(to) | LargeList(to)) => {
            keeps_all(from.data_type(), to.data_type())
        }
        (FixedSizeList(from, n), FixedSizeList(to, m)) => {
            n == m && keeps_all(from.data_type(), to.data_type())
        }
        (Struct(from), Struct(to)) => {
            let same = |(from, to): (&Arc<Field>, &Arc<Field>)| {
                from.name() == to.name() && keeps_all(from.data_type(), to.data_type())
            };
            from.len() == to.len() && from.iter().zip(to).all(same)
        }
        (Null, _) | (Int32, Int64) => true,
        _ => from == to || (columns::is_text(from) && columns::is_text(to)),
    }
}

fn assign_ids(
    ids: &mut IdAssigner,
    batch: &RecordBatch,
    marks: &BTreeMap<&'static str, String>,
) -> Result<RecordBatch> {
    let mut contents = row_contents(batch)?;
    for (name, value) in marks {
        if batch.column_by_name(name).is_none() {
            contents
                .iter_mut()
                .for_each(|content| add_text(name, value, content));
        }
    }
    let assigned = contents
        .iter()
        .map(|content| ids.assign(content).to_string());
    let id: ArrayRef = Arc::new(StringArray::from_iter_values(assigned));
    let mut columns = vec![id];
    columns.extend(batch.columns().iter().cloned());
    Ok(RecordBatch::try_new(with_id(batch.schema_ref()), columns)?)
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if matches!(next, Some(Err(_))) {
            self.current = None;
            self.waiting.clear();
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arrow::array::{FixedSizeListArray, Float32Array};

    use super::*;
    use crate::RowEquation;
    use crate::provenance::Run;
    use crate::writer::{Sink, Writer};

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    fn ids(path: &Path, how: &Reading) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for batch in open(&Source::Path(path.to_owned()), how)? {
            let column = batch?.column(0).as_string::<i32>().clone();
            ids.extend(column.iter().flatten().map(str::to_owned));
        }
        Ok(ids)
    }

    fn refused(files: &[(&str, &str)]) -> String {
        let folder = folder(files);
        let read = ids(folder.path(), &Reading::default());
        read.expect_err("refused").to_string()
    }

    #[test]
    fn a_later_shard_that_would_lose_values_is_refused() {
        let whole = ("a.jsonl", "{\"n\":1}\n");
        let message = refused(&[whole, ("b.jsonl", "{\"n\":1.5}\n")]);
        assert_eq!(
            message,
            "b.jsonl: column `n` is Float64, but the files before it have Int64"
        );
        let message = refused(&[whole, ("b.jsonl", "{\"n\":\"one\"}\n")]);
        assert!(message.contains("Int64"), "{message}");
    }

    #[test]
    fn a_later_shard_without_values_is_read() {
        let folder = folder(&[
            ("a.jsonl", "{\"n\":[\"x\"]}\n"),
            ("b.jsonl", "{\"n\":null}\n{\"n\":[]}\n"),
        ]);
        assert_eq!(
            ids(folder.path(), &Reading::default()).expect("ids").len(),
            3
        );
    }

    #[test]
    fn a_later_row_without_an_id_of_ours_is_named() {
        let id = "0123456789abcdef0123456789abcdef";
        let first = format!("{{\"id\":\"{id}\"}}\n");
        let message = refused(&[
            ("a.jsonl", &first),
            ("b.jsonl", &format!("{first}{{\"id\":\"x\"}}\n")),
        ]);
        assert!(
            message.starts_with("b.jsonl: the id `x` of row 1"),
            "{message}"
        );
    }

    #[test]
    fn a_mark_tells_equal_rows_apart_unless_the_file_has_it() {
        let folder = folder(&[
            ("a.jsonl", "{\"text\":\"x\"}\n"),
            ("b.jsonl", "{\"text\":\"x\",\"source\":\"human\"}\n"),
        ]);
        let marked = |name: &str, source: Option<&str>| {
            let marks = source.map(|source| ("source", source.to_owned()));
            let how = Reading {
                marks: marks.into_iter().collect(),
                ..Reading::default()
            };
            ids(&folder.path().join(name), &how).expect("ids").remove(0)
        };
        assert_ne!(
            marked("a.jsonl", Some("human")),
            marked("a.jsonl", Some("gpt2"))
        );
        assert_ne!(marked("a.jsonl", Some("human")), marked("a.jsonl", None));
        assert_eq!(marked("b.jsonl", Some("gpt2")), marked("b.jsonl", None));
    }

    #[test]
    fn ids_are_left_as_they_are_where_that_is_asked_for() {
        let folder = folder(&[
            ("a.jsonl", "{\"text\":\"x\"}\n"),
            (
                "b.jsonl",
                "{\"text\":\"x\",\"id\":7}\n{\"text\":\"y\",\"id\":7}\n",
            ),
        ]);
        let how = Reading {
            ids_as_found: true,
            ..Reading::default()
        };
        let columns = |name: &str| {
            let rows = open(&Source::Path(folder.path().join(name)), &how).expect("opened");
            let fields = rows.schema().fields().iter();
            let names: Vec<String> = fields.map(|field| field.name().clone()).collect();
            let read: usize = rows.map(|batch| batch.expect("rows").num_rows()).sum();
            (names.join(" "), read)
        };
        assert_eq!(columns("a.jsonl"), ("text".to_owned(), 1));
        assert_eq!(columns("b.jsonl"), ("text id".to_owned(), 2));
    }

    /// Writes a shard with one vector, made by `embedder`.
    fn write_vector(path: &Path, embedder: &str) {
        let item = Arc::new(Field::new("item", DataType::Float32, false));
        let values: ArrayRef = Arc::new(Float32Array::from(vec![1.0, 0.0]));
        let vectors = FixedSizeListArray::try_new(Arc::clone(&item), 2, values, None);
        let said = [("embedder".to_owned(), embedder.to_owned())];
        let field = Field::new("embedding", DataType::FixedSizeList(item, 2), false);
        let schema = Arc::new(Schema::new(vec![field.with_metadata(said)]));
        let batch = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![Arc::new(vectors.expect("one vector"))],
        );
        let mut writer = Writer::create(&Sink::Path(path.to_owned()), &schema).expect("begun");
        writer.write(&batch.expect("a row")).expect("written");
        let run = Run {
            stage: "embed",
            arguments: BTreeMap::new(),
            seed: None,
            inputs: Vec::new(),
            rows: RowEquation::Same { rows_in: 1, out: 1 },
            drops: BTreeMap::new(),
        };
        writer.finish(&run).expect("published");
    }

    #[test]
    fn a_later_shard_of_another_embedder_is_refused_with_both() {
        let folder = folder(&[]);
        write_vector(&folder.path().join("a.parquet"), "one");
        write_vector(&folder.path().join("b.parquet"), "one");
        assert_eq!(
            ids(folder.path(), &Reading::default()).expect("ids").len(),
            2
        );
        write_vector(&folder.path().join("b.parquet"), "other");
        let error = ids(folder.path(), &Reading::default()).expect_err("two embedders");
        assert_eq!(
            error.to_string(),
            "b.parquet: column `embedding` was made by embedder one in one place and by embedder other in another"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_with_a_name_is_read_once() {
        let folder = folder(&[]);
        let path = folder.path().join("pipe.jsonl");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
        let writer = std::thread::spawn({
            let path = path.clone();
            move || std::fs::write(path, "{\"text\":\"x\"}\n{\"text\":\"y\"}\n")
        });
        assert_eq!(ids(&path, &Reading::default()).expect("ids").len(), 2);
        writer.join().expect("joined").expect("written");
    }
}
