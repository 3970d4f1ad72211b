//! Gives each row a vector that says where its text lies among texts.

mod column;
mod journal;
mod parts;

use cli::{Common, Console, InputArgs, Outcome, OutputArgs, Stage};
use dataset::{Input, Resume, RowEquation, Run, Table, Writer, columns};
use embedding::{Embedder, Name};
use serde::Serialize;

use journal::Journal;
use parts::Parts;

/// What `embed` does to columns.
pub const STAGE: Stage = Stage {
    name: "embed",
    reads: &[&columns::TEXT],
    adds: &[&columns::EMBEDDING],
};

/// Give each row the vector of its text
///
/// An encoder takes long, so what it has done is kept in a journal beside the output until that is
/// there, and the same command goes on from it.
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "embed", version)]
pub struct Args {
    /// What to embed.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// What makes the vectors: hashed-ngrams (nothing to download), a sentence-transformers directory, or hf://OWNER/NAME
    #[arg(long, value_name = "NAME", default_value_t)]
    pub embedder: Name,
    /// The number of components of a vector [default: 256 for hashed-ngrams, the encoder's own otherwise]
    #[arg(long, value_name = "N")]
    pub dimension: Option<usize>,
    /// The column to embed
    #[arg(long, value_name = "COLUMN", default_value = columns::TEXT.name)]
    pub column: String,
    /// Whether to go on from the journal of a run that was cut off: auto, never or always; for encoders
    #[arg(long, default_value_t, value_name = "WHEN")]
    #[serde(skip)]
    pub resume: Resume,
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
    let embedder = embedding::open(&args.embedder, args.dimension)?;
    let reads = if args.column == columns::TEXT.name {
        STAGE.reads
    } else {
        &[]
    };
    let mut rows = args.input.rows(reads)?;
    let field = column::field(rows.name(), rows.schema(), &embedder.describe())?;
    let schema = column::added(rows.schema(), &field);
    let mut writer = Writer::create(&args.output.output, &schema)?;
    let mut journal = Journal::open(args, embedder.as_ref())?;
    if let kept @ 1.. = journal.kept()? {
        let kept = cli::count(kept, "text");
        console.note(format!("going on after {kept} of an earlier run"));
    }
    let mut truncated = 0;
    for part in Parts::of(&mut rows) {
        let part = part?;
        let vectors = journal.vectors(&part, &part.texts(&args.column)?, embedder.as_ref())?;
        truncated += vectors.truncated;
        let lists = column::lists(&field, &vectors.vectors)?;
        part.with_column(field.clone(), &lists)?
            .write(&mut writer)?;
    }
    let mut inputs = rows.into_inputs("input")?;
    let rows = equation(&inputs, writer.rows());
    inputs.extend(embedder.input().cloned());
    writer.finish(&Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: None,
        inputs,
        rows: rows.clone(),
        drops: std::collections::BTreeMap::new(),
    })?;
    journal.end()?;
    console.close(format!("{rows}{}", cut(truncated)));
    Ok(Outcome::Done)
}

fn equation(inputs: &[Input], out: u64) -> RowEquation {
    RowEquation::Same {
        rows_in: inputs.iter().map(|input| input.node.rows).sum(),
        out,
    }
}

fn cut(truncated: usize) -> String {
    if truncated == 0 {
        return String::new();
    }
    format!(
        " ({} cut at the encoder's length)",
        cli::count(truncated, "text")
    )
}

/// The vectors of `texts`, which are those of `part`.
fn embedded(
    part: &Table,
    texts: &[&str],
    embedder: &dyn Embedder,
) -> anyhow::Result<embedding::Embedded> {
    embedder
        .embed(texts)
        .map_err(|error| of_table(part, error.from_row(part.first_row())))
}

/// An empty text has something that can be done about it.
fn of_table(table: &Table, error: embedding::Error) -> anyhow::Error {
    let empty = matches!(error, embedding::Error::Empty { .. });
    let error =
        anyhow::Error::new(error).context(format!("{} could not be embedded", table.name()));
    if empty {
        cli::with_hint(
            error,
            "drop empty texts first: polyculture filter --min-chars 1",
        )
    } else {
        error
    }
}
