//! The shape of a BERT or one of its kin, as Hugging Face writes it in `config.json`.

use serde_json::Value;

use crate::Error;
use crate::config::Reader;
use crate::files::json;

/// The encoders that can be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// BERT, `MiniLM`, BGE, E5 (Devlin et al. 2019).
    Bert,
    /// BERT without token types, in other names (Sanh et al. 2019).
    DistilBert,
    /// BERT whose positions begin after the padding token's id; XLM-R too (Liu et al. 2019).
    Roberta,
}

/// Each kind with what the names of its architectures begin with, and its `model_type`.
const KINDS: [(Kind, &str, &str); 4] = [
    (Kind::Bert, "Bert", "bert"),
    (Kind::DistilBert, "DistilBert", "distilbert"),
    (Kind::Roberta, "Roberta", "roberta"),
    (Kind::Roberta, "XLMRoberta", "xlm-roberta"),
];

/// The shape of a BERT.
#[derive(Clone, Debug)]
pub(crate) struct BertConfig {
    pub(crate) kind: Kind,
    pub(crate) vocab_size: usize,
    pub(crate) hidden_size: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    /// Rows of the table of positions.
    pub(crate) max_position_embeddings: usize,
    /// The row of the first token.
    pub(crate) first_position: usize,
    /// How many kinds of token there are; none where they are not told apart.
    pub(crate) type_vocab_size: Option<usize>,
    pub(crate) epsilon: f32,
}

impl BertConfig {
    pub(crate) fn from_json(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let value: Value = json(file, bytes)?;
        let reader = Reader {
            file,
            value: &value,
        };
        let kind = Kind::of(&reader)?;
        reader.one_of("position_embedding_type", &["absolute"])?;
        let config = match kind {
            Kind::DistilBert => distilbert(&reader)?,
            Kind::Bert | Kind::Roberta => bert(&reader, kind)?,
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
        if config.first_position >= config.max_position_embeddings {
            return Err(Error::malformed(
                file,
                format!(
                    "positions begin at {}, but there are {}",
                    config.first_position, config.max_position_embeddings
                ),
            ));
        }
        Ok(config)
    }

    /// The most tokens of a text.
    pub(crate) fn longest(&self) -> usize {
        self.max_position_embeddings - self.first_position
    }
}

impl Kind {
    fn of(reader: &Reader<'_>) -> Result<Self, Error> {
        let named = reader.value["architectures"][0].as_str();
        let kind = reader.value["model_type"].as_str();
        let found = KINDS.iter().find(|(_, start, name)| match kind {
            Some(kind) => kind == *name,
            None => named.is_some_and(|named| named.starts_with(start)),
        });
        found
            .map(|(kind, ..)| *kind)
            .ok_or_else(|| Error::Architecture {
                file: reader.file.to_owned(),
                found: named.or(kind).unwrap_or("none").to_owned(),
                known: KINDS
                    .map(|(_, start, _)| format!("{start}Model"))
                    .join(", "),
            })
    }
}

fn bert(reader: &Reader<'_>, kind: Kind) -> Result<BertConfig, Error> {
    reader.one_of("hidden_act", &["gelu"])?;
    let padding = reader.value["pad_token_id"].as_u64().unwrap_or(1) as usize;
    Ok(BertConfig {
        kind,
        vocab_size: reader.size("vocab_size")?,
        hidden_size: reader.size("hidden_size")?,
        intermediate_size: reader.size("intermediate_size")?,
        layers: reader.size("num_hidden_layers")?,
        heads: reader.size("num_attention_heads")?,
        max_position_embeddings: reader.size("max_position_embeddings")?,
        first_position: match kind {
            Kind::Roberta => padding.saturating_add(1),
            Kind::Bert | Kind::DistilBert => 0,
        },
        type_vocab_size: Some(reader.size_or("type_vocab_size", 2)?),
        epsilon: reader.number_or("layer_norm_eps", 1e-12) as f32,
    })
}

fn distilbert(reader: &Reader<'_>) -> Result<BertConfig, Error> {
    reader.one_of("activation", &["gelu"])?;
    Ok(BertConfig {
        kind: Kind::DistilBert,
        vocab_size: reader.size("vocab_size")?,
        hidden_size: reader.size("dim")?,
        intermediate_size: reader.size("hidden_dim")?,
        layers: reader.size("n_layers")?,
        heads: reader.size("n_heads")?,
        max_position_embeddings: reader.size("max_position_embeddings")?,
        first_position: 0,
        type_vocab_size: None,
        epsilon: 1e-12,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BertConfig, String> {
        BertConfig::from_json("config.json", text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn positions_of_roberta_begin_after_the_padding() {
        let sizes = r#""vocab_size": 9, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 514"#;
        let roberta = read(&format!(
            r#"{{"model_type": "roberta", "pad_token_id": 1, {sizes}}}"#
        ))
        .expect("known");
        assert_eq!((roberta.first_position, roberta.longest()), (2, 512));
        let bert = read(&format!(
            r#"{{"architectures": ["BertForMaskedLM"], {sizes}}}"#
        ))
        .expect("known");
        assert_eq!((bert.kind, bert.longest()), (Kind::Bert, 514));
        assert!(
            read(&format!(
                r#"{{"model_type": "roberta", "pad_token_id": 600, {sizes}}}"#
            ))
            .is_err()
        );
    }

    #[test]
    fn other_architectures_are_refused_by_name() {
        assert_eq!(
            read(r#"{"architectures": ["MPNetModel"], "model_type": "mpnet"}"#)
                .expect_err("not known"),
            "config.json: architecture `MPNetModel` is not known; known ones are BertModel, DistilBertModel, RobertaModel, XLMRobertaModel"
        );
    }
}
