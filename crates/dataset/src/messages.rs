//! Conversations: the column `messages`, turn by turn.

use arrow::array::{Array as _, ArrayRef, AsArray as _, StructArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::columns;
use crate::error::{Error, Result};
use crate::table::Table;

/// A turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks, such as `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Table {
    /// The conversations of the column `messages`; a null in one is an error that names its row.
    pub fn messages(&self) -> Result<Vec<Vec<Message>>> {
        let name = columns::MESSAGES.name;
        let mut conversations = Vec::with_capacity(self.len());
        for batch in self.batches() {
            let column = batch
                .column_by_name(name)
                .ok_or_else(|| columns::missing(self.name(), self.schema(), name))?;
            for row in 0..batch.num_rows() {
                let place = conversations.len();
                let turns = turns(column, row).and_then(|turns| read(&turns));
                conversations.push(turns.ok_or_else(|| {
                    Error::new(format!(
                        "{}: column `{name}` has no list of role and content in row {place}",
                        self.name()
                    ))
                })?);
            }
        }
        Ok(conversations)
    }
}

/// The turns of one row.
fn turns(column: &ArrayRef, row: usize) -> Option<StructArray> {
    if column.is_null(row) {
        return None;
    }
    let turns = match column.data_type() {
        DataType::List(_) => column.as_list::<i32>().value(row),
        DataType::LargeList(_) => column.as_list::<i64>().value(row),
        _ => return None,
    };
    turns.as_struct_opt().cloned()
}

/// `None` where a role or a content is missing.
fn read(turns: &StructArray) -> Option<Vec<Message>> {
    let texts = |name: &str| -> Option<Vec<Option<String>>> {
        let texts = cast(turns.column_by_name(name)?, &DataType::Utf8).ok()?;
        let texts = texts.as_string::<i32>().iter();
        Some(texts.map(|text| text.map(str::to_owned)).collect())
    };
    let said = texts("role")?.into_iter().zip(texts("content")?);
    said.map(|(role, content)| {
        Some(Message {
            role: role?,
            content: content?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Reading, Source};

    fn conversations(rows: &str) -> Result<Vec<Vec<Message>>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.jsonl");
        fs::write(&path, rows).expect("written");
        Table::read(&Source::Path(path), &Reading::default(), "input", &[])?.messages()
    }

    #[test]
    fn turns_are_read_in_their_order() {
        let rows = concat!(
            r#"{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}"#,
            "\n",
            r#"{"messages":[]}"#,
            "\n"
        );
        let found = conversations(rows).expect("conversations");
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0][1].role.as_str(), found[0][1].content.as_str()),
            ("assistant", "hello")
        );
        assert!(found[1].is_empty());
    }

    #[test]
    fn a_turn_without_content_is_named() {
        let rows = concat!(
            r#"{"messages":[{"role":"user","content":"hi"}]}"#,
            "\n",
            r#"{"messages":[{"role":"user","content":null}]}"#,
            "\n"
        );
        let error = conversations(rows).expect_err("a null").to_string();
        assert!(error.ends_with("content in row 1"), "{error}");
    }
}
