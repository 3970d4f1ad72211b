//! Requests as a batch file of OpenAI's interface, and answers read back from the file of its results.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::backends::Exchange;
use crate::endpoint::{Api, Body, answers};
use crate::request::Answer;

/// Writes the requests of all exchanges, one a line, each known by the key of its exchange.
pub(crate) fn write(
    file: &Path,
    api: Api,
    exchanges: &[Exchange],
    body: &Body,
) -> anyhow::Result<()> {
    let url = format!("/v1/{}", api.path());
    let mut lines = String::new();
    for exchange in exchanges {
        let line = json!({
            "custom_id": exchange.key,
            "method": "POST",
            "url": url,
            "body": body.of(&exchange.request, exchange.choices),
        });
        lines.extend([line.to_string().as_str(), "\n"]);
    }
    Ok(dataset::write_file(file, lines.as_bytes())?)
}

/// The answers in a file of results, by the key of their exchange, and how many requests failed.
pub(crate) fn read(
    file: &Path,
    choices: u32,
) -> anyhow::Result<(BTreeMap<String, Vec<Answer>>, usize)> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let (mut found, mut failed) = (BTreeMap::new(), 0);
    for (at, line) in dataset::read_text(file)?.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let told = || format!("line {} of {name}", at + 1);
        let line: Value =
            serde_json::from_str(line).with_context(|| format!("{} is no JSON", told()))?;
        let key = line.get("custom_id").and_then(Value::as_str);
        let key = key.with_context(|| format!("{} has no `custom_id`", told()))?;
        match body(&line) {
            None => failed += 1,
            Some(body) => {
                let read = answers(&body.to_string(), choices);
                let read =
                    read.map_err(|why| anyhow::anyhow!("{} has no answer: {why}", told()))?;
                ensure!(
                    found.insert(key.to_owned(), read).is_none(),
                    "{} answers the request `{key}` a second time",
                    told()
                );
            }
        }
    }
    Ok((found, failed))
}

/// The reply in a line of results; none where the request failed.
fn body(line: &Value) -> Option<&Value> {
    let response = line
        .get("response")
        .filter(|response| !response.is_null())?;
    let status = response.get("status_code").and_then(Value::as_u64);
    let fine = status.is_none_or(|status| (200..300).contains(&status));
    response.get("body").filter(|_| fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(lines: &str) -> anyhow::Result<(BTreeMap<String, Vec<Answer>>, usize)> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("results.jsonl");
        std::fs::write(&file, lines).expect("written");
        read(&file, 1)
    }

    #[test]
    fn answers_are_found_by_the_key_of_their_request_in_any_order() {
        let lines = r#"{"custom_id": "b", "response": {"status_code": 200, "body": {"choices": [{"message": {"content": "two"}}]}}, "error": null}
{"custom_id": "a", "response": {"status_code": 429, "body": {}}, "error": null}

{"custom_id": "c", "response": null, "error": {"code": "batch_expired"}}
"#;
        let (found, failed) = results(lines).expect("results");
        assert_eq!((found.len(), failed), (1, 2));
        assert_eq!(found["b"][0].as_ref().expect("a text").text, "two");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let error = results("{\"custom_id\": \"a\", \"response\": null}\n{").expect_err("cut off");
        assert!(
            error.to_string().starts_with("line 2 of results.jsonl"),
            "{error}"
        );
        assert!(results("{}").is_err());
    }
}
