//! `ShareGPT`'s `conversations`, as messages with roles.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow::error::ArrowError;

use super::{is_text, unpacked};

/// What `ShareGPT` calls a role, and what chat templates do; any other name is kept.
const ROLES: &[(&str, &str)] = &[
    ("human", "user"),
    ("gpt", "assistant"),
    ("function_call", "assistant"),
    ("observation", "tool"),
];

/// Where a file has the column.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShareGpt {
    conversations: usize,
}

/// The type of a column of messages.
pub(super) fn messages_type() -> DataType {
    DataType::List(Arc::new(Field::new(
        "item",
        DataType::Struct(turn_fields("role", "content")),
        true,
    )))
}

fn turn_fields(speaker: &str, words: &str) -> Fields {
    let text = |name| Field::new(name, DataType::Utf8, true);
    Fields::from(vec![text(speaker), text(words)])
}

impl ShareGpt {
    /// The column, if `schema` has one of turns with `from` and `value`.
    pub(super) fn told(schema: &Schema) -> Option<Self> {
        let (conversations, field) = schema.column_with_name("conversations")?;
        let field = unpacked(field);
        let (DataType::List(turn) | DataType::LargeList(turn)) = field.data_type() else {
            return None;
        };
        let DataType::Struct(fields) = turn.data_type() else {
            return None;
        };
        let has = |name| {
            fields
                .find(name)
                .is_some_and(|(_, field)| is_text(field.data_type()))
        };
        (has("from") && has("value")).then_some(Self { conversations })
    }

    /// The conversations as messages.
    pub(super) fn messages(self, batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
        let found = batch.column(self.conversations);
        let unpacked = unpacked(&Field::new("", found.data_type().clone(), true));
        let found = cast(found, unpacked.data_type())?;
        let found = match unpacked.data_type() {
            DataType::LargeList(turn) => cast(&found, &DataType::List(Arc::clone(turn)))?,
            _ => found,
        };
        let lists = found.as_list::<i32>();
        let turns = lists.values().as_struct();
        let text = |name| {
            let column = turns.column_by_name(name);
            let column =
                column.ok_or_else(|| ArrowError::SchemaError(format!("a turn has no `{name}`")))?;
            cast(column, &DataType::Utf8)
        };
        let roles: StringArray = text("from")?
            .as_string::<i32>()
            .iter()
            .map(|from| from.map(role))
            .collect();
        let columns: Vec<ArrayRef> = vec![Arc::new(roles), text("value")?];
        let messages = StructArray::try_new(
            turn_fields("role", "content"),
            columns,
            turns.nulls().cloned(),
        )?;
        let item = Arc::new(Field::new("item", messages.data_type().clone(), true));
        let lists = ListArray::try_new(
            item,
            lists.offsets().clone(),
            Arc::new(messages),
            lists.nulls().cloned(),
        )?;
        Ok(Arc::new(lists))
    }
}

fn role(from: &str) -> &str {
    ROLES
        .iter()
        .find(|(theirs, _)| *theirs == from)
        .map_or(from, |(_, ours)| ours)
}
