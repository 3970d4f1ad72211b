//! A set that is read once and gone through several times: in memory up to a bound, in an unnamed temporary file beyond it.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek as _, Write as _};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use crate::canonical::Reading;
use crate::columns::{self, Column};
use crate::error::{Error, Result};
use crate::id::IdAssigner;
use crate::provenance::Input;
use crate::rows::open_with;
use crate::source::Source;
use crate::union::{stacked, widened};

/// The rows of one or several sources as one set, which can be gone through again and again.
///
/// Reading again would mean to parse, to hash and to give ids again, and standard input is there
/// only once; so the rows are kept as they were read, uncompressed.
pub struct Replay {
    name: String,
    schema: SchemaRef,
    parts: Vec<Part>,
    rows: usize,
    bytes: usize,
    inputs: Vec<Input>,
}

/// The rows of one source: the first ones in memory, the others in a file.
struct Part {
    schema: SchemaRef,
    held: Vec<RecordBatch>,
    spilled: Option<Spilled>,
}

/// Batches in a temporary file that has no name, so that nothing of it stays behind.
struct Spilled {
    writer: StreamWriter<BufWriter<File>>,
    file: File,
}

fn io(cause: std::io::Error) -> Error {
    Error::io("keep rows in", "a temporary file", cause)
}

impl Spilled {
    fn create(schema: &SchemaRef) -> Result<Self> {
        let file = tempfile::tempfile().map_err(io)?;
        let copy = file.try_clone().map_err(io)?;
        let writer = StreamWriter::try_new(BufWriter::with_capacity(1 << 20, copy), schema)?;
        Ok(Self { writer, file })
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish()?;
        self.writer.get_mut().flush().map_err(io)
    }

    /// The batches; one reader at a time, since readers share one place in the file.
    fn batches(&self) -> Result<StreamReader<BufReader<File>>> {
        let mut file = self.file.try_clone().map_err(io)?;
        file.rewind().map_err(io)?;
        let reader = BufReader::with_capacity(1 << 20, file);
        Ok(StreamReader::try_new(reader, None)?)
    }
}

impl Replay {
    /// Reads `sources` one after the other as `role`, as one set that has the columns `reads`.
    ///
    /// At most about `bound` bytes of rows stay in memory. `visit` is handed every batch as it is
    /// read, with the name of its source and the number of its first row; columns that only
    /// another source has are not there.
    pub fn read<E: From<Error>>(
        sources: &[Source],
        how: &Reading,
        role: &str,
        reads: &[&Column],
        bound: usize,
        mut visit: impl FnMut(&str, &RecordBatch, usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut ids = IdAssigner::default();
        let (mut left, mut rows, mut bytes) = (bound, 0, 0);
        let (mut parts, mut names, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            let mut reading = open_with(source, how, ids)?;
            columns::require(reading.name(), reading.schema(), reads)?;
            let name = reading.name().to_owned();
            let mut part = Part::new(reading.schema());
            for batch in reading.by_ref() {
                let batch = batch?;
                visit(&name, &batch, rows)?;
                rows += batch.num_rows();
                bytes += batch.get_array_memory_size();
                part.add(batch, &mut left)?;
            }
            part.finish()?;
            let (read, given) = reading.into_parts(role)?;
            inputs.extend(read);
            parts.push(part);
            names.push(name);
            ids = given;
        }
        let name = match &names[..] {
            [one] => one.clone(),
            _ => "the inputs".to_owned(),
        };
        let schema = match &parts[..] {
            [one] => Arc::clone(&one.schema),
            _ => stacked(&name, parts.iter().map(|part| &part.schema))?,
        };
        Ok(Self {
            name,
            schema,
            parts,
            rows,
            bytes,
            inputs,
        })
    }

    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns of all sources.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How much memory all rows would take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What was read, for the provenance.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Hands every batch to `visit`, with the number of its first row; all have
    /// [`schema`](Self::schema), a column that one source lacks is null there.
    pub fn each<E: From<Error>>(
        &self,
        mut visit: impl FnMut(&RecordBatch, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = 0;
        for part in &self.parts {
            let spilled = part.spilled.as_ref().map(Spilled::batches).transpose()?;
            let held = part.held.iter().cloned().map(Ok);
            for batch in held.chain(spilled.into_iter().flatten()) {
                let batch = batch.map_err(Error::from)?;
                let batch = if batch.schema_ref().fields() == self.schema.fields() {
                    batch
                } else {
                    widened(&batch, &self.schema)?
                };
                visit(&batch, first)?;
                first += batch.num_rows();
            }
        }
        Ok(())
    }
}

impl Part {
    fn new(schema: &SchemaRef) -> Self {
        Self {
            schema: Arc::clone(schema),
            held: Vec::new(),
            spilled: None,
        }
    }

    /// Keeps `batch` in memory as long as `left` bytes allow it and none before it was spilled.
    fn add(&mut self, batch: RecordBatch, left: &mut usize) -> Result<()> {
        let size = batch.get_array_memory_size();
        if self.spilled.is_none() && size <= *left {
            *left -= size;
            self.held.push(batch);
            return Ok(());
        }
        *left = 0;
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled::create(&self.schema)?),
        };
        Ok(spilled.writer.write(&batch)?)
    }

    fn finish(&mut self) -> Result<()> {
        self.spilled.as_mut().map_or(Ok(()), Spilled::finish)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;

    use super::*;

    fn texts(replay: &Replay) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        let read = replay.each(|batch, first| {
            let column = batch
                .column_by_name("text")
                .expect("a text")
                .as_string::<i32>();
            all.extend(
                column
                    .iter()
                    .enumerate()
                    .map(|(row, text)| (first + row, text.unwrap_or("").to_owned())),
            );
            Ok::<_, Error>(())
        });
        read.expect("rows");
        all
    }

    fn read(sources: &[Source], bound: usize) -> Replay {
        let mut rows = 0;
        let seen = |_: &str, batch: &RecordBatch, first: usize| {
            assert_eq!(first, rows);
            rows += batch.num_rows();
            Ok::<_, Error>(())
        };
        Replay::read(sources, &Reading::default(), "input", &[], bound, seen).expect("a set")
    }

    #[test]
    fn rows_are_the_same_from_memory_and_from_a_file_and_as_often_as_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("set.txt");
        let lines: String = (0..20_000).map(|row| format!("row {row}\n")).collect();
        std::fs::write(&path, lines).expect("written");
        let sources = [Source::Path(path)];
        let (held, spilled) = (read(&sources, usize::MAX), read(&sources, 0));
        assert!(held.parts[0].spilled.is_none() && spilled.parts[0].held.is_empty());
        let partly = read(&sources, 1_000_000);
        assert!(partly.parts[0].spilled.is_some() && !partly.parts[0].held.is_empty());
        let all = texts(&held);
        assert_eq!((held.len(), all.len()), (20_000, 20_000));
        assert_eq!(all[12_345], (12_345, "row 12345".to_owned()));
        assert!(texts(&spilled) == all && texts(&spilled) == all && texts(&partly) == all);
    }

    #[test]
    fn a_column_that_one_source_lacks_is_null_there_and_ids_differ() {
        let folder = tempfile::tempdir().expect("a folder");
        let sources = ["a.jsonl", "b.jsonl"].map(|name| Source::Path(folder.path().join(name)));
        std::fs::write(folder.path().join("a.jsonl"), "{\"text\":\"x\"}\n").expect("written");
        let more = "{\"text\":\"x\"}\n{\"text\":\"y\",\"n\":1}\n";
        std::fs::write(folder.path().join("b.jsonl"), more).expect("written");
        for bound in [0, usize::MAX] {
            let both = read(&sources, bound);
            let (mut ids, mut nulls) = (Vec::new(), Vec::new());
            let read = both.each(|batch, _| {
                let column = batch.column_by_name("id").expect("ids").as_string::<i32>();
                ids.extend(column.iter().flatten().map(str::to_owned));
                let n = batch.column_by_name("n").expect("numbers");
                nulls.extend((0..batch.num_rows()).map(|row| n.is_null(row)));
                Ok::<_, Error>(())
            });
            read.expect("rows");
            assert_eq!(nulls, [true, true, false]);
            assert!(ids[0] != ids[1] && ids.len() == 3);
        }
    }
}
