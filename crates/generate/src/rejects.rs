//! Answers that were not taken, each with the reason and with what was answered as its text.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use dataset::{Column, RowEquation, Run, Sink, Writer, columns};

use crate::STAGE;
use crate::driver::{Rejected, Row};
use crate::record::Record;
use crate::rows::Layout;

/// Writes the rejects of all sets of a run to one file.
pub(crate) fn write(
    file: &Path,
    layout: &Layout,
    sets: &[(&Record, &[Rejected])],
    run: &Run,
) -> anyhow::Result<()> {
    let schema = layout.schema();
    let reasons = [
        field(&columns::REJECT_STAGE, DataType::Utf8),
        field(&columns::REJECT_RULE, DataType::Utf8),
        field(&columns::REJECT_SCORE, DataType::Float64),
        field(&columns::REJECT_MATCH, DataType::Utf8),
    ];
    let fields = schema.fields().iter().cloned().chain(reasons.map(Arc::new));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mut writer = Writer::create(&Sink::Path(file.to_owned()), &schema)?;
    let mut kept = 0;
    for (record, rejects) in sets {
        let rows: Vec<Row> = rejects.iter().map(|reject| reject.row.clone()).collect();
        let mut done = 0;
        for batch in layout.batches(&rows, record) {
            let batch = batch?;
            let part = &rejects[done..done + batch.num_rows()];
            done += batch.num_rows();
            let columns = batch.columns().iter().cloned().chain(why(part));
            writer.write(&RecordBatch::try_new(
                Arc::clone(&schema),
                columns.collect(),
            )?)?;
        }
        kept += done as u64;
    }
    writer.finish(&of_rejects(run, kept))?;
    Ok(())
}

/// In the row equation of this set the rejected answers are those that are accepted in it.
fn of_rejects(run: &Run, kept: u64) -> Run {
    let (attempts, failed) = match run.rows {
        RowEquation::Generated {
            attempts, failed, ..
        } => (attempts, failed),
        _ => (kept, 0),
    };
    let others = attempts - kept - failed;
    Run {
        rows: RowEquation::Generated {
            attempts,
            accepted: kept,
            rejected: others,
            failed,
        },
        drops: BTreeMap::from([("accepted".to_owned(), others)]),
        ..run.clone()
    }
}

fn why(rejects: &[Rejected]) -> [ArrayRef; 4] {
    let stage = StringArray::from(vec![STAGE.name; rejects.len()]);
    let rules = rejects
        .iter()
        .map(|reject| Some(reject.refusal.reason.as_str()));
    let scores = rejects.iter().map(|reject| reject.refusal.score);
    let likes = rejects.iter().map(|reject| reject.refusal.like.as_deref());
    [
        Arc::new(stage),
        Arc::new(rules.collect::<StringArray>()),
        Arc::new(scores.collect::<Float64Array>()),
        Arc::new(likes.collect::<StringArray>()),
    ]
}

fn field(column: &Column, data_type: DataType) -> Field {
    Field::new(column.name, data_type, true)
}
