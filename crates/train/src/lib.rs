//! Makes a model from a set: a linear classifier, or a decoder that is fine-tuned or trained from scratch.

mod args;
mod decoder;
mod examples;
mod ledger;
mod linear;
mod packing;
mod session;
mod settings;
mod start;

use std::collections::BTreeMap;

use cli::{Console, Outcome, Stage};
use dataset::{Checkpoints, Input, NewDirectory, RowEquation, Run, columns};
use serde_json::Value;

pub use args::{
    Args, Condition, FormArgs, JournalArgs, LinearArgs, LoraArgs, Method, NamedFile, OptimizerArgs,
    Scheduler, StartArgs, ValidationArgs,
};

use ledger::Ledger;

/// What `train` does to columns; it writes a model directory, so it adds none.
pub const STAGE: Stage = Stage {
    name: "train",
    reads: &[&columns::TEXT],
    adds: &[],
};

/// A trained model, before it is written.
struct Trained {
    files: Vec<(String, Vec<u8>)>,
    ledger: Ledger,
    /// What the run would have gone on from, had it been stopped.
    checkpoints: Option<Checkpoints>,
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
    trained.ledger.write(&mut directory, &run)?;
    directory.publish(&run)?;
    trained.checkpoints.map_or(Ok(()), Checkpoints::end)?;
    console.close(format!("{}; {}", run.rows, trained.told));
    Ok(Outcome::Done)
}
