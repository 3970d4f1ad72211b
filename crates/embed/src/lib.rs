//! Gives each row a vector that says where its text lies among texts.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array};
use arrow::datatypes::{DataType, Field};
use cli::{Common, Console, InputArgs, Outcome, OutputArgs, Stage};
use dataset::{RowEquation, Run, Table, Writer, columns};
use embedding::{Description, Embedded, Name};
use numeric::Vectors;
use serde::Serialize;

/// What `embed` does to columns.
pub const STAGE: Stage = Stage {
    name: "embed",
    reads: &[&columns::TEXT],
    adds: &[&columns::EMBEDDING],
};

/// Give each row the vector of its text
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
    let table = args.input.table(reads)?;
    let Embedded { vectors, truncated } = embedder
        .embed(&table.texts(&args.column)?)
        .map_err(|error| of_table(&table, error))?;
    let embedded = with_vectors(&table, &vectors, &embedder.describe())?;
    let rows = RowEquation::Same {
        rows_in: table.len() as u64,
        out: embedded.len() as u64,
    };
    let mut writer = Writer::create(&args.output.output, embedded.schema())?;
    embedded.write(&mut writer)?;
    writer.finish(&Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: None,
        inputs: table
            .inputs()
            .iter()
            .chain(embedder.input())
            .cloned()
            .collect(),
        rows: rows.clone(),
        drops: std::collections::BTreeMap::new(),
    })?;
    let cut = if truncated > 0 {
        format!(
            " ({} cut at the encoder's length)",
            cli::count(truncated, "text")
        )
    } else {
        String::new()
    };
    console.close(format!("{rows}{cut}"));
    Ok(Outcome::Done)
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

fn with_vectors(
    table: &Table,
    vectors: &Vectors,
    description: &Description,
) -> anyhow::Result<Table> {
    let item = Arc::new(Field::new("item", DataType::Float32, false));
    let values: ArrayRef = Arc::new(Float32Array::from(vectors.values().to_vec()));
    let lists = FixedSizeListArray::try_new(Arc::clone(&item), vectors.dim() as i32, values, None)?;
    let kind = DataType::FixedSizeList(item, vectors.dim() as i32);
    let field =
        Field::new(columns::EMBEDDING.name, kind, false).with_metadata(description.to_map());
    let lists: ArrayRef = Arc::new(lists);
    Ok(table.with_column(field, &lists)?)
}
