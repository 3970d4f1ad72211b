//! The command line of `train`.

mod decoder;

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args as ClapArgs, ValueEnum};
use cli::{Common, InputArgs, SeedArgs};
use dataset::columns;
use embedding::Name;
use serde::Serialize;

pub use decoder::{
    FormArgs, JournalArgs, LoraArgs, NamedFile, OptimizerArgs, Scheduler, StartArgs, ValidationArgs,
};

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
    /// The column to learn [default: text; for a decoder, prompt and completion where a set has both, or messages where it has them and no text]
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
    /// What a decoder sees of the rows.
    #[command(flatten, next_help_heading = "What decoders see")]
    #[serde(flatten)]
    pub form: FormArgs,
    /// Low-rank additions.
    #[command(flatten, next_help_heading = "Low-rank additions")]
    #[serde(flatten)]
    pub lora: LoraArgs,
    /// How a decoder is trained.
    #[command(flatten, next_help_heading = "Training of decoders")]
    #[serde(flatten)]
    pub optimizer: OptimizerArgs,
    /// What a decoder is measured on.
    #[command(flatten, next_help_heading = "Measuring decoders as they learn")]
    #[serde(flatten)]
    pub validation: ValidationArgs,
    /// How a decoder's training goes on after it was stopped.
    #[command(flatten, next_help_heading = "Going on after a stop")]
    #[serde(skip)]
    pub journal: JournalArgs,
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
    /// A decoder: low-rank additions to the matrices of --model are trained; saved as an adapter of PEFT, or with --merge as a whole model
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
        let given = [
            cli::arguments(&self.linear)?,
            cli::arguments(&self.start)?,
            cli::arguments(&self.form)?,
            cli::arguments(&self.lora)?,
            cli::arguments(&self.optimizer)?,
            cli::arguments(&self.validation)?,
            cli::arguments(&self.journal)?,
        ];
        for name in given.iter().flat_map(std::collections::BTreeMap::keys) {
            let special = USES.iter().find(|(known, _)| known == name);
            let methods = special.map_or(&DECODERS[..], |(_, methods)| methods);
            if !methods.contains(&self.method) {
                bail!("--method {} has no use for --{name}", self.method.name());
            }
        }
        Ok(())
    }
}

const DECODERS: [Method; 3] = [Method::Full, Method::Lora, Method::Scratch];

/// Whose the options are that are not of all decoders.
const USES: [(&str, &[Method]); 15] = [
    ("C", &[Method::Tfidf, Method::LinearHead]),
    ("max-iterations", &[Method::Tfidf, Method::LinearHead]),
    ("ngrams", &[Method::Tfidf]),
    ("embedder", &[Method::LinearHead]),
    ("dimension", &[Method::LinearHead]),
    ("model", &[Method::Full, Method::Lora]),
    ("preset", &[Method::Scratch]),
    ("config", &[Method::Scratch]),
    ("tokenizer", &[Method::Scratch]),
    ("vocab-size", &[Method::Scratch]),
    ("lora-rank", &[Method::Lora]),
    ("lora-alpha", &[Method::Lora]),
    ("lora-dropout", &[Method::Lora]),
    ("lora-target-modules", &[Method::Lora]),
    ("merge", &[Method::Lora]),
];

impl Method {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
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
