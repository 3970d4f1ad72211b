//! Decoders: fine-tuned whole, by low-rank additions, or trained from scratch.

use std::collections::{BTreeMap, BTreeSet};

use cli::Console;
use dataset::{Table, columns};
use model::{Config, Lora, Schedule, TrainOptions, Trainer, Tuning};
use numeric::Share;
use serde_json::{Value, json};

use crate::args::{Args, Condition, Method, Scheduler};
use crate::examples::{Prepared, Rows};
use crate::ledger::{self, Entry};
use crate::{Trained, start};

/// Trains a decoder on the rows.
pub(crate) fn train(args: &Args, table: &Table, console: &Console) -> anyhow::Result<Trained> {
    let rows = Rows::of(args, table)?;
    let start = match (args.method, &args.start.model) {
        (Method::Scratch, _) => start::from_scratch(args, &rows)?,
        (_, Some(source)) => start::from_model(source)?,
        (method, None) => {
            let error = anyhow::anyhow!("--method {} needs a model to begin from", method.name());
            return Err(cli::with_hint(
                error,
                "name it with --model, or use --method scratch",
            ));
        }
    };
    let prepared = rows.prepare(
        &start.tokenizer,
        start.decoder.config(),
        longest(args, start.decoder.config())?,
    )?;
    anyhow::ensure!(
        !prepared.examples.is_empty(),
        "no row of {} has a token to learn from",
        table.name()
    );
    let options = options(args, prepared.examples.len())?;
    let (settings, most) = (settings(&options), options.steps);
    let Prepared {
        examples,
        skipped,
        cut,
    } = prepared;
    let mut trainer = Trainer::new(&start.decoder, examples, options)?;
    let ledger = steps(&mut trainer, most, console)?;
    let decoder = trainer.decoder()?;
    let mut files = decoder.to_files()?;
    files.extend(start.files);
    files.extend(labels_file(args, table)?);
    let cut = if cut > 0 {
        format!(" ({} cut at the longest)", cli::count(cut, "row"))
    } else {
        String::new()
    };
    let told = format!(
        "{} parameters, {}{cut}",
        decoder.config().parameters(),
        ledger::summary(&ledger, "steps")
    );
    Ok(Trained {
        files,
        ledger,
        inputs: start.inputs,
        settings,
        skipped,
        told,
    })
}

/// Rows of a step, at most.
const MOST_ROWS: usize = 1 << 20;

/// The labels that the model learns to write in front of its texts, for `generate` to hold it to.
fn labels_file(args: &Args, table: &Table) -> anyhow::Result<Option<(String, Vec<u8>)>> {
    if args.start.condition.unwrap_or_default() != Condition::Label {
        return Ok(None);
    }
    let labels: BTreeSet<&str> = table.texts(columns::LABEL.name)?.into_iter().collect();
    Ok(Some((
        text::LABELS_FILE.to_owned(),
        serde_json::to_vec(&labels)?,
    )))
}

fn steps(trainer: &mut Trainer, most: usize, console: &Console) -> anyhow::Result<Vec<Entry>> {
    let progress = console.progress(most as u64, "steps");
    let mut ledger = Vec::new();
    while let Some(row) = trainer.step()? {
        progress.advance(1);
        ledger.push(Entry {
            step: row.step,
            tokens: Some(row.tokens),
            loss_nats: row.loss_nats,
            learning_rate: Some(row.learning_rate),
            grad_norm: row.grad_norm,
        });
    }
    Ok(ledger)
}

fn longest(args: &Args, config: &Config) -> anyhow::Result<usize> {
    let positions = config.max_position_embeddings;
    match args.optimizer.max_length {
        Some(length) if length < 2 => {
            anyhow::bail!("--max-length is {length}; at least 2 tokens are needed")
        }
        Some(length) if length > positions => {
            anyhow::bail!("--max-length is {length}, but the model has {positions} positions")
        }
        length => Ok(length.unwrap_or(positions)),
    }
}

/// The settings of the run: those given, and transformers' defaults, but for scratch, where they
/// would teach nothing.
fn options(args: &Args, rows: usize) -> anyhow::Result<TrainOptions> {
    let given = &args.optimizer;
    let scratch = args.method == Method::Scratch;
    let batch = given
        .per_device_train_batch_size
        .unwrap_or(8)
        .saturating_mul(given.gradient_accumulation_steps.unwrap_or(1));
    anyhow::ensure!(batch > 0, "a step of 0 rows learns nothing");
    anyhow::ensure!(
        batch <= MOST_ROWS,
        "a step of {batch} rows is more than {MOST_ROWS}, the most that make sense"
    );
    let epochs = given.num_train_epochs.unwrap_or(3.0);
    anyhow::ensure!(
        epochs.is_finite() && epochs > 0.0,
        "--num-train-epochs is {epochs}; it must be above 0"
    );
    let steps = given
        .max_steps
        .unwrap_or_else(|| (epochs * rows as f64 / batch as f64).ceil() as usize);
    anyhow::ensure!(steps > 0, "--max-steps is 0; at least 1 is needed");
    let rate = match args.method {
        Method::Scratch => 3e-3,
        Method::Lora => 2e-4,
        _ => 5e-5,
    };
    let warmup = given
        .warmup_ratio
        .map_or(if scratch { 0.1 } else { 0.0 }, Share::fraction);
    let max_grad_norm = given.max_grad_norm.unwrap_or(1.0);
    let falls = if scratch {
        Schedule::Cosine
    } else {
        Schedule::Linear
    };
    Ok(TrainOptions {
        learning_rate: given.learning_rate.unwrap_or(rate),
        schedule: given.lr_scheduler_type.map_or(falls, schedule),
        warmup_steps: (warmup * steps as f64).ceil() as usize,
        weight_decay: given
            .weight_decay
            .unwrap_or(if scratch { 0.01 } else { 0.0 }),
        max_grad_norm: (max_grad_norm != 0.0).then_some(max_grad_norm),
        tuning: tuning(args),
        ..TrainOptions::new(steps, batch, args.seed.seed.child("train", 0))
    })
}

fn schedule(given: Scheduler) -> Schedule {
    match given {
        Scheduler::Linear => Schedule::Linear,
        Scheduler::Cosine => Schedule::Cosine,
        Scheduler::Constant => Schedule::Constant,
    }
}

fn tuning(args: &Args) -> Tuning {
    if args.method != Method::Lora {
        return Tuning::Full;
    }
    let default = Lora::default();
    Tuning::Lora(Lora {
        rank: args.start.lora_rank.unwrap_or(default.rank),
        alpha: args.start.lora_alpha.unwrap_or(default.alpha),
        ..default
    })
}

/// The settings that hold, by option name, for the provenance.
fn settings(options: &TrainOptions) -> BTreeMap<String, Value> {
    let settings = [
        ("learning-rate", json!(options.learning_rate)),
        ("steps", json!(options.steps)),
        ("rows-a-step", json!(options.batch_size)),
        ("warmup-steps", json!(options.warmup_steps)),
        ("lr-scheduler-type", json!(options.schedule)),
        ("weight-decay", json!(options.weight_decay)),
        ("max-grad-norm", json!(options.max_grad_norm.unwrap_or(0.0))),
    ];
    settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
