//! `sample`: texts from nothing but a class, if that.

use numeric::Seed;
use text::{prefix_of, read_labelled};

use crate::args::{Args, Condition, Task};
use crate::backends::Backend;
use crate::instruct::{self, Instruct};
use crate::methods::{Ask, Knob, Method, Plan, Planned, in_turn, refuse_seeds};
use crate::request::{Answer, Draft, Request, trimmed};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "sample",
    options: &[
        "--condition",
        "--labels",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::OfBackend,
    plan,
};

/// Texts of these classes in turn; of any class where there are none.
struct Sample {
    labels: Vec<String>,
    condition: Condition,
    labelled: bool,
    /// Whether the rows are questions about a context.
    asks: bool,
}

fn plan(args: &Args, seeds: Option<&Seeds>, backend: &dyn Backend) -> Planned {
    refuse_seeds(METHOD.name, seeds)?;
    let labels = args.method.labels.clone();
    anyhow::ensure!(
        labels.iter().all(|label| !label.is_empty()),
        "--labels names a class by an empty text"
    );
    if args.backend.grammar.is_some() {
        let labelled = args.backend.task != Some(Task::Qa);
        anyhow::ensure!(
            labelled || labels.is_empty(),
            "--task qa has no classes, but --labels names some"
        );
        return Ok(Box::new(Sample {
            labels,
            condition: Condition::None,
            labelled,
            asks: !labelled,
        }));
    }
    if backend.chats() {
        return Ok(Box::new(InWords {
            instruct: Instruct::new(args)?,
            labels,
        }));
    }
    let default = if labels.is_empty() {
        Condition::None
    } else {
        Condition::Label
    };
    let condition = args.method.condition.unwrap_or(default);
    match condition {
        Condition::Label => anyhow::ensure!(!labels.is_empty(), "--condition label needs --labels"),
        Condition::None => anyhow::ensure!(
            labels.is_empty(),
            "--condition none has no use for --labels"
        ),
        Condition::OwnLabel => {}
    }
    Ok(Box::new(Sample {
        labels,
        condition,
        labelled: condition != Condition::None,
        asks: false,
    }))
}

impl Sample {
    /// The label and the text of an answer; the label is one of the known ones, where some are.
    fn labelled<'a>(&self, answer: &'a str) -> Result<(&'a str, &'a str), &'static str> {
        let parts = read_labelled(answer).ok_or("no-label")?;
        if self.labels.is_empty() {
            return Ok(parts);
        }
        // A known label may hold the mark that ends a label, so the longest one that fits is it.
        let known = self.labels.iter().filter_map(|label| {
            let text = answer
                .trim()
                .strip_prefix(prefix_of(label).as_str())?
                .trim();
            (!text.is_empty()).then(|| (&answer.trim()[..label.len()], text))
        });
        known
            .max_by_key(|(label, _)| label.len())
            .ok_or("unknown-label")
    }
}

impl Ask for Sample {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let any = Request::any(seed);
        let label = in_turn(&self.labels, index).cloned();
        Ok(match (self.condition, label) {
            (Condition::None, label) => Request { label, ..any },
            (Condition::Label, Some(label)) => Request {
                prompt: prefix_of(&label),
                label: Some(label),
                template: Some("label".to_owned()),
                ..any
            },
            (Condition::Label, None) => any,
            (Condition::OwnLabel, _) => Request {
                template: Some("own-label".to_owned()),
                ..any
            },
        })
    }

    fn read(&self, _request: &Request, answer: Draft) -> Answer {
        let mut draft = trimmed(answer)?;
        if self.condition == Condition::OwnLabel {
            let (label, text) = self.labelled(&draft.text)?;
            (draft.label, draft.text) = (Some(label.to_owned()), text.to_owned());
        }
        Ok(draft)
    }
}

impl Plan for Sample {
    fn first(&self) -> &dyn Ask {
        self
    }

    fn labels(&self) -> bool {
        self.labelled
    }

    fn asks(&self) -> bool {
        self.asks
    }
}

/// The same, asked for in words.
struct InWords {
    instruct: Instruct,
    labels: Vec<String>,
}

impl Ask for InWords {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let asked = Request {
            label: in_turn(&self.labels, index).cloned(),
            ..Request::any(seed)
        };
        self.instruct
            .request("sample", self.instruct.text(), [], asked)
    }

    fn read(&self, request: &Request, answer: Draft) -> Answer {
        instruct::row(request, answer)
    }
}

impl Plan for InWords {
    fn first(&self) -> &dyn Ask {
        self
    }

    fn labels(&self) -> bool {
        !self.labels.is_empty()
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        vec![("sample", self.instruct.source("sample"))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(condition: Condition, labels: &[&str]) -> Sample {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Sample {
            labels,
            condition,
            labelled: condition != Condition::None,
            asks: false,
        }
    }

    fn read(sample: &Sample, text: &str) -> Answer {
        let request = sample.request(0, Seed::new(1)).expect("a request");
        sample.read(
            &request,
            Draft {
                text: text.to_owned(),
                ..Draft::default()
            },
        )
    }

    #[test]
    fn classes_come_in_turn_and_their_prompt_ends_in_a_colon() {
        let plan = sample(Condition::Label, &["a", "b"]);
        let prompts =
            [0, 1, 2].map(|index| plan.request(index, Seed::new(1)).expect("a request").prompt);
        assert_eq!(prompts, ["a:", "b:", "a:"]);
    }

    #[test]
    fn a_label_of_the_model_s_own_is_read_or_the_answer_is_rejected() {
        let plan = sample(Condition::OwnLabel, &["a", "b"]);
        let draft = read(&plan, " a: it is: so").expect("labelled");
        assert_eq!(
            (draft.label.as_deref(), draft.text.as_str()),
            (Some("a"), "it is: so")
        );
        assert_eq!(read(&plan, "it is so"), Err("no-label".into()));
        assert_eq!(read(&plan, "c: it is so"), Err("unknown-label".into()));
        assert_eq!(read(&plan, " \n"), Err("empty".into()));
    }

    #[test]
    fn a_text_from_nothing_has_no_prompt() {
        let plan = sample(Condition::None, &[]);
        let request = plan.request(3, Seed::new(1)).expect("a request");
        assert_eq!(request, Request::any(Seed::new(1)));
        assert_eq!(read(&plan, " so\n").expect("a text").text, "so");
    }
}
