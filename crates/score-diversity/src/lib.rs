//! Measures how varied a set of texts is, and how far it is from a reference: one row a metric.

mod measured;
mod scored;
mod threshold;
mod wanted;

use anyhow::Context as _;
use cli::{ArmArgs, Common, Console, InputArgs, Outcome, OutputArgs, SeedArgs, Stage};
use dataset::results::{self, ResultRow};
use dataset::{RowEquation, Run, Source, Table, Writer, columns};
use serde::Serialize;

use diversity::{Measure, Options, Reads};

use crate::measured::{Told, baselines_of, metrics_of, shifts_of};
use crate::scored::{Making, Scored};
pub use crate::scored::{Order, Words};
use crate::threshold::Threshold;
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
    check_request(args, &wanted, &table, reference.as_ref())?;
    let mut rows = measured(args, &wanted, &table, reference.as_ref())?;
    rows.iter_mut().for_each(|row| args.arm.describe(row));
    write(args, &table, reference.as_ref(), &rows)?;
    Ok(close(args, console, table.len(), &rows))
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

fn measured(
    args: &Args,
    wanted: &Wanted,
    table: &Table,
    reference: Option<&Table>,
) -> anyhow::Result<Vec<ResultRow>> {
    let making = Making {
        text_column: &args.column,
        vector_column: &args.embedding_column,
        words: args.words,
        order: args.order,
        normalize: args.normalize,
        seed: args.seed.seed,
        with_vectors: wanted.reads(Reads::Vectors),
    };
    let told = Told {
        options: Options::new(args.seed.seed),
        words: args.words.tokenizer().name(),
        embedder: table.embedder(&args.embedding_column),
        normalize: args.normalize,
        sample: args.sample,
        intervals: !args.no_intervals,
    };
    let set = Scored::new(table, args.sample, &making)?;
    let mut rows = metrics_of(&wanted.metrics, &set, &told)?;
    let Some(reference) = reference.filter(|_| !wanted.shifts.is_empty()) else {
        return Ok(rows);
    };
    let scored = Scored::new(reference, args.sample, &making)
        .with_context(|| format!("the reference {} could not be read", reference.name()))?;
    let shifts = shifts_of(&wanted.shifts, &set, &scored, &told)?;
    drop(scored);
    if !args.baseline_split {
        rows.extend(shifts);
        return Ok(rows);
    }
    let whole = Scored::new(reference, None, &making)?;
    let baselines = baselines_of(&wanted.shifts, set.len(), &whole, &told)?;
    for pair in shifts.into_iter().zip(baselines) {
        rows.extend(<[ResultRow; 2]>::from(pair));
    }
    Ok(rows)
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
