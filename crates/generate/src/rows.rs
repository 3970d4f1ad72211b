//! Accepted texts as the rows of a file.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int32Builder, Int64Array, ListBuilder, RecordBatch,
    StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use dataset::{Column, columns};

use crate::args::Args;
use crate::driver::Row;
use crate::methods::Plan;
use crate::record::Record;
use crate::request::Qa;

/// Rows of a batch.
const BATCH_ROWS: usize = 8192;
/// The column of `--token-ids`, which is no part of the contract.
const TOKEN_IDS: &str = "token_ids";

/// A text of a row.
type TextOf = for<'a> fn(&'a Row, &'a Record) -> Option<&'a str>;

/// How a column is filled.
enum Cells {
    Text(TextOf),
    Owned(fn(&Row) -> Option<String>),
    Int32(fn(&Row, &Record) -> Option<i32>),
    Int64(fn(&Row) -> i64),
    Float64(fn(&Row, &Record) -> Option<f64>),
    TextList(fn(&Row) -> &[String]),
}

/// When a column is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Labelled,
    Prompted,
    Qa,
}

/// Every column that can be there, in the order of the contract.
static COLUMNS: &[(&Column, When, Cells)] = &[
    (
        &columns::ID,
        When::Always,
        Cells::Text(|row, _| Some(&row.id)),
    ),
    (
        &columns::TEXT,
        When::Always,
        Cells::Text(|row, _| Some(&row.draft.text)),
    ),
    (
        &columns::PROMPT,
        When::Prompted,
        Cells::Text(|row, _| Some(&row.request.prompt)),
    ),
    (
        &columns::PROMPT,
        When::Qa,
        Cells::Owned(|row| row.draft.qa.as_ref().map(Qa::prompt)),
    ),
    (
        &columns::COMPLETION,
        When::Qa,
        Cells::Owned(|row| row.draft.qa.as_ref().map(Qa::completion)),
    ),
    (
        &columns::CONTEXT,
        When::Qa,
        Cells::Text(|row, _| qa(row, |qa| &qa.context)),
    ),
    (
        &columns::QUESTION,
        When::Qa,
        Cells::Text(|row, _| qa(row, |qa| &qa.question)),
    ),
    (
        &columns::ANSWER,
        When::Qa,
        Cells::Text(|row, _| qa(row, |qa| &qa.answer)),
    ),
    (
        &columns::LABEL,
        When::Labelled,
        Cells::Text(|row, _| label(row)),
    ),
    (
        &columns::SOURCE,
        When::Always,
        Cells::Text(|_, record| Some(&record.source)),
    ),
    (
        &columns::GENERATION,
        When::Always,
        Cells::Int32(|_, record| Some(record.generation)),
    ),
    (
        &columns::PARENTS,
        When::Always,
        Cells::TextList(|row| &row.request.parents),
    ),
    (
        &columns::LEVEL,
        When::Always,
        Cells::Text(|_, record| record.level.as_deref()),
    ),
    (
        &columns::KNOB,
        When::Always,
        Cells::Text(|_, record| Some(record.knob.0)),
    ),
    (
        &columns::KNOB_VALUE,
        When::Always,
        Cells::Float64(|_, record| Some(record.knob.1)),
    ),
    (
        &columns::METHOD,
        When::Always,
        Cells::Text(|_, record| Some(record.method)),
    ),
    (
        &columns::TOPIC,
        When::Always,
        Cells::Text(|row, _| row.draft.topic.as_deref()),
    ),
    (
        &columns::TEMPLATE,
        When::Always,
        Cells::Text(|row, _| template(row)),
    ),
    (
        &columns::TEMPERATURE,
        When::Always,
        Cells::Float64(|_, record| record.sampling.map(|(value, _)| value)),
    ),
    (
        &columns::TOP_P,
        When::Always,
        Cells::Float64(|_, record| record.sampling.map(|(_, value)| value)),
    ),
    (
        &columns::SAMPLE_SEED,
        When::Always,
        Cells::Int64(|row| row.request.seed.number().cast_signed()),
    ),
    (
        &columns::FINISH_REASON,
        When::Always,
        Cells::Text(|row, _| row.draft.finish_reason.as_deref()),
    ),
    (
        &columns::N_TOKENS,
        When::Always,
        Cells::Int32(|row, _| row.draft.n_tokens),
    ),
    (
        &columns::MEAN_LOGPROB,
        When::Always,
        Cells::Float64(|row, _| row.draft.mean_logprob),
    ),
];

fn qa(row: &Row, part: fn(&Qa) -> &String) -> Option<&str> {
    row.draft.qa.as_ref().map(|qa| part(qa).as_str())
}

/// The label that came with the text, or else the one that was asked for.
fn label(row: &Row) -> Option<&str> {
    row.draft.label.as_deref().or(row.request.label.as_deref())
}

fn template(row: &Row) -> Option<&str> {
    row.draft
        .template
        .as_deref()
        .or(row.request.template.as_deref())
}

/// The columns of one run: those that its rows can have a value in.
pub(crate) struct Layout {
    columns: Vec<&'static (&'static Column, When, Cells)>,
    token_ids: bool,
}

impl Layout {
    pub(crate) fn new(args: &Args, plan: &dyn Plan) -> Self {
        let there = |when| match when {
            When::Always => true,
            When::Labelled => plan.labels(),
            When::Prompted => plan.prompts(),
            When::Qa => plan.asks(),
        };
        let columns = COLUMNS.iter().filter(|(_, when, _)| there(*when)).collect();
        Self {
            columns,
            token_ids: args.token_ids,
        }
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|(column, _, cells)| {
            let needed = [columns::ID.name, columns::TEXT.name].contains(&column.name);
            Field::new(column.name, cells.data_type(), !needed)
        });
        let more = self
            .token_ids
            .then(|| Field::new(TOKEN_IDS, list_of(DataType::Int32), true));
        Arc::new(Schema::new(fields.chain(more).collect::<Vec<_>>()))
    }

    /// All rows, batch after batch.
    pub(crate) fn batches<'a>(
        &'a self,
        rows: &'a [Row],
        record: &'a Record,
    ) -> impl Iterator<Item = anyhow::Result<RecordBatch>> + 'a {
        let schema = self.schema();
        rows.chunks(BATCH_ROWS).map(move |rows| {
            let columns = self
                .columns
                .iter()
                .map(|(_, _, cells)| cells.array(rows, record));
            let more = self.token_ids.then(|| token_ids(rows));
            Ok(RecordBatch::try_new(
                Arc::clone(&schema),
                columns.chain(more).collect(),
            )?)
        })
    }
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

fn token_ids(rows: &[Row]) -> ArrayRef {
    let mut lists = ListBuilder::new(Int32Builder::new());
    for row in rows {
        lists.append_value(row.draft.token_ids.iter().map(|id| Some(*id as i32)));
    }
    Arc::new(lists.finish())
}

fn text_lists(rows: &[Row], of: fn(&Row) -> &[String]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        lists.append_value(of(row).iter().map(Some));
    }
    Arc::new(lists.finish())
}

impl Cells {
    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) | Self::Owned(_) => DataType::Utf8,
            Self::Int32(_) => DataType::Int32,
            Self::Int64(_) => DataType::Int64,
            Self::Float64(_) => DataType::Float64,
            Self::TextList(_) => list_of(DataType::Utf8),
        }
    }

    fn array(&self, rows: &[Row], record: &Record) -> ArrayRef {
        match self {
            Self::Text(of) => Arc::new(
                rows.iter()
                    .map(|row| of(row, record))
                    .collect::<StringArray>(),
            ),
            Self::Owned(of) => Arc::new(rows.iter().map(of).collect::<StringArray>()),
            Self::Int32(of) => Arc::new(
                rows.iter()
                    .map(|row| of(row, record))
                    .collect::<Int32Array>(),
            ),
            Self::Int64(of) => Arc::new(Int64Array::from_iter_values(rows.iter().map(of))),
            Self::Float64(of) => Arc::new(
                rows.iter()
                    .map(|row| of(row, record))
                    .collect::<Float64Array>(),
            ),
            Self::TextList(of) => text_lists(rows, *of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_the_type_of_the_contract() {
        for (column, _, cells) in COLUMNS {
            assert!(column.kind.accepts(&cells.data_type()), "{}", column.name);
        }
    }

    #[test]
    fn every_column_is_announced() {
        for (column, _, _) in COLUMNS {
            assert!(crate::STAGE.adds.contains(column), "{}", column.name);
        }
    }
}
