//! The shape of a BERT, as Hugging Face writes it in `config.json`.

use serde_json::Value;

use crate::Error;
use crate::config::Reader;
use crate::files::json;

/// The shape of a BERT.
#[derive(Clone, Debug)]
pub(crate) struct BertConfig {
    pub(crate) vocab_size: usize,
    pub(crate) hidden_size: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) type_vocab_size: usize,
    pub(crate) epsilon: f32,
}

impl BertConfig {
    pub(crate) fn from_json(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let value: Value = json(file, bytes)?;
        let named = value["architectures"][0].as_str();
        let found = named
            .or_else(|| value["model_type"].as_str())
            .unwrap_or("none");
        if !["BertModel", "bert"].contains(&found) {
            return Err(Error::Architecture {
                file: file.to_owned(),
                found: found.to_owned(),
                known: "BertModel".to_owned(),
            });
        }
        let reader = Reader {
            file,
            value: &value,
        };
        reader.one_of("hidden_act", &["gelu"])?;
        reader.one_of("position_embedding_type", &["absolute"])?;
        let config = Self {
            vocab_size: reader.size("vocab_size")?,
            hidden_size: reader.size("hidden_size")?,
            intermediate_size: reader.size("intermediate_size")?,
            layers: reader.size("num_hidden_layers")?,
            heads: reader.size("num_attention_heads")?,
            max_position_embeddings: reader.size("max_position_embeddings")?,
            type_vocab_size: reader.size_or("type_vocab_size", 2)?,
            epsilon: reader.number_or("layer_norm_eps", 1e-12) as f32,
        };
        if !config.hidden_size.is_multiple_of(config.heads) {
            return Err(Error::malformed(
                file,
                format!(
                    "{} attention heads do not divide the hidden size {}",
                    config.heads, config.hidden_size
                ),
            ));
        }
        Ok(config)
    }
}
