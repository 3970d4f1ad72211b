//! The command line of `mix`.

use cli::{Common, MemoryArgs, OutputArgs, ReadingArgs, SeedArgs};
use dataset::Source;
use numeric::Share;
use serde::Serialize;

use crate::arrange::Arrangement;
use crate::designs;
use crate::protocols::Protocol;
use crate::ratio::Ratio;
use crate::sources::Named;
use crate::units::{Tokenizer, Unit};

/// Choose a training set of human and synthetic rows, of an exact share
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "mix", version)]
pub struct Args {
    /// The human rows: a file, folder or glob of shards, hf://datasets/OWNER/NAME, or -; may be given several times
    #[arg(
        long,
        value_name = "INPUT",
        required_unless_present = "source",
        conflicts_with = "source"
    )]
    pub real: Vec<Source>,
    /// The synthetic rows, named in the same ways; with --protocol, one a generation, oldest first
    #[arg(
        long,
        value_name = "INPUT",
        required_unless_present = "source",
        conflicts_with = "source"
    )]
    pub synthetic: Vec<Source>,
    /// A source by its name, with a weight or without, in place of --real and --synthetic; may be given several times
    #[arg(long, value_name = "NAME=INPUT[:WEIGHT]")]
    pub source: Vec<Named>,
    /// How to read them.
    #[command(flatten)]
    #[serde(flatten)]
    pub reading: ReadingArgs,
    /// What stays fixed as synthetic rows come in [default: fixed-total]
    #[arg(long, value_name = "DESIGN", value_parser = designs::parser(), conflicts_with_all = ["source", "protocol"])]
    pub design: Option<String>,
    /// What the next model of a collapse loop is trained on
    #[arg(long, value_enum, value_name = "PROTOCOL", conflicts_with = "source")]
    pub protocol: Option<Protocol>,
    /// The synthetic share of the result, a fraction from 0 to 1 (fixed-total, fixed-synthetic)
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["source", "protocol"])]
    pub proportion: Option<Share>,
    /// Several such shares, a mix each, with {proportion} in the name of the output
    #[arg(long, value_name = "SHARES", value_delimiter = ',', conflicts_with_all = ["proportion", "source", "protocol"])]
    #[serde(skip)]
    pub proportions: Vec<Share>,
    /// How much the result is, in --unit (fixed-total, protocols, --source) [default: as much as the human rows are, after --real-fraction; all rows of --source]
    #[arg(long, value_name = "N")]
    pub total: Option<u64>,
    /// Synthetic rows or tokens for each human one, from 0 (fixed-real)
    #[arg(long, value_name = "RATIO", conflicts_with_all = ["source", "protocol"])]
    pub ratio: Option<Ratio>,
    /// The share of the result that is human (protocols keep-real and fresh)
    #[arg(long, value_name = "SHARE", requires = "protocol")]
    pub keep: Option<Share>,
    /// The share of the human rows to work with, a fraction from 0 to 1: the first of their order [default: 1]
    #[arg(long, value_name = "SHARE", conflicts_with = "source")]
    pub real_fraction: Option<Share>,
    /// What totals and shares count
    #[arg(long, value_enum, value_name = "UNIT", default_value_t)]
    pub unit: Unit,
    /// How tokens are counted: whitespace, words, or a tokenizer.json
    #[arg(long, value_name = "TOKENIZER", default_value = "whitespace")]
    pub tokenizer: Tokenizer,
    /// The column of which every source keeps the shares, or none [default: label, where it is there]
    #[arg(long, value_name = "COLUMN")]
    pub stratify: Option<String>,
    /// How often a row may be taken; all rows of a source before any again
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Share by size^(1/T): above 1, small sources get more than their share (--source without weights)
    #[arg(long, value_name = "T", requires = "source", value_parser = temperature)]
    pub temperature: Option<f64>,
    /// The order of the result: shuffled, interleaved, ascending:COLUMN, descending:COLUMN
    #[arg(long, value_name = "ORDER", default_value = "shuffled")]
    pub order: Arrangement,
    /// What the choice follows from.
    #[command(flatten)]
    #[serde(flatten)]
    pub seed: SeedArgs,
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
}

impl cli::Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| format!("`{text}` is no temperature; it is a number above 0, such as 3"))
}
