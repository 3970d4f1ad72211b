//! `few-shot`: each prompt shows some of the seed rows, drawn anew, and asks for one more like them.
//!
//! The prompt is a line `<label>: <text>` for each example, all of one class, and the start of the
//! next line. White space in an example is collapsed, so that an example is a line; where the seeds
//! have no labels, every line starts with `text:`.

use anyhow::ensure;
use numeric::Seed;
use text::{collapse_space, prefix_of, render_labelled};

use crate::args::Args;
use crate::backends::Backend;
use crate::instruct::{self, Instruct, drawn};
use crate::methods::{Ask, Knob, Method, Plan, Planned, in_turn};
use crate::request::{Answer, Draft, Request, trimmed};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "few-shot",
    options: &[
        "--shots",
        "--labels",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::OfBackend,
    plan,
};

/// What stands for the label where there is none.
const UNLABELLED: &str = "text";
const SHOTS: usize = 4;

/// The examples of each class.
struct FewShot {
    shots: usize,
    labelled: bool,
    labels: Vec<String>,
    /// For each of the labels, the ids and the texts of its rows, each on a line.
    examples: Vec<Vec<(String, String)>>,
}

fn plan(args: &Args, seeds: Option<&Seeds>, backend: &dyn Backend) -> Planned {
    ensure!(
        args.backend.grammar.is_none(),
        "a grammar learns from no examples; few-shot needs --model or --endpoint"
    );
    let Some(seeds) = seeds else {
        anyhow::bail!("few-shot needs SEEDS to take its examples from");
    };
    let shots = args.method.shots.unwrap_or(SHOTS);
    ensure!(
        shots > 0,
        "--shots is 0; for a text from nothing use --method sample"
    );
    let examples = FewShot::new(seeds, &args.method.labels, shots)?;
    if backend.chats() {
        return Ok(Box::new(InWords {
            instruct: Instruct::new(args)?,
            examples,
        }));
    }
    Ok(Box::new(examples))
}

impl FewShot {
    fn new(seeds: &Seeds, labels: &[String], shots: usize) -> anyhow::Result<Self> {
        let texts = seeds.texts()?;
        let given = seeds.labels();
        ensure!(
            labels.is_empty() || given.is_some(),
            "{} has no column `label`, but --labels names some",
            seeds.name()
        );
        let labels = match given {
            _ if !labels.is_empty() => labels.to_vec(),
            Some(given) => std::collections::BTreeSet::from_iter(given)
                .into_iter()
                .cloned()
                .collect(),
            None => vec![UNLABELLED.to_owned()],
        };
        let mut examples = Vec::with_capacity(labels.len());
        for label in &labels {
            let of_class = |row: &usize| given.is_none_or(|given| given[*row] == *label);
            let rows = (0..texts.len()).filter(of_class);
            let lines: Vec<_> = rows
                .map(|row| (seeds.ids()[row].clone(), collapse_space(&texts[row])))
                .collect();
            ensure!(
                lines.len() >= shots,
                "{} has {} rows of `{label}`, but --shots is {shots}",
                seeds.name(),
                lines.len()
            );
            examples.push(lines);
        }
        Ok(Self {
            shots,
            labelled: given.is_some(),
            labels,
            examples,
        })
    }
}

impl FewShot {
    /// The class of attempt `index`, and the rows of it that are shown.
    fn shown(&self, index: u64, seed: Seed) -> (String, Vec<&(String, String)>) {
        let turn = (index % self.labels.len() as u64) as usize;
        let examples = &self.examples[turn];
        let drawn = drawn(self.shots, examples.len(), &mut seed.stream("shots"));
        let label = in_turn(&self.labels, index).cloned().unwrap_or_default();
        (label, drawn.into_iter().map(|at| &examples[at]).collect())
    }
}

impl Ask for FewShot {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let (label, shown) = self.shown(index, seed);
        let lines = shown
            .iter()
            .map(|(_, text)| format!("{}\n", render_labelled(&label, text)));
        Ok(Request {
            prompt: lines.collect::<String>() + &prefix_of(&label),
            parents: shown.iter().map(|(id, _)| id.clone()).collect(),
            label: self.labelled.then_some(label),
            template: Some("few-shot".to_owned()),
            one_line: true,
            ..Request::any(seed)
        })
    }

    fn read(&self, _request: &Request, mut answer: Draft) -> Answer {
        if let Some(end) = answer.text.trim_start().find('\n') {
            let start = answer.text.len() - answer.text.trim_start().len();
            answer.text.truncate(start + end);
            answer.finish_reason = Some("stop".to_owned());
        }
        trimmed(answer)
    }
}

impl Plan for FewShot {
    fn first(&self) -> &dyn Ask {
        self
    }

    fn labels(&self) -> bool {
        self.labelled
    }
}

/// The same, asked for in words.
struct InWords {
    instruct: Instruct,
    examples: FewShot,
}

impl Ask for InWords {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let (label, shown) = self.examples.shown(index, seed);
        let texts = shown
            .iter()
            .map(|(_, text)| minijinja::context! { text => text });
        let examples = minijinja::Value::from(texts.collect::<Vec<_>>());
        let asked = Request {
            parents: shown.iter().map(|(id, _)| id.clone()).collect(),
            label: self.examples.labelled.then_some(label),
            ..Request::any(seed)
        };
        let shape = self.instruct.text();
        self.instruct
            .request("few-shot", shape, [("examples", examples)], asked)
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
        self.examples.labelled
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        vec![("few-shot", self.instruct.source("few-shot"))]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use dataset::Table;

    use super::*;

    fn seeds(columns: &[(&str, [&str; 4])]) -> Seeds {
        let columns = columns.iter().map(|(name, values)| {
            (
                *name,
                Arc::new(StringArray::from(values.to_vec())) as ArrayRef,
                true,
            )
        });
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns");
        Seeds::of(&Table::new("seeds", batch.schema(), vec![batch])).expect("texts")
    }

    const IDS: (&str, [&str; 4]) = ("id", ["0", "1", "2", "3"]);
    const TEXTS: (&str, [&str; 4]) = ("text", ["one", "two\n\nlines", "three", "four"]);
    const LABELS: (&str, [&str; 4]) = ("label", ["b", "a", "b", "a"]);

    #[test]
    fn examples_are_of_the_class_asked_for_and_are_the_parents() {
        let plan = FewShot::new(&seeds(&[IDS, TEXTS, LABELS]), &[], 2).expect("enough");
        let request = plan.request(0, Seed::new(1)).expect("a request");
        assert_eq!(request.label.as_deref(), Some("a"));
        let lines: Vec<&str> = request.prompt.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines.contains(&"a: two lines") && lines.contains(&"a: four"),
            "{lines:?}"
        );
        assert_eq!(lines[2], "a:");
        assert_eq!(request.parents.len(), 2);
        assert!(request.parents.iter().all(|id| id == "1" || id == "3"));
        let second = plan.request(1, Seed::new(1)).expect("a request");
        assert_eq!(second.label.as_deref(), Some("b"));
    }

    #[test]
    fn examples_are_drawn_anew_for_each_request() {
        let plan = FewShot::new(&seeds(&[IDS, TEXTS]), &[], 1).expect("enough");
        let drawn: std::collections::BTreeSet<_> = (0..40)
            .map(|index| {
                plan.request(index, Seed::new(index))
                    .expect("a request")
                    .parents
            })
            .collect();
        assert_eq!(drawn.len(), 4);
        let request = plan.request(0, Seed::new(1)).expect("a request");
        assert!(request.prompt.ends_with("\ntext:"));
    }

    #[test]
    fn an_answer_ends_with_its_line() {
        let plan = FewShot::new(&seeds(&[IDS, TEXTS]), &[], 1).expect("enough");
        let answer = |text: &str| {
            let draft = Draft {
                text: text.to_owned(),
                ..Draft::default()
            };
            plan.read(&plan.request(0, Seed::new(1)).expect("a request"), draft)
        };
        let draft = answer(" five\ntext: six").expect("a text");
        assert_eq!(
            (draft.text.as_str(), draft.finish_reason.as_deref()),
            ("five", Some("stop"))
        );
        assert_eq!(answer("\n"), Err("empty".into()));
    }

    #[test]
    fn a_class_with_too_few_rows_is_refused() {
        let error = FewShot::new(&seeds(&[IDS, TEXTS, LABELS]), &[], 3)
            .map(|_| ())
            .expect_err("two rows");
        assert_eq!(
            error.to_string(),
            "seeds has 2 rows of `a`, but --shots is 3"
        );
    }
}
