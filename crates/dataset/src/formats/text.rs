//! Plain text: a row a line, or lines of `label text`; blank lines are no rows.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::{BATCH_ROWS, RawRows};
use crate::error::{Error, Result};
use lines::Lines;

pub(crate) mod bytes;
pub(crate) mod lines;

/// How many bytes of a file go into one batch before it is handed out short of [`BATCH_ROWS`].
pub(crate) const BATCH_BYTES: usize = 64 << 20;

/// Opens lines of text as one column, `text`; a line of nothing but white space is skipped.
pub(crate) fn open(path: &Path, name: &str) -> Result<RawRows> {
    rows(path, name, &["text"], |line| Ok([line, ""]))
}

/// Opens lines of `label text` as the columns `label` and `text`.
///
/// The label is what stands before the first space, as it is written.
pub(crate) fn open_labelled(path: &Path, name: &str) -> Result<RawRows> {
    rows(path, name, &["label", "text"], |line| {
        let (label, text) = line
            .split_once(' ')
            .filter(|(label, _)| !label.is_empty())
            .ok_or("expected `label text`, with one space between")?;
        Ok([label, text])
    })
}

/// Cuts a line into its cells; those beyond the columns are not looked at.
type Split = fn(&str) -> Result<[&str; 2], &'static str>;

fn rows(path: &Path, name: &str, columns: &[&str], split: Split) -> Result<RawRows> {
    let field = |column: &&str| Field::new(*column, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let mut batches = Batches {
        lines: Some(Lines::open(path, name)?),
        schema: Arc::clone(&schema),
        columns: columns.iter().map(|_| StringBuilder::new()).collect(),
        split,
    };
    let rows = std::iter::from_fn(move || batches.next_batch().transpose());
    Ok(RawRows::plain(schema, rows))
}

struct Batches {
    lines: Option<Lines>,
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    split: Split,
}

impl Batches {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        // Taken, so that nothing follows an error.
        let Some(mut lines) = self.lines.take() else {
            return Ok(None);
        };
        let (mut rows, mut bytes) = (0, 0);
        while rows < BATCH_ROWS && bytes < BATCH_BYTES {
            if !lines.advance()? {
                return self.finish(rows);
            }
            let line = lines.text()?;
            let row = (self.split)(line).map_err(|problem| lines.error(problem))?;
            for (column, value) in self.columns.iter_mut().zip(row) {
                column.append_value(value);
            }
            rows += 1;
            bytes += line.len();
        }
        self.lines = Some(lines);
        self.finish(rows)
    }

    fn finish(&mut self, rows: usize) -> Result<Option<RecordBatch>> {
        if rows == 0 {
            return Ok(None);
        }
        let columns = self
            .columns
            .iter_mut()
            .map(|column| Arc::new(column.finish()) as ArrayRef);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect());
        batch.map(Some).map_err(Error::from)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;

    use super::*;
    use crate::formats::text::lines::tests::file;

    fn columns(rows: RawRows) -> Result<Vec<Vec<String>>> {
        let mut columns = vec![Vec::new(); rows.schema.fields().len()];
        for batch in rows.batches {
            let batch = batch?;
            for (index, column) in columns.iter_mut().enumerate() {
                column.extend(
                    batch
                        .column(index)
                        .as_string::<i32>()
                        .iter()
                        .flatten()
                        .map(str::to_owned),
                );
            }
        }
        Ok(columns)
    }

    #[test]
    fn a_row_is_a_line_and_a_blank_line_is_none() {
        let set = file(b"\xef\xbb\xbfone\r\n\n  \n two \nthree");
        let found = columns(open(set.path(), "set.txt").expect("opens")).expect("reads");
        assert_eq!(found, [["one", " two ", "three"]]);
    }

    #[test]
    fn a_label_is_what_stands_before_the_first_space() {
        let set = file(b"DESC:manner How did it start ?\n1 a  b \n0 \n");
        let found = columns(open_labelled(set.path(), "set").expect("opens")).expect("reads");
        assert_eq!(found[0], ["DESC:manner", "1", "0"]);
        assert_eq!(found[1], ["How did it start ?", "a  b ", ""]);
    }

    #[test]
    fn a_line_without_a_label_is_refused_by_its_number() {
        for bad in [&b"0 ok\n\nword\n"[..], b"0 ok\n\n text\n"] {
            let set = file(bad);
            let error =
                columns(open_labelled(set.path(), "set").expect("opens")).expect_err("no label");
            assert_eq!(
                error.to_string(),
                "set: line 3: expected `label text`, with one space between"
            );
        }
    }

    #[test]
    fn latin_1_is_refused_with_the_line_and_what_to_run() {
        let set = file(b"plain\ncaf\xe9 noir\n");
        let mut rows = open(set.path(), "set.txt").expect("opens");
        let error = rows.batches.next().expect("one").expect_err("latin-1");
        assert_eq!(
            error.to_string(),
            "set.txt: line 2: byte 4 (0xe9) is not UTF-8"
        );
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("iconv -f latin1 -t utf8"))
        );
        assert!(rows.batches.next().is_none());
    }

    #[test]
    fn rows_beyond_one_batch_are_all_read() {
        let set = file("x\n".repeat(BATCH_ROWS + 1).as_bytes());
        let rows = open(set.path(), "set.txt").expect("opens");
        let counts: Vec<_> = rows
            .batches
            .map(|batch| batch.expect("reads").num_rows())
            .collect();
        assert_eq!(counts, [BATCH_ROWS, 1]);
    }
}
