//! Reads any data set into canonical Parquet with ids, and splits it by a stable hash.

mod marks;
mod split;

use std::collections::{BTreeMap, HashSet};

use anyhow::Context as _;
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use cli::{Common, Console, InputArgs, Outcome, OutputArgs, SeedArgs, Stage};
use dataset::{IdAssigner, Input, RowEquation, Run, Sink, Writer, columns};
use serde::Serialize;

use crate::marks::Marks;
use crate::split::{Group, Splits};

/// What `ingest` does to columns.
pub const STAGE: Stage = Stage {
    name: "ingest",
    reads: &[],
    adds: &[
        &columns::ID,
        &columns::SPLIT,
        &columns::SOURCE,
        &columns::GENERATION,
    ],
};

/// Read any data set into canonical Parquet with ids
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "ingest", version)]
pub struct Args {
    /// What to read.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// Split the rows by a stable hash, such as train=0.8,dev=0.1,test=0.1; the shares add up to 1.
    ///
    /// With {split} in the name of the output, each split is a file of its own.
    #[arg(long, value_name = "NAME=SHARE,...")]
    pub split: Option<Splits>,
    /// Keep rows with the same value of this column in one split [default: each row for itself]
    #[arg(long, value_name = "COLUMN", requires = "split")]
    pub group: Option<String>,
    /// Who wrote the rows, `human` or a generator's name, where the input does not say
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The generation of the rows, 0 for human, where the input does not say
    #[arg(long, value_name = "N")]
    pub generation: Option<i32>,
    /// What the split follows from.
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
    if args.split.is_none() && file_per_split(&args.output.output) {
        return Err(cli::with_hint(
            anyhow::anyhow!("the output is named by its split, but the rows are not split"),
            "add --split, or leave {split} out of the name",
        ));
    }
    let mut taken = Ingested::new(args);
    let mut reading = args.input.reading.reading();
    reading.accept_edited = true;
    reading.marks = taken.marks.texts();
    let mut ids = IdAssigner::default();
    for source in &args.input.inputs {
        let mut rows = dataset::open_with(source, &reading, ids)?;
        for batch in rows.by_ref() {
            taken.take(&source.to_string(), &batch?)?;
        }
        let (inputs, given) = rows.into_parts("input")?;
        taken.inputs.extend(inputs);
        ids = given;
    }
    taken.finish(args, console)
}

/// What was read so far, and the files it goes to.
struct Ingested<'a> {
    marks: Marks<'a>,
    split: Option<Group<'a>>,
    output: &'a Sink,
    writers: BTreeMap<String, Writer>,
    ids: HashSet<u128>,
    rows: u64,
    inputs: Vec<Input>,
}

impl<'a> Ingested<'a> {
    fn new(args: &'a Args) -> Self {
        let key = args.seed.seed.key("split");
        Self {
            marks: Marks {
                source: args.source.as_deref(),
                generation: args.generation,
            },
            split: args.split.as_ref().map(|splits| Group {
                splits,
                column: args.group.as_deref(),
                key,
            }),
            output: &args.output.output,
            writers: BTreeMap::new(),
            ids: HashSet::new(),
            rows: 0,
            inputs: Vec::new(),
        }
    }

    fn take(&mut self, name: &str, batch: &RecordBatch) -> anyhow::Result<()> {
        self.check_ids(name, batch)?;
        self.rows += batch.num_rows() as u64;
        let batch = self.marks.apply(batch)?;
        let Some(group) = &self.split else {
            return self.write(String::new(), &batch);
        };
        let batch = group.assign(name, &batch)?;
        if !file_per_split(self.output) {
            return self.write(String::new(), &batch);
        }
        let parts = group.parts(&batch)?;
        parts
            .into_iter()
            .try_for_each(|(split, part)| self.write(split, &part))
    }

    fn write(&mut self, split: String, batch: &RecordBatch) -> anyhow::Result<()> {
        let writer = match self.writers.entry(split) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let sink = named(self.output, entry.key());
                entry.insert(Writer::create(&sink, &batch.schema())?)
            }
        };
        Ok(writer.write(batch)?)
    }

    /// An id that comes twice would make two rows one.
    fn check_ids(&mut self, name: &str, batch: &RecordBatch) -> anyhow::Result<()> {
        let column = batch
            .column_by_name(columns::ID.name)
            .context("the reader gives ids")?;
        let column = cast(column, &DataType::Utf8)?;
        let texts = column.as_string::<i32>();
        for row in 0..texts.len() {
            let text = texts.value(row);
            let id = u128::from_str_radix(text, 16)
                .ok()
                .filter(|_| texts.is_valid(row) && text.len() == 32);
            let at = self.rows + row as u64;
            let id = id.with_context(|| {
                format!(
                    "{name}: the id `{}` of row {at} is no id of 32 hex digits",
                    text.escape_debug()
                )
            })?;
            if !self.ids.insert(id) {
                return Err(cli::with_hint(
                    anyhow::anyhow!("{name}: the id {text} of row {at} was there before"),
                    "an input is named twice, or two files share rows; ids are unique in a set",
                ));
            }
        }
        Ok(())
    }

    fn finish(self, args: &Args, console: &Console) -> anyhow::Result<Outcome> {
        if self.rows == 0 {
            console.warn("the input has no rows; nothing was written");
            return Ok(Outcome::No);
        }
        let counts: Vec<_> = self
            .writers
            .iter()
            .map(|(split, writer)| (split.clone(), writer.rows()))
            .collect();
        for (split, writer) in self.writers {
            let out = writer.rows();
            let (rows, drops) = equation(self.rows, out, &split);
            writer.finish(&Run {
                stage: STAGE.name,
                arguments: cli::arguments(args)?,
                seed: args.split.as_ref().map(|_| args.seed.seed.number()),
                inputs: self.inputs.clone(),
                rows,
                drops,
            })?;
        }
        console.close(summary(self.rows, &counts));
        Ok(Outcome::Done)
    }
}

/// A file of one split leaves the rows of the others out.
fn equation(rows_in: u64, out: u64, split: &str) -> (RowEquation, BTreeMap<String, u64>) {
    if split.is_empty() {
        return (RowEquation::Same { rows_in, out }, BTreeMap::new());
    }
    let others = rows_in - out;
    let drops = BTreeMap::from([("other-split".to_owned(), others)]);
    (
        RowEquation::Filtered {
            rows_in,
            kept: out,
            rejected: others,
            failed: 0,
        },
        drops,
    )
}

fn summary(rows: u64, counts: &[(String, u64)]) -> String {
    let parts: Vec<_> = counts
        .iter()
        .filter(|(split, _)| !split.is_empty())
        .map(|(split, n)| format!("{n} {split}"))
        .collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    };
    format!("{rows} in, {rows} out{parts}")
}

fn file_per_split(output: &Sink) -> bool {
    matches!(output, Sink::Path(path) if path.to_string_lossy().contains("{split}"))
}

fn named(output: &Sink, split: &str) -> Sink {
    match output {
        Sink::Path(path) if !split.is_empty() => {
            Sink::Path(path.to_string_lossy().replace("{split}", split).into())
        }
        other => other.clone(),
    }
}
