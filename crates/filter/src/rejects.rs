//! The rows that were dropped, each with its reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use dataset::{Column, RowEquation, Run, Sink, Table, Writer, columns};

use crate::STAGE;
use crate::judgement::{Drop, Judgement};

/// Writes the dropped rows of `table` to `sink`; `run` is that of the kept ones.
///
/// In the row equation of this set the dropped rows are those that are kept in it.
pub(crate) fn write(
    sink: &Sink,
    table: &Table,
    judgement: &Judgement,
    run: &Run,
) -> anyhow::Result<()> {
    let dropped: Vec<bool> = judgement.keep().iter().map(|keep| !keep).collect();
    let rejects = with_reasons(&table.keep(&dropped)?, judgement)?;
    let (rows_in, kept) = (table.len() as u64, rejects.len() as u64);
    let rows = RowEquation::Filtered {
        rows_in,
        kept,
        rejected: rows_in - kept,
        failed: 0,
    };
    let mut writer = Writer::create(sink, rejects.schema())?;
    rejects.write(&mut writer)?;
    let drops = BTreeMap::from([("kept".to_owned(), rows_in - kept)]);
    writer.finish(&Run {
        rows,
        drops,
        ..run.clone()
    })?;
    Ok(())
}

fn with_reasons(rejects: &Table, judgement: &Judgement) -> dataset::Result<Table> {
    let drops: Vec<&Drop> = judgement.drops.iter().flatten().collect();
    let texts = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let scores: Vec<Option<f64>> = drops.iter().map(|drop| drop.rejection.score).collect();
    let scores: ArrayRef = Arc::new(Float64Array::from(scores));
    let field = |column: &Column, data_type| Field::new(column.name, data_type, true);
    rejects
        .with_column(
            field(&columns::REJECT_STAGE, DataType::Utf8),
            &texts(vec![Some(STAGE.name); drops.len()]),
        )?
        .with_column(
            field(&columns::REJECT_RULE, DataType::Utf8),
            &texts(drops.iter().map(|drop| Some(drop.rule)).collect()),
        )?
        .with_column(field(&columns::REJECT_SCORE, DataType::Float64), &scores)?
        .with_column(
            field(&columns::REJECT_MATCH, DataType::Utf8),
            &texts(
                drops
                    .iter()
                    .map(|drop| drop.rejection.like.as_deref())
                    .collect(),
            ),
        )
}
