//! The training ledger, written beside the weights: what happened in each step, to each kind of row, and to each row.

mod events;
mod groups;
mod rows;
mod steps;

use arrow::array::RecordBatch;
use dataset::{NewDirectory, Run, Sink, Writer};

pub(crate) use groups::{Entry as GroupEntry, Groups};
pub(crate) use rows::{batch as rows_batch, count};
pub(crate) use steps::{Entry, summary};

/// One row a step.
const STEPS: &str = "ledger.parquet";
/// One row a step and source and generation.
const GROUPS: &str = "ledger-groups.parquet";
/// One row a row of the set.
const ROWS: &str = "ledger-rows.parquet";

/// What is written of a training.
pub(crate) struct Ledger {
    pub(crate) steps: Vec<Entry>,
    /// Of decoders: the entries of the groups, and of the rows.
    pub(crate) more: Option<[RecordBatch; 2]>,
}

impl Ledger {
    /// Writes the ledger into a new directory, with the provenance of its run.
    pub(crate) fn write(&self, directory: &mut NewDirectory, run: &Run) -> anyhow::Result<()> {
        let mut write = |name: &str, batch: &RecordBatch| -> anyhow::Result<()> {
            let sink = Sink::Path(directory.path_of(name)?);
            let mut writer = Writer::create(&sink, &batch.schema())?;
            writer.write(batch)?;
            writer.finish(run)?;
            Ok(directory.adopt(name)?)
        };
        write(STEPS, &steps::batch(&self.steps)?)?;
        if let Some([groups, rows]) = &self.more {
            write(GROUPS, groups)?;
            write(ROWS, rows)?;
            directory.add(events::FILE, &events::file(&self.steps))?;
        }
        Ok(())
    }
}
