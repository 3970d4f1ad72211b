//! Makes a model from a set: a linear classifier, or a decoder that is fine-tuned or trained from scratch.

mod args;
mod decoder;
mod examples;
mod ledger;
mod linear;
mod start;

use std::collections::BTreeMap;

use cli::{Console, Outcome, Stage};
use dataset::{Input, NewDirectory, RowEquation, Run, Sink, columns};
use serde_json::Value;

pub use args::{
    Args, Condition, ConfigFile, LinearArgs, Method, OptimizerArgs, Scheduler, StartArgs,
};

use ledger::Entry;

/// What `train` does to columns; it writes a model directory, so it adds none.
pub const STAGE: Stage = Stage {
    name: "train",
    reads: &[&columns::TEXT],
    adds: &[],
};

/// The training ledger in a model directory.
const LEDGER: &str = "ledger.parquet";

/// A trained model, before it is written.
struct Trained {
    files: Vec<(String, Vec<u8>)>,
    ledger: Vec<Entry>,
    /// What was read beside the set, such as the model that was begun from.
    inputs: Vec<Input>,
    /// The settings that hold where nothing was said.
    settings: BTreeMap<String, Value>,
    skipped: BTreeMap<String, u64>,
    /// What is worth saying in the closing line.
    told: String,
}

/// Runs the stage.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    args.check()?;
    let mut directory = NewDirectory::create(&args.output)?;
    let table = args.input.table(&[])?;
    anyhow::ensure!(
        !table.is_empty(),
        "{} has no rows to train on",
        table.name()
    );
    let trained = match args.method {
        Method::Tfidf | Method::LinearHead => linear::train(args, &table, console)?,
        Method::Full | Method::Lora | Method::Scratch => decoder::train(args, &table, console)?,
    };
    let (rows_in, skipped) = (table.len() as u64, trained.skipped.values().sum::<u64>());
    let mut arguments = cli::arguments(args)?;
    arguments.extend(trained.settings);
    let run = Run {
        stage: STAGE.name,
        arguments,
        seed: Some(args.seed.seed.number()),
        inputs: table
            .inputs()
            .iter()
            .cloned()
            .chain(trained.inputs)
            .collect(),
        rows: RowEquation::Used {
            rows_in,
            used: rows_in - skipped,
            skipped,
        },
        drops: trained.skipped,
    };
    for (name, bytes) in &trained.files {
        directory.add(name, bytes)?;
    }
    ledger::write(
        &trained.ledger,
        &Sink::Path(directory.path_of(LEDGER)?),
        &run,
    )?;
    directory.adopt(LEDGER)?;
    directory.publish(&run)?;
    console.close(format!("{}; {}", run.rows, trained.told));
    Ok(Outcome::Done)
}
