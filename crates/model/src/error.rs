//! What can go wrong with a model: each error names the file, tensor or row and both sides of a mismatch.

use thiserror::Error;

/// Why a model could not be loaded, run or trained.
#[derive(Debug, Error)]
pub enum Error {
    /// A file could not be read at all.
    #[error("cannot read {file}")]
    Read {
        /// Which file.
        file: String,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that the model needs is not there.
    #[error("{place} has no {file}")]
    Missing {
        /// The model directory.
        place: String,
        /// The file that is missing.
        file: String,
    },
    /// There are weights, but only in a form that can run code when it is read.
    #[error(
        "{place} has its weights in {file}, a pickle, which can run code when it is read; convert it to safetensors (in transformers: model.save_pretrained)"
    )]
    Pickle {
        /// The model directory.
        place: String,
        /// The pickle.
        file: String,
    },
    /// A file is not what its name says.
    #[error("{file}: {reason}")]
    Malformed {
        /// Which file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A model of a kind that is not known here.
    #[error("{file}: architecture `{found}` is not known; known ones are {known}")]
    Architecture {
        /// Which file.
        file: String,
        /// What it names.
        found: String,
        /// What is known.
        known: String,
    },
    /// A tensor is missing, superfluous or of another shape or type than the configuration says.
    #[error("{file}: tensor `{name}`: expected {expected}, found {found}")]
    Tensor {
        /// Which file.
        file: String,
        /// The tensor's name.
        name: String,
        /// What the configuration asks for.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// A tokenizer could not be made or used.
    #[error("{file}: {reason}")]
    Tokenizer {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A setting or a request that makes no sense.
    #[error("{0}")]
    Request(String),
    /// Training has left the finite numbers.
    #[error("step {step}: {what} is {value}; its examples are {examples:?}")]
    Diverged {
        /// The step, from 1.
        step: usize,
        /// What is not finite: `loss` or `gradient norm`.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The places in the set of the examples of that step.
        examples: Vec<usize>,
    },
    /// A trainable tensor that the loss does not reach.
    #[error("tensor `{tensor}` got {found} gradient in the first step, so it would not be trained")]
    NoGradient {
        /// The tensor's name.
        tensor: String,
        /// `no`, `a zero` or `a non-finite`.
        found: &'static str,
    },
    /// A checkpoint belongs to another run.
    #[error("checkpoint: {what} was {found}, this run has {expected}")]
    Checkpoint {
        /// What differs.
        what: String,
        /// What the checkpoint holds.
        found: String,
        /// What this run asks for.
        expected: String,
    },
    /// The tensor library refused.
    #[error("tensor arithmetic failed")]
    Candle(#[from] candle_core::Error),
}

impl Error {
    pub(crate) fn malformed(file: &str, reason: impl Into<String>) -> Self {
        Self::Malformed {
            file: file.to_owned(),
            reason: reason.into(),
        }
    }

    pub(crate) fn request(reason: impl Into<String>) -> Self {
        Self::Request(reason.into())
    }
}
