//! The command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use cli::{ArmArgs, Common, OutputArgs, ReadingArgs, SeedArgs};
use dataset::{Sink, Source, columns};
use serde::{Serialize, Serializer};

use crate::Subject;

/// Score a model, or the labels of a set, on test rows; or compare what several models said
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "evaluate", version)]
pub struct Args {
    /// A model directory or hf://OWNER/NAME, or several that differ by their seed; grammar:FILE holds the set's own labels against a grammar; baseline:majority and baseline:tfidf learn from --training
    #[arg(value_name = "MODEL", required_unless_present = "compare", num_args = 0..)]
    pub models: Vec<Subject>,
    /// What to test on: files, folders or globs of shards, hf://datasets/OWNER/NAME, or - for standard input; classes need the column label, a linear head needs embedding
    #[arg(long, value_name = "SET", num_args = 1.., conflicts_with = "compare")]
    pub test: Vec<Source>,
    /// What is asked of a decoder: perplexity, classification, multiple-choice, question-answering, generation, samples (how varied its own texts are), or FILE.yaml, a task of lm-evaluation-harness [default: perplexity]
    #[arg(long, value_name = "TASK", conflicts_with = "compare")]
    pub task: Option<Task>,
    /// The column that is judged
    #[arg(long, value_name = "COLUMN", default_value = columns::TEXT.name)]
    pub column: String,
    /// The Parquet file for what was said of each row, by its id
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    #[serde(skip)]
    pub predictions: Option<Sink>,
    /// The JSON file for the figures in the layout of lm-evaluation-harness
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    #[serde(skip)]
    pub results_json: Option<PathBuf>,
    /// What the models were trained on, which a baseline learns from: held against the history of each model, and looked for the test rows
    #[arg(long, value_name = "SET", num_args = 1.., conflicts_with = "compare")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub training: Vec<Source>,
    /// Count rows whose label the model does not know as wrong, instead of refusing them
    #[arg(long)]
    pub allow_unknown_labels: bool,
    /// Compare predictions of two arms or more on the same rows: files of --predictions, the first arm is what the others are held against; files of one --arm are its seeds
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "models")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<Source>,
    /// How a decoder is asked.
    #[command(flatten)]
    #[serde(flatten)]
    pub decoder: DecoderArgs,
    /// How the test rows are read.
    #[command(flatten)]
    #[serde(flatten)]
    pub reading: ReadingArgs,
    /// Which arm the figures belong to.
    #[command(flatten)]
    #[serde(flatten)]
    pub arm: ArmArgs,
    /// What the resamples of the intervals follow from.
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

/// How a decoder is asked.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub struct DecoderArgs {
    /// Perplexity of each text after its label, for a decoder trained with --condition label
    #[arg(long, value_name = "WHAT", value_enum)]
    pub condition: Option<Condition>,
    /// Which pipeline of filters of the task's file to use, by its name [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// How many worked examples stand before each prompt: the first rows of --fewshot [default: what the task's file says, or 0]
    #[arg(long, value_name = "N")]
    pub num_fewshot: Option<usize>,
    /// The rows that worked examples are taken from; none of them may be a test row
    #[arg(long, value_name = "SET", num_args = 1..)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fewshot: Vec<Source>,
    /// The most tokens that are read at a time [default: the positions of the model]
    #[arg(long, value_name = "TOKENS")]
    pub max_length: Option<usize>,
    /// Begin every prompt with the token that begins a text [default: true for what `train` made, otherwise as the tokenizer does]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub add_bos_token: Option<bool>,
    /// How many texts --task samples lets it write [default: as many as there are test rows]
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// The temperature of --task samples; 0 takes the likeliest token [default: 1]
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// The most tokens of a text of --task samples [default: 64]
    #[arg(long, value_name = "TOKENS")]
    pub max_new_tokens: Option<usize>,
    /// What embeds the texts of --task samples: hashed-ngrams, a directory in the layout of sentence-transformers, or hf://OWNER/NAME
    #[arg(long, value_name = "EMBEDDER", default_value_t)]
    pub embedder: embedding::Name,
}

/// What is told to a decoder besides the text.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The column `label`
    Label,
}

impl cli::Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

/// What is asked of a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// How unlikely the texts are.
    Perplexity,
    /// Under which of its labels a text is likeliest.
    Classification,
    /// Which of several continuations is likeliest.
    MultipleChoice,
    /// An answer to a question.
    QuestionAnswering,
    /// What follows a prompt.
    Generation,
    /// How varied what it writes by itself is.
    Samples,
    /// What a file describes.
    Custom(PathBuf),
}

/// The tasks that have a name.
const NAMED: [(&str, Task); 6] = [
    ("perplexity", Task::Perplexity),
    ("classification", Task::Classification),
    ("multiple-choice", Task::MultipleChoice),
    ("question-answering", Task::QuestionAnswering),
    ("generation", Task::Generation),
    ("samples", Task::Samples),
];

impl FromStr for Task {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, task)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(task.clone());
        }
        let path = PathBuf::from(text);
        let extension = path.extension().unwrap_or_default();
        if extension == "yaml" || extension == "yml" {
            return Ok(Self::Custom(path));
        }
        let known: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        Err(format!(
            "no task is called `{text}`; known are {}, or FILE.yaml",
            known.join(", ")
        ))
    }
}

impl fmt::Display for Task {
    /// The name for messages and provenance, without the folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Custom(path) = self {
            return f.write_str(&path.file_name().unwrap_or_default().to_string_lossy());
        }
        let named = NAMED.iter().find(|(_, task)| task == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_a_name_or_a_file() {
        for (name, task) in NAMED {
            assert_eq!(name.parse::<Task>(), Ok(task.clone()));
            assert_eq!(task.to_string(), name);
        }
        let file: Task = "a/tiny.yaml".parse().expect("a file");
        assert_eq!(
            (file.to_string().as_str(), file),
            ("tiny.yaml", Task::Custom("a/tiny.yaml".into()))
        );
        let error = "dance".parse::<Task>().expect_err("unknown");
        assert!(
            error.ends_with("question-answering, generation, samples, or FILE.yaml"),
            "{error}"
        );
    }
}
