//! Cuts a set into parts of one size, which do not depend on how its file is divided.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use dataset::{Stacked, Table};

/// Rows of a part, but for the last: enough to find texts of like length for a batch, and what an
/// encoder does in seconds.
pub(crate) const ROWS: usize = 1024;

/// The parts of a set, in order.
pub(crate) struct Parts<'a> {
    rows: &'a mut Stacked,
    waiting: VecDeque<RecordBatch>,
    /// Rows of the parts that were given.
    given: usize,
}

impl<'a> Parts<'a> {
    /// The parts of `rows`.
    pub(crate) fn of(rows: &'a mut Stacked) -> Self {
        Self {
            rows,
            waiting: VecDeque::new(),
            given: 0,
        }
    }

    fn part(&mut self) -> anyhow::Result<Option<Table>> {
        let mut held: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        while held < ROWS {
            let Some(batch) = self.rows.next().transpose()? else {
                break;
            };
            held += batch.num_rows();
            self.waiting.push_back(batch);
        }
        let taken = self.take(held.min(ROWS));
        if taken.is_empty() {
            return Ok(None);
        }
        let schema = self.rows.schema();
        let batch = concat_batches(schema, &taken)?;
        let first = self.given;
        self.given += batch.num_rows();
        let part = Table::new(self.rows.name(), Arc::clone(schema), vec![batch]);
        Ok(Some(part.from_row(first)))
    }

    /// The first `rows` rows that are waiting.
    fn take(&mut self, mut rows: usize) -> Vec<RecordBatch> {
        let mut taken = Vec::new();
        while rows > 0
            && let Some(batch) = self.waiting.pop_front()
        {
            let part = batch.num_rows().min(rows);
            if part < batch.num_rows() {
                let rest = batch.slice(part, batch.num_rows() - part);
                self.waiting.push_front(rest);
            }
            taken.push(batch.slice(0, part));
            rows -= part;
        }
        taken
    }
}

impl Iterator for Parts<'_> {
    type Item = anyhow::Result<Table>;

    fn next(&mut self) -> Option<Self::Item> {
        self.part().transpose()
    }
}

#[cfg(test)]
mod tests {
    use dataset::{Reading, Source};

    use super::*;

    #[test]
    fn parts_have_one_size_wherever_the_files_end() {
        let folder = tempfile::tempdir().expect("a folder");
        // 700 + 0 + 1500 rows are parts of 1024, 1024 and 152.
        let sources = [700, 0, 1500].map(|rows| {
            let path = folder.path().join(format!("{rows}.csv"));
            let lines: String = (0..rows).map(|row| format!("{rows}-{row}\n")).collect();
            std::fs::write(&path, format!("text\n{lines}")).expect("written");
            Source::Path(path)
        });
        let mut rows = dataset::open_each(&sources, &Reading::default(), &[]).expect("opened");
        let parts: Vec<Table> = Parts::of(&mut rows)
            .collect::<Result<_, _>>()
            .expect("parts");
        let sizes: Vec<_> = parts
            .iter()
            .map(|part| (part.first_row(), part.len()))
            .collect();
        assert_eq!(sizes, [(0, 1024), (1024, 1024), (2048, 152)]);
        assert_eq!(parts[0].texts("text").expect("texts")[700], "1500-0");
        assert_eq!(parts[2].texts("text").expect("texts")[151], "1500-1499");
    }
}
