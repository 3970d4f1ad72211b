//! Asks until the rows are there, and keeps count of all that came of it.

use std::collections::{BTreeMap, BTreeSet};

use cli::Progress;

use crate::accept::Accept;
use crate::backends::{Backend, Exchange};
use crate::budget::Budget;
use crate::gain::Gain;
use crate::journal::Journal;
use crate::methods::Ask;
use crate::record::Record;
use crate::request::{Answer, Draft, Refusal, Request, usage};

/// How often it is tried where nothing is said: this many times the rows that are wanted.
const TRIES: u64 = 4;

/// A text that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) request: Request,
    pub(crate) draft: Draft,
}

/// An answer that was not accepted, with what was answered as its text.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) row: Row,
    pub(crate) refusal: Refusal,
}

/// What came of all attempts so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) attempts: u64,
    /// How many answers were rejected, by reason.
    pub(crate) rejected: BTreeMap<String, u64>,
    /// How many requests were not answered, by reason.
    pub(crate) failed: BTreeMap<String, u64>,
    pub(crate) rejects: Vec<Rejected>,
    /// Why no more is asked, though rows are missing.
    pub(crate) stopped: Option<String>,
    /// Whether new rows add too little for more of them to be wanted.
    pub(crate) saturated: bool,
}

/// How often and how long it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The most attempts for a row that is wanted, over all of them.
    pub(crate) max_attempts: Option<u64>,
    /// Answers to one request.
    pub(crate) choices: u32,
    pub(crate) stop_when_gain_below: Option<f64>,
}

/// Asks one backend for the rows of one set.
pub(crate) struct Driver<'a> {
    pub(crate) backend: &'a dyn Backend,
    pub(crate) record: &'a Record,
    pub(crate) journal: &'a mut Journal,
    pub(crate) accept: Accept,
    pub(crate) budget: &'a mut Budget,
    pub(crate) progress: &'a Progress,
    pub(crate) pace: Pace,
    pub(crate) tally: Tally,
    pub(crate) gain: Gain,
}

impl Driver<'_> {
    /// Attempts 0, 1, … of a phase until it has so many rows, or may not go on.
    ///
    /// Never more are made at once than rows are missing, so the last attempt is the one that filled
    /// the number, whatever comes when and in what batches.
    pub(crate) fn fill(
        &mut self,
        phase: &'static str,
        ask: &dyn Ask,
        rows: u64,
    ) -> anyhow::Result<Vec<Row>> {
        let mut phase = self.phase(phase, rows);
        let mut found = Vec::new();
        while (found.len() as u64) < rows && self.goes_on() {
            let (more, came) = self.advance(&mut phase, ask, rows - found.len() as u64)?;
            found.extend(came);
            if !more {
                break;
            }
        }
        Ok(found)
    }

    /// The beginning of a phase that is to make so many rows.
    pub(crate) fn phase(&self, name: &'static str, rows: u64) -> Phase {
        Phase {
            name,
            next: 0,
            left: self.most_attempts(rows),
        }
    }

    /// The next attempts of a phase, at most as many as `missing` rows need, and whether there may be more.
    pub(crate) fn advance(
        &mut self,
        phase: &mut Phase,
        ask: &dyn Ask,
        missing: u64,
    ) -> anyhow::Result<(bool, Vec<Row>)> {
        let choices = u64::from(self.pace.choices);
        let next = missing
            .min(phase.left)
            .div_ceil(choices)
            .min(self.backend.at_once());
        let exchanges = (phase.next..phase.next + next)
            .map(|index| self.exchange(phase.name, ask, index))
            .collect::<anyhow::Result<Vec<_>>>()?;
        phase.next += next;
        phase.left = phase.left.saturating_sub(next * choices);
        let mut found = Vec::new();
        for (exchange, answers) in exchanges.iter().zip(self.ask(&exchanges)?) {
            let Some(answers) = answers else {
                return Ok((false, found));
            };
            for (choice, answer) in answers.into_iter().enumerate() {
                let surplus = found.len() as u64 == missing;
                found.extend(self.judge(ask, exchange, choice, answer, surplus));
            }
        }
        Ok((phase.left > 0, found))
    }

    /// One row for each of so many places, by attempts at those that have none yet.
    pub(crate) fn fill_each(
        &mut self,
        phase: &'static str,
        ask: &dyn Ask,
        places: &[u64],
    ) -> anyhow::Result<Vec<Option<Row>>> {
        let mut found: Vec<Option<Row>> = vec![None; places.len()];
        let rounds = self
            .most_attempts(places.len() as u64)
            .div_ceil(places.len().max(1) as u64);
        for round in 0..rounds {
            let open: Vec<usize> = (0..places.len())
                .filter(|at| found[*at].is_none())
                .collect();
            if open.is_empty() || !self.goes_on() {
                break;
            }
            let exchanges: Vec<_> = open
                .iter()
                .map(|at| self.single(phase, ask, places[*at] + (round << 32)))
                .collect::<anyhow::Result<_>>()?;
            for ((at, exchange), answers) in open.iter().zip(&exchanges).zip(self.ask(&exchanges)?)
            {
                for answer in answers.into_iter().flatten() {
                    found[*at] = self.judge(ask, exchange, 0, answer, false);
                }
            }
        }
        Ok(found)
    }

    /// Request `index` of a phase whose answers are no rows, such as proposed topics.
    pub(crate) fn consult(
        &mut self,
        phase: &'static str,
        ask: &dyn Ask,
        index: u64,
    ) -> anyhow::Result<Option<Draft>> {
        let exchange = self.single(phase, ask, index)?;
        let answers = self.ask(std::slice::from_ref(&exchange))?.remove(0);
        Ok(answers.into_iter().flatten().flatten().next())
    }

    /// Whether more may be asked.
    pub(crate) fn goes_on(&self) -> bool {
        self.tally.stopped.is_none() && !self.tally.saturated
    }

    fn most_attempts(&self, rows: u64) -> u64 {
        self.pace.max_attempts.unwrap_or(rows.saturating_mul(TRIES))
    }

    fn exchange(&self, phase: &str, ask: &dyn Ask, index: u64) -> anyhow::Result<Exchange> {
        let request = ask.request(index, self.record.sample(phase, index))?;
        let key = self.record.key(phase, &request, index)?;
        Ok(Exchange {
            key,
            request,
            choices: self.pace.choices,
        })
    }

    fn single(&self, phase: &str, ask: &dyn Ask, index: u64) -> anyhow::Result<Exchange> {
        Ok(Exchange {
            choices: 1,
            ..self.exchange(phase, ask, index)?
        })
    }

    /// The answers to all exchanges, from the journal or from the backend; none for those that were
    /// not made because of the budget.
    fn ask(&mut self, exchanges: &[Exchange]) -> anyhow::Result<Vec<Option<Vec<Answer>>>> {
        let mut came: Vec<Option<Vec<Answer>>> = exchanges
            .iter()
            .map(|exchange| self.journal.recall(exchange))
            .collect();
        for (exchange, answers) in exchanges.iter().zip(&came) {
            if let Some(answers) = answers
                && self.journal.count(exchange)
            {
                answers
                    .iter()
                    .for_each(|answer| self.budget.add(usage(answer)));
            }
        }
        let open: Vec<usize> = (0..exchanges.len())
            .filter(|at| came[*at].is_none())
            .collect();
        if open.is_empty() {
            return Ok(came);
        }
        self.tally.stopped = self.budget.spent();
        if self.tally.stopped.is_some() {
            return Ok(came);
        }
        let missing: Vec<Exchange> = open.iter().map(|at| exchanges[*at].clone()).collect();
        let (journal, budget) = (&mut *self.journal, &mut *self.budget);
        let mut keep = |answered: Vec<(usize, Vec<Answer>)>| {
            journal.keep(&missing, &answered)?;
            for (at, answers) in answered {
                answers.iter().for_each(|answer| budget.add(usage(answer)));
                came[open[at]] = Some(answers);
            }
            Ok(budget.spent().is_none())
        };
        self.backend.answer(&missing, &mut keep)?;
        if came.iter().any(Option::is_none) {
            let why = self.budget.spent();
            self.tally.stopped = Some(why.unwrap_or_else(|| self.backend.unanswered()));
        }
        Ok(came)
    }

    /// Takes an answer as a row, or counts why not.
    fn judge(
        &mut self,
        ask: &dyn Ask,
        exchange: &Exchange,
        choice: usize,
        answer: Answer,
        surplus: bool,
    ) -> Option<Row> {
        self.tally.attempts += 1;
        let id = exchange.id(choice);
        let request = exchange.request.clone();
        let raw = answer.as_ref().ok().cloned();
        let read = answer.and_then(|draft| ask.read(&request, draft));
        let taken = read.and_then(|draft| {
            if surplus {
                return Err("surplus".into());
            }
            if ask.is_judged() {
                self.accept.judge(&draft.text)?;
            }
            Ok(draft)
        });
        match taken {
            Ok(draft) => {
                if ask.is_judged() {
                    self.accept.taken(&id, &draft.text);
                }
                self.count(&draft.text);
                Some(Row { id, request, draft })
            }
            Err(refusal) => {
                let draft = raw.unwrap_or_default();
                self.reject(Row { id, request, draft }, refusal);
                None
            }
        }
    }

    /// Counts a row out that was taken, or was never to be one.
    pub(crate) fn reject(&mut self, mut row: Row, refusal: Refusal) {
        let counts = if refusal.failed {
            &mut self.tally.failed
        } else {
            &mut self.tally.rejected
        };
        *counts.entry(refusal.reason.clone()).or_insert(0) += 1;
        if let Some(raw) = &refusal.raw {
            row.draft.text.clone_from(raw);
        }
        if !refusal.failed {
            self.tally.rejects.push(Rejected { row, refusal });
        }
    }

    fn count(&mut self, text: &str) {
        self.gain.add(text);
        if let (Some(bound), Some(gain)) = (self.pace.stop_when_gain_below, self.gain.of_the_last())
        {
            self.tally.saturated = gain < bound;
        }
        self.progress.advance(1);
        let rejected: u64 = self.tally.rejected.values().sum();
        let accepted = 1.0 - rejected as f64 / self.tally.attempts.max(1) as f64;
        self.progress.say(&format!(
            "rows, {:.0} % accepted, {} tokens, distinct_2 {:.3}",
            100.0 * accepted,
            self.budget.used().total(),
            self.gain.diversity().unwrap_or(1.0),
        ));
    }
}

/// Where a phase stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    name: &'static str,
    /// The next exchange.
    next: u64,
    /// Attempts that may still be made.
    left: u64,
}

/// The places of `all` that are not in `some`, in order.
pub(crate) fn without(all: usize, some: &BTreeSet<usize>) -> Vec<usize> {
    (0..all).filter(|at| !some.contains(at)).collect()
}
