//! Chooses a training set of human and synthetic rows within a budget, so that sets of different shares stay comparable.
//!
//! Each source has one order that follows from the seed alone, and a mix takes its first rows: as
//! the synthetic share rises, the synthetic part grows and never loses a row, and with a fixed
//! total the human part shrinks and never gains one.

mod designs;
mod order;
mod pool;
mod ratio;

use std::collections::BTreeMap;

use cli::{Common, Console, Outcome, OutputArgs, ReadingArgs, SeedArgs, Stage};
use dataset::{RowEquation, Run, Source, Table, Writer, columns};
use numeric::{Seed, Share};
use serde::Serialize;

pub use designs::Asked;
pub use ratio::Ratio;

use designs::{Available, Plan};
use pool::Pool;

/// What `mix` does to columns.
pub const STAGE: Stage = Stage {
    name: "mix",
    reads: &[&columns::ID],
    adds: &[&columns::SOURCE],
};

/// Choose a training set of human and synthetic rows, of an exact share
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "mix", version)]
pub struct Args {
    /// The human rows: a file, folder or glob of shards, hf://datasets/OWNER/NAME, or -; may be given several times
    #[arg(long, value_name = "INPUT", required = true)]
    pub real: Vec<Source>,
    /// The synthetic rows, named in the same ways
    #[arg(long, value_name = "INPUT", required = true)]
    pub synthetic: Vec<Source>,
    /// How to read them.
    #[command(flatten)]
    #[serde(flatten)]
    pub reading: ReadingArgs,
    /// What stays fixed as synthetic rows come in
    #[arg(long, value_name = "DESIGN", default_value = "fixed-total", value_parser = designs::parser())]
    pub design: String,
    /// How much to take.
    #[command(flatten)]
    #[serde(flatten)]
    pub asked: Asked,
    /// The share of the human rows to work with, a fraction from 0 to 1: the first of their order [default: 1]
    #[arg(long, value_name = "SHARE")]
    pub real_fraction: Option<Share>,
    /// What the choice follows from.
    #[command(flatten)]
    #[serde(flatten)]
    pub seed: SeedArgs,
    /// Where to write.
    #[command(flatten)]
    #[serde(skip)]
    pub output: OutputArgs,
    /// Options of every stage.
    #[command(flatten)]
    #[serde(skip)]
    pub common: Common,
}

impl cli::Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

/// Runs the stage; a mix that cannot be filled exactly is not written.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    let how = args.reading.reading();
    let real = Pool::read(&args.real, &how, "real", "human")?;
    let synthetic = Pool::read(&args.synthetic, &how, "synthetic", "synthetic")?;
    let cut = args.real_fraction.unwrap_or(Share::ONE).of(real.len());
    let available = Available {
        real: cut,
        synthetic: synthetic.len(),
    };
    let plan = (designs::named(&args.design)?.plan)(&args.asked, available)?;
    if let Some(shortage) = plan.shortage(available) {
        console.warn(format!("{shortage}; nothing was written"));
        return Ok(Outcome::No);
    }
    synthetic.refuse_rows_of(&real)?;
    let mixed = mixed(&real, &synthetic, plan, args.seed.seed)?;
    let rows = equation(real.len() + synthetic.len(), &mixed);
    let mut writer = Writer::create(&args.output.output, mixed.schema())?;
    mixed.write(&mut writer)?;
    let said = closing_line(&rows, plan);
    writer.finish(&Run {
        stage: STAGE.name,
        arguments: arguments(args, plan)?,
        seed: Some(args.seed.seed.number()),
        inputs: mixed.inputs().to_vec(),
        rows,
        drops: unused(real.len() - plan.real, synthetic.len() - plan.synthetic),
    })?;
    console.close(said);
    Ok(Outcome::Done)
}

/// The chosen rows, in an order that tells nothing of their source.
fn mixed(real: &Pool, synthetic: &Pool, plan: Plan, seed: Seed) -> anyhow::Result<Table> {
    let real = real.first(plan.real, seed, "mix/real")?;
    let synthetic = synthetic.first(plan.synthetic, seed, "mix/synthetic")?;
    let both = Table::stack("the mix", &[&real, &synthetic])?;
    let order = order::shuffled(&both.texts(columns::ID.name)?, seed, "mix/shuffle")?;
    Ok(both.take(&order)?)
}

fn equation(rows_in: usize, mixed: &Table) -> RowEquation {
    let (rows_in, out) = (rows_in as u64, mixed.len() as u64);
    RowEquation::Mixed {
        rows_in,
        chosen: out,
        unused: rows_in - out,
        repeats: 0,
        out,
    }
}

/// What was asked, and beside it what became of it.
fn arguments(args: &Args, plan: Plan) -> anyhow::Result<BTreeMap<String, serde_json::Value>> {
    let mut arguments = cli::arguments(args)?;
    arguments.insert("chosen-real".to_owned(), plan.real.into());
    arguments.insert("chosen-synthetic".to_owned(), plan.synthetic.into());
    arguments.insert("realised-proportion".to_owned(), plan.realised().into());
    Ok(arguments)
}

fn unused(real: usize, synthetic: usize) -> BTreeMap<String, u64> {
    let drops = [("unused-real", real), ("unused-synthetic", synthetic)];
    let drops = drops.into_iter().filter(|(_, rows)| *rows > 0);
    drops
        .map(|(reason, rows)| (reason.to_owned(), rows as u64))
        .collect()
}

fn closing_line(rows: &RowEquation, plan: Plan) -> String {
    let (synthetic, total) = (plan.synthetic, plan.total());
    format!(
        "{rows}; synthetic {synthetic}/{total} = {:.4} (asked {:.4})",
        plan.realised(),
        plan.proportion
    )
}
