//! Keeps rows, or drops them with a reason.

mod judgement;
mod rejects;
mod rules;

use cli::{Common, Console, InputArgs, Outcome, OutputArgs, Stage};
use dataset::{Run, Sink, Table, Writer, columns};
use serde::Serialize;

pub use rules::RuleArgs;

use judgement::Judgement;
use rules::{Candidates, Files};

/// What `filter` does to columns; the four it adds are in the rejects file alone.
pub const STAGE: Stage = Stage {
    name: "filter",
    reads: &[&columns::TEXT],
    adds: &[
        &columns::REJECT_STAGE,
        &columns::REJECT_RULE,
        &columns::REJECT_SCORE,
        &columns::REJECT_MATCH,
    ],
};

/// Keep rows, or drop them with a reason
///
/// The rules judge in the order in which they are listed here, each what the ones before it kept;
/// before them all, rows whose text is null are dropped as null-text.
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "filter", version)]
pub struct Args {
    /// What to read.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// The column that is judged
    #[arg(long, value_name = "COLUMN", default_value = columns::TEXT.name)]
    pub column: String,
    /// The Parquet file for the dropped rows, each with its reason
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub rejects: Option<Sink>,
    /// Count what would be dropped, and write nothing
    #[arg(long)]
    #[serde(skip)]
    pub dry_run: bool,
    /// Where to write.
    #[command(flatten)]
    #[serde(skip)]
    pub output: OutputArgs,
    /// Options of every stage.
    #[command(flatten)]
    #[serde(skip)]
    pub common: Common,
    /// What is dropped.
    #[command(flatten, next_help_heading = "Rules")]
    #[serde(flatten)]
    pub rules: RuleArgs,
}

impl cli::Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

/// Runs the stage; where nothing is left, or less than asked, nothing is written.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    check_request(args)?;
    let reads = if args.column == columns::TEXT.name {
        STAGE.reads
    } else {
        &[]
    };
    let table = args.input.table(reads)?;
    let mut files = files(args);
    let rows = candidates(&table, &args.column)?;
    let judgement = Judgement::of(&args.rules.judging(), &rows, &mut files)?;
    if let Some(no) = answer(args, &judgement) {
        console.close(judgement.summary());
        console.warn(no);
        return Ok(Outcome::No);
    }
    if !args.dry_run {
        write(args, &table, &judgement, files)?;
    }
    console.close(judgement.summary());
    Ok(Outcome::Done)
}

fn check_request(args: &Args) -> anyhow::Result<()> {
    if args.rules.asked().is_empty() {
        let known: Vec<_> = args.rules.all().iter().map(|rule| rule.name()).collect();
        return Err(cli::with_hint(
            anyhow::anyhow!("no rule is asked for"),
            format!("known are: {}", known.join(", ")),
        ));
    }
    if args.rejects == Some(Sink::Stdout) {
        return Err(cli::with_hint(
            anyhow::anyhow!("--rejects is -, but standard output is for the kept rows"),
            "name a file",
        ));
    }
    cli::distinct(&[
        ("-o", cli::file_of(&args.output.output)),
        ("--rejects", args.rejects.as_ref().and_then(cli::file_of)),
    ])
}

/// Sets to compare with are read as the input is, but for its split.
fn files(args: &Args) -> Files<'_> {
    let reading = dataset::Reading {
        split: None,
        ..args.input.reading.reading()
    };
    Files {
        column: &args.column,
        reading,
        inputs: Vec::new(),
    }
}

fn candidates<'a>(table: &'a Table, column: &str) -> dataset::Result<Candidates<'a>> {
    let labels = if table.has(columns::LABEL.name) {
        table.optional_texts(columns::LABEL.name)?
    } else {
        vec![None; table.len()]
    };
    let texts = table.optional_texts(column)?;
    Ok(Candidates {
        ids: table.texts(columns::ID.name)?,
        null: texts.iter().map(Option::is_none).collect(),
        texts: texts.into_iter().map(Option::unwrap_or_default).collect(),
        labels,
    })
}

/// Why what is left is not enough.
fn answer(args: &Args, judgement: &Judgement) -> Option<String> {
    let kept = judgement.kept();
    if kept == 0 {
        return Some("nothing is left; nothing was written".to_owned());
    }
    let missing = args.rules.limit.missing(kept)?;
    let asked = kept + missing;
    Some(format!(
        "{} asked for, but only {kept} left; nothing was written",
        cli::count(asked, "row")
    ))
}

/// The rejects come first: the kept rows are what others wait for.
fn write(
    args: &Args,
    table: &Table,
    judgement: &Judgement,
    files: Files<'_>,
) -> anyhow::Result<()> {
    let mut inputs = table.inputs().to_vec();
    inputs.extend(files.inputs);
    let run = Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: None,
        inputs,
        rows: judgement.equation(),
        drops: judgement.counts(),
    };
    if let Some(sink) = &args.rejects {
        rejects::write(sink, table, judgement, &run)?;
    }
    let kept = table.keep(&judgement.keep())?;
    let mut writer = Writer::create(&args.output.output, kept.schema())?;
    kept.write(&mut writer)?;
    writer.finish(&run)?;
    Ok(())
}
