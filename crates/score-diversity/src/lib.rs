//! Measures how varied a set of texts is, and how far it is from a reference: one row a metric.

mod measured;
mod threshold;

use clap::builder::PossibleValuesParser;
use cli::{ArmArgs, Common, Console, InputArgs, Outcome, OutputArgs, SeedArgs, Stage};
use dataset::results::{self, ResultRow};
use dataset::{RowEquation, Run, Source, Table, Writer, columns};
use serde::Serialize;

use crate::measured::{Reference, Scored, metrics_of, shifts_of};
use crate::threshold::Threshold;

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
    /// The measures to compute; may be given several times [default: all]
    #[arg(long = "metric", value_name = "NAME", value_parser = known_measures())]
    pub metrics: Vec<String>,
    /// Score this many rows, drawn by a hash of their ids, so that sets are compared at equal n [default: all rows]
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// Compute no intervals; they take about 20 times as long as the values
    #[arg(long)]
    pub no_intervals: bool,
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

fn known_measures() -> PossibleValuesParser {
    let metrics = diversity::METRICS.iter().map(|metric| metric.name);
    let shifts = diversity::SHIFTS.iter().map(|shift| shift.name);
    PossibleValuesParser::new(metrics.chain(shifts))
}

/// Runs the stage.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    let table = args.input.table(STAGE.reads)?;
    let reference = args.reference.as_ref().map(|source| {
        Table::read(
            source,
            &args.input.reading.reading(),
            "reference",
            STAGE.reads,
        )
    });
    let reference = reference.transpose()?;
    check_request(args, &table, reference.as_ref())?;
    let set = Scored::new(&table, args.sample, args.seed.seed)?;
    let mut rows = metrics_of(&set, args)?;
    if let Some(reference) = &reference {
        let reference = Reference::new(reference, args.sample, args.seed.seed)?;
        rows.extend(shifts_of(&set, &reference, args)?);
    }
    for row in &mut rows {
        measured::tell_sample(row, args.sample);
        args.arm.describe(row);
    }
    write(args, &table, reference.as_ref(), &rows)?;
    Ok(close(args, console, table.len(), &rows))
}

/// A measure that was asked for by name must be possible; of the default ones, those that are not
/// are told of in the results.
fn check_request(args: &Args, table: &Table, reference: Option<&Table>) -> anyhow::Result<()> {
    for name in &args.metrics {
        let reads = diversity::metric(name).map(diversity::Metric::reads);
        let shift = diversity::shift(name).ok();
        if shift.is_some() && reference.is_none() {
            let error = anyhow::anyhow!("`{name}` compares with a reference, and none is given");
            return Err(cli::with_hint(error, "name it with --reference"));
        }
        let reads = reads.ok().or(shift.map(diversity::Shift::reads));
        if reads == Some("vectors") {
            for table in [Some(table), reference.filter(|_| shift.is_some())]
                .into_iter()
                .flatten()
            {
                columns::require(table.name(), table.schema(), &[&columns::EMBEDDING])?;
            }
        }
    }
    Ok(())
}

fn write(
    args: &Args,
    table: &Table,
    reference: Option<&Table>,
    rows: &[ResultRow],
) -> anyhow::Result<()> {
    let inputs = table
        .inputs()
        .iter()
        .chain(reference.iter().flat_map(|table| table.inputs()));
    let used = args
        .sample
        .map_or(table.len(), |sample| sample.min(table.len())) as u64;
    let rows_in = table.len() as u64;
    let run = Run {
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
    };
    let mut writer = Writer::create(&args.output.output, &results::schema())?;
    writer.write(&results::to_batch(rows)?)?;
    writer.finish(&run)?;
    Ok(())
}

fn close(args: &Args, console: &Console, rows_in: usize, rows: &[ResultRow]) -> Outcome {
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
    let failed = threshold::unmet(&args.at_least, &args.at_most, rows);
    failed.iter().for_each(|line| console.warn(line));
    if failed.is_empty() {
        Outcome::Done
    } else {
        Outcome::No
    }
}
