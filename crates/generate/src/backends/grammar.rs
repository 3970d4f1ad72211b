//! `--grammar`: a weighted grammar, whose diversity and shift are knobs and whose labels are true.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::{ContentHash, Input, InputNode};
use numeric::Stream;
use serde_json::{Value, json};
use text::grammar::{Grammar, GrammarError, Knobs, Sampler};

use crate::args::{Args, NamedFile, Task};
use crate::backends::{Backend, Exchange, Keep, Kind, Opened, keep_all};
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
    fn read(file: &NamedFile, args: &Args) -> anyhow::Result<Self> {
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
    fn answer(&self, exchanges: &[Exchange], keep: &mut Keep<'_>) -> anyhow::Result<()> {
        let sampler = self.grammar.sampler(self.knobs);
        let answers = exchanges
            .iter()
            .map(|exchange| answer(&sampler, self.task, &exchange.request))
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("{} cannot write what is asked for", self.input.node.name))?;
        keep_all(answers, keep)
    }

    fn at_once(&self) -> u64 {
        1 << 14
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }

    fn topics(&self) -> Vec<String> {
        self.grammar.topics()
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

/// Texts that are tried before it is said that a template has no other one.
const TRIES: usize = 20_000;

fn answer(sampler: &Sampler<'_>, task: Task, request: &Request) -> Result<Answer, GrammarError> {
    let mut stream = request.seed.stream("grammar");
    if task == Task::Qa {
        return question(sampler, &mut stream).map(Ok);
    }
    if request.prompt.is_empty() {
        return text(sampler, request, &mut stream).map(Ok);
    }
    // A text to say again comes as the prompt: another one of its class, topic and template.
    for _ in 0..TRIES {
        let draft = text(sampler, request, &mut stream)?;
        if draft.template == request.template && draft.text != request.prompt {
            return Ok(Ok(draft));
        }
    }
    Ok(Err("no-other-words".into()))
}

fn text(
    sampler: &Sampler<'_>,
    request: &Request,
    stream: &mut Stream,
) -> Result<Draft, GrammarError> {
    let label = request.label.as_deref();
    let made = match &request.topic {
        Some(topic) => sampler.sample_about(label, topic, stream)?,
        None => sampler.sample(label, stream)?,
    };
    Ok(Draft {
        text: made.text,
        label: Some(made.label),
        topic: made.topic,
        template: Some(made.template),
        ..Draft::default()
    })
}

fn question(sampler: &Sampler<'_>, stream: &mut Stream) -> Result<Draft, GrammarError> {
    let made = sampler.sample_qa(stream)?;
    let qa = Qa {
        context: made.context,
        question: made.question,
        answer: made.answer,
    };
    Ok(Draft {
        text: qa.text(),
        template: Some(made.template),
        qa: Some(qa),
        ..Draft::default()
    })
}
