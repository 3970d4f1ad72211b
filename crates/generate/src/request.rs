//! What a method asks of a backend, and what comes back.

use std::borrow::Cow;

use numeric::Seed;
use serde::{Deserialize, Serialize};

/// One attempt at a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// What its draws follow from.
    pub(crate) seed: Seed,
    /// The text to continue; empty for a text from nothing.
    pub(crate) prompt: String,
    /// The class that is asked for.
    pub(crate) label: Option<String>,
    /// The ids of the rows that the prompt was made from.
    pub(crate) parents: Vec<String>,
    /// The name of the form of the prompt.
    pub(crate) template: Option<&'static str>,
    /// Whether the answer ends with its line.
    pub(crate) one_line: bool,
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
            one_line: false,
        }
    }
}

/// A text, and what its backend knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
}

/// Why an answer is rejected, in one word such as `empty`.
pub(crate) type Reason = Cow<'static, str>;

/// An answer, or why there is none that can be used.
pub(crate) type Answer = Result<Draft, Reason>;

/// An answer without a word in it.
pub(crate) const EMPTY: Reason = Cow::Borrowed("empty");

/// The draft without white space around its text; one of white space alone is rejected.
pub(crate) fn trimmed(draft: Draft) -> Answer {
    match draft.text.trim() {
        "" => Err(EMPTY),
        text => Ok(Draft {
            text: text.to_owned(),
            ..draft
        }),
    }
}
