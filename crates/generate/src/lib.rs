//! Writes texts with a grammar, a language model or a model server, each with the record of how it was made.
//!
//! A *method* says what is asked for, in one phase or several, and how an answer is read; a *backend*
//! says who answers. What an attempt draws follows from the seed, its phase and its number alone, so
//! a text does not depend on how many others are asked for, in what batches, in what order answers
//! come, or on how many threads.

mod accept;
mod answer;
mod args;
mod backends;
mod batch;
mod budget;
mod driver;
mod endpoint;
mod gain;
mod instruct;
mod journal;
mod ladder;
mod methods;
mod prompts;
mod propose;
mod record;
mod rejects;
mod request;
mod rows;
mod seeds;

use std::collections::BTreeMap;

use anyhow::Context as _;
use cli::{Console, Outcome, Stage};
use dataset::{Input, RowEquation, Run, Writer, columns};

pub use accept::{Rule, Script};
pub use answer::Format;
pub use args::{Args, Condition, EndpointArgs, NamedFile, Task};
pub use budget::BudgetArgs;
pub use endpoint::{Address, Api};
pub use ladder::Level;
pub use methods::MethodName;
pub use methods::evol::Direction;
pub use prompts::TemplateFile;

use accept::Accept;
use backends::Backend;
use budget::{Budget, estimated_tokens};
use driver::{Driver, Pace, Row, Tally};
use gain::Gain;
use journal::Journal;
use methods::Plan;
use record::{Record, SAMPLE};
use request::Usage;
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
    check(args)?;
    let seeds = Seeds::read(args)?;
    let sets = ladder::sets(args)?;
    let of_ladder = !args.levels.is_empty();
    let sets = sets
        .iter()
        .map(|args| Set::open(args, seeds.as_ref(), of_ladder));
    let sets = sets.collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(shown) = args.method.show_prompts {
        show_prompts(&sets[0], shown, console)?;
        return Ok(Outcome::Done);
    }
    if args.dry_run {
        foretell(&sets, args, console)?;
        return Ok(Outcome::Done);
    }
    let mut journal = journal(args, &sets, seeds.as_ref(), console)?;
    if args.explain_cache {
        explain(&sets, &journal, console)?;
        journal.leave()?;
        return Ok(Outcome::Done);
    }
    if let Some(file) = &args.batch_results {
        let (answers, failed) = batch::read(file, args.choices())?;
        console.note(format!(
            "{} with answers, {failed} without",
            cli::count(answers.len(), "request")
        ));
        journal.take_in(answers)?;
    }
    let made = write(args, &sets, seeds.as_ref(), &mut journal, console)?;
    match made {
        Outcome::Done => journal.end()?,
        Outcome::No => journal.leave()?,
    }
    Ok(made)
}

fn check(args: &Args) -> anyhow::Result<()> {
    methods::check(&args.method)?;
    ladder::check(args)?;
    let outputs = [
        ("-o", cli::file_of(&args.output.output)),
        ("--rejects", args.rejects.as_deref()),
        ("--batch-file", args.batch_file.as_deref()),
    ];
    cli::distinct(&outputs)
}

/// One set of rows that is asked for.
struct Set {
    args: Args,
    backend: Box<dyn Backend>,
    plan: Box<dyn Plan>,
    record: Record,
    layout: Layout,
    rows: u64,
    /// Its name among those of a ladder.
    level: Option<String>,
}

impl Set {
    fn open(args: &Args, seeds: Option<&Seeds>, of_ladder: bool) -> anyhow::Result<Self> {
        let backend = backends::open(args)?;
        let args = knowing_labels(args, backend.as_ref());
        let plan = (args.method.method.0.plan)(&args, seeds, backend.as_ref())?;
        let record = Record::new(&args, backend.as_ref(), plan.as_ref());
        let layout = Layout::new(&args, plan.as_ref());
        let rows = rows_wanted(&args, seeds)?;
        let level = args.level.clone().filter(|_| of_ladder);
        Ok(Self {
            args,
            backend,
            plan,
            record,
            layout,
            rows,
            level,
        })
    }

    /// The first requests of its first phase.
    fn first_requests(
        &self,
        most: u64,
    ) -> impl Iterator<Item = anyhow::Result<(String, request::Request)>> {
        let first = self.plan.first();
        (0..most).map(move |index| {
            let request = first.request(index, self.record.sample(SAMPLE, index))?;
            let key = self.record.key(SAMPLE, &request, index)?;
            Ok((key, request))
        })
    }
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

/// How many rows are wanted.
fn rows_wanted(args: &Args, seeds: Option<&Seeds>) -> anyhow::Result<u64> {
    let of_topics = || {
        let topics = args.method.topics? as u64;
        Some(args.method.per_topic?.saturating_mul(topics))
    };
    let rows = args.number.or_else(of_topics);
    let rows = rows.or_else(|| seeds.map(|seeds| seeds.len() as u64));
    let rows = rows.context("how many rows are wanted is not said; give -n")?;
    anyhow::ensure!(rows > 0, "-n is 0; at least 1 is needed");
    let attempts = args.max_attempts.unwrap_or(rows);
    anyhow::ensure!(
        attempts >= rows,
        "--max-attempts is {attempts}, fewer than the {rows} rows asked for"
    );
    Ok(rows)
}

/// What came of one set.
struct Filled {
    rows: Vec<Row>,
    tally: Tally,
}

/// Fills all sets and publishes them, or none.
fn write(
    args: &Args,
    sets: &[Set],
    seeds: Option<&Seeds>,
    journal: &mut Journal,
    console: &Console,
) -> anyhow::Result<Outcome> {
    let writers = sets
        .iter()
        .map(|set| Writer::create(&set.args.output.output, &set.layout.schema()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut budget = Budget::new(&args.budget)?;
    let mut all = Vec::with_capacity(sets.len());
    for set in sets {
        let filled = fill(set, seeds, journal, &mut budget, console)?;
        if !enough(set, &filled, console) {
            return Ok(Outcome::No);
        }
        all.push(filled);
    }
    let mut runs = Vec::with_capacity(sets.len());
    for ((set, filled), mut writer) in sets.iter().zip(&all).zip(writers) {
        let run = run_of(set, seeds, filled)?;
        for batch in set.layout.batches(&filled.rows, &set.record) {
            writer.write(&batch?)?;
        }
        writer.finish(&run)?;
        console.close(summary(set, filled, &budget));
        runs.push(run);
    }
    if let Some(file) = &args.rejects {
        write_rejects(file, sets, &all, &runs)?;
    }
    Ok(Outcome::Done)
}

fn fill(
    set: &Set,
    seeds: Option<&Seeds>,
    journal: &mut Journal,
    budget: &mut Budget,
    console: &Console,
) -> anyhow::Result<Filled> {
    let progress = console.progress(set.rows, "rows");
    let mut driver = Driver {
        backend: set.backend.as_ref(),
        record: &set.record,
        journal,
        accept: Accept::new(
            &set.args.rules(),
            seeds.into_iter().flat_map(Seeds::texts_by_id),
        ),
        budget,
        progress: &progress,
        pace: Pace {
            max_attempts: set.args.max_attempts,
            choices: set.args.choices(),
            stop_when_gain_below: set.args.stop_when_gain_below.map(numeric::Share::fraction),
        },
        tally: Tally::default(),
        gain: Gain::default(),
    };
    let rows = set.plan.write(&mut driver, set.rows)?;
    let tally = driver.tally;
    Ok(Filled { rows, tally })
}

fn run_of(set: &Set, seeds: Option<&Seeds>, filled: &Filled) -> anyhow::Result<Run> {
    let mut drops = filled.tally.rejected.clone();
    for (reason, count) in &filled.tally.failed {
        *drops.entry(reason.clone()).or_insert(0) += count;
    }
    Ok(Run {
        stage: STAGE.name,
        arguments: cli::arguments(&set.args)?,
        seed: Some(set.args.seed.seed.number()),
        inputs: inputs(set, seeds),
        rows: equation(filled),
        drops,
    })
}

/// The rejects of all sets are one file, whose run is that of the last with the counts of all.
fn write_rejects(
    file: &std::path::Path,
    sets: &[Set],
    all: &[Filled],
    runs: &[Run],
) -> anyhow::Result<()> {
    let Some((run, layout)) = runs.last().zip(sets.first().map(|set| &set.layout)) else {
        return Ok(());
    };
    let mut sum = Filled {
        rows: Vec::new(),
        tally: Tally::default(),
    };
    for filled in all {
        sum.rows.extend(filled.rows.iter().cloned());
        sum.tally.attempts += filled.tally.attempts;
        for (reason, count) in &filled.tally.rejected {
            *sum.tally.rejected.entry(reason.clone()).or_insert(0) += count;
        }
    }
    let run = Run {
        rows: equation(&sum),
        ..run.clone()
    };
    let rejects: Vec<_> = sets
        .iter()
        .zip(all)
        .map(|(set, filled)| (&set.record, filled.tally.rejects.as_slice()))
        .collect();
    rejects::write(file, layout, &rejects, &run)
}

/// The journal of a run that takes long; says what there is to go on from.
fn journal(
    args: &Args,
    sets: &[Set],
    seeds: Option<&Seeds>,
    console: &Console,
) -> anyhow::Result<Journal> {
    if !sets[0].backend.is_slow() {
        return Ok(Journal::none());
    }
    let journal = Journal::open(args, &inputs(&sets[0], seeds))?;
    if journal.len() > 0 {
        console.note(format!(
            "going on after {} of an earlier run",
            cli::count(journal.len(), "answer")
        ));
    }
    Ok(journal)
}

fn show_prompts(set: &Set, shown: u64, console: &Console) -> anyhow::Result<()> {
    for (name, source) in set.plan.templates() {
        console.note(format!("template {name}:\n{source}"));
    }
    for (index, request) in set.first_requests(shown).enumerate() {
        console.note(format!("prompt {index}:\n{}", request?.1.prompt));
    }
    Ok(())
}

/// Says what a run will ask for; an answer is taken to be as long as it may be.
fn foretell(sets: &[Set], args: &Args, console: &Console) -> anyhow::Result<()> {
    let budget = Budget::new(&args.budget)?;
    let (mut requests, mut usage) = (0, Usage::default());
    for set in sets {
        for request in set.first_requests(set.rows.div_ceil(u64::from(args.choices()))) {
            requests += 1;
            usage.prompt_tokens += estimated_tokens(&request?.1.prompt);
        }
        let longest = set.backend.max_new_tokens().unwrap_or(0) as u64;
        usage.completion_tokens += longest.saturating_mul(set.rows);
    }
    let cost = budget
        .cost(usage)
        .map_or(String::new(), |cost| format!(", at most {cost:.2} to pay"));
    console.note(format!(
        "{requests} requests for {} rows if none is rejected, about {} tokens of prompts, at most {} of answers{cost}",
        sets.iter().map(|set| set.rows).sum::<u64>(),
        usage.prompt_tokens,
        usage.completion_tokens
    ));
    Ok(())
}

/// Says which of the first requests are answered already.
fn explain(sets: &[Set], journal: &Journal, console: &Console) -> anyhow::Result<()> {
    let name = journal
        .name()
        .unwrap_or_else(|| "no file, since the rows go to standard output".to_owned());
    console.note(format!(
        "answers are kept in {name}: {} so far",
        journal.len()
    ));
    for set in sets {
        let mut known = 0;
        for request in set.first_requests(set.rows) {
            known += u64::from(journal.knows(&request?.0));
        }
        let level = set
            .level
            .as_ref()
            .map_or(String::new(), |level| format!("level {level}: "));
        console.note(format!(
            "{level}{known} of the first {} requests are answered",
            set.rows
        ));
    }
    Ok(())
}

/// Whether there are rows to publish; says so where there are too few.
fn enough(set: &Set, filled: &Filled, console: &Console) -> bool {
    let accepted = filled.rows.len() as u64;
    if accepted == set.rows || (accepted > 0 && (set.args.allow_fewer || filled.tally.saturated)) {
        return true;
    }
    let why = filled
        .tally
        .stopped
        .as_ref()
        .map_or(String::new(), |why| format!("; {why}"));
    console.warn(format!(
        "{} rows were asked for; {}{why}; nothing was written",
        set.rows,
        counts(filled)
    ));
    if accepted > 0 {
        console.note("hint: --max-attempts tries more often, --allow-fewer takes what there is");
    }
    false
}

fn inputs(set: &Set, seeds: Option<&Seeds>) -> Vec<Input> {
    let of_backend = set.backend.input().into_iter();
    let of_seeds = seeds.into_iter().flat_map(Seeds::inputs);
    of_backend.chain(of_seeds).cloned().collect()
}

fn equation(filled: &Filled) -> RowEquation {
    let (attempts, accepted) = (filled.tally.attempts, filled.rows.len() as u64);
    let rejected = filled.tally.rejected.values().sum();
    RowEquation::Generated {
        attempts,
        accepted,
        rejected,
        failed: attempts - accepted - rejected,
    }
}

fn summary(set: &Set, filled: &Filled, budget: &Budget) -> String {
    let level = set
        .level
        .as_ref()
        .map_or(String::new(), |level| format!("level {level}: "));
    let used = budget.used();
    let cost = budget
        .cost(used)
        .map_or(String::new(), |cost| format!(", {cost:.4} to pay"));
    let paid = if set.backend.input().is_none() && used.total() > 0 {
        format!(", {} tokens{cost}", used.total())
    } else {
        String::new()
    };
    let ended = if filled.tally.saturated {
        ", ended since new rows add too little"
    } else {
        ""
    };
    format!("{level}{}{paid}{ended}", counts(filled))
}

fn counts(filled: &Filled) -> String {
    let told = |name: &str, counts: &BTreeMap<String, u64>| {
        let reasons: Vec<_> = counts
            .iter()
            .map(|(reason, n)| format!("{n} {reason}"))
            .collect();
        let reasons = if reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", reasons.join(", "))
        };
        format!(", {} {name}{reasons}", counts.values().sum::<u64>())
    };
    let failed = if filled.tally.failed.is_empty() {
        String::new()
    } else {
        told("failed", &filled.tally.failed)
    };
    format!(
        "{} attempts, {} accepted{}{failed}",
        filled.tally.attempts,
        filled.rows.len(),
        told("rejected", &filled.tally.rejected)
    )
}
