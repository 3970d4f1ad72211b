//! Sentence encoders in the layout of sentence-transformers: a BERT or one of its kin, a pooling, and perhaps a normalisation.

mod bert;
mod config;
mod names;
mod pooling;

use numeric::Vectors;
use rayon::prelude::*;

use crate::Error;
use crate::files::{Files, json, required};
use crate::tokenizer::Tokenizer;
use crate::weights;
use bert::Bert;
use config::BertConfig;
use pooling::Pooling;

/// Rows computed together: texts of like length, in one order.
const ROWS: usize = 768;

/// Turns sentences into vectors.
#[derive(Debug)]
pub struct Encoder {
    bert: Bert,
    tokenizer: Tokenizer,
    pooling: Pooling,
    normalizes: bool,
    longest: usize,
}

impl Encoder {
    /// Reads a sentence-transformers directory: `config.json`, `tokenizer.json`, the weights, and
    /// where they are there `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json`.
    ///
    /// A plain BERT directory is pooled by the mean of its tokens.
    pub fn load(files: &dyn Files) -> Result<Self, Error> {
        let config = BertConfig::from_json("config.json", &required(files, "config.json")?)?;
        let tokenizer = Tokenizer::from_json(&required(files, "tokenizer.json")?)?;
        tokenizer.check_rows(config.vocab_size)?;
        let (tensors, _) = weights::load(files)?;
        let modules = Modules::load(files)?;
        let longest = modules
            .longest
            .unwrap_or(config.longest())
            .min(config.longest());
        Ok(Self {
            bert: Bert::new(config, &tensors)?,
            tokenizer,
            pooling: modules.pooling,
            normalizes: modules.normalizes,
            longest,
        })
    }

    /// The number of components of a vector.
    pub fn dim(&self) -> usize {
        self.bert.dim()
    }

    /// How token vectors become one: `mean` or `cls`.
    pub fn pooling(&self) -> &'static str {
        self.pooling.as_str()
    }

    /// Whether vectors have length 1.
    pub fn normalizes(&self) -> bool {
        self.normalizes
    }

    /// The most tokens of a text that are read; what comes after is cut off.
    pub fn max_tokens(&self) -> usize {
        self.longest
    }

    /// How many of the texts are longer than the encoder reads.
    pub fn truncated(&self, texts: &[&str]) -> Result<usize, Error> {
        let all = self.tokenizer.encode_all(texts, true)?;
        Ok(all.iter().filter(|ids| ids.len() > self.longest).count())
    }

    /// The vectors of texts, of shape (n, d).
    ///
    /// A text's vector does not depend on the texts beside it or on the number of threads.
    pub fn embed(&self, texts: &[&str]) -> Result<Vectors, Error> {
        let mut all = self.tokenizer.encode_all(texts, true)?;
        for ids in &mut all {
            self.shorten(ids);
        }
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|index| (all[*index].len(), *index));
        let batches = batches(&order, &all);
        let vectors: Vec<Vec<f32>> = batches
            .par_iter()
            .map(|batch| self.batch(batch, &all))
            .collect();
        let dim = self.dim();
        let mut values = vec![0.0; all.len() * dim];
        for (batch, vectors) in batches.iter().zip(&vectors) {
            for (index, vector) in batch.iter().zip(vectors.chunks_exact(dim)) {
                values[index * dim..][..dim].copy_from_slice(vector);
            }
        }
        let vectors =
            Vectors::new(values, dim).map_err(|error| Error::request(error.to_string()))?;
        if self.normalizes {
            vectors
                .normalized()
                .map_err(|error| Error::request(error.to_string()))
        } else {
            Ok(vectors)
        }
    }

    /// Cuts off what does not fit, keeping the last special token.
    fn shorten(&self, ids: &mut Vec<u32>) {
        if ids.len() > self.longest {
            let last = ids.last().copied();
            ids.truncate(self.longest - 1);
            ids.extend(last);
        }
    }

    fn batch(&self, batch: &[usize], all: &[Vec<u32>]) -> Vec<f32> {
        let texts: Vec<&[u32]> = batch.iter().map(|index| &all[*index][..]).collect();
        let hidden = self.bert.hidden(&texts);
        let mut vectors = Vec::with_capacity(batch.len() * self.dim());
        let mut from = 0;
        for text in &texts {
            let rows = &hidden[from * self.dim()..(from + text.len()) * self.dim()];
            vectors.extend(self.pooling.pool(rows, self.dim()));
            from += text.len();
        }
        vectors
    }
}

/// Cuts an order into batches of at most [`ROWS`] tokens, at least one text each.
fn batches<'a>(order: &'a [usize], all: &[Vec<u32>]) -> Vec<&'a [usize]> {
    let mut batches = Vec::new();
    let mut from = 0;
    while from < order.len() {
        let mut rows = 0;
        let fits = order[from..].iter().take_while(|index| {
            rows += all[**index].len();
            rows <= ROWS
        });
        let to = from + fits.count().max(1);
        batches.push(&order[from..to]);
        from = to;
    }
    batches
}

/// What the files around the BERT say.
struct Modules {
    pooling: Pooling,
    normalizes: bool,
    longest: Option<usize>,
}

impl Modules {
    fn load(files: &dyn Files) -> Result<Self, Error> {
        let mut modules = Self {
            pooling: Pooling::Mean,
            normalizes: false,
            longest: None,
        };
        if let Some(bytes) = files.read("sentence_bert_config.json")? {
            let value: serde_json::Value = json("sentence_bert_config.json", &bytes)?;
            modules.longest = value["max_seq_length"]
                .as_u64()
                .map(|longest| (longest as usize).max(2));
        }
        let Some(bytes) = files.read("modules.json")? else {
            return Ok(modules);
        };
        let listed: Vec<serde_json::Value> = json("modules.json", &bytes)?;
        for module in &listed {
            let kind = module["type"]
                .as_str()
                .and_then(|kind| kind.rsplit('.').next())
                .unwrap_or("none");
            match kind {
                "Transformer" => {}
                "Pooling" => {
                    let folder = module["path"].as_str().unwrap_or("1_Pooling");
                    modules.pooling = Pooling::load(files, folder)?;
                }
                "Normalize" => modules.normalizes = true,
                other => {
                    return Err(Error::malformed(
                        "modules.json",
                        format!(
                            "module `{other}` is not known; known ones are Transformer, Pooling, Normalize"
                        ),
                    ));
                }
            }
        }
        Ok(modules)
    }
}
