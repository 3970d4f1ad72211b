//! Tries until the rows asked for are there, and counts what was rejected and why.

use std::collections::BTreeMap;

use cli::Progress;

use crate::backends::Backend;
use crate::journal::Journal;
use crate::methods::Plan;
use crate::record::Record;
use crate::request::{Answer, Draft, Request};

/// How many rows are wanted, and how often it is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    pub(crate) rows: u64,
    pub(crate) attempts: u64,
}

/// A text that was accepted.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) request: Request,
    pub(crate) draft: Draft,
}

/// What came of all attempts.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    pub(crate) rows: Vec<Row>,
    pub(crate) attempts: u64,
    /// How many answers were rejected, by reason.
    pub(crate) drops: BTreeMap<String, u64>,
}

/// Attempts 0, 1, … until the goal is reached.
///
/// Never more are made at once than rows are missing, so the last attempt is the one that filled
/// the number, whatever the size of the batches.
pub(crate) fn fill(
    plan: &dyn Plan,
    backend: &dyn Backend,
    record: &Record,
    goal: Goal,
    journal: &mut Journal,
    progress: &Progress,
) -> anyhow::Result<Filled> {
    let mut filled = Filled::default();
    while (filled.rows.len() as u64) < goal.rows && filled.attempts < goal.attempts {
        let missing = goal.rows - filled.rows.len() as u64;
        let next = missing
            .min(goal.attempts - filled.attempts)
            .min(backend.at_once());
        let requests = (filled.attempts..filled.attempts + next)
            .map(|index| plan.request(index, record.sample(index)));
        let requests: Vec<_> = requests.collect();
        let mut answers = journal.take(requests.len());
        if answers.is_empty() {
            answers = backend.answer(&requests)?;
            let (asked, came) = (requests.len(), answers.len());
            anyhow::ensure!(
                asked == came,
                "{asked} requests were made, but {came} answers came"
            );
            journal.keep(&answers)?;
        }
        for (request, answer) in requests.into_iter().zip(answers) {
            filled.add(plan, record, request, answer)?;
        }
        progress.advance(filled.rows.len() as u64 + missing - goal.rows);
    }
    Ok(filled)
}

impl Filled {
    /// Adds the answer to the next request.
    fn add(
        &mut self,
        plan: &dyn Plan,
        record: &Record,
        request: Request,
        answer: Answer,
    ) -> anyhow::Result<()> {
        let index = self.attempts;
        self.attempts += 1;
        match answer.and_then(|draft| plan.read(&request, draft)) {
            Err(reason) => *self.drops.entry(reason.into_owned()).or_insert(0) += 1,
            Ok(draft) => {
                let id = record.id(&request, index)?;
                self.rows.push(Row { id, request, draft });
            }
        }
        Ok(())
    }
}
