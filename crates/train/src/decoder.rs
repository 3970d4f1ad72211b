//! Decoders: fine-tuned whole, by low-rank additions, or trained from scratch.

use std::collections::BTreeSet;

use cli::Console;
use dataset::{Table, columns};
use model::{Base, Config, Example, TrainOptions, Trainer};

use crate::args::{Args, Condition, Method};
use crate::examples::{Prepared, Rows, Shape};
use crate::ledger::{self, Groups, Ledger};
use crate::session::{self, History, Material, Plan, Session};
use crate::start::Start;
use crate::{Trained, settings, start};

/// Trains a decoder on the rows.
pub(crate) fn train(args: &Args, table: &Table, console: &Console) -> anyhow::Result<Trained> {
    let rows = Rows::of(args, table)?;
    let start = begin(args, &rows)?;
    let shape = shape(args, start.decoder.config())?;
    let mut prepared = rows.prepare(table.name(), &start, shape)?;
    anyhow::ensure!(
        !prepared.examples.is_empty(),
        "no row of {} has a token to learn from",
        table.name()
    );
    let validation = validation(args, &start, shape)?;
    let examples = std::mem::take(&mut prepared.examples);
    let options = settings::options(args, examples.len())?;
    let settings = settings::recorded(&options);
    let plan = plan(args, &options, examples.len())?;
    let mut inputs = start.inputs.clone();
    inputs.extend(
        validation
            .iter()
            .flat_map(|(table, _)| table.inputs().iter().cloned()),
    );
    let checkpoints = session::checkpoints(args, table.inputs().iter().chain(&inputs))?;
    let material = Material {
        rows: &prepared.rows,
        groups: &Groups::of(table)?,
        validation: validation.as_ref().map_or(&[], |(_, examples)| examples),
        ids: &table.texts(columns::ID.name)?,
    };
    let mut session = Session::open(&start.decoder, examples, options, checkpoints, console)?;
    session.run(&plan, &material, console)?;
    let mut files = model_files(&session.trainer, start.base.as_ref())?;
    files.extend(start.files);
    files.extend(labels_file(args, table)?);
    let told = told(start.decoder.config(), &session.history, &prepared);
    let more = [
        material.groups.batch(&session.history.groups)?,
        ledger::rows_batch(table, &session.history.seen, &prepared.fates)?,
    ];
    Ok(Trained {
        files,
        ledger: Ledger {
            steps: session.history.steps,
            more: Some(more),
        },
        checkpoints: Some(session.checkpoints),
        inputs,
        settings,
        skipped: prepared.skipped(),
        told,
    })
}

fn begin(args: &Args, rows: &Rows<'_>) -> anyhow::Result<Start> {
    match (args.method, &args.start.model) {
        (Method::Scratch, _) => start::from_scratch(args, rows),
        (_, Some(source)) => start::from_model(args, source),
        (method, None) => {
            let error = anyhow::anyhow!("--method {} needs a model to begin from", method.name());
            Err(cli::with_hint(
                error,
                "name it with --model, or use --method scratch",
            ))
        }
    }
}

/// The set that the loss is measured on, as examples; none of it is learnt from.
fn validation(
    args: &Args,
    start: &Start,
    shape: Shape,
) -> anyhow::Result<Option<(Table, Vec<Example>)>> {
    if args.validation.validation.is_empty() {
        return Ok(None);
    }
    let how = args.input.reading.reading();
    let tables = Table::read_each(&args.validation.validation, &how, "validation", &[])?;
    let table = match &tables[..] {
        [one] => one.clone(),
        several => Table::stack("the validation sets", &several.iter().collect::<Vec<_>>())?,
    };
    let rows = Rows::of(args, &table)?;
    let prepared = rows.prepare(table.name(), start, shape)?;
    anyhow::ensure!(
        !prepared.examples.is_empty(),
        "no row of {} has a token to measure the loss on",
        table.name()
    );
    Ok(Some((table, prepared.examples)))
}

fn plan(args: &Args, options: &TrainOptions, units: usize) -> anyhow::Result<Plan> {
    let (given, journal) = (&args.validation, &args.journal);
    for (name, value) in [
        ("--checkpoint-every", journal.checkpoint_every),
        ("--eval-steps", given.eval_steps),
        ("--early-stopping-patience", given.early_stopping_patience),
    ] {
        anyhow::ensure!(value != Some(0), "{name} is 0; at least 1 is needed");
    }
    Ok(Plan {
        steps: options.steps,
        checkpoint_every: journal.checkpoint_every,
        eval_steps: given
            .eval_steps
            .unwrap_or_else(|| units.div_ceil(options.batch_size)),
        patience: given.early_stopping_patience,
        units: (units, options.batch_size),
    })
}

/// The files of what was trained: a whole model, or an adapter with the shape of the model that it is for.
fn model_files(trainer: &Trainer, base: Option<&Base>) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let whole = trainer.decoder()?.to_files()?;
    match (trainer.adapter()?, base) {
        (Some(adapter), Some(base)) => {
            let mut files = adapter.to_files(base)?;
            files.extend(whole.into_iter().filter(|(name, _)| name == "config.json"));
            Ok(files)
        }
        _ => Ok(whole),
    }
}

/// The labels that the model learns to write in front of its texts, for `generate` to hold it to.
fn labels_file(args: &Args, table: &Table) -> anyhow::Result<Option<(String, Vec<u8>)>> {
    if args.form.condition.unwrap_or_default() != Condition::Label {
        return Ok(None);
    }
    let labels: BTreeSet<&str> = table.texts(columns::LABEL.name)?.into_iter().collect();
    Ok(Some((
        text::LABELS_FILE.to_owned(),
        serde_json::to_vec(&labels)?,
    )))
}

fn shape(args: &Args, config: &Config) -> anyhow::Result<Shape> {
    let positions = config.max_position_embeddings;
    let longest = match args.form.max_length {
        Some(length) if length < 2 => {
            anyhow::bail!("--max-length is {length}; at least 2 tokens are needed")
        }
        Some(length) if length > positions => {
            anyhow::bail!("--max-length is {length}, but the model has {positions} positions")
        }
        length => length.unwrap_or(positions),
    };
    Ok(Shape {
        longest,
        packing: args.form.packing,
        spoken_only: args.form.assistant_only_loss,
    })
}

/// The closing line's end: what was trained, and how the loss went.
fn told(config: &Config, history: &History, prepared: &Prepared) -> String {
    let mut told = format!(
        "{} parameters, {}",
        config.parameters(),
        ledger::summary(&history.steps, "steps")
    );
    if let Some((step, loss)) = history.best {
        told += &format!(", validation loss {loss:.4} at its best, after step {step}");
    }
    match prepared.cut() {
        0 => told,
        cut => format!("{told} ({} cut at the longest)", cli::count(cut, "row")),
    }
}
