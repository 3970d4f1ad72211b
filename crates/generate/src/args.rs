//! The command line of `generate`.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, ValueEnum};
use cli::{Common, OutputArgs, ReadingArgs, SeedArgs};
use dataset::{DirectorySource, Resume, Source};
use numeric::Share;
use serde::{Serialize, Serializer};

use crate::accept::Rule;
use crate::answer::Format;
use crate::budget::BudgetArgs;
use crate::endpoint::{Address, Api};
use crate::ladder::Level;
use crate::methods::evol::Direction;
use crate::methods::{self, MethodName};
use crate::prompts::TemplateFile;

/// Write texts with a grammar, a language model or a model server
#[derive(Clone, Debug, clap::Parser, Serialize)]
#[command(name = "generate", version, group(ArgGroup::new("backend").required(true).args(["grammar", "model", "endpoint"])))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The rows that examples, prompts or contexts are taken from: files, folders or globs of shards, hf://datasets/OWNER/NAME, or - for standard input
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
    /// What a text must be to be taken: length=MIN..MAX words, script=NAME, novelty=SHARE (its ROUGE-L with seeds and earlier texts is at most this), refusals (it does not decline); may be given several times
    #[arg(long = "accept", value_name = "RULE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Rule>,
    /// Keep what was not taken in this file, with the reason and what was answered
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub rejects: Option<PathBuf>,
    /// End when of the word pairs of the last 100 texts fewer than this share are new
    #[arg(long, value_name = "SHARE")]
    pub stop_when_gain_below: Option<Share>,
    /// The value of `source` [default: the name of the model, or grammar]
    #[arg(long, value_name = "NAME")]
    pub source_name: Option<String>,
    /// The value of `generation`: 0 for human, t for a model trained on generation t - 1
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub generation: i32,
    /// The value of `level`: what this setting of diversity is called
    #[arg(long, value_name = "NAME")]
    pub level: Option<String>,
    /// Make a set for each level, VALUE or NAME=VALUE: of --temperature (--diversity with a grammar), of --share with paraphrase, of --topics with topic; {level} in the name of the output stands for its name
    #[arg(long, value_delimiter = ',', value_name = "LEVEL,...")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// Add the column `token_ids`: the tokens that were generated
    #[arg(long, conflicts_with = "grammar")]
    pub token_ids: bool,
    /// Whether to go on from the journal of a run that was cut off: auto, never or always; for --model and --endpoint
    #[arg(long, default_value_t, value_name = "WHEN", conflicts_with = "grammar")]
    #[serde(skip)]
    pub resume: Resume,
    /// Say how many requests of this run are answered already, and write nothing
    #[arg(long, conflicts_with = "grammar")]
    #[serde(skip)]
    pub explain_cache: bool,
    /// Say how many requests there will be, with how many tokens and at what cost, and write nothing
    #[arg(long, conflicts_with = "grammar")]
    #[serde(skip)]
    pub dry_run: bool,
    /// Write the requests to this file, as a batch of OpenAI's interface, instead of sending them
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    #[serde(skip)]
    pub batch_file: Option<PathBuf>,
    /// Take the answers in this file, the results of such a batch
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    #[serde(skip)]
    pub batch_results: Option<PathBuf>,
    /// What it may cost.
    #[command(flatten)]
    #[serde(skip)]
    pub budget: BudgetArgs,
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

impl Args {
    /// Answers to one request.
    pub(crate) fn choices(&self) -> u32 {
        self.backend.endpoint.choices.unwrap_or(1).max(1)
    }

    /// The rules that texts are judged by: those given, and those of the method.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        if self.method.method.0.name == "self-instruct" {
            return methods::self_instruct::rules(&self.accept);
        }
        self.accept.clone()
    }
}

/// Who writes, and with what setting.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct BackendArgs {
    /// Write by the weighted grammar in this file, without a model
    #[arg(long, value_name = "FILE")]
    pub grammar: Option<NamedFile>,
    /// Write with a server that speaks OpenAI's interface.
    #[command(flatten)]
    #[serde(flatten)]
    pub endpoint: EndpointArgs,
    /// Write with the decoder in this directory, or at hf://OWNER/NAME[@REVISION]
    #[arg(long, value_name = "DIR")]
    pub model: Option<DirectorySource>,
    /// How varied the grammar's texts are, 0 to 2; 1 is the weights of the file [default: 1]
    #[arg(long, value_name = "D", conflicts_with_all = ["model", "endpoint"])]
    pub diversity: Option<f64>,
    /// The share of the grammar's weights that common forms hand to rare ones, 0 to 1 [default: 0]
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["model", "endpoint"])]
    pub shift: Option<Share>,
    /// What the grammar writes [default: text]
    #[arg(long, value_enum, conflicts_with_all = ["model", "endpoint"])]
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
    /// The most tokens of a text [default: 64; 256 with --endpoint]
    #[arg(long, value_name = "N", conflicts_with = "grammar")]
    pub max_new_tokens: Option<usize>,
}

/// Which server writes, and how it is asked.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct EndpointArgs {
    /// Write with the server at this address, such as http://localhost:8000/v1
    #[arg(long, value_name = "URL", requires = "model_name")]
    pub endpoint: Option<Address>,
    /// The model that the server is asked for
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub model_name: Option<String>,
    /// How the server is asked [default: chat]
    #[arg(long, value_enum, requires = "endpoint")]
    pub api: Option<Api>,
    /// The message of the system that each chat begins with
    #[arg(long, value_name = "TEXT", requires = "endpoint")]
    pub system: Option<String>,
    /// The environment variable that holds the key of the server
    #[arg(
        long,
        value_name = "NAME",
        requires = "endpoint",
        conflicts_with = "api_key_file"
    )]
    #[serde(skip)]
    pub api_key_env: Option<String>,
    /// The file that holds the key of the server; only its owner may read it
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    #[serde(skip)]
    pub api_key_file: Option<PathBuf>,
    /// Requests under way at once, at most [default: 16]
    #[arg(long, value_name = "N", requires = "endpoint")]
    #[serde(skip)]
    pub concurrency: Option<usize>,
    /// How often a request is sent again after 408, 409, 425, 429, 5xx or a broken connection [default: 6]
    #[arg(long, value_name = "N", requires = "endpoint")]
    #[serde(skip)]
    pub retries: Option<u32>,
    /// Seconds that an answer may take [default: 300]
    #[arg(long, value_name = "SECONDS", requires = "endpoint")]
    #[serde(skip)]
    pub timeout: Option<f64>,
    /// Answers to one request (`n`); not all servers can [default: 1]
    #[arg(long, value_name = "N", requires = "endpoint")]
    pub choices: Option<u32>,
    /// Ask for log-probabilities, for the column `mean_logprob`
    #[arg(long, requires = "endpoint")]
    pub logprobs: bool,
    /// Send no seed; for servers that refuse one
    #[arg(long, requires = "endpoint")]
    pub no_seed: bool,
    /// The name of the field with the most tokens [default: max_tokens; some servers want max_completion_tokens]
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub max_tokens_field: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct MethodArgs {
    /// How texts are asked for: sample, few-shot, continue, paraphrase, topic, attributes, self-instruct, persona or evol
    #[arg(long, default_value = "sample", value_name = "METHOD")]
    pub method: MethodName,
    /// The classes to write, in turn
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// How sample treats the class, with a model [default: label where --labels are given, else none]
    #[arg(long, value_enum, conflicts_with_all = ["grammar", "endpoint"])]
    pub condition: Option<Condition>,
    /// How many examples a prompt shows [default: 4 with few-shot, 3 with paraphrase, 8 with self-instruct, 0 with topic]
    #[arg(long, value_name = "K", conflicts_with = "grammar")]
    pub shots: Option<usize>,
    /// The prompt to continue, instead of the column `prompt` of SEEDS
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["grammar", "seeds"])]
    pub prompt: Option<String>,
    /// The share of rows that are replaced by paraphrases of others, 0 to 1; 0 is the most varied
    #[arg(long, value_name = "SHARE")]
    pub share: Option<Share>,
    /// Paraphrases of each chosen row [default: 3]
    #[arg(long, value_name = "N")]
    pub paraphrases: Option<u64>,
    /// How many topics there are; fewer are less varied
    #[arg(long, value_name = "N")]
    pub topics: Option<usize>,
    /// Topics, one a line, instead of those that the model proposes
    #[arg(long, value_name = "FILE")]
    pub topics_file: Option<NamedFile>,
    /// Rows about each topic, instead of -n
    #[arg(long, value_name = "N")]
    pub per_topic: Option<u64>,
    /// Attributes whose values the model proposes, such as length,style,place
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// Values of attributes: a JSON object with a list for each
    #[arg(long, value_name = "FILE")]
    pub attributes_file: Option<NamedFile>,
    /// How many values of each attribute are proposed [default: 8]
    #[arg(long, value_name = "N")]
    pub attribute_values: Option<usize>,
    /// How many people the model proposes to write as
    #[arg(long, value_name = "N")]
    pub personas: Option<usize>,
    /// People to write as, one a line
    #[arg(long, value_name = "FILE")]
    pub personas_file: Option<NamedFile>,
    /// Where evol leads a seed [default: both in turn]
    #[arg(long, value_enum)]
    pub direction: Option<Direction>,
    /// What the texts are for, said at the beginning of every prompt
    #[arg(long, value_name = "TEXT", conflicts_with = "grammar")]
    pub task_description: Option<String>,
    /// Use the template in this file in place of the built-in one of that name; --show-prompts shows them
    #[arg(long, value_name = "NAME=FILE", conflicts_with = "grammar")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompt_template: Vec<TemplateFile>,
    /// The form in which the model answers; what has not the form is rejected [default: plain, and tagged for questions with answers]
    #[arg(long, value_enum, conflicts_with = "grammar")]
    pub answer_format: Option<Format>,
    /// Show the templates and the first N prompts on stderr and write nothing
    #[arg(long, value_name = "N", conflicts_with = "grammar")]
    #[serde(skip)]
    pub show_prompts: Option<u64>,
}

impl MethodArgs {
    /// The options for some methods that were given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--labels", !self.labels.is_empty()),
            ("--condition", self.condition.is_some()),
            ("--shots", self.shots.is_some()),
            ("--prompt", self.prompt.is_some()),
            ("--share", self.share.is_some()),
            ("--paraphrases", self.paraphrases.is_some()),
            ("--topics", self.topics.is_some()),
            ("--topics-file", self.topics_file.is_some()),
            ("--per-topic", self.per_topic.is_some()),
            ("--attributes", !self.attributes.is_empty()),
            ("--attributes-file", self.attributes_file.is_some()),
            ("--attribute-values", self.attribute_values.is_some()),
            ("--personas", self.personas.is_some()),
            ("--personas-file", self.personas_file.is_some()),
            ("--direction", self.direction.is_some()),
            ("--task-description", self.task_description.is_some()),
            ("--prompt-template", !self.prompt_template.is_empty()),
            ("--answer-format", self.answer_format.is_some()),
        ];
        let given = options.into_iter().filter(|(_, given)| *given);
        given.map(|(option, _)| option).collect()
    }
}

/// The path of a file; provenance records its name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile(pub PathBuf);

impl NamedFile {
    /// The name without the folder.
    pub fn name(&self) -> String {
        let name = self.0.file_name().unwrap_or(self.0.as_os_str());
        name.to_string_lossy().into_owned()
    }
}

impl fmt::Display for NamedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for NamedFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(PathBuf::from(text)))
    }
}

impl Serialize for NamedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
