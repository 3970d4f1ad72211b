//! Measures how varied a set of texts is, and how far it is from a reference: one row a metric.

mod measured;
mod scored;
mod scoring;
mod table;
mod threshold;
mod verdict;
mod wanted;

use std::io::{IsTerminal as _, Write as _};

use cli::{ArmArgs, Common, Console, InputArgs, Outcome, OutputArgs, SeedArgs, Stage};
use dataset::results::{self, ResultRow};
use dataset::{RowEquation, Run, Sink, Source, Table, Writer, columns};
use diversity::{Measure, Reads};
use serde::Serialize;

pub use crate::scored::{Order, Words};
use crate::scoring::{Outcomes, Scoring};
use crate::threshold::Threshold;
use crate::verdict::Verdict;
use crate::wanted::Wanted;
pub use crate::wanted::{Choice, Name};

/// What `score-diversity` does to columns.
pub const STAGE: Stage = Stage {
    name: "score-diversity",
    reads: &[&columns::TEXT],
    adds: &[],
};

/// Measure how varied a set of texts is, and how far from a reference
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "score-diversity", version)]
pub struct Args {
    /// What to score.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// The set to measure the shift from, usually human text
    #[arg(long, value_name = "SET")]
    pub reference: Option<Source>,
    /// The measures to compute, by name or by family: distinct_2,vendi,mmd_rbf; may be given several times [default: those of --preset]
    #[arg(long, alias = "metric", value_name = "NAMES", value_delimiter = ',')]
    pub metrics: Vec<Name>,
    /// A ready-made choice of measures [default: standard, unless --metrics or --compat names some]
    #[arg(long, value_enum, value_name = "CHOICE")]
    pub preset: Option<Choice>,
    /// Also what these peers compute, faults included, so that their figures can be reproduced
    #[arg(long, value_name = "PEERS", value_delimiter = ',', value_parser = known_peers())]
    pub compat: Vec<String>,
    /// The column to score
    #[arg(long, value_name = "COLUMN", default_value = columns::TEXT.name)]
    pub column: String,
    /// How texts are cut into what is counted
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Words::Unicode)]
    pub words: Words,
    /// The column of vectors: lists of f32 or f64, taken as they are
    #[arg(long, value_name = "COLUMN", default_value = columns::EMBEDDING.name)]
    pub embedding_column: String,
    /// Bring every vector to length 1 first
    #[arg(long)]
    pub normalize: bool,
    /// The order in which rows are measured; compression and k-means depend on it a little
    #[arg(long, value_enum, value_name = "ORDER", default_value_t = Order::Id)]
    pub order: Order,
    /// Beside each shift, measure it between two parts of the reference that are as large as the set
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = true, action = clap::ArgAction::Set)]
    pub baseline_split: bool,
    /// Score this many rows, drawn by a hash of their ids, so that sets are compared at equal n [default: all rows]
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// Compute no intervals; they take about 20 times as long as the values
    #[arg(long)]
    pub no_intervals: bool,
    /// Measure each value of this column by itself, such as label, level or source, all at the size of the smallest or at --sample
    #[arg(long, value_name = "COLUMN")]
    pub by: Option<String>,
    /// Also write the scored rows with what each adds: its share of DCScore, its distance from the nearest row and from the reference, its n-gram novelty and DSIR weight
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub rows_out: Option<Sink>,
    /// Exit with 1 unless the value is at least this, such as distinct_2=0.4; may be given several times
    #[arg(long, value_name = "METRIC=VALUE")]
    pub at_least: Vec<Threshold>,
    /// Exit with 1 unless the value is at most this; may be given several times
    #[arg(long, value_name = "METRIC=VALUE")]
    pub at_most: Vec<Threshold>,
    /// Which arm the figures belong to.
    #[command(flatten)]
    #[serde(flatten)]
    pub arm: ArmArgs,
    /// What the sample and the groups of the intervals follow from.
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

fn known_peers() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(diversity::peers())
}

/// Runs the stage.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    let table = args.input.table(&[])?;
    let reference = args.reference.as_ref().map(|source| {
        let how = args.input.reading.reading();
        Table::read(source, &how, "reference", &[])
    });
    let reference = reference.transpose()?;
    let wanted = Wanted::new(
        &args.metrics,
        args.preset,
        &args.compat,
        reference.is_some(),
    );
    check_outputs(args, &table)?;
    check_request(args, &wanted, &table, reference.as_ref())?;
    let scoring = Scoring::new(args, &wanted, &table, reference.as_ref());
    let Outcomes {
        mut rows,
        verdict,
        with_columns,
    } = scoring.run()?;
    rows.iter_mut().for_each(|row| args.arm.describe(row));
    let run = provenance(args, &table, reference.as_ref())?;
    if let (Some(sink), Some(table)) = (&args.rows_out, &with_columns) {
        let mut writer = Writer::create(sink, table.schema())?;
        table.write(&mut writer)?;
        writer.finish(&run)?;
    }
    write(args, &run, &rows)?;
    Ok(close(args, console, table.len(), &rows, verdict.as_ref()))
}

/// The two outputs must be two, and rows that are told apart need the column that tells them.
fn check_outputs(args: &Args, table: &Table) -> anyhow::Result<()> {
    if args.rows_out == Some(Sink::Stdout) {
        let error = anyhow::anyhow!("--rows-out is -, but standard output is for the figures");
        return Err(cli::with_hint(error, "name a file"));
    }
    cli::distinct(&[
        ("--output", cli::file_of(&args.output.output)),
        ("--rows-out", args.rows_out.as_ref().and_then(cli::file_of)),
    ])?;
    match &args.by {
        Some(column) => Ok(table.require(column)?),
        None => Ok(()),
    }
}

/// A measure that was asked for by name must be possible; of the others, those that are not are
/// told of in the results. A set that has neither texts nor vectors cannot be scored at all.
fn check_request(
    args: &Args,
    wanted: &Wanted,
    table: &Table,
    reference: Option<&Table>,
) -> anyhow::Result<()> {
    for measure in &wanted.by_name {
        let (reads, is_shift) = match measure {
            Measure::Metric(metric) => (metric.reads(), false),
            Measure::Shift(shift) => (shift.reads(), true),
        };
        if is_shift && reference.is_none() {
            let name = measure.name();
            let error = anyhow::anyhow!("`{name}` compares with a reference, and none is given");
            return Err(cli::with_hint(error, "name it with --reference"));
        }
        let with = reference.filter(|_| is_shift);
        for table in std::iter::once(table).chain(with) {
            table.require(column_of(args, reads))?;
        }
    }
    let scorable = [&args.column, &args.embedding_column];
    if !scorable.iter().any(|column| table.has(column)) {
        table.require(&args.column)?;
    }
    if let Some(reference) = reference {
        table.check_one_embedder(reference, &args.embedding_column)?;
    }
    Ok(())
}

fn column_of(args: &Args, reads: Reads) -> &str {
    match reads {
        Reads::Texts => &args.column,
        Reads::Labels => columns::LABEL.name,
        Reads::Vectors => &args.embedding_column,
    }
}

fn provenance(args: &Args, table: &Table, reference: Option<&Table>) -> anyhow::Result<Run> {
    let inputs = table
        .inputs()
        .iter()
        .chain(reference.iter().flat_map(|table| table.inputs()));
    let rows_in = table.len() as u64;
    // With --by a sample is one a group, and all rows are looked at.
    let sample = args.sample.filter(|_| args.by.is_none());
    let used = sample.map_or(rows_in, |sample| rows_in.min(sample as u64));
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
        drops: std::collections::BTreeMap::new(),
    })
}

/// The figures go to a person as a table, and anywhere else as a set.
fn write(args: &Args, run: &Run, rows: &[ResultRow]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    if args.output.output == Sink::Stdout && stdout.is_terminal() {
        stdout.write_all(table::drawn(rows).as_bytes())?;
        return Ok(());
    }
    let mut writer = Writer::create(&args.output.output, &results::schema())?;
    writer.write(&results::to_batch(rows)?)?;
    writer.finish(run)?;
    Ok(())
}

fn close(
    args: &Args,
    console: &Console,
    rows_in: usize,
    rows: &[ResultRow],
    verdict: Option<&Verdict>,
) -> Outcome {
    let values = rows.iter().filter(|row| row.value.is_some()).count();
    let without = rows.len() - values;
    let reasons = if without == 0 {
        String::new()
    } else {
        format!(", {without} without a value")
    };
    console.close(format!(
        "{} in, {}{reasons}",
        rows_in,
        cli::count(values, "figure")
    ));
    if let Some(verdict) = verdict {
        console.note(verdict);
    }
    let failed = threshold::unmet(&args.at_least, &args.at_most, rows);
    failed.iter().for_each(|line| console.warn(line));
    if failed.is_empty() {
        Outcome::Done
    } else {
        Outcome::No
    }
}
