//! The forms in which a model is asked to answer, and how an answer is taken apart; what does not have the form is rejected, never guessed at.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use crate::request::{EMPTY, Refusal};

/// The reason of an answer that has not the form that was asked for.
const UNREADABLE: &str = "unreadable";

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The text alone.
    Plain,
    /// One JSON object with a string for each part; sent to endpoints as a schema.
    Json,
    /// Each part between marks of its name, such as <text>…</text>.
    Tagged,
}

/// What an answer is made of, and how that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    format: Format,
    /// The names of its parts; plain text has one.
    parts: &'static [&'static str],
    /// Whether it is a list of texts.
    list: bool,
}

/// The part of an answer that is one text.
pub(crate) const TEXT: &[&str] = &["text"];
/// The parts of an answer that is a question with its answer.
pub(crate) const PAIR: &[&str] = &["question", "answer"];

impl Shape {
    /// A text without any form.
    pub(crate) const fn plain() -> Self {
        Self::of(Format::Plain, TEXT)
    }

    /// These parts in this format.
    pub(crate) const fn of(format: Format, parts: &'static [&'static str]) -> Self {
        Self {
            format,
            parts,
            list: false,
        }
    }

    /// A list of texts: a line each, a JSON object with the list `items`, or a mark <item> each.
    pub(crate) const fn list(format: Format) -> Self {
        Self {
            format,
            parts: &["item"],
            list: true,
        }
    }

    #[cfg(test)]
    pub(crate) const fn json(parts: &'static [&'static str]) -> Self {
        Self::of(Format::Json, parts)
    }

    /// What a prompt says about the form.
    pub(crate) fn instruction(self) -> String {
        let object = |value: &str| {
            let fields: Vec<_> = self
                .parts
                .iter()
                .map(|part| format!("\"{part}\": {value}"))
                .collect();
            format!("{{{}}}", fields.join(", "))
        };
        let marks: Vec<_> = self
            .parts
            .iter()
            .map(|part| format!("<{part}>...</{part}>"))
            .collect();
        match (self.format, self.list) {
            (Format::Plain, false) => "Answer with the text alone.".to_owned(),
            (Format::Plain, true) => "Answer with one item a line and nothing else.".to_owned(),
            (Format::Json, false) => {
                format!(
                    "Answer with one JSON object {} and nothing else.",
                    object("\"...\"")
                )
            }
            (Format::Json, true) => {
                "Answer with one JSON object {\"items\": [\"...\", ...]} and nothing else."
                    .to_owned()
            }
            (Format::Tagged, false) => format!("Answer in the form {}.", marks.join(" ")),
            (Format::Tagged, true) => {
                format!("Answer in the form {} for each item.", marks.join(" "))
            }
        }
    }

    /// The JSON schema of an answer, where it is JSON.
    pub(crate) fn schema(self) -> Option<Value> {
        if self.format != Format::Json {
            return None;
        }
        let string = json!({"type": "string"});
        let (properties, required) = if self.list {
            let items = json!({"items": {"type": "array", "items": string}});
            (items, json!(["items"]))
        } else {
            let parts = self
                .parts
                .iter()
                .map(|part| ((*part).to_owned(), string.clone()));
            (Value::Object(parts.collect()), json!(self.parts))
        };
        Some(json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }))
    }

    /// The parts of an answer, without the white space around them, none of them empty.
    pub(crate) fn read(self, answer: &str) -> Result<BTreeMap<&'static str, String>, Refusal> {
        let mut parts = BTreeMap::new();
        let object = match self.format {
            Format::Json => Some(object(answer)?),
            Format::Plain | Format::Tagged => None,
        };
        for part in self.parts {
            let found = match &object {
                Some(object) => object.get(*part).and_then(Value::as_str),
                None if self.format == Format::Tagged => {
                    between(answer, part).map(|(text, _)| text)
                }
                None => Some(answer),
            };
            match found.map(str::trim) {
                None => return Err(UNREADABLE.into()),
                Some("") => return Err(EMPTY.into()),
                Some(text) => parts.insert(*part, text.to_owned()),
            };
        }
        Ok(parts)
    }

    /// The texts of a list, without numbers or dashes before them, none of them empty.
    pub(crate) fn read_list(self, answer: &str) -> Result<Vec<String>, Refusal> {
        let items: Vec<String> = match self.format {
            Format::Plain => answer.lines().map(|line| bare(line).to_owned()).collect(),
            Format::Tagged => all_between(answer, "item"),
            Format::Json => {
                let object = object(answer)?;
                let items = object
                    .get("items")
                    .and_then(Value::as_array)
                    .ok_or(UNREADABLE)?;
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or(UNREADABLE)?
            }
        };
        let items: Vec<_> = items
            .iter()
            .map(|item| text::collapse_space(item))
            .filter(|item| !item.is_empty())
            .collect();
        if items.is_empty() {
            Err(EMPTY.into())
        } else {
            Ok(items)
        }
    }
}

fn object(answer: &str) -> Result<serde_json::Map<String, Value>, Refusal> {
    serde_json::from_str(answer.trim()).map_err(|_| UNREADABLE.into())
}

/// What stands between the first mark of this name and its end, and what follows.
fn between<'a>(answer: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (_, after) = answer.split_once(&open)?;
    after.split_once(&close)
}

fn all_between(answer: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = answer;
    while let Some((text, after)) = between(rest, name) {
        found.push(text.to_owned());
        rest = after;
    }
    found
}

/// A line without the number or the dash that lists begin their lines with.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && line[digits..].starts_with(['.', ')']) {
        return line[digits + 1..].trim();
    }
    line.strip_prefix(['-', '*', '•']).unwrap_or(line).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(format: Format, answer: &str) -> Result<Vec<String>, String> {
        let read = Shape::of(format, PAIR).read(answer);
        read.map(|parts| PAIR.iter().map(|part| parts[part].clone()).collect())
            .map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_pair_is_read_from_both_forms() {
        let wanted = Ok(vec!["why?".to_owned(), "so".to_owned()]);
        assert_eq!(
            parts(
                Format::Json,
                "\n{\"answer\": \"so\", \"question\": \" why?\"} "
            ),
            wanted
        );
        assert_eq!(
            parts(
                Format::Tagged,
                "Sure. <question>why?</question>\n<answer> so</answer>"
            ),
            wanted
        );
    }

    #[test]
    fn what_has_not_the_form_is_rejected_and_not_guessed_at() {
        for answer in [
            "why? so",
            "{\"question\": \"why?\"}",
            "{\"question\": \"why?\", \"answer\": 3}",
            "```json\n{\"question\": \"why?\", \"answer\": \"so\"}\n```",
            "[1]",
            "<question>why?",
        ] {
            for format in [Format::Json, Format::Tagged] {
                assert_eq!(
                    parts(format, answer),
                    Err("unreadable".to_owned()),
                    "{answer}"
                );
            }
        }
        assert_eq!(
            parts(Format::Tagged, "<question> </question><answer>so</answer>"),
            Err("empty".to_owned())
        );
    }

    #[test]
    fn lists_come_without_their_numbers() {
        let read = |format, answer| {
            Shape::list(format)
                .read_list(answer)
                .map_err(|refusal| refusal.reason)
        };
        let wanted = Ok(vec!["sea".to_owned(), "2 old ships".to_owned()]);
        assert_eq!(read(Format::Plain, "1. sea\n\n2) 2  old ships\n"), wanted);
        assert_eq!(read(Format::Plain, "- sea\n* 2 old ships"), wanted);
        assert_eq!(
            read(Format::Json, r#"{"items": ["sea", "2 old ships", ""]}"#),
            wanted
        );
        assert_eq!(
            read(Format::Tagged, "<item>sea</item> <item>2 old ships</item>"),
            wanted
        );
        assert_eq!(
            read(Format::Json, r#"{"items": [3]}"#),
            Err("unreadable".to_owned())
        );
        assert_eq!(read(Format::Plain, " \n"), Err("empty".to_owned()));
    }
}
