//! Holds a model against a test set: how often it is right, or how likely it finds the texts.

mod interval;
mod judges;
mod predictions;
mod subject;
mod tasks;
mod test_set;

use cli::{ArmArgs, Common, Console, Outcome, OutputArgs, ReadingArgs, SeedArgs, Stage};
use dataset::results::{self, ResultRow};
use dataset::{RowEquation, Run, Sink, Source, Writer, columns};
use serde::Serialize;

pub use subject::Subject;

use judges::Judged;
use test_set::TestSet;

/// What `evaluate` does to columns; it writes figures, so it adds none.
pub const STAGE: Stage = Stage {
    name: "evaluate",
    reads: &[&columns::TEXT, &columns::LABEL],
    adds: &[],
};

/// Score a model, or the labels of a set, on test rows
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "evaluate", version)]
pub struct Args {
    /// A model directory or hf://OWNER/NAME; grammar:FILE holds the set's own labels against a grammar
    #[arg(value_name = "MODEL")]
    pub model: Subject,
    /// What to test on: files, folders or globs of shards, hf://datasets/OWNER/NAME, or - for standard input; classes need the column label, a linear head needs embedding
    #[arg(long, value_name = "SET", num_args = 1.., required = true)]
    pub test: Vec<Source>,
    /// The column that is judged
    #[arg(long, value_name = "COLUMN", default_value = columns::TEXT.name)]
    pub column: String,
    /// The Parquet file for what was said of each row, by its id
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub predictions: Option<Sink>,
    /// Count rows whose label the model does not know as wrong, instead of refusing them
    #[arg(long)]
    pub allow_unknown_labels: bool,
    /// How the test rows are read.
    #[command(flatten)]
    #[serde(flatten)]
    pub reading: ReadingArgs,
    /// Which arm the figures belong to.
    #[command(flatten)]
    #[serde(flatten)]
    pub arm: ArmArgs,
    /// What the resamples of the intervals follow from.
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

/// Runs the stage.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    if args.predictions == Some(Sink::Stdout) {
        return Err(cli::with_hint(
            anyhow::anyhow!("--predictions is -, but standard output is for the figures"),
            "name a file",
        ));
    }
    cli::distinct(&[
        ("-o", cli::file_of(&args.output.output)),
        (
            "--predictions",
            args.predictions.as_ref().and_then(cli::file_of),
        ),
    ])?;
    let judge = judges::open(&args.model)?;
    let test = TestSet::read(&args.test, &args.reading.reading())?;
    let judged = judge.judge(args, &test, console)?;
    let mut rows = tasks::figures(&judged, &test, args.seed.seed)?;
    rows.iter_mut().for_each(|row| args.arm.describe(row));
    let run = run_of(args, &test, &judged)?;
    if let Some(sink) = &args.predictions {
        predictions::write(sink, &judged.evidence, &test, &run)?;
    }
    let mut writer = Writer::create(&args.output.output, &results::schema())?;
    writer.write(&results::to_batch(&rows)?)?;
    writer.finish(&run)?;
    console.close(closing_line(&run, &rows));
    Ok(Outcome::Done)
}

fn run_of(args: &Args, test: &TestSet, judged: &Judged) -> anyhow::Result<Run> {
    let (rows_in, used) = (test.table().len() as u64, judged.evidence.used() as u64);
    let inputs = std::iter::once(&judged.input).chain(test.table().inputs());
    Ok(Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: Some(args.seed.seed.number()),
        inputs: inputs.cloned().collect(),
        rows: RowEquation::Used {
            rows_in,
            used,
            skipped: rows_in - used,
        },
        drops: judged.evidence.drops(),
    })
}

/// Such as `1821 in, 1821 used, 0 skipped; accuracy 0.769, macro_f1 0.768`.
fn closing_line(run: &Run, rows: &[ResultRow]) -> String {
    let reasons = run.drops.iter().map(|(reason, n)| format!("{n} {reason}"));
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let reasons = if reasons.is_empty() {
        reasons
    } else {
        format!(" ({reasons})")
    };
    let figures = rows.iter().map(|row| match row.value {
        Some(value) => format!("{} {value:.3}", row.metric),
        None => format!("{} has no value", row.metric),
    });
    let figures = figures.collect::<Vec<_>>().join(", ");
    format!("{}{reasons}; {figures}", run.rows)
}
