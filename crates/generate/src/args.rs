//! The command line of `generate`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, ValueEnum};
use cli::{Common, OutputArgs, ReadingArgs, SeedArgs};
use dataset::{DirectorySource, Resume, Source};
use numeric::Share;
use serde::{Serialize, Serializer};

use crate::methods::MethodName;

/// Write texts with a grammar or a language model
#[derive(Clone, Debug, clap::Parser, Serialize)]
#[command(name = "generate", version, group(ArgGroup::new("backend").required(true).args(["grammar", "model"])))]
pub struct Args {
    /// The rows that examples (few-shot) or prompts (continue) are taken from: files, folders or globs of shards, hf://datasets/OWNER/NAME, or - for standard input
    #[arg(value_name = "SEEDS")]
    #[serde(rename = "input", skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<Source>,
    /// How the seeds are read.
    #[command(flatten)]
    #[serde(flatten)]
    pub reading: ReadingArgs,
    /// Who writes.
    #[command(flatten)]
    #[serde(flatten)]
    pub backend: BackendArgs,
    /// What is asked for.
    #[command(flatten)]
    #[serde(flatten)]
    pub method: MethodArgs,
    /// How many rows to write [default: as many as there are seeds]
    #[arg(short = 'n', long, value_name = "N")]
    pub number: Option<u64>,
    /// How often to try before giving up [default: 4 times the rows asked for]
    #[arg(long, value_name = "N")]
    pub max_attempts: Option<u64>,
    /// Write what there is where fewer rows than asked were accepted
    #[arg(long)]
    pub allow_fewer: bool,
    /// The value of `source` [default: the name of the model, or grammar]
    #[arg(long, value_name = "NAME")]
    pub source_name: Option<String>,
    /// The value of `generation`: 0 for human, t for a model trained on generation t - 1
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub generation: i32,
    /// The value of `level`: what this setting of diversity is called
    #[arg(long, value_name = "NAME")]
    pub level: Option<String>,
    /// Add the column `token_ids`: the tokens that were generated
    #[arg(long, conflicts_with = "grammar")]
    pub token_ids: bool,
    /// Whether to go on from the journal of a run that was cut off: auto, never or always; for --model
    #[arg(long, default_value_t, value_name = "WHEN", conflicts_with = "grammar")]
    #[serde(skip)]
    pub resume: Resume,
    /// What all texts follow from.
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

/// Who writes, and with what setting.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct BackendArgs {
    /// Write by the weighted grammar in this file, without a model
    #[arg(long, value_name = "FILE")]
    pub grammar: Option<GrammarFile>,
    /// Write with the decoder in this directory, or at hf://OWNER/NAME[@REVISION]
    #[arg(long, value_name = "DIR")]
    pub model: Option<DirectorySource>,
    /// How varied the grammar's texts are, 0 to 2; 1 is the weights of the file [default: 1]
    #[arg(long, value_name = "D", conflicts_with = "model")]
    pub diversity: Option<f64>,
    /// The share of the grammar's weights that common forms hand to rare ones, 0 to 1 [default: 0]
    #[arg(long, value_name = "SHARE", conflicts_with = "model")]
    pub shift: Option<Share>,
    /// What the grammar writes [default: text]
    #[arg(long, value_enum, conflicts_with = "model")]
    pub task: Option<Task>,
    /// Sampling temperature; 0 always takes the likeliest token [default: 1]
    #[arg(long, value_name = "T", conflicts_with = "grammar")]
    pub temperature: Option<f64>,
    /// Sample from the likeliest tokens that together have this probability, above 0 to 1 [default: 1]
    #[arg(long, value_name = "P", conflicts_with = "grammar")]
    pub top_p: Option<f64>,
    /// Sample from this many of the likeliest tokens; 0 is all [default: 0]
    #[arg(long, value_name = "K", conflicts_with = "grammar")]
    pub top_k: Option<usize>,
    /// Sample from tokens at least this likely relative to the likeliest, 0 to 1 [default: 0]
    #[arg(long, value_name = "P", conflicts_with = "grammar")]
    pub min_p: Option<f64>,
    /// Sample from tokens whose surprise is nearest to the entropy, until they have this probability, above 0 to 1 [default: 1]
    #[arg(long, value_name = "P", conflicts_with = "grammar")]
    pub typical_p: Option<f64>,
    /// Make tokens of the prompt and the text so far less likely: positive logits are divided by this, negative ones multiplied [default: 1]
    #[arg(long, value_name = "X", conflicts_with = "grammar")]
    pub repetition_penalty: Option<f64>,
    /// What is taken from the logit of a token that the text so far holds [default: 0]
    #[arg(
        long,
        value_name = "X",
        allow_hyphen_values = true,
        conflicts_with = "grammar"
    )]
    pub presence_penalty: Option<f64>,
    /// What is taken from the logit of a token once for every time that the text so far holds it [default: 0]
    #[arg(
        long,
        value_name = "X",
        allow_hyphen_values = true,
        conflicts_with = "grammar"
    )]
    pub frequency_penalty: Option<f64>,
    /// End a text before this string; may be given more than once
    #[arg(long, value_name = "TEXT", conflicts_with = "grammar")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The most tokens of a text [default: 64]
    #[arg(long, value_name = "N", conflicts_with = "grammar")]
    pub max_new_tokens: Option<usize>,
}

/// What is asked for.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct MethodArgs {
    /// How texts are asked for: sample, few-shot or continue
    #[arg(long, default_value = "sample", value_name = "METHOD")]
    pub method: MethodName,
    /// The classes to write, in turn; with sample and few-shot
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// How sample treats the class, with a model [default: label where --labels are given, else none]
    #[arg(long, value_enum, conflicts_with = "grammar")]
    pub condition: Option<Condition>,
    /// How many examples a few-shot prompt shows [default: 4]
    #[arg(long, value_name = "K", conflicts_with = "grammar")]
    pub shots: Option<usize>,
    /// The prompt to continue, instead of the column `prompt` of SEEDS
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["grammar", "seeds"])]
    pub prompt: Option<String>,
    /// Show the first N prompts on stderr and write nothing
    #[arg(long, value_name = "N", conflicts_with = "grammar")]
    #[serde(skip)]
    pub show_prompts: Option<u64>,
}

/// The path of a grammar; provenance records its name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarFile(pub PathBuf);

impl GrammarFile {
    /// The name without the folder.
    pub fn name(&self) -> String {
        let name = self.0.file_name().unwrap_or(self.0.as_os_str());
        name.to_string_lossy().into_owned()
    }
}

impl FromStr for GrammarFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(PathBuf::from(text)))
    }
}

impl Serialize for GrammarFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// What a grammar writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Texts of its classes.
    Text,
    /// Contexts, questions and answers.
    Qa,
}

/// How a model that was trained on `<label>: <text>` is asked for a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Not at all: the model writes a text, and the row has no label.
    None,
    /// It continues `<label>:` for each of --labels in turn.
    Label,
    /// It writes `<label>: <text>` and so chooses the label itself; other answers are rejected.
    OwnLabel,
}
