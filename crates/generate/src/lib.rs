//! Writes texts with a grammar or a language model, each with the record of how it was made.
//!
//! A *method* says what is asked for and how an answer is read; a *backend* says who answers.
//! Attempt `i` is drawn from `seed.child("sample", i)` alone, so a text does not depend on how many
//! others are asked for, in what batches, or on how many threads.

mod args;
mod backends;
mod fill;
mod journal;
mod methods;
mod record;
mod request;
mod rows;
mod seeds;

use anyhow::Context as _;
use cli::{Console, Outcome, Stage};
use dataset::{Input, RowEquation, Run, Writer, columns};

pub use args::{Args, Condition, GrammarFile, Task};
pub use methods::MethodName;

use backends::Backend;
use fill::{Filled, Goal};
use journal::Journal;
use methods::Plan;
use record::Record;
use rows::Layout;
use seeds::Seeds;

/// What `generate` does to columns.
pub const STAGE: Stage = Stage {
    name: "generate",
    reads: &[],
    adds: &[
        &columns::ID,
        &columns::TEXT,
        &columns::LABEL,
        &columns::PROMPT,
        &columns::COMPLETION,
        &columns::CONTEXT,
        &columns::QUESTION,
        &columns::ANSWER,
        &columns::SOURCE,
        &columns::GENERATION,
        &columns::PARENTS,
        &columns::LEVEL,
        &columns::KNOB,
        &columns::KNOB_VALUE,
        &columns::METHOD,
        &columns::TOPIC,
        &columns::TEMPLATE,
        &columns::TEMPERATURE,
        &columns::TOP_P,
        &columns::SAMPLE_SEED,
        &columns::FINISH_REASON,
        &columns::N_TOKENS,
        &columns::MEAN_LOGPROB,
    ],
};

/// Runs the stage.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    methods::check(&args.method)?;
    let seeds = Seeds::read(args)?;
    let backend = backends::open(args)?;
    let args = &knowing_labels(args, backend.as_ref());
    let plan = (args.method.method.0.plan)(args, seeds.as_ref())?;
    if let Some(shown) = args.method.show_prompts {
        show_prompts(plan.as_ref(), shown, args, console);
        return Ok(Outcome::Done);
    }
    let goal = goal(args, seeds.as_ref())?;
    write(
        args,
        goal,
        plan.as_ref(),
        backend.as_ref(),
        seeds.as_ref(),
        console,
    )
}

/// The arguments, where a model that chooses the label itself is held to the labels it was taught.
fn knowing_labels(args: &Args, backend: &dyn Backend) -> Args {
    let mut args = args.clone();
    let chooses = args.method.condition == Some(Condition::OwnLabel);
    if chooses && args.method.labels.is_empty() {
        args.method.labels = backend.labels().to_vec();
    }
    args
}

/// Fills the goal and publishes the rows, or nothing.
fn write(
    args: &Args,
    goal: Goal,
    plan: &dyn Plan,
    backend: &dyn Backend,
    seeds: Option<&Seeds>,
    console: &Console,
) -> anyhow::Result<Outcome> {
    let inputs = inputs(backend, seeds);
    let layout = Layout::new(args, plan);
    let mut writer = Writer::create(&args.output.output, &layout.schema())?;
    let record = Record::new(args, backend);
    let mut journal = journal(args, backend, &inputs, console)?;
    let progress = console.progress(goal.rows, "rows");
    let filled = fill::fill(plan, backend, &record, goal, &mut journal, &progress)?;
    drop(progress);
    if !enough(&filled, goal, args, console) {
        return Ok(Outcome::No);
    }
    for batch in layout.batches(&filled.rows, &record) {
        writer.write(&batch?)?;
    }
    writer.finish(&run_of(args, inputs, &filled)?)?;
    journal.end()?;
    console.close(summary(&filled));
    Ok(Outcome::Done)
}

fn run_of(args: &Args, inputs: Vec<Input>, filled: &Filled) -> anyhow::Result<Run> {
    Ok(Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: Some(args.seed.seed.number()),
        inputs,
        rows: equation(filled),
        drops: filled.drops.clone(),
    })
}

/// The journal of a run that takes long; says what there is to go on from.
fn journal(
    args: &Args,
    backend: &dyn Backend,
    inputs: &[Input],
    console: &Console,
) -> anyhow::Result<Journal> {
    if !backend.is_slow() {
        return Ok(Journal::none());
    }
    let journal = Journal::open(args, inputs)?;
    if journal.len() > 0 {
        console.note(format!(
            "going on after {} of an earlier run",
            cli::count(journal.len(), "answer")
        ));
    }
    Ok(journal)
}

fn show_prompts(plan: &dyn Plan, shown: u64, args: &Args, console: &Console) {
    for index in 0..shown {
        let request = plan.request(index, args.seed.seed.child("sample", index));
        console.note(format!("prompt {index}:\n{}", request.prompt));
    }
}

/// How many rows are wanted, and how often it is tried.
fn goal(args: &Args, seeds: Option<&Seeds>) -> anyhow::Result<Goal> {
    let rows = args
        .number
        .or_else(|| seeds.map(|seeds| seeds.len() as u64));
    let rows = rows.context("how many rows are wanted is not said; give -n")?;
    anyhow::ensure!(rows > 0, "-n is 0; at least 1 is needed");
    let attempts = args.max_attempts.unwrap_or(rows.saturating_mul(4));
    anyhow::ensure!(
        attempts >= rows,
        "--max-attempts is {attempts}, fewer than the {rows} rows asked for"
    );
    Ok(Goal { rows, attempts })
}

/// Whether there are rows to publish; says so where there are too few.
fn enough(filled: &Filled, goal: Goal, args: &Args, console: &Console) -> bool {
    let accepted = filled.rows.len() as u64;
    if accepted == goal.rows || (args.allow_fewer && accepted > 0) {
        return true;
    }
    console.warn(format!(
        "{} rows were asked for; {}; nothing was written",
        goal.rows,
        summary(filled)
    ));
    if accepted > 0 {
        console.note("hint: --max-attempts tries more often, --allow-fewer takes what there is");
    }
    false
}

fn inputs(backend: &dyn Backend, seeds: Option<&Seeds>) -> Vec<Input> {
    let mut inputs = vec![backend.input().clone()];
    inputs.extend(
        seeds
            .into_iter()
            .flat_map(|seeds| seeds.inputs().iter().cloned()),
    );
    inputs
}

fn equation(filled: &Filled) -> RowEquation {
    let (attempts, accepted) = (filled.attempts, filled.rows.len() as u64);
    let rejected = filled.drops.values().sum();
    RowEquation::Generated {
        attempts,
        accepted,
        rejected,
        failed: attempts - accepted - rejected,
    }
}

fn summary(filled: &Filled) -> String {
    let (rows, rejected) = (filled.rows.len(), filled.drops.values().sum::<u64>());
    let reasons: Vec<_> = filled
        .drops
        .iter()
        .map(|(reason, n)| format!("{n} {reason}"))
        .collect();
    let reasons = if reasons.is_empty() {
        String::new()
    } else {
        format!(" ({})", reasons.join(", "))
    };
    format!(
        "{} attempts, {rows} accepted, {rejected} rejected{reasons}",
        filled.attempts
    )
}
