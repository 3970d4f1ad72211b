//! Decoder language models and sentence encoders: loading, inference, generation, scoring and training; the only crate that knows candle.

mod blocks;
mod chat;
mod config;
mod decoder;
mod encoder;
mod engine;
mod error;
mod files;
mod generate;
mod gpt2;
mod kernels;
mod layout;
pub mod linear;
mod ops;
mod sampling;
mod score;
mod tape;
mod tokenizer;
mod train;
mod weights;

pub use chat::{CHAT_TEMPLATE, ChatTemplate, Rendered};
pub use config::{Config, Family, RopeScaling};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::Error;
pub use files::Files;
pub use generate::{FinishReason, Generated, Request, StopStrings, generate, generate_until};
pub use sampling::Sampling;
pub use score::{Scored, score, score_from, token_nlls};
pub use tokenizer::{MarkedTokenizer, Tokenizer};
pub use train::{
    AdamW, Adapter, Base, Decay, Example, LedgerRow, Lora, Schedule, Seen, TrainOptions, Trainer,
    Tuning,
};
