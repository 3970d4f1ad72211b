//! Conversations as the text that a model was taught them in: its chat template, rendered as transformers does.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde_json::Value as Json;

use crate::Error;
use crate::files::{Files, json};

/// The file that a template lies in, where it does not lie in the tokenizer's configuration.
pub const CHAT_TEMPLATE: &str = "chat_template.jinja";
const CONFIG: &str = "tokenizer_config.json";
/// Instructions of a rendering: enough for thousands of turns, and an end to a loop without one.
const FUEL: u64 = 10_000_000;
const NAME: &str = "chat";
const ASSISTANT: &str = "assistant";

/// The chat template of a model.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    /// `bos_token` and its like, by name.
    tokens: BTreeMap<String, String>,
}

/// A conversation as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// All of it.
    pub text: String,
    /// Where the assistant speaks, in bytes; `None` where the template writes turns otherwise once
    /// others follow, so that this cannot be told.
    pub spoken: Option<Vec<Range<usize>>>,
}

impl ChatTemplate {
    /// The template of a model directory; `None` where it has none.
    pub fn find(files: &dyn Files) -> Result<Option<Self>, Error> {
        if let Some(bytes) = files.read(CHAT_TEMPLATE)? {
            let source = String::from_utf8(bytes)
                .map_err(|_| Error::malformed(CHAT_TEMPLATE, "it is no UTF-8"))?;
            return Self::new(&source, files).map(Some);
        }
        let config = configuration(files)?;
        let named = config["chat_template"].as_array();
        let default = named.and_then(|named| named.iter().find(|one| one["name"] == "default"));
        let source = default.map_or(&config["chat_template"], |default| &default["template"]);
        match source {
            Json::Null => Ok(None),
            Json::String(source) => Self::new(source, files).map(Some),
            _ => Err(Error::malformed(CONFIG, "chat_template is no text")),
        }
    }

    /// A template of its own, with the special tokens of the model in `files`.
    pub fn new(source: &str, files: &dyn Files) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        environment.set_syntax(syntax.map_err(|error| refused(&error))?);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function("raise_exception", |said: String| -> Result<Value, _> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, said))
        });
        environment
            .add_template_owned(NAME, without_generation_tags(source))
            .map_err(|error| refused(&error))?;
        let config = configuration(files)?;
        let tokens = config.as_object().into_iter().flatten();
        let tokens = tokens.filter(|(name, _)| name.ends_with("_token"));
        let tokens = tokens.filter_map(|(name, token)| {
            let spelt = token.as_str().or_else(|| token["content"].as_str())?;
            Some((name.clone(), spelt.to_owned()))
        });
        Ok(Self {
            environment,
            tokens: tokens.collect(),
        })
    }

    /// A conversation, as pairs of role and content, and where the assistant speaks.
    pub fn render(&self, turns: &[(&str, &str)]) -> Result<Rendered, Error> {
        let text = self.text(turns, false)?;
        let mut spoken = Some(Vec::new());
        for (place, _) in turns
            .iter()
            .enumerate()
            .filter(|(_, (role, _))| *role == ASSISTANT)
        {
            let before = self.text(&turns[..place], true)?;
            let after = self.text(&turns[..=place], false)?;
            let is_kept = text.starts_with(&before) && text.starts_with(&after);
            match &mut spoken {
                Some(spoken) if is_kept && before.len() <= after.len() => {
                    spoken.push(before.len()..after.len());
                }
                _ => spoken = None,
            }
        }
        Ok(Rendered { text, spoken })
    }

    /// The text of a conversation; with `prompts`, up to where the assistant would begin to speak.
    pub fn text(&self, turns: &[(&str, &str)], prompts: bool) -> Result<String, Error> {
        let messages: Vec<Value> = turns
            .iter()
            .map(|(role, content)| context! { role => *role, content => *content })
            .collect();
        let tokens = Value::from_pairs(self.tokens.clone());
        let values = context! { messages, add_generation_prompt => prompts, ..tokens };
        let template = self.environment.get_template(NAME);
        template
            .and_then(|template| template.render(values))
            .map_err(|error| refused(&error))
    }
}

fn configuration(files: &dyn Files) -> Result<Json, Error> {
    match files.read(CONFIG)? {
        Some(bytes) => json(CONFIG, &bytes),
        None => Ok(Json::Null),
    }
}

/// transformers marks what the assistant says with tags of its own; here they are comments.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{%") {
        let Some((tag, beyond)) = after.split_once("%}") else {
            break;
        };
        out.push_str(before);
        let name = tag.trim_matches(['-', '+']).trim();
        if matches!(name, "generation" | "endgeneration") {
            let [left, right] = [tag.starts_with('-'), tag.ends_with('-')]
                .map(|trims| if trims { "-" } else { "" });
            out.push_str(&format!("{{#{left} {name} {right}#}}"));
        } else {
            out.push_str(&format!("{{%{tag}%}}"));
        }
        rest = beyond;
    }
    out + rest
}

fn refused(error: &minijinja::Error) -> Error {
    let said = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    let line = error
        .line()
        .map_or(String::new(), |line| format!(" (line {line})"));
    Error::malformed("the chat template", format!("{said}{line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SmolLM2 and Qwen2 write conversations.
    const CHATML: &str = "{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'].strip() + '<|im_end|>' + '\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    fn template(source: &str) -> Result<ChatTemplate, Error> {
        let config = br#"{"bos_token": {"content": "<s>"}, "eos_token": "</s>"}"#;
        let files = BTreeMap::from([(CONFIG.to_owned(), config.to_vec())]);
        ChatTemplate::new(source, &files)
    }

    const TURNS: [(&str, &str); 4] = [
        ("user", "hi "),
        ("assistant", "hello"),
        ("user", "bye"),
        ("assistant", "so long"),
    ];

    #[test]
    fn a_conversation_is_written_as_transformers_writes_it() {
        let rendered = template(CHATML)
            .expect("a template")
            .render(&TURNS)
            .expect("a text");
        // transformers 4.57.6: tokenizer.apply_chat_template(messages, tokenize=False).
        assert_eq!(
            rendered.text,
            "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>\n\
             <|im_start|>user\nbye<|im_end|>\n<|im_start|>assistant\nso long<|im_end|>\n"
        );
        let spoken = rendered.spoken.expect("turns stay as they were");
        let said: Vec<&str> = spoken
            .into_iter()
            .map(|range| &rendered.text[range])
            .collect();
        assert_eq!(said, ["hello<|im_end|>\n", "so long<|im_end|>\n"]);
    }

    #[test]
    fn special_tokens_and_tags_of_transformers_are_understood() {
        let source = "{{ bos_token }}{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{{ eos_token }}{% endfor %}";
        let text = template(source)
            .expect("a template")
            .text(&TURNS[..1], false);
        assert_eq!(text.expect("a text"), "<s>hi </s>");
    }

    #[test]
    fn a_template_that_rewrites_what_was_said_tells_no_turns() {
        let source =
            "{% for m in messages %}{{ m.content if loop.last else m.content|upper }}{% endfor %}";
        let rendered = template(source)
            .expect("a template")
            .render(&TURNS)
            .expect("a text");
        assert_eq!(rendered.spoken, None);
    }

    #[test]
    fn a_template_that_refuses_breaks_or_never_ends_is_an_error() {
        let said = |source: &str| {
            let rendered = template(source).and_then(|template| template.render(&TURNS));
            rendered.expect_err("refused").to_string()
        };
        assert_eq!(
            said("{{ raise_exception('roles must alternate') }}"),
            "the chat template: roles must alternate (line 1)"
        );
        assert!(said("{% for %}").starts_with("the chat template: "));
        let endless =
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(said(endless).contains("fuel"), "{}", said(endless));
    }

    #[test]
    fn a_template_is_found_where_models_keep_it() {
        let find = |name: &str, text: &str| {
            let files = BTreeMap::from([(name.to_owned(), text.as_bytes().to_vec())]);
            let found = ChatTemplate::find(&files).expect("readable");
            found.map(|template| template.text(&TURNS[..1], false).expect("a text"))
        };
        assert_eq!(find(CHAT_TEMPLATE, "a").as_deref(), Some("a"));
        assert_eq!(
            find(CONFIG, r#"{"chat_template": "b"}"#).as_deref(),
            Some("b")
        );
        let named = r#"{"chat_template": [{"name": "tool", "template": "t"}, {"name": "default", "template": "d"}]}"#;
        assert_eq!(find(CONFIG, named).as_deref(), Some("d"));
        assert_eq!(find(CONFIG, "{}"), None);
    }
}
