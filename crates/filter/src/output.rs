//! Writes the rows that were kept, and those that were dropped with their reasons.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use dataset::{Column, Replay, RowEquation, Run, Sink, Writer, columns};

use crate::STAGE;
use crate::judgement::Judgement;
use crate::judging::{Like, Rejection};
use crate::personal::masked;

/// Writes the kept rows to `sink`, with a masked copy of the column `masking`.
pub(crate) fn write_kept(
    sink: &Sink,
    rows: &Replay,
    judgement: &Judgement,
    masking: Option<&str>,
    run: &Run,
) -> anyhow::Result<()> {
    let schema = match masking {
        Some(_) => with_columns(rows, &[(&columns::TEXT_MASKED, DataType::Utf8)])?,
        None => Arc::clone(rows.schema()),
    };
    let mut writer = Writer::create(sink, &schema)?;
    rows.each(|batch, first| {
        let keep = mask(batch, |row| judgement.keeps(first + row));
        let kept = filter_record_batch(batch, &keep)?;
        let Some(column) = masking else {
            return Ok(writer.write(&kept)?);
        };
        let texts = dataset::optional_texts(rows.name(), &kept, column)?;
        let masked = texts.into_iter().map(|text| {
            let text = text?;
            Some(masked(text).unwrap_or_else(|| text.to_owned()))
        });
        let mut values = kept.columns().to_vec();
        values.push(Arc::new(masked.collect::<StringArray>()));
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), values)?)?;
        anyhow::Ok(())
    })?;
    writer.finish(run)?;
    Ok(())
}

/// Writes the dropped rows to `sink`, each with its reason; `run` is that of the kept ones.
///
/// In the row equation of this set the dropped rows are those that are kept in it.
pub(crate) fn write_rejects(
    sink: &Sink,
    rows: &Replay,
    judgement: &Judgement,
    run: &Run,
) -> anyhow::Result<()> {
    let ids = ids_of_likes(rows, judgement)?;
    let schema = with_reasons(rows)?;
    let mut writer = Writer::create(sink, &schema)?;
    rows.each(|batch, first| {
        let numbers = first..first + batch.num_rows();
        let dropped = numbers.filter_map(|row| Some((row, judgement.reason(row)?)));
        let dropped: Vec<(usize, &Rejection)> = dropped.collect();
        if dropped.is_empty() {
            return Ok(());
        }
        let drop = mask(batch, |row| !judgement.keeps(first + row));
        let mut values = filter_record_batch(batch, &drop)?.columns().to_vec();
        values.extend(reasons(&dropped, judgement, &ids));
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), values)?)?;
        anyhow::Ok(())
    })?;
    let (rows_in, kept) = (rows.len() as u64, (rows.len() - judgement.kept()) as u64);
    let rows = RowEquation::Filtered {
        rows_in,
        kept,
        rejected: rows_in - kept,
        failed: 0,
    };
    let drops = BTreeMap::from([("kept".to_owned(), rows_in - kept)]);
    writer.finish(&Run {
        rows,
        drops,
        ..run.clone()
    })?;
    Ok(())
}

fn mask(batch: &RecordBatch, of: impl Fn(usize) -> bool) -> BooleanArray {
    (0..batch.num_rows()).map(|row| Some(of(row))).collect()
}

/// The ids of the rows that others were dropped for, by their numbers.
pub(crate) fn ids_of_likes(
    rows: &Replay,
    judgement: &Judgement,
) -> anyhow::Result<HashMap<u32, String>> {
    let likes = judgement
        .dropped()
        .filter_map(|(_, reason)| match reason.like {
            Like::Row(row) => Some(row),
            _ => None,
        });
    let likes: BTreeSet<u32> = likes.collect();
    let mut ids = HashMap::with_capacity(likes.len());
    if likes.is_empty() {
        return Ok(ids);
    }
    rows.each(|batch, first| {
        let texts = dataset::optional_texts(rows.name(), batch, columns::ID.name)?;
        let here = likes.range(first as u32..(first + batch.num_rows()) as u32);
        let named = here.filter_map(|row| Some((*row, texts[*row as usize - first]?.to_owned())));
        ids.extend(named);
        anyhow::Ok(())
    })?;
    Ok(ids)
}

/// The columns of the rejects.
fn with_reasons(rows: &Replay) -> anyhow::Result<SchemaRef> {
    with_columns(
        rows,
        &[
            (&columns::REJECT_STAGE, DataType::Utf8),
            (&columns::REJECT_RULE, DataType::Utf8),
            (&columns::REJECT_SCORE, DataType::Float64),
            (&columns::REJECT_MATCH, DataType::Utf8),
        ],
    )
}

/// The columns of `rows` and these; one that is there, such as from an earlier run, is refused.
fn with_columns(rows: &Replay, added: &[(&Column, DataType)]) -> anyhow::Result<SchemaRef> {
    let mut fields: Vec<FieldRef> = rows.schema().fields().iter().cloned().collect();
    for (column, kind) in added {
        let there = rows.schema().field_with_name(column.name).is_ok();
        anyhow::ensure!(
            !there,
            "{} already has a column `{}`",
            rows.name(),
            column.name
        );
        fields.push(Arc::new(Field::new(column.name, kind.clone(), true)));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// The four columns that say why.
fn reasons(
    dropped: &[(usize, &Rejection)],
    judgement: &Judgement,
    ids: &HashMap<u32, String>,
) -> [ArrayRef; 4] {
    let rules = dropped.iter().map(|(row, _)| judgement.rule(*row));
    let likes = dropped.iter().map(|(_, reason)| match &reason.like {
        Like::None => None,
        Like::Row(row) => ids.get(row).map(String::as_str),
        Like::Other(id) => Some(&**id),
    });
    let scores = dropped.iter().map(|(_, reason)| reason.score);
    [
        Arc::new(StringArray::from(vec![Some(STAGE.name); dropped.len()])),
        Arc::new(StringArray::from_iter(rules)),
        Arc::new(Float64Array::from_iter(scores)),
        Arc::new(StringArray::from_iter(likes)),
    ]
}
