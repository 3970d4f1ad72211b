//! The options of decoders: what they begin from, what they learn, and how.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, ValueEnum};
use dataset::{DirectorySource, Resume, Source};
use numeric::Share;
use serde::{Serialize, Serializer};

use super::Condition;

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
    pub config: Option<NamedFile>,
    /// The tokenizer for scratch: the model directory that has it [default: a byte-level BPE learnt from the set]
    #[arg(long, value_name = "DIR")]
    pub tokenizer: Option<DirectorySource>,
    /// The most tokens of a tokenizer that is learnt [default: the vocabulary of the shape]
    #[arg(long, value_name = "N", conflicts_with = "tokenizer")]
    pub vocab_size: Option<usize>,
}

/// What a decoder sees of the rows.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct FormArgs {
    /// How the decoder sees the label of a row [default: none]
    #[arg(long, value_enum, value_name = "HOW")]
    pub condition: Option<Condition>,
    /// Tokens of a row, at most; what comes after is cut off, or with --packing goes into another sequence [default: the model's positions]
    #[arg(long, value_name = "N")]
    pub max_length: Option<usize>,
    /// Fill blocks of --max-length tokens with whole texts, which do not see one another; a step then counts blocks, and no token is cut off
    #[arg(long)]
    pub packing: bool,
    /// The template that makes a text of `messages`, in Jinja; it is saved with the model [default: the model's own]
    #[arg(long, value_name = "FILE")]
    pub chat_template_path: Option<NamedFile>,
    /// Of `messages`, only what the assistant says counts
    #[arg(long)]
    pub assistant_only_loss: bool,
}

/// Low-rank additions; the names are those of PEFT.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct LoraArgs {
    /// The rank of the additions [default: 8]
    #[arg(long, alias = "lora-r", value_name = "N")]
    pub lora_rank: Option<usize>,
    /// The scale of the additions, times their rank [default: 16]
    #[arg(long, value_name = "X")]
    pub lora_alpha: Option<f64>,
    /// The share of what enters an addition that is left out in each step, a fraction from 0 to 1 [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub lora_dropout: Option<Share>,
    /// The linear layers that get an addition, by the last part of their names, with commas between [default: all of every layer: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lora_target_modules: Vec<String>,
    /// Write the additions into the model and save it whole [default: save them alone, as PEFT does]
    #[arg(long)]
    pub merge: bool,
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
    #[arg(long, value_name = "SHARE", conflicts_with = "warmup_steps")]
    pub warmup_ratio: Option<Share>,
    /// The steps over which the learning rate rises, instead of a share
    #[arg(long, value_name = "N")]
    pub warmup_steps: Option<usize>,
    /// How the learning rate falls after that [default: linear, cosine for scratch]
    #[arg(long, value_enum, value_name = "NAME")]
    pub lr_scheduler_type: Option<Scheduler>,
    /// Decoupled weight decay of the matrices; norms, biases and embeddings do not decay [default: 0, 0.01 for scratch]
    #[arg(long, value_name = "X")]
    pub weight_decay: Option<f64>,
    /// The decay rate of AdamW's first moment [default: 0.9]
    #[arg(long, value_name = "X")]
    pub adam_beta1: Option<f64>,
    /// The decay rate of AdamW's second moment [default: 0.999]
    #[arg(long, value_name = "X")]
    pub adam_beta2: Option<f64>,
    /// What AdamW adds to the root of the second moment [default: 1e-8]
    #[arg(long, value_name = "X")]
    pub adam_epsilon: Option<f64>,
    /// Gradients longer than this are shortened to it; 0 leaves them [default: 1]
    #[arg(long, value_name = "X")]
    pub max_grad_norm: Option<f64>,
}

/// What a decoder is measured on while it is trained.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct ValidationArgs {
    /// A set to measure the loss on, never to learn from; may be given several times
    #[arg(long, value_name = "INPUT")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<Source>,
    /// Steps between two measurements; there is one after the last step too [default: one after each pass over the set]
    #[arg(long, value_name = "STEPS", requires = "validation")]
    pub eval_steps: Option<usize>,
    /// Stop after so many measurements without a lower loss, and write the model that had the lowest
    #[arg(long, value_name = "N", requires = "validation")]
    pub early_stopping_patience: Option<usize>,
}

/// How a decoder's training goes on after it was stopped; none of it changes the result.
#[derive(Clone, Debug, ClapArgs, Serialize)]
pub struct JournalArgs {
    /// Whether to go on from the checkpoints that a stopped run left in OUTPUT.journal: auto, never or always; those of another run are refused [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub resume: Option<Resume>,
    /// Keep a checkpoint every so many steps; the last two are kept until the model is written [default: whenever five minutes have gone by]
    #[arg(long, alias = "save-steps", value_name = "STEPS")]
    pub checkpoint_every: Option<usize>,
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
    #[value(alias = "constant_with_warmup")]
    Constant,
}

/// A file on disk; it is told of without its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile(pub PathBuf);

impl FromStr for NamedFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(PathBuf::from(text)))
    }
}

impl Serialize for NamedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.0.file_name().unwrap_or(self.0.as_os_str());
        serializer.serialize_str(&name.to_string_lossy())
    }
}
