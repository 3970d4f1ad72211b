//! The answers that a long run has so far, kept so that none is asked for twice.
//!
//! An answer is found by all that its request is made of, so what is kept is good for any number of
//! rows and for every level of a ladder.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use dataset::{Input, Log};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::args::Args;
use crate::backends::Exchange;
use crate::request::Answer;

/// Options that change how many answers are taken or how rows are marked, and no answer.
const FREE: [&str; 9] = [
    "number",
    "max-attempts",
    "allow-fewer",
    "source-name",
    "generation",
    "level",
    "token-ids",
    "stop-when-gain-below",
    "levels",
];

/// The answers so far, and the file where they are kept.
#[derive(Default)]
pub(crate) struct Journal {
    answers: BTreeMap<String, Vec<Answer>>,
    /// Those that were counted already.
    counted: BTreeSet<String>,
    log: Option<Log>,
    remembers: bool,
}

/// What is kept of one exchange.
#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    answers: Vec<Answer>,
}

impl Journal {
    /// No journal: everything is asked anew.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// The journal beside the output, with what is in it.
    pub(crate) fn open(args: &Args, inputs: &[Input]) -> anyhow::Result<Self> {
        let log = Log::open(&args.output.output, &run(args, inputs)?, args.resume)?;
        let mut answers = BTreeMap::new();
        for record in log.iter().flat_map(Log::records) {
            let kept: Kept = serde_json::from_value(record.clone())?;
            answers.insert(kept.key, kept.answers);
        }
        Ok(Self {
            answers,
            log,
            remembers: true,
            ..Self::default()
        })
    }

    /// How many answers are there already.
    pub(crate) fn len(&self) -> usize {
        self.answers.values().map(Vec::len).sum()
    }

    /// The name of the file, where there is one.
    pub(crate) fn name(&self) -> Option<String> {
        self.log.as_ref().map(Log::name)
    }

    /// The answers to this exchange, if they are there.
    pub(crate) fn recall(&self, exchange: &Exchange) -> Option<Vec<Answer>> {
        self.answers.get(&exchange.key).cloned()
    }

    /// Whether the exchange of this key is answered.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.answers.contains_key(key)
    }

    /// Takes in answers that came another way, such as those of a batch.
    pub(crate) fn take_in(&mut self, answers: BTreeMap<String, Vec<Answer>>) -> anyhow::Result<()> {
        let mut records = Vec::with_capacity(answers.len());
        for (key, answers) in answers {
            if let Entry::Vacant(place) = self.answers.entry(key.clone()) {
                place.insert(answers.clone());
                records.push(serde_json::to_value(Kept { key, answers })?);
            }
        }
        match &mut self.log {
            Some(log) if !records.is_empty() => Ok(log.append(&records)?),
            _ => Ok(()),
        }
    }

    /// Whether this exchange is counted for the first time.
    pub(crate) fn count(&mut self, exchange: &Exchange) -> bool {
        self.counted.insert(exchange.key.clone())
    }

    /// Keeps new answers, each with the place of its exchange; those that failed are not worth it.
    pub(crate) fn keep(
        &mut self,
        exchanges: &[Exchange],
        answered: &[(usize, Vec<Answer>)],
    ) -> anyhow::Result<()> {
        if !self.remembers {
            return Ok(());
        }
        let mut records = Vec::with_capacity(answered.len());
        for (at, answers) in answered {
            let failed = |answer: &Answer| answer.as_ref().is_err_and(|refusal| refusal.failed);
            if answers.iter().any(failed) {
                continue;
            }
            let key = exchanges[*at].key.clone();
            self.counted.insert(key.clone());
            self.answers.insert(key.clone(), answers.clone());
            let answers = answers.clone();
            records.push(serde_json::to_value(Kept { key, answers })?);
        }
        match &mut self.log {
            Some(log) if !records.is_empty() => Ok(log.append(&records)?),
            _ => Ok(()),
        }
    }

    /// Throws everything away, once the rows are written.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        Ok(self.log.map_or(Ok(()), Log::end)?)
    }

    /// Leaves what was paid for to the next run.
    pub(crate) fn leave(self) -> anyhow::Result<()> {
        Ok(self.log.map_or(Ok(()), Log::leave)?)
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
