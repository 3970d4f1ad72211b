//! Shows a set to people: its rows as JSON lines, its columns, its figures, or where it comes from.

mod history;
mod json;
mod rows;
mod schema;
mod stats;
mod summary;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use cli::{Common, Console, InputArgs, Outcome, Stage};
use dataset::{Directory, DirectorySource, MANIFEST, Reading, Rows, Source};
use serde::Serialize;

/// What `show` does to columns: nothing.
pub const STAGE: Stage = Stage {
    name: "show",
    reads: &[],
    adds: &[],
};

/// Print a set as JSON lines, or its columns, its figures, or where its rows come from
///
/// Columns have their canonical names, as stages read them; an id is shown where the file has one.
/// NaN and infinite numbers are null, bytes are hex
/// digits, and dates, times and decimals are texts, since JSON has none of them.
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "show", version)]
pub struct Args {
    /// What to show; with --provenance also a model directory.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// Print only this many rows of each input
    #[arg(long, short = 'n', value_name = "N")]
    pub head: Option<usize>,
    /// Print only these columns, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Print the columns instead: name, type, whether nulls are allowed, and what the file says of them
    #[arg(long, conflicts_with_all = ["head", "columns"])]
    pub schema: bool,
    /// Print where the rows come from instead: every run that led to them, with its seed, arguments and row counts
    #[arg(long, conflicts_with_all = ["head", "columns", "schema"])]
    pub provenance: bool,
    /// Print figures instead: nulls, lengths of texts, spread of numbers, shares of labels and sources
    #[arg(long, conflicts_with_all = ["head", "columns", "schema", "provenance"])]
    pub stats: bool,
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

/// Shows every input, one after the other.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let line = show(args, &mut out)?;
    out.flush()?;
    console.close(line);
    Ok(Outcome::Done)
}

/// What an input is.
enum Opened {
    Set(Box<Rows>),
    Model(Directory),
}

/// Shows every input on `out`, and says what was shown; all are opened before anything is printed.
fn show(args: &Args, out: &mut impl Write) -> anyhow::Result<String> {
    let inputs = args.input.inputs.iter().map(|source| open(args, source));
    let inputs = inputs.collect::<anyhow::Result<Vec<_>>>()?;
    let mut shown = rows::Shown::default();
    let count = inputs.len();
    for input in inputs {
        match input {
            Opened::Model(directory) => history::write(out, &directory.input("model")?)?,
            Opened::Set(set) if args.provenance => {
                let inputs = set.into_inputs("input")?;
                inputs
                    .iter()
                    .try_for_each(|input| history::write(out, input))?;
            }
            Opened::Set(set) if args.schema => schema::write(out, set.name(), set.schema())?,
            Opened::Set(mut set) if args.stats => stats::write(out, &mut set)?,
            Opened::Set(mut set) => {
                shown.add(rows::write(out, &mut set, &args.columns, args.head)?);
            }
        }
    }
    let rows = !(args.schema || args.provenance || args.stats);
    Ok(if rows {
        shown.to_string()
    } else {
        cli::count(count, "input")
    })
}

/// Opens an input; a model directory has nothing to show but its provenance.
fn open(args: &Args, source: &Source) -> anyhow::Result<Opened> {
    let Some(directory) = model_directory(source) else {
        let how = Reading {
            ids_as_found: true,
            ..args.input.reading.reading()
        };
        let set = dataset::open(source, &how)?;
        rows::chosen(set.name(), set.schema(), &args.columns)?;
        return Ok(Opened::Set(Box::new(set)));
    };
    if !args.provenance {
        let error = anyhow::anyhow!("{directory} is a model directory, not a set");
        return Err(cli::with_hint(
            error,
            "--provenance shows where it comes from",
        ));
    }
    Ok(Opened::Model(Directory::open(&directory)?))
}

/// The model directory that `source` names, by itself or by its manifest.
fn model_directory(source: &Source) -> Option<DirectorySource> {
    let Source::Path(path) = source else {
        return None;
    };
    if path.join(MANIFEST).is_file() {
        return Some(DirectorySource::Path(path.clone()));
    }
    let parent = path
        .parent()
        .filter(|_| path.file_name().is_some_and(|name| name == MANIFEST))?;
    let here = parent.as_os_str().is_empty();
    Some(DirectorySource::Path(if here {
        Path::new(".").to_owned()
    } else {
        parent.to_owned()
    }))
}

#[cfg(test)]
mod tests;
