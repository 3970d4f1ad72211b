//! The command line of `train`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use clap::{Args as ClapArgs, ValueEnum};
use cli::{Common, InputArgs, SeedArgs};
use dataset::{DirectorySource, columns};
use embedding::Name;
use numeric::Share;
use serde::{Serialize, Serializer};

/// Make a model from a set, with the ledger of its training
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "train", version)]
pub struct Args {
    /// What to train on.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// What is trained, and how
    #[arg(long, value_enum, value_name = "METHOD")]
    pub method: Method,
    /// The model directory to write; manifest.json is put in last
    #[arg(short, long, value_name = "DIR")]
    #[serde(skip)]
    pub output: PathBuf,
    /// The column to learn [default: text; for a decoder, prompt and completion where a set has both]
    #[arg(long, value_name = "COLUMN")]
    pub column: Option<String>,
    /// What random choices follow from.
    #[command(flatten)]
    #[serde(flatten)]
    pub seed: SeedArgs,
    /// Of the linear methods.
    #[command(flatten, next_help_heading = "Linear methods")]
    #[serde(flatten)]
    pub linear: LinearArgs,
    /// What a decoder begins from.
    #[command(flatten, next_help_heading = "Decoders")]
    #[serde(flatten)]
    pub start: StartArgs,
    /// How a decoder is trained.
    #[command(flatten, next_help_heading = "Training of decoders")]
    #[serde(flatten)]
    pub optimizer: OptimizerArgs,
    /// Options of every stage.
    #[command(flatten)]
    #[serde(skip)]
    pub common: Common,
}

/// What is trained, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A classifier: logistic regression on TF-IDF, as in scikit-learn
    Tfidf,
    /// A classifier: logistic regression on embeddings, from the column `embedding` or by --embedder
    LinearHead,
    /// A decoder: every weight of --model is trained on
    Full,
    /// A decoder: low-rank additions to the matrices of --model are trained, then merged in
    Lora,
    /// A decoder: fresh weights of the shape --preset or --config, with a tokenizer learnt from the set
    Scratch,
}

/// How a decoder sees the label of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Not at all.
    #[default]
    None,
    /// In front of the text, as `<label>: <text>`.
    Label,
}

/// Options of the linear methods.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct LinearArgs {
    /// How much the data weigh against the L2 penalty, which multiplies the sum of the rows' losses [default: 1]
    #[arg(long = "C", value_name = "C")]
    #[serde(rename = "C")]
    pub c: Option<f64>,
    /// The most words of a term of TF-IDF, 1 to 5 [default: 1]
    #[arg(long, value_name = "N")]
    pub ngrams: Option<usize>,
    /// The most iterations of L-BFGS [default: 1000]
    #[arg(long, value_name = "N")]
    pub max_iterations: Option<usize>,
    /// What makes the vectors of linear-head: hashed-ngrams, a directory or hf://OWNER/NAME [default: hashed-ngrams, where the set has no column `embedding`]
    #[arg(long, value_name = "NAME")]
    pub embedder: Option<Name>,
    /// The number of components of those vectors
    #[arg(long, value_name = "N")]
    pub dimension: Option<usize>,
}

/// What a decoder begins from.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct StartArgs {
    /// The model to go on from, for full and lora: a directory or hf://OWNER/NAME
    #[arg(long, value_name = "DIR")]
    pub model: Option<DirectorySource>,
    /// The shape for scratch: tiny, 1m or 10m [default: 1m]
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub preset: Option<String>,
    /// The shape for scratch, as a config.json
    #[arg(long, value_name = "FILE")]
    pub config: Option<ConfigFile>,
    /// The tokenizer for scratch: the model directory that has it [default: a byte-level BPE learnt from the set]
    #[arg(long, value_name = "DIR")]
    pub tokenizer: Option<DirectorySource>,
    /// The most tokens of a tokenizer that is learnt [default: the vocabulary of the shape]
    #[arg(long, value_name = "N", conflicts_with = "tokenizer")]
    pub vocab_size: Option<usize>,
    /// How the decoder sees the label of a row [default: none]
    #[arg(long, value_enum, value_name = "HOW")]
    pub condition: Option<Condition>,
    /// The rank of lora [default: 8]
    #[arg(long, value_name = "N")]
    pub lora_rank: Option<usize>,
    /// The scale of lora, times its rank [default: 16]
    #[arg(long, value_name = "X")]
    pub lora_alpha: Option<f64>,
}

/// How a decoder is trained; the names are those of transformers.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct OptimizerArgs {
    /// The highest learning rate of AdamW [default: 5e-5 for full, 2e-4 for lora, 3e-3 for scratch]
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Passes over the set; may be a fraction [default: 3]
    #[arg(long, alias = "epochs", value_name = "N", conflicts_with = "max_steps")]
    pub num_train_epochs: Option<f64>,
    /// Optimizer steps, instead of passes
    #[arg(long, value_name = "N")]
    pub max_steps: Option<usize>,
    /// Rows of a step, before --gradient-accumulation-steps multiplies them [default: 8]
    #[arg(long, alias = "batch-size", value_name = "N")]
    pub per_device_train_batch_size: Option<usize>,
    /// How many times as many rows make a step; memory does not depend on it, since a step is always computed in small fixed parts [default: 1]
    #[arg(long, value_name = "N")]
    pub gradient_accumulation_steps: Option<usize>,
    /// The share of the steps over which the learning rate rises, a fraction from 0 to 1 [default: 0, 0.1 for scratch]
    #[arg(long, value_name = "SHARE")]
    pub warmup_ratio: Option<Share>,
    /// How the learning rate falls after that [default: linear, cosine for scratch]
    #[arg(long, value_enum, value_name = "NAME")]
    pub lr_scheduler_type: Option<Scheduler>,
    /// Decoupled weight decay of the matrices [default: 0, 0.01 for scratch]
    #[arg(long, value_name = "X")]
    pub weight_decay: Option<f64>,
    /// Gradients longer than this are shortened to it; 0 leaves them [default: 1]
    #[arg(long, value_name = "X")]
    pub max_grad_norm: Option<f64>,
    /// Tokens of a row, at most; what comes after is cut off [default: the model's positions]
    #[arg(long, value_name = "N")]
    pub max_length: Option<usize>,
}

/// How the learning rate falls after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheduler {
    /// In a straight line to 0.
    Linear,
    /// Along half a cosine to 0.
    Cosine,
    /// Not at all.
    Constant,
}

/// A configuration on disk; it is told of without its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile(pub PathBuf);

impl FromStr for ConfigFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(PathBuf::from(text)))
    }
}

impl Serialize for ConfigFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.0.file_name().unwrap_or(self.0.as_os_str());
        serializer.serialize_str(&name.to_string_lossy())
    }
}

impl cli::Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

impl Args {
    /// The column that a classifier reads.
    pub(crate) fn text_column(&self) -> &str {
        self.column.as_deref().unwrap_or(columns::TEXT.name)
    }

    /// Refuses options that the method has no use for, since they would silently do nothing.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let (linear, start) = (&self.linear, &self.start);
        let [words, head] = [Method::Tfidf, Method::LinearHead];
        let [full, lora, scratch] = [Method::Full, Method::Lora, Method::Scratch];
        let options: [(&str, bool, &[Method]); 12] = [
            ("--C", linear.c.is_some(), &[words, head]),
            (
                "--max-iterations",
                linear.max_iterations.is_some(),
                &[words, head],
            ),
            ("--ngrams", linear.ngrams.is_some(), &[words]),
            ("--embedder", linear.embedder.is_some(), &[head]),
            ("--dimension", linear.dimension.is_some(), &[head]),
            ("--model", start.model.is_some(), &[full, lora]),
            ("--preset", start.preset.is_some(), &[scratch]),
            ("--config", start.config.is_some(), &[scratch]),
            ("--tokenizer", start.tokenizer.is_some(), &[scratch]),
            ("--vocab-size", start.vocab_size.is_some(), &[scratch]),
            (
                "--condition",
                start.condition.is_some(),
                &[full, lora, scratch],
            ),
            (
                "--lora-rank and --lora-alpha",
                start.lora_rank.is_some() || start.lora_alpha.is_some(),
                &[lora],
            ),
        ];
        for (name, given, methods) in options {
            if given && !methods.contains(&self.method) {
                bail!("--method {} has no use for {name}", self.method.name());
            }
        }
        match self
            .optimizer
            .first_given()
            .filter(|_| [words, head].contains(&self.method))
        {
            Some(name) => bail!("--method {} has no use for {name}", self.method.name()),
            None => Ok(()),
        }
    }
}

impl Method {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

impl OptimizerArgs {
    fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--learning-rate", self.learning_rate.is_some()),
            ("--num-train-epochs", self.num_train_epochs.is_some()),
            ("--max-steps", self.max_steps.is_some()),
            (
                "--per-device-train-batch-size",
                self.per_device_train_batch_size.is_some(),
            ),
            (
                "--gradient-accumulation-steps",
                self.gradient_accumulation_steps.is_some(),
            ),
            ("--warmup-ratio", self.warmup_ratio.is_some()),
            ("--lr-scheduler-type", self.lr_scheduler_type.is_some()),
            ("--weight-decay", self.weight_decay.is_some()),
            ("--max-grad-norm", self.max_grad_norm.is_some()),
            ("--max-length", self.max_length.is_some()),
        ];
        given
            .into_iter()
            .find_map(|(name, given)| given.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn parsed(options: &str) -> Args {
        Args::try_parse_from(options.split(' ')).expect("parsed")
    }

    #[test]
    fn the_short_names_of_the_field_are_understood() {
        let args = parsed("train a.csv --method scratch --epochs 0.5 --batch-size 4 -o out");
        assert_eq!(args.optimizer.num_train_epochs, Some(0.5));
        assert_eq!(args.optimizer.per_device_train_batch_size, Some(4));
        assert!(args.check().is_ok());
    }

    #[test]
    fn an_option_that_would_do_nothing_is_refused() {
        let error = parsed("train a.csv --method tfidf --learning-rate 0.1 -o out")
            .check()
            .expect_err("no use");
        assert_eq!(
            error.to_string(),
            "--method tfidf has no use for --learning-rate"
        );
        let error = parsed("train a.csv --method full --C 2 -o out")
            .check()
            .expect_err("no use");
        assert_eq!(error.to_string(), "--method full has no use for --C");
    }

    #[test]
    fn a_provenance_has_no_folders_and_no_output() {
        let args = parsed(
            "train a/b.csv --method scratch --config x/y.json --tokenizer /m/tok -o /tmp/out",
        );
        let arguments = cli::arguments(&args).expect("arguments");
        assert_eq!(arguments["config"], "y.json");
        assert_eq!(arguments["tokenizer"], "tok");
        assert!(!arguments.contains_key("output"));
    }
}
