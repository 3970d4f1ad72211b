//! A training that can be stopped at any moment and gone on with: its steps, what happened in them, its checkpoints.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use cli::{Console, Progress};
use dataset::{Checkpoints, Input};
use model::{Decoder, Error, Example, LedgerRow, TrainOptions, Trainer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::args::Args;
use crate::ledger::{self, Entry, GroupEntry, Groups};

/// How long a run goes without a checkpoint where nothing else was said.
const PATIENCE: Duration = Duration::from_mins(5);
/// What happened so far, in a checkpoint.
const HISTORY: &str = "history.json";
/// The weights of the lowest validation loss, in a checkpoint.
const BEST: &str = "best.safetensors";

/// When a run is measured, kept and ended.
pub(crate) struct Plan {
    pub(crate) steps: usize,
    /// Steps between two checkpoints; `None` where the time decides.
    pub(crate) checkpoint_every: Option<usize>,
    /// Steps between two measurements.
    pub(crate) eval_steps: usize,
    /// How many measurements without a lower loss end the run.
    pub(crate) patience: Option<usize>,
    /// Rows or blocks of the set, and of a step.
    pub(crate) units: (usize, usize),
}

/// What the examples are made of, and what they are measured on.
pub(crate) struct Material<'a> {
    /// The row of each sequence of each example.
    pub(crate) rows: &'a [Vec<usize>],
    pub(crate) groups: &'a Groups,
    pub(crate) validation: &'a [Example],
    /// Names a row in a message.
    pub(crate) ids: &'a [&'a str],
}

/// What happened so far.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct History {
    pub(crate) steps: Vec<Entry>,
    pub(crate) groups: Vec<GroupEntry>,
    /// How often each row was seen.
    pub(crate) seen: Vec<u64>,
    /// The step with the lowest validation loss, and that loss.
    pub(crate) best: Option<(usize, f64)>,
    /// How many measurements came after it.
    since_best: usize,
}

/// A run: the trainer, what happened so far, and the place of its checkpoints.
pub(crate) struct Session {
    pub(crate) trainer: Trainer,
    pub(crate) history: History,
    pub(crate) checkpoints: Checkpoints,
    best_weights: Option<Vec<u8>>,
}

impl Session {
    /// Begins a run, or goes on from its last checkpoint.
    pub(crate) fn open(
        decoder: &Decoder,
        examples: Vec<Example>,
        options: TrainOptions,
        checkpoints: Checkpoints,
        console: &Console,
    ) -> anyhow::Result<Self> {
        let Some(last) = checkpoints.last()? else {
            return Ok(Self {
                trainer: Trainer::new(decoder, examples, options)?,
                history: History::default(),
                checkpoints,
                best_weights: None,
            });
        };
        if let Some(error) = &last.passed_over {
            console.warn(format!("{error}; the one of step {} is taken", last.step));
        }
        let trainer = Trainer::resume(decoder, examples, options, &last.files)
            .map_err(|error| cli::with_hint(error, "begin anew with --resume never"))?;
        let history = last.files.get(HISTORY);
        let history = history.with_context(|| format!("the checkpoint has no {HISTORY}"))?;
        console.note(format!(
            "going on after step {} of an earlier run",
            last.step
        ));
        Ok(Self {
            trainer,
            history: serde_json::from_slice(history)?,
            checkpoints,
            best_weights: last.files.get(BEST).cloned(),
        })
    }

    /// Takes all steps that are left, until the plan is fulfilled or nothing gets better.
    pub(crate) fn run(
        &mut self,
        plan: &Plan,
        material: &Material<'_>,
        console: &Console,
    ) -> anyhow::Result<()> {
        let progress = console.progress(plan.steps as u64, "steps");
        progress.advance(self.trainer.steps_done() as u64);
        let mut kept = Instant::now();
        while self.goes_on(plan) && self.step(plan, material, &progress)? {
            let step = self.trainer.steps_done();
            let due = match plan.checkpoint_every {
                Some(every) => step.is_multiple_of(every),
                None => kept.elapsed() >= PATIENCE,
            };
            if due && step < plan.steps {
                self.keep()?;
                kept = Instant::now();
            }
        }
        match &self.best_weights {
            Some(best) => Ok(self.trainer.restore(best)?),
            None => Ok(()),
        }
    }

    fn goes_on(&self, plan: &Plan) -> bool {
        plan.patience
            .is_none_or(|patience| self.history.since_best < patience)
    }

    /// Takes a step; `false` where there is none left.
    fn step(
        &mut self,
        plan: &Plan,
        material: &Material<'_>,
        progress: &Progress,
    ) -> anyhow::Result<bool> {
        let row = match self.trainer.step() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(false),
            Err(error) => return Err(self.stopped(error, material)),
        };
        progress.advance(1);
        let is_last = row.step == plan.steps;
        let is_measured = is_last || row.step.is_multiple_of(plan.eval_steps);
        let loss = if is_measured && !material.validation.is_empty() {
            let loss = self.trainer.evaluate(material.validation)?;
            self.measured(row.step, loss, plan)?;
            Some(loss)
        } else {
            None
        };
        self.history.add(&row, loss, plan, material);
        Ok(true)
    }

    /// Remembers the best weights where the run is to end with them.
    fn measured(&mut self, step: usize, loss: f64, plan: &Plan) -> anyhow::Result<()> {
        let history = &mut self.history;
        if history.best.is_none_or(|(_, lowest)| loss < lowest) {
            history.best = Some((step, loss));
            history.since_best = 0;
            if plan.patience.is_some() {
                self.best_weights = Some(self.trainer.weights()?);
            }
        } else {
            history.since_best += 1;
        }
        Ok(())
    }

    fn keep(&mut self) -> anyhow::Result<()> {
        let mut files = self.trainer.checkpoint()?;
        files.push((HISTORY.to_owned(), serde_json::to_vec(&self.history)?));
        if let Some(best) = &self.best_weights {
            files.push((BEST.to_owned(), best.clone()));
        }
        let step = self.trainer.steps_done() as u64;
        Ok(self.checkpoints.keep(step, &files)?)
    }

    /// Says of a run that left the finite numbers which rows did it, and keeps what was good.
    fn stopped(&mut self, error: Error, material: &Material<'_>) -> anyhow::Error {
        let Error::Diverged {
            step,
            what,
            value,
            examples,
        } = &error
        else {
            return error.into();
        };
        let rows = examples.iter().flat_map(|example| &material.rows[*example]);
        let rows: Vec<String> = rows
            .map(|row| format!("{row} ({})", material.ids[*row]))
            .collect();
        let said = anyhow::anyhow!(
            "step {step}: {what} is {value}; its rows are {}",
            rows.join(", ")
        );
        let hint = "a lower --learning-rate, or a longer --warmup-steps, may help";
        if *step == 1 {
            return cli::with_hint(said, hint);
        }
        match self.keep() {
            Ok(()) => {
                let place = self.checkpoints.name();
                let hint = format!("{hint}; the weights before that step are kept in {place}");
                cli::with_hint(said, hint)
            }
            Err(cause) => cause.context(said),
        }
    }
}

impl History {
    fn add(
        &mut self,
        row: &LedgerRow,
        validation_loss_nats: Option<f64>,
        plan: &Plan,
        material: &Material<'_>,
    ) {
        let (units, a_step) = plan.units;
        self.steps.push(Entry {
            step: row.step,
            epoch: Some((row.step * a_step) as f64 / units as f64),
            tokens: Some(row.tokens),
            loss_nats: row.loss_nats,
            learning_rate: Some(row.learning_rate),
            grad_norm: row.grad_norm,
            validation_loss_nats,
        });
        let groups = material.groups.step(row.step, &row.seen, material.rows);
        self.groups.extend(groups);
        self.seen.resize(material.ids.len(), 0);
        ledger::count(&mut self.seen, &row.seen, material.rows);
    }
}

/// The place of the checkpoints of the run that `args` ask for.
pub(crate) fn checkpoints<'a>(
    args: &Args,
    inputs: impl Iterator<Item = &'a Input>,
) -> anyhow::Result<Checkpoints> {
    let mut run: BTreeMap<String, Value> = cli::arguments(args)?;
    run.insert("polyculture".to_owned(), json!(env!("CARGO_PKG_VERSION")));
    let hashes: Vec<_> = inputs.map(|input| input.node.hash).collect();
    run.insert("content of the inputs".to_owned(), json!(hashes));
    let resume = args.journal.resume.unwrap_or_default();
    Ok(Checkpoints::open(&args.output, &run, resume)?)
}
