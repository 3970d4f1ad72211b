//! Reads several sources as one set: the rows of one after those of another, batch by batch.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::canonical::Reading;
use crate::columns::{self, Column};
use crate::error::Result;
use crate::id::IdAssigner;
use crate::provenance::Input;
use crate::rows::{Rows, open};
use crate::source::Source;
use crate::union::{stacked, widened};

/// How many sources are kept open until it is their turn; later ones are closed and opened again,
/// since a process may not have any number of files open.
const OPEN_AT_ONCE: usize = 64;

/// The rows of several sources; memory is that of [`Rows`].
pub struct Stacked {
    name: String,
    schema: SchemaRef,
    how: Reading,
    waiting: VecDeque<Waiting>,
    current: Option<Rows>,
    ids: IdAssigner,
    inputs: Vec<Input>,
}

enum Waiting {
    Open(Box<Rows>),
    Closed(Source),
}

/// Opens each of `sources`, after checking that it has the columns `reads`.
///
/// A column that one of several lacks is null there. No two rows without an id get the same, even
/// where they are in different sources.
pub fn open_each(sources: &[Source], how: &Reading, reads: &[&Column]) -> Result<Stacked> {
    let mut names = Vec::with_capacity(sources.len());
    let mut schemas = Vec::with_capacity(sources.len());
    let mut waiting = VecDeque::with_capacity(sources.len());
    for source in sources {
        let rows = open(source, how)?;
        columns::require(rows.name(), rows.schema(), reads)?;
        names.push(rows.name().to_owned());
        schemas.push(Arc::clone(rows.schema()));
        waiting.push_back(if waiting.len() < OPEN_AT_ONCE || source.is_read_once() {
            Waiting::Open(Box::new(rows))
        } else {
            Waiting::Closed(source.clone())
        });
    }
    let (name, schema) = match (&names[..], &schemas[..]) {
        ([name], [schema]) => (name.clone(), Arc::clone(schema)),
        _ => ("the inputs".to_owned(), stacked("the inputs", &schemas)?),
    };
    Ok(Stacked {
        name,
        schema,
        how: how.clone(),
        waiting,
        current: None,
        ids: IdAssigner::default(),
        inputs: Vec::new(),
    })
}

impl Stacked {
    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Reads what is left, and says what was read, as `role`; one entry a file.
    pub fn into_inputs(mut self, role: &str) -> Result<Vec<Input>> {
        while self.advance()?.is_some() {}
        for input in &mut self.inputs {
            role.clone_into(&mut input.node.role);
        }
        Ok(self.inputs)
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let Some(rows) = self.current.as_mut() else {
                let Some(next) = self.waiting.pop_front() else {
                    return Ok(None);
                };
                self.current = Some(self.begin(next)?);
                continue;
            };
            match rows.next().transpose()? {
                Some(batch) if batch.schema_ref().fields() == self.schema.fields() => {
                    return Ok(Some(batch));
                }
                Some(batch) => return widened(&batch, &self.schema).map(Some),
                None => self.end()?,
            }
        }
    }

    /// The rows of the next source, which get the ids that come after those given so far.
    fn begin(&mut self, next: Waiting) -> Result<Rows> {
        let mut rows = match next {
            Waiting::Open(rows) => *rows,
            Waiting::Closed(source) => open(&source, &self.how)?,
        };
        rows.give_ids_after(std::mem::take(&mut self.ids));
        Ok(rows)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(rows) = self.current.take() {
            let (inputs, ids) = rows.into_parts("")?;
            self.inputs.extend(inputs);
            self.ids = ids;
        }
        Ok(())
    }
}

impl Iterator for Stacked {
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
    use super::*;
    use crate::table::Table;

    fn sources(files: &[&str]) -> (tempfile::TempDir, Vec<Source>) {
        let folder = tempfile::tempdir().expect("a folder");
        let sources = files.iter().enumerate().map(|(at, lines)| {
            let path = folder.path().join(format!("{at:03}.jsonl"));
            std::fs::write(&path, lines).expect("written");
            Source::Path(path)
        });
        let sources = sources.collect();
        (folder, sources)
    }

    fn table(sources: &[Source]) -> Table {
        let rows = open_each(sources, &Reading::default(), &[]).expect("opened");
        Table::collect(rows, "input").expect("a set")
    }

    #[test]
    fn rows_come_source_after_source_and_a_column_that_one_lacks_is_null_there() {
        let (_folder, sources) = sources(&[
            "{\"text\":\"a\",\"n\":1}\n",
            "{\"text\":\"b\"}\n{\"text\":\"c\"}\n",
        ]);
        let table = table(&sources);
        assert_eq!(table.texts("text").expect("texts"), ["a", "b", "c"]);
        assert_eq!(table.integers("n").expect("n"), [Some(1), None, None]);
        assert_eq!(table.name(), "the inputs");
        let rows: Vec<u64> = table.inputs().iter().map(|input| input.node.rows).collect();
        assert_eq!(rows, [1, 2]);
    }

    #[test]
    fn it_reads_what_reading_each_whole_reads_however_many_there_are() {
        let files: Vec<String> = (0..OPEN_AT_ONCE + 3)
            .map(|at| format!("{{\"text\":\"{}\"}}\n", at % 7))
            .collect();
        let (_folder, sources) = sources(&files.iter().map(String::as_str).collect::<Vec<_>>());
        let each = Table::read_each(&sources, &Reading::default(), "input", &[]).expect("sets");
        let whole = Table::stack("all", &each.iter().collect::<Vec<_>>()).expect("stacked");
        let table = table(&sources);
        assert_eq!(
            table.texts("id").expect("ids"),
            whole.texts("id").expect("ids")
        );
        assert_eq!(table.hash(), whole.hash());
    }

    #[test]
    fn a_source_without_a_column_is_named_before_any_row_is_read() {
        let (_folder, sources) = sources(&["{\"text\":\"a\"}\n", "{\"body\":\"b\"}\n"]);
        let error = open_each(&sources, &Reading::default(), &[&columns::TEXT])
            .err()
            .expect("refused");
        assert_eq!(error.to_string(), "001.jsonl has no column `text`");
    }
}
