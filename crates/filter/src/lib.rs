//! Keeps rows, or drops them with a reason.

mod difference;
mod explanation;
mod firsts;
mod judgement;
mod judging;
mod output;
mod personal;
mod priority;
mod rules;
mod selection;

use cli::{Common, Console, InputArgs, MemoryArgs, Outcome, OutputArgs, Stage};
use dataset::{Replay, RowId, Run, Sink, Source, columns};
use serde::Serialize;

pub use rules::RuleArgs;

use judgement::Judgement;
use judging::Files;
use priority::Priority;

/// What `filter` does to columns; the four that say why are in the rejects file alone.
pub const STAGE: Stage = Stage {
    name: "filter",
    reads: &[&columns::TEXT],
    adds: &[
        &columns::TEXT_MASKED,
        &columns::REJECT_STAGE,
        &columns::REJECT_RULE,
        &columns::REJECT_SCORE,
        &columns::REJECT_MATCH,
    ],
};

/// Keep rows, or drop them with a reason
///
/// The rules judge in the order in which they stand on the command line, each what the ones before
/// it kept; before them all, rows whose text is null are dropped as null-text.
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
    /// Of rows that are alike, the one that stays: first, last, longest, shortest, highest:COLUMN, lowest:COLUMN [default: first]
    #[arg(long, value_name = "ORDER")]
    representative: Option<Priority>,
    /// Whether to add a column `text_masked`.
    #[arg(
        long,
        help = "Add a column `text_masked`: the judged column with <EMAIL>, <IP>, <PHONE> and <CARD> in place of what --pii finds"
    )]
    mask_pii: bool,
    /// The Parquet file for the dropped rows, each with its reason
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub rejects: Option<Sink>,
    /// Count what would be dropped, and write nothing
    #[arg(long)]
    #[serde(skip)]
    pub dry_run: bool,
    /// Say what became of the row with this id, and why; may be given several times
    #[arg(long, value_name = "ID")]
    #[serde(skip)]
    pub explain: Vec<RowId>,
    /// Say how the kept rows differ from those of this set
    #[arg(long, value_name = "OTHER")]
    #[serde(skip)]
    pub diff: Option<Source>,
    /// How much memory to use.
    #[command(flatten)]
    #[serde(skip)]
    pub memory: MemoryArgs,
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
    let mut files = files(args);
    let priority = args.representative.clone().unwrap_or_default();
    let rules = args.rules.judging();
    let (judgement, rows) =
        Judgement::of(&rules, &args.input.inputs, &mut files, &priority, reads)?;
    if !args.explain.is_empty() {
        explanation::say(&args.explain, &judgement, &rows, &args.column, console)?;
    }
    if let Some(other) = &args.diff {
        difference::say(other, &files, &judgement, &rows, console)?;
    }
    if let Some(no) = answer(args, &judgement) {
        console.close(judgement.summary());
        console.warn(no);
        return Ok(Outcome::No);
    }
    if !args.dry_run {
        write(args, &rows, &judgement, files)?;
    }
    console.close(judgement.summary());
    Ok(Outcome::Done)
}

fn check_request(args: &Args) -> anyhow::Result<()> {
    if args.rules.asked().is_empty() && !args.mask_pii {
        return Err(cli::with_hint(
            anyhow::anyhow!("no rule is asked for"),
            format!("known are: {}", args.rules.known().join(", ")),
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
    // A quarter for the rows, a quarter for what one rule keeps of them; keys and tables are the rest.
    Files::new(&args.column, reading, args.memory.memory.bytes() / 4)
}

/// Why what is left is not enough.
fn answer(args: &Args, judgement: &Judgement) -> Option<String> {
    let kept = judgement.kept();
    if kept == 0 {
        return Some("nothing is left; nothing was written".to_owned());
    }
    let missing = args.rules.missing(kept)?;
    let asked = kept + missing;
    Some(format!(
        "{} asked for, but only {kept} left; nothing was written",
        cli::count(asked, "row")
    ))
}

/// The rejects come first: the kept rows are what others wait for.
fn write(
    args: &Args,
    rows: &Replay,
    judgement: &Judgement,
    files: Files<'_>,
) -> anyhow::Result<()> {
    let mut inputs = rows.inputs().to_vec();
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
        output::write_rejects(sink, rows, judgement, &run)?;
    }
    let mask = args.mask_pii.then_some(args.column.as_str());
    output::write_kept(&args.output.output, rows, judgement, mask, &run)
}
