//! The columns that stages agree on: name, type and meaning of each, in one place.

use std::fmt;

use arrow::datatypes::{DataType, Field};

use crate::Result;
use crate::error::{Error, listed};

/// A column of the data contract.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in every file.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it means, in one line.
    pub about: &'static str,
}

/// The type of a column, as the contract states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text; `Utf8`, `LargeUtf8` and `Utf8View` alike.
    Text,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer.
    Int64,
    /// A 64-bit float.
    Float64,
    /// A list of UTF-8 texts.
    TextList,
    /// A list of structs with the text fields `role` and `content`.
    Messages,
    /// A list of f32 of one length in all rows.
    Vector,
}

impl Kind {
    /// Whether a column of Arrow type `found` can be read as this kind.
    pub fn accepts(self, found: &DataType) -> bool {
        match self {
            Self::Text => is_text(found),
            Self::Int32 => *found == DataType::Int32,
            Self::Int64 => *found == DataType::Int64,
            Self::Float64 => *found == DataType::Float64,
            Self::TextList => item(found).is_some_and(is_text),
            Self::Messages => item(found).is_some_and(is_message),
            Self::Vector => {
                matches!(found, DataType::FixedSizeList(item, _) if *item.data_type() == DataType::Float32)
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "utf8",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::TextList => "list<utf8>",
            Self::Messages => "list<struct<role: utf8, content: utf8>>",
            Self::Vector => "fixed_size_list<float32>",
        })
    }
}

/// Whether `found` is one of Arrow's three types of text.
pub(crate) fn is_text(found: &DataType) -> bool {
    matches!(
        found,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

fn item(list: &DataType) -> Option<&DataType> {
    match list {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Some(item.data_type())
        }
        _ => None,
    }
}

fn is_message(found: &DataType) -> bool {
    let DataType::Struct(fields) = found else {
        return false;
    };
    ["role", "content"].iter().all(|name| {
        fields
            .iter()
            .any(|field| field.name() == name && is_text(field.data_type()))
    })
}

macro_rules! columns {
    ($($constant:ident $name:literal $kind:ident $about:literal;)*) => {
        $(#[doc = $about] pub const $constant: Column =
            Column { name: $name, kind: Kind::$kind, about: $about };)*

        /// Every column of the contract, in the order in which files carry them.
        pub const ALL: &[&Column] = &[$(&$constant),*];
    };
}

columns! {
    ID "id" Text "32 hex digits, assigned once and never recomputed; unique in a file unless `repeat` is there";
    TEXT "text" Text "what is scored and trained on where no other column is named";
    PROMPT "prompt" Text "what a completion answers; no loss is taken on it";
    COMPLETION "completion" Text "the answer to the prompt; the loss is taken here";
    MESSAGES "messages" Messages "a conversation, turn by turn";
    CONTEXT "context" Text "the passage that a question is about";
    QUESTION "question" Text "a question about the context";
    ANSWER "answer" Text "the answer to the question";
    LABEL "label" Text "the class of the text";
    SPLIT "split" Text "train, dev or test, where one file holds them";
    SOURCE "source" Text "`human`, or the name of the generator";
    GENERATION "generation" Int32 "0 for human text, t for text of a model trained on generation t - 1";
    PARENTS "parents" TextList "ids of the rows that this one was made from";
    LEVEL "level" Text "the diversity level, as it was named";
    KNOB "knob" Text "the control that set the level, such as temperature";
    KNOB_VALUE "knob_value" Float64 "the value of that control";
    METHOD "method" Text "the method by which `generate` made the row";
    TOPIC "topic" Text "the topic that the row was made under";
    TEMPLATE "template" Text "the prompt template or grammar production it came from";
    TEMPERATURE "temperature" Float64 "sampling temperature";
    TOP_P "top_p" Float64 "nucleus bound of the sampling";
    SAMPLE_SEED "sample_seed" Int64 "the seed of this one sample";
    FINISH_REASON "finish_reason" Text "why the text ended: stop or length";
    N_TOKENS "n_tokens" Int32 "how many tokens were generated";
    MEAN_LOGPROB "mean_logprob" Float64 "mean log-probability of a generated token, in nats";
    EMBEDDING "embedding" Vector "the vector of the text; the field's metadata says which embedder made it";
    REPEAT "repeat" Int32 "which repetition of the row this is, from 0, where a mix repeats rows";
    TEXT_MASKED "text_masked" Text "the text with marks in place of addresses, phone and card numbers";
    REJECT_STAGE "reject_stage" Text "the stage that dropped the row";
    REJECT_RULE "reject_rule" Text "the rule that dropped it";
    REJECT_SCORE "reject_score" Float64 "the figure on which the rule decided";
    REJECT_MATCH "reject_match" Text "the id of the row that it was too like, if any";
}

/// The column called `name`, if the contract has one.
pub fn named(name: &str) -> Option<&'static Column> {
    ALL.iter().copied().find(|column| column.name == name)
}

/// Checks that two columns of vectors were made by one embedder, by what their fields say.
pub(crate) fn one_embedder(name: &str, one: &Field, other: &Field) -> Result<()> {
    let said = |field: &Field| {
        let said = EMBEDDER_KEYS.iter().map(|key| field.metadata().get(key));
        said.map(|value| value.cloned().unwrap_or_default())
            .collect::<Vec<_>>()
    };
    let (one, other) = (said(one), said(other));
    if one == other {
        return Ok(());
    }
    let shown = |said: &[String]| {
        let pairs = EMBEDDER_KEYS.iter().zip(said);
        let pairs = pairs.filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> = pairs.map(|(key, value)| format!("{key} {value}")).collect();
        if pairs.is_empty() {
            "an unnamed embedder".to_owned()
        } else {
            crate::error::shown(&pairs.join(", "))
        }
    };
    Err(Error::new(format!(
        "{name}: column `{}` was made by {} in one place and by {} in another",
        EMBEDDING.name,
        shown(&one),
        shown(&other)
    ))
    .with_hint("run `embed` on all of them with one embedder"))
}

/// What a field of vectors says of the embedder, by key; empty where it says nothing.
pub(crate) fn embedder_of(field: &Field) -> std::collections::BTreeMap<String, String> {
    let said = EMBEDDER_KEYS.iter().map(|key| {
        let value = field.metadata().get(key)?;
        Some(((*key).to_owned(), value.clone()))
    });
    said.flatten().collect()
}

/// What the field of a column of vectors says of the embedder.
const EMBEDDER_KEYS: [&str; 5] = ["embedder", "revision", "pooling", "normalised", "dimension"];

/// Checks that `schema` has every one of `reads`, with a type that can be read.
///
/// `name` is the file's, for the message.
pub fn require(name: &str, schema: &arrow::datatypes::Schema, reads: &[&Column]) -> Result<()> {
    for column in reads {
        let Ok(field) = schema.field_with_name(column.name) else {
            return Err(missing(name, schema, column.name));
        };
        if !column.kind.accepts(field.data_type()) {
            return Err(Error::new(format!(
                "{name}: column `{}` is {}, but {} is needed",
                column.name,
                field.data_type(),
                column.kind
            )));
        }
    }
    Ok(())
}

/// The error for a file without the column called `wanted`.
pub(crate) fn missing(name: &str, schema: &arrow::datatypes::Schema, wanted: &str) -> Error {
    let found = listed(schema.fields().iter().map(|field| field.name().as_str()));
    let error = Error::new(format!("{name} has no column `{wanted}`"));
    match wanted {
        "embedding" => error.with_hint(format!("run `embed` first; the file has: {found}")),
        "text" => error.with_hint(format!(
            "name the column with --text-column; the file has: {found}"
        )),
        _ => error.with_hint(format!("the file has: {found}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use arrow::datatypes::{Fields, Schema};

    use super::*;

    #[test]
    fn names_are_unique_snake_case_and_each_says_what_it_means() {
        let names: BTreeSet<_> = ALL.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), ALL.len());
        for column in ALL {
            assert!(
                column
                    .name
                    .bytes()
                    .all(|b| b == b'_' || b.is_ascii_lowercase())
            );
            assert!(!column.about.is_empty() && !column.about.ends_with('.'));
            assert_eq!(named(column.name), Some(*column));
        }
    }

    #[test]
    fn the_three_types_of_text_are_alike() {
        for found in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
            assert!(Kind::Text.accepts(&found));
        }
        assert!(!Kind::Text.accepts(&DataType::Int64));
    }

    #[test]
    fn messages_are_lists_of_role_and_content() {
        let text = |name| Field::new(name, DataType::LargeUtf8, true);
        let turn = |fields: Vec<Field>| {
            DataType::List(Arc::new(Field::new(
                "item",
                DataType::Struct(Fields::from(fields)),
                true,
            )))
        };
        assert!(Kind::Messages.accepts(&turn(vec![text("role"), text("content"), text("name")])));
        assert!(!Kind::Messages.accepts(&turn(vec![text("role")])));
    }

    #[test]
    fn a_missing_column_is_named_with_what_there_is() {
        let schema = Schema::new(vec![Field::new("body", DataType::Utf8, true)]);
        let error = require("a.csv", &schema, &[&TEXT]).expect_err("no text");
        assert_eq!(error.to_string(), "a.csv has no column `text`");
        assert!(error.hint().is_some_and(|hint| hint.contains("body")));
        let wrong = Schema::new(vec![Field::new("text", DataType::Int64, true)]);
        let error = require("a.csv", &wrong, &[&TEXT]).expect_err("not text");
        assert_eq!(
            error.to_string(),
            "a.csv: column `text` is Int64, but utf8 is needed"
        );
    }
}
