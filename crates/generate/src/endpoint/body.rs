//! What is sent: a chat or a completion, with the sampling parameters that were given and no others.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::answer::Shape;
use crate::request::Request;

/// Which of the two interfaces is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// `chat/completions`: the prompt is the message of a user.
    #[default]
    Chat,
    /// `completions`: the prompt is continued.
    Completion,
}

impl Api {
    /// Its path at the server.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Completion => "completions",
        }
    }
}

/// What all requests of a run share.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) api: Api,
    pub(crate) model: String,
    pub(crate) system: Option<String>,
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) top_k: Option<usize>,
    pub(crate) min_p: Option<f64>,
    pub(crate) typical_p: Option<f64>,
    pub(crate) repetition_penalty: Option<f64>,
    pub(crate) presence_penalty: Option<f64>,
    pub(crate) frequency_penalty: Option<f64>,
    /// The strings that end a text.
    pub(crate) stop: Vec<String>,
    pub(crate) max_new_tokens: usize,
    /// The name of the field with the most tokens: `max_tokens`, or what newer servers call it.
    pub(crate) max_tokens_name: String,
    pub(crate) logprobs: bool,
    pub(crate) send_seed: bool,
    /// Whether the shape of answers is sent as a JSON schema.
    pub(crate) schema: bool,
}

impl Body {
    /// The JSON of a request for `choices` answers.
    pub(crate) fn of(&self, request: &Request, choices: u32) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("model", json!(self.model));
        match self.api {
            Api::Chat => put("messages", self.messages(&request.prompt)),
            Api::Completion => put("prompt", json!(request.prompt)),
        };
        for (name, value) in [
            ("temperature", self.temperature),
            ("top_p", self.top_p),
            ("min_p", self.min_p),
            ("typical_p", self.typical_p),
            ("repetition_penalty", self.repetition_penalty),
            ("presence_penalty", self.presence_penalty),
            ("frequency_penalty", self.frequency_penalty),
        ] {
            if let Some(value) = value {
                put(name, json!(value));
            }
        }
        for (name, value) in [
            ("top_k", self.top_k.map(|value| json!(value))),
            ("seed", self.send_seed.then(|| json!(seed(request)))),
            ("n", (choices > 1).then(|| json!(choices))),
            ("stop", self.stop(request)),
            ("logprobs", self.logprobs()),
            ("response_format", self.response_format(request.shape)),
        ] {
            if let Some(value) = value {
                put(name, value);
            }
        }
        put(&self.max_tokens_name, json!(self.max_new_tokens));
        put("stream", json!(false));
        Value::Object(body)
    }

    fn messages(&self, prompt: &str) -> Value {
        let system = self.system.iter().map(|text| ("system", text.as_str()));
        let messages = system.chain([("user", prompt)]);
        messages
            .map(|(role, content)| json!({"role": role, "content": content}))
            .collect()
    }

    fn stop(&self, request: &Request) -> Option<Value> {
        let line = request.one_line.then_some("\n");
        let all: Vec<&str> = self.stop.iter().map(String::as_str).chain(line).collect();
        (!all.is_empty()).then(|| json!(all))
    }

    /// The two interfaces ask for log-probabilities in different ways.
    fn logprobs(&self) -> Option<Value> {
        let asked = match self.api {
            Api::Chat => json!(true),
            Api::Completion => json!(1),
        };
        self.logprobs.then_some(asked)
    }

    fn response_format(&self, shape: Shape) -> Option<Value> {
        let schema = self.schema.then(|| shape.schema()).flatten()?;
        let named = json!({"name": "row", "strict": true, "schema": schema});
        Some(json!({"type": "json_schema", "json_schema": named}))
    }
}

/// The seed as servers take it: 31 bits, since some keep it in a signed 32-bit number.
fn seed(request: &Request) -> u64 {
    request.seed.number() & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;

    fn body(api: Api) -> Body {
        Body {
            api,
            model: "m".to_owned(),
            system: None,
            temperature: Some(0.7),
            top_p: None,
            top_k: None,
            min_p: None,
            typical_p: None,
            repetition_penalty: None,
            presence_penalty: Some(0.5),
            frequency_penalty: None,
            stop: Vec::new(),
            max_new_tokens: 8,
            max_tokens_name: "max_tokens".to_owned(),
            logprobs: true,
            send_seed: false,
            schema: false,
        }
    }

    fn request(prompt: &str) -> Request {
        Request {
            prompt: prompt.to_owned(),
            ..Request::any(Seed::new(u64::MAX))
        }
    }

    #[test]
    fn what_was_not_given_is_not_sent() {
        assert_eq!(
            body(Api::Completion).of(&request("a"), 1),
            json!({"model": "m", "prompt": "a", "temperature": 0.7, "presence_penalty": 0.5, "logprobs": 1, "max_tokens": 8, "stream": false})
        );
    }

    #[test]
    fn a_chat_has_the_system_s_message_first() {
        let body = Body {
            system: Some("be brief".to_owned()),
            send_seed: true,
            logprobs: false,
            ..body(Api::Chat)
        };
        let sent = body.of(&request("a"), 3);
        assert_eq!(
            sent["messages"],
            json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": "a"}])
        );
        assert_eq!(
            (&sent["n"], &sent["seed"]),
            (&json!(3), &json!(0x7fff_ffff))
        );
    }

    #[test]
    fn the_shape_of_an_answer_is_sent_as_a_schema() {
        let body = Body {
            schema: true,
            ..body(Api::Chat)
        };
        let mut asked = request("a");
        asked.shape = Shape::json(&["question", "answer"]);
        let schema = &body.of(&asked, 1)["response_format"]["json_schema"]["schema"];
        assert_eq!(schema["required"], json!(["question", "answer"]));
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
