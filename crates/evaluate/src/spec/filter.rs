//! What is made of an answer before it is scored, as the filters of lm-evaluation-harness do it.

use anyhow::Context as _;
use fancy_regex::Regex;
use serde_json::{Map, Value};

/// The filters that are known.
const KNOWN: &str = "regex, remove_whitespace, take_first, lowercase, uppercase, map";

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    /// What an expression finds: the match with this number, from the end where it is negative.
    Regex {
        regex: Regex,
        group_select: i64,
        fallback: String,
    },
    /// White space at both ends goes.
    RemoveWhitespace,
    /// The first answer; there is only one.
    TakeFirst,
    /// In lower case.
    Lowercase,
    /// In upper case.
    Uppercase,
    /// What is written for it in a table; where it is not there, the default.
    Map {
        table: Map<String, Value>,
        default: String,
    },
}

impl Filter {
    /// The filter that an entry such as `function: regex` describes.
    pub(super) fn of_entry(entry: &Value) -> anyhow::Result<Self> {
        let name = entry["function"]
            .as_str()
            .context("a filter names no function")?;
        Ok(match name {
            "regex" => {
                let pattern = entry["regex_pattern"].as_str();
                let pattern = pattern.unwrap_or(r"#### (\-?[0-9\.\,]+)");
                Self::Regex {
                    regex: Regex::new(pattern)
                        .with_context(|| format!("the expression {pattern} cannot be read"))?,
                    group_select: entry["group_select"].as_i64().unwrap_or(0),
                    fallback: entry["fallback"].as_str().unwrap_or("[invalid]").to_owned(),
                }
            }
            "remove_whitespace" => Self::RemoveWhitespace,
            "take_first" => Self::TakeFirst,
            "lowercase" => Self::Lowercase,
            "uppercase" => Self::Uppercase,
            "map" => Self::Map {
                table: entry["mapping_dict"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
                default: plain(&entry["default_value"]),
            },
            other => anyhow::bail!("no filter is called `{other}`; known are {KNOWN}"),
        })
    }

    /// What it makes of an answer.
    pub(crate) fn apply(&self, answer: &str) -> anyhow::Result<String> {
        Ok(match self {
            Self::Regex {
                regex,
                group_select,
                fallback,
            } => found(regex, *group_select, answer)?.unwrap_or_else(|| fallback.clone()),
            Self::RemoveWhitespace => answer.trim().to_owned(),
            Self::TakeFirst => answer.to_owned(),
            Self::Lowercase => answer.to_lowercase(),
            Self::Uppercase => answer.to_uppercase(),
            Self::Map { table, default } => {
                table.get(answer).map_or_else(|| default.clone(), plain)
            }
        })
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What Python's `findall` gives for the match with number `select`: the expression's only group or,
/// where it has several, the first that is not empty, or the whole where it has none.
fn found(regex: &Regex, select: i64, answer: &str) -> anyhow::Result<Option<String>> {
    let mut matches = Vec::new();
    for captures in regex.captures_iter(answer) {
        let captures = captures
            .with_context(|| format!("the expression {} cannot be matched", regex.as_str()))?;
        let group = |at: usize| captures.get(at).map_or("", |found| found.as_str());
        let mut groups = (1..captures.len()).map(group);
        matches.push(match captures.len() {
            1 => Some(group(0).trim().to_owned()),
            2 => Some(group(1).trim().to_owned()),
            _ => groups
                .find(|text| !text.is_empty())
                .map(|text| text.trim().to_owned()),
        });
    }
    let at = if select < 0 {
        matches.len() as i64 + select
    } else {
        select
    };
    let at = usize::try_from(at).ok();
    Ok(at.and_then(|at| matches.get(at).cloned().flatten()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn apply(entry: &Value, answer: &str) -> String {
        let filter = Filter::of_entry(entry).expect("a filter");
        filter.apply(answer).expect("an answer")
    }

    #[test]
    fn the_number_of_a_worked_answer_is_found() {
        // The two filters of the harness' task gsm8k.
        let strict = json!({"function": "regex", "regex_pattern": "#### (\\-?[0-9\\.\\,]+)"});
        assert_eq!(apply(&strict, "so 3+4\n#### 1,007"), "1,007");
        assert_eq!(apply(&strict, "7"), "[invalid]");
        let flexible = json!({"function": "regex", "group_select": -1,
            "regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)"});
        assert_eq!(apply(&flexible, "first 3, then $14 and 5"), "5");
        assert_eq!(apply(&flexible, "first 3, then $14"), "$14");
    }

    #[test]
    fn the_plain_ones_do_what_they_are_called() {
        let named = |name: &str| json!({ "function": name });
        assert_eq!(apply(&named("remove_whitespace"), " A b\n"), "A b");
        assert_eq!(apply(&named("lowercase"), "A b"), "a b");
        assert_eq!(apply(&named("uppercase"), "A b"), "A B");
        assert_eq!(apply(&named("take_first"), "A b"), "A b");
        let map = json!({"function": "map", "mapping_dict": {"A": 0}, "default_value": "no"});
        assert_eq!(
            (apply(&map, "A"), apply(&map, "B")),
            ("0".to_owned(), "no".to_owned())
        );
    }

    #[test]
    fn an_unknown_filter_lists_the_known_ones() {
        let error = Filter::of_entry(&json!({"function": "dance"})).expect_err("unknown");
        assert!(error.to_string().ends_with(&format!("known are {KNOWN}")));
        let open = json!({"function": "regex", "regex_pattern": "("});
        assert!(Filter::of_entry(&open).is_err());
    }
}
