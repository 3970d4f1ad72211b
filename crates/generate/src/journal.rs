//! The answers that a long run has so far, kept so that none is made twice.
//!
//! An answer follows from its own request alone, so what is kept is good for any number of rows:
//! only what a request or its answer depends on must be as it was.

use std::collections::{BTreeMap, VecDeque};

use dataset::Input;
use serde_json::{Value, json};

use crate::args::Args;
use crate::request::Answer;

/// Options that change how many answers are taken or how rows are marked, and no answer.
const FREE: [&str; 7] = [
    "number",
    "max-attempts",
    "allow-fewer",
    "source-name",
    "generation",
    "level",
    "token-ids",
];

/// The answers from an earlier run that are not used yet, and the place for new ones.
#[derive(Default)]
pub(crate) struct Journal {
    kept: VecDeque<Answer>,
    place: Option<dataset::Journal>,
}

impl Journal {
    /// No journal.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// The journal beside the output, with what is in it.
    pub(crate) fn open(args: &Args, inputs: &[Input]) -> anyhow::Result<Self> {
        let place = dataset::Journal::open(&args.output.output, &run(args, inputs)?, args.resume)?;
        let mut kept = VecDeque::new();
        for piece in place
            .iter()
            .map(dataset::Journal::pieces)
            .collect::<Result<Vec<_>, _>>()?
            .concat()
        {
            kept.extend(serde_json::from_slice::<Vec<Answer>>(&piece)?);
        }
        Ok(Self { kept, place })
    }

    /// How many answers are there already.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The next answers, at most `most`; none where new ones have to be made.
    pub(crate) fn take(&mut self, most: usize) -> Vec<Answer> {
        let taken = most.min(self.kept.len());
        self.kept.drain(..taken).collect()
    }

    /// Keeps new answers.
    pub(crate) fn keep(&mut self, answers: &[Answer]) -> anyhow::Result<()> {
        match &mut self.place {
            Some(place) => Ok(place.keep(&serde_json::to_vec(answers)?)?),
            None => Ok(()),
        }
    }

    /// Throws everything away, once the rows are written.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        Ok(self.place.map_or(Ok(()), dataset::Journal::end)?)
    }
}

/// All that answers follow from.
fn run(args: &Args, inputs: &[Input]) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut run = cli::arguments(args)?;
    run.retain(|name, _| !FREE.contains(&name.as_str()));
    run.insert("polyculture".to_owned(), json!(env!("CARGO_PKG_VERSION")));
    let hashes: Vec<_> = inputs.iter().map(|input| input.node.hash).collect();
    run.insert("content of the inputs".to_owned(), json!(hashes));
    Ok(run)
}
