//! Reads the answers of a server, which may be anything at all.

use serde_json::Value;

use crate::request::{Answer, Draft, Refusal, Usage};

/// The finish reason of an answer that the server held back.
const HELD_BACK: &str = "content_filter";

/// The answers in a reply to a request for `choices` of them, in their order.
///
/// An error says in a few words why the reply is none.
pub(crate) fn answers(reply: &str, choices: u32) -> Result<Vec<Answer>, String> {
    let reply: Value =
        serde_json::from_str(reply).map_err(|error| format!("it is no JSON: {error}"))?;
    let given = reply.get("choices").and_then(Value::as_array);
    let given = given.ok_or("it has no list `choices`")?;
    if given.len() != choices as usize {
        return Err(format!(
            "{choices} were asked for, and `choices` has {}",
            given.len()
        ));
    }
    let mut places: Vec<usize> = (0..given.len()).collect();
    places.sort_by_key(|place| given[*place].get("index").and_then(Value::as_u64));
    let mut answers = Vec::with_capacity(given.len());
    for place in places {
        answers.push(answer(&given[place])?);
    }
    if let Some(first) = answers.first_mut() {
        set_usage(first, usage(&reply));
    }
    Ok(answers)
}

fn set_usage(answer: &mut Answer, usage: Usage) {
    match answer {
        Ok(draft) => draft.usage = usage,
        Err(refusal) => refusal.usage = usage,
    }
}

/// What the server counted; nothing where it does not say.
fn usage(reply: &Value) -> Usage {
    let count = |name: &str| {
        let counted = reply.get("usage").and_then(|usage| usage.get(name));
        counted.and_then(Value::as_u64).unwrap_or(0)
    };
    Usage {
        prompt_tokens: count("prompt_tokens"),
        completion_tokens: count("completion_tokens"),
    }
}

fn answer(choice: &Value) -> Result<Answer, String> {
    let finish_reason = choice.get("finish_reason").and_then(Value::as_str);
    let text = match text(choice) {
        Ok(text) => text,
        // What is held back may come without a text.
        Err(_) if finish_reason == Some(HELD_BACK) => "",
        Err(wrong) => return Err(wrong),
    };
    if finish_reason == Some(HELD_BACK) {
        return Ok(Err(Refusal::of("content-filter").with_raw(text)));
    }
    let logprobs = logprobs(choice);
    let mean = numeric::mean(&logprobs);
    Ok(Ok(Draft {
        text: text.to_owned(),
        finish_reason: finish_reason.map(str::to_owned),
        n_tokens: (!logprobs.is_empty()).then_some(logprobs.len() as i32),
        mean_logprob: mean,
        ..Draft::default()
    }))
}

/// `message.content` of a chat, `text` of a completion.
fn text(choice: &Value) -> Result<&str, String> {
    if let Some(message) = choice.get("message") {
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
            return Ok(refusal);
        }
        let content = message.get("content");
        return content
            .and_then(Value::as_str)
            .ok_or_else(|| "`message.content` is no text".to_owned());
    }
    let text = choice.get("text").and_then(Value::as_str);
    text.ok_or_else(|| "a choice has neither `message` nor `text`".to_owned())
}

/// The log-probability of each token, in either of the two forms that servers use.
fn logprobs(choice: &Value) -> Vec<f64> {
    let Some(given) = choice.get("logprobs") else {
        return Vec::new();
    };
    let of_chat = given.get("content").and_then(Value::as_array);
    let of_completion = given.get("token_logprobs").and_then(Value::as_array);
    let values: Vec<Option<f64>> = match (of_chat, of_completion) {
        (Some(tokens), _) => tokens
            .iter()
            .map(|token| token.get("logprob").and_then(Value::as_f64))
            .collect(),
        (None, Some(values)) => values.iter().map(Value::as_f64).collect(),
        (None, None) => Vec::new(),
    };
    // The mean of some of them would be the mean of something else.
    values
        .into_iter()
        .collect::<Option<Vec<f64>>>()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_read_with_its_counts() {
        let reply = r#"{"choices": [
            {"index": 1, "message": {"content": "b"}, "finish_reason": "length"},
            {"index": 0, "message": {"content": "a"}, "finish_reason": "stop",
             "logprobs": {"content": [{"token": "a", "logprob": -1.0}, {"token": "", "logprob": -2.0}]}}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3}}"#;
        let read = answers(reply, 2).expect("two answers");
        let [Ok(first), Ok(second)] = &read[..] else {
            panic!("{read:?}");
        };
        assert_eq!((first.text.as_str(), first.mean_logprob), ("a", Some(-1.5)));
        assert_eq!((first.n_tokens, first.usage.prompt_tokens), (Some(2), 7));
        assert_eq!(second.finish_reason.as_deref(), Some("length"));
        assert_eq!(second.usage, Usage::default());
    }

    #[test]
    fn a_completion_is_read_in_both_forms_of_log_probabilities() {
        for logprobs in [
            r#"{"token_logprobs": [-0.5, -1.5]}"#,
            r#"{"content": [{"logprob": -0.5}, {"logprob": -1.5}]}"#,
        ] {
            let reply = format!(r#"{{"choices": [{{"text": " x", "logprobs": {logprobs}}}]}}"#);
            let read = answers(&reply, 1).expect("an answer");
            let draft = read[0].as_ref().expect("a text");
            assert_eq!(
                (draft.text.as_str(), draft.mean_logprob),
                (" x", Some(-1.0))
            );
        }
    }

    #[test]
    fn what_is_held_back_is_refused_and_is_no_failure() {
        let reply =
            r#"{"choices": [{"message": {"content": null}, "finish_reason": "content_filter"}]}"#;
        let read = answers(reply, 1).expect("an answer");
        let refusal = read[0].as_ref().expect_err("held back");
        assert_eq!(
            (refusal.reason.as_str(), refusal.failed),
            ("content-filter", false)
        );
    }

    #[test]
    fn anything_else_is_said_to_be_wrong() {
        for (reply, said) in [
            ("{\"choices\": [", "no JSON"),
            ("[]", "no list"),
            ("{\"choices\": 3}", "no list"),
            ("{\"choices\": []}", "`choices` has 0"),
            ("{\"choices\": [{}]}", "neither"),
            (
                "{\"choices\": [{\"message\": {\"content\": 3}}]}",
                "no text",
            ),
            ("{\"choices\": [{\"text\": [\"a\"]}]}", "neither"),
            ("{\"choices\": [null]}", "neither"),
        ] {
            let error = answers(reply, 1).expect_err(reply);
            assert!(error.contains(said), "{reply}: {error}");
        }
    }
}
