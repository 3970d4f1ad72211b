//! `--grammar`: a weighted grammar, whose diversity and shift are knobs and whose labels are true.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::{ContentHash, Input, InputNode};
use serde_json::{Value, json};
use text::grammar::{Grammar, GrammarError, Knobs, Sampler};

use crate::args::{Args, GrammarFile, Task};
use crate::backends::{Backend, Kind, Opened};
use crate::request::{Answer, Draft, Qa, Request};

pub(super) static KIND: Kind = Kind {
    name: "grammar",
    open,
};

struct GrammarBackend {
    grammar: Grammar,
    knobs: Knobs,
    task: Task,
    input: Input,
}

fn open(args: &Args) -> Option<Opened> {
    let file = args.backend.grammar.as_ref()?;
    Some(GrammarBackend::read(file, args).map(|backend| Box::new(backend) as Box<dyn Backend>))
}

impl GrammarBackend {
    fn read(file: &GrammarFile, args: &Args) -> anyhow::Result<Self> {
        let given = &args.backend;
        let shift = given.shift.map_or(0.0, numeric::Share::fraction);
        let knobs = Knobs::new(given.diversity.unwrap_or(1.0), shift)?;
        let text = dataset::read_text(&file.0)?;
        let grammar =
            Grammar::parse(&text).with_context(|| format!("{} is no grammar", file.name()))?;
        let node = InputNode {
            role: "grammar".to_owned(),
            name: file.name(),
            hash: ContentHash::of_bytes(text.as_bytes()),
            rows: 0,
            revision: None,
        };
        let input = Input {
            node,
            provenance: None,
        };
        Ok(Self {
            grammar,
            knobs,
            task: given.task.unwrap_or(Task::Text),
            input,
        })
    }
}

impl Backend for GrammarBackend {
    fn answer(&self, requests: &[Request]) -> anyhow::Result<Vec<Answer>> {
        let sampler = self.grammar.sampler(self.knobs);
        let drafts = requests
            .iter()
            .map(|request| draft(&sampler, self.task, request).map(Ok));
        let drafts = drafts.collect::<Result<Vec<_>, _>>();
        drafts.with_context(|| format!("{} cannot write what is asked for", self.input.node.name))
    }

    fn at_once(&self) -> u64 {
        1 << 14
    }

    fn input(&self) -> &Input {
        &self.input
    }

    fn source(&self) -> String {
        "grammar".to_owned()
    }

    fn knob(&self) -> (&'static str, f64) {
        ("diversity", self.knobs.diversity())
    }

    fn sampling(&self) -> Option<(f64, f64)> {
        None
    }

    fn settings(&self) -> BTreeMap<&'static str, Value> {
        BTreeMap::from([
            ("grammar", json!(self.input.node.hash)),
            ("diversity", json!(self.knobs.diversity())),
            ("shift", json!(self.knobs.shift())),
            ("task", json!(self.task)),
        ])
    }
}

fn draft(sampler: &Sampler<'_>, task: Task, request: &Request) -> Result<Draft, GrammarError> {
    let mut stream = request.seed.stream("grammar");
    if task == Task::Qa {
        let made = sampler.sample_qa(&mut stream)?;
        let qa = Qa {
            context: made.context,
            question: made.question,
            answer: made.answer,
        };
        let text = qa.prompt() + &qa.completion();
        return Ok(Draft {
            text,
            template: Some(made.template),
            qa: Some(qa),
            ..Draft::default()
        });
    }
    let made = sampler.sample(request.label.as_deref(), &mut stream)?;
    Ok(Draft {
        text: made.text,
        label: Some(made.label),
        topic: made.topic,
        template: Some(made.template),
        ..Draft::default()
    })
}
