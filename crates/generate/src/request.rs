//! What a method asks of a backend, and what comes back.

use numeric::Seed;
use serde::{Deserialize, Serialize};

use crate::answer::Shape;

/// One attempt at a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// What its draws follow from.
    pub(crate) seed: Seed,
    /// The text to continue, or the message of a user; empty for a text from nothing.
    pub(crate) prompt: String,
    /// The class that is asked for.
    pub(crate) label: Option<String>,
    /// The ids of the rows that the prompt was made from.
    pub(crate) parents: Vec<String>,
    /// The name of the form of the prompt.
    pub(crate) template: Option<String>,
    /// What the text is to be about.
    pub(crate) topic: Option<String>,
    /// The context that the row is about, where it is a question and its answer.
    pub(crate) context: Option<String>,
    /// Whether the answer ends with its line.
    pub(crate) one_line: bool,
    /// What the answer is to look like.
    pub(crate) shape: Shape,
}

impl Request {
    /// A request for any text.
    pub(crate) fn any(seed: Seed) -> Self {
        Self {
            seed,
            prompt: String::new(),
            label: None,
            parents: Vec::new(),
            template: None,
            topic: None,
            context: None,
            one_line: false,
            shape: Shape::plain(),
        }
    }
}

/// A text, and what its backend knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) label: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) qa: Option<Qa>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) n_tokens: Option<i32>,
    pub(crate) mean_logprob: Option<f64>,
    pub(crate) token_ids: Vec<u32>,
    pub(crate) usage: Usage,
}

/// A context, a question about it and the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Qa {
    pub(crate) context: String,
    pub(crate) question: String,
    pub(crate) answer: String,
}

impl Qa {
    /// What the answer completes.
    pub(crate) fn prompt(&self) -> String {
        format!("{} {}", self.context, self.question)
    }

    /// The answer as it follows on the prompt: the space between the two belongs to it.
    pub(crate) fn completion(&self) -> String {
        format!(" {}", self.answer)
    }

    /// The whole row as one text.
    pub(crate) fn text(&self) -> String {
        self.prompt() + &self.completion()
    }
}

/// Tokens that were counted for an answer, and are paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usage {
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
}

impl Usage {
    /// Tokens of both kinds.
    pub(crate) fn total(self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(more.prompt_tokens);
        self.completion_tokens = self
            .completion_tokens
            .saturating_add(more.completion_tokens);
    }
}

/// Why an answer cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Refusal {
    /// In a word or two, such as `empty`.
    pub(crate) reason: String,
    /// What was answered, where something was.
    pub(crate) raw: Option<String>,
    /// How near it came to what refuses it, where that is a number.
    pub(crate) score: Option<f64>,
    /// The id of the row that it is too much like.
    pub(crate) like: Option<String>,
    /// Whether nothing was answered at all.
    pub(crate) failed: bool,
    pub(crate) usage: Usage,
}

impl Refusal {
    /// A refusal for this reason.
    pub(crate) fn of(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            ..Self::default()
        }
    }

    /// No answer, for this reason.
    pub(crate) fn failed(reason: &str, why: String) -> Self {
        Self {
            raw: Some(why),
            failed: true,
            ..Self::of(reason)
        }
    }

    /// The same with what was answered.
    pub(crate) fn with_raw(mut self, raw: &str) -> Self {
        self.raw = Some(raw.to_owned());
        self
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::of(reason)
    }
}

/// An answer, or why there is none that can be used.
pub(crate) type Answer = Result<Draft, Refusal>;

/// The reason of an answer without a word in it.
pub(crate) const EMPTY: &str = "empty";

/// The tokens that an answer was counted with.
pub(crate) fn usage(answer: &Answer) -> Usage {
    match answer {
        Ok(draft) => draft.usage,
        Err(refusal) => refusal.usage,
    }
}

/// The draft without white space around its text; one of white space alone is rejected.
pub(crate) fn trimmed(draft: Draft) -> Answer {
    match draft.text.trim() {
        "" => Err(EMPTY.into()),
        text => Ok(Draft {
            text: text.to_owned(),
            ..draft
        }),
    }
}
