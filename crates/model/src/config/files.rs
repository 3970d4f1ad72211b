//! `config.json` in and out, in the layout of Hugging Face.

use serde_json::{Value, json};

use super::reader::{Reader, ids};
use super::{Config, Family, RopeScaling};
use crate::Error;
use crate::files::json;

/// How far back Mistral looks where its configuration does not say.
const MISTRAL_WINDOW: usize = 4096;

impl Config {
    /// Reads `config.json`; `file` is what errors call it.
    pub fn from_json(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let value: Value = json(file, bytes)?;
        let family = Family::of(file, &value)?;
        let reader = Reader {
            file,
            value: &value,
        };
        let config = match family {
            Family::Gpt2 => gpt2(&reader)?,
            _ => llama(&reader, family)?,
        };
        config.check(file)?;
        Ok(config)
    }

    /// Writes `config.json`.
    pub fn to_json(&self) -> Vec<u8> {
        let mut value = match self.family {
            Family::Gpt2 => self.gpt2_json(),
            _ => self.llama_json(),
        };
        let (architecture, kind) = self.family.names();
        value["architectures"] = json!([architecture]);
        value["model_type"] = json!(kind);
        value["bos_token_id"] = json!(self.bos_token_id);
        value["eos_token_id"] = match self.eos_token_ids[..] {
            [id] => json!(id),
            _ => json!(self.eos_token_ids),
        };
        value["initializer_range"] = json!(self.initializer_range);
        value["tie_word_embeddings"] = json!(self.tie_word_embeddings);
        value["vocab_size"] = json!(self.vocab_size);
        for name in ["dtype", "torch_dtype"] {
            value[name] = json!("float32");
        }
        let mut text = format!("{value:#}");
        text.push('\n');
        text.into_bytes()
    }

    fn llama_json(&self) -> Value {
        let mut value = json!({
            "head_dim": self.head_dim,
            "hidden_act": "silu",
            "hidden_size": self.hidden_size,
            "intermediate_size": self.intermediate_size,
            "max_position_embeddings": self.max_position_embeddings,
            "num_attention_heads": self.num_attention_heads,
            "num_hidden_layers": self.num_hidden_layers,
            "num_key_value_heads": self.num_key_value_heads,
            "rms_norm_eps": self.rms_norm_eps,
            "rope_theta": self.rope_theta,
        });
        if matches!(self.family, Family::Llama | Family::Qwen3) {
            value["attention_bias"] = json!(self.attention_bias);
        }
        match self.family {
            Family::Llama => value["mlp_bias"] = json!(self.mlp_bias),
            Family::Mistral => value["sliding_window"] = json!(self.sliding_window),
            _ => value["use_sliding_window"] = json!(false),
        }
        if let Some(scaling) = &self.rope_scaling {
            value["rope_scaling"] = scaling.to_json();
        }
        value
    }

    fn gpt2_json(&self) -> Value {
        json!({
            "activation_function": "gelu_new",
            "layer_norm_epsilon": self.rms_norm_eps,
            "n_ctx": self.max_position_embeddings,
            "n_embd": self.hidden_size,
            "n_head": self.num_attention_heads,
            "n_inner": self.intermediate_size,
            "n_layer": self.num_hidden_layers,
            "n_positions": self.max_position_embeddings,
        })
    }
}

fn llama(reader: &Reader<'_>, family: Family) -> Result<Config, Error> {
    reader.one_of("hidden_act", &["silu"])?;
    reader.off("use_sliding_window")?;
    if reader.number_or("partial_rotary_factor", 1.0) != 1.0 {
        return Err(Error::malformed(
            reader.file,
            "partial_rotary_factor is not 1",
        ));
    }
    let value = reader.value;
    let hidden_size = reader.size("hidden_size")?;
    let num_attention_heads = reader.size("num_attention_heads")?;
    let nested = value["rope_parameters"]["rope_theta"].as_f64();
    let takes_bias = matches!(family, Family::Llama | Family::Qwen3);
    Ok(Config {
        family,
        vocab_size: reader.size("vocab_size")?,
        hidden_size,
        intermediate_size: reader.size("intermediate_size")?,
        num_hidden_layers: reader.size("num_hidden_layers")?,
        num_attention_heads,
        num_key_value_heads: reader.size_or("num_key_value_heads", num_attention_heads)?,
        head_dim: reader.size_or("head_dim", hidden_size / num_attention_heads)?,
        max_position_embeddings: reader.size_or("max_position_embeddings", 2048)?,
        sliding_window: sliding_window(reader, family)?,
        attention_bias: family == Family::Qwen2 || takes_bias && reader.flag("attention_bias"),
        mlp_bias: family == Family::Llama && reader.flag("mlp_bias"),
        rms_norm_eps: reader.number_or("rms_norm_eps", 1e-6),
        rope_theta: nested.unwrap_or_else(|| reader.number_or("rope_theta", 10_000.0)),
        rope_scaling: RopeScaling::read(reader)?,
        tie_word_embeddings: reader.flag("tie_word_embeddings"),
        bos_token_id: ids(&value["bos_token_id"]).first().copied(),
        eos_token_ids: ids(&value["eos_token_id"]),
        initializer_range: reader.number_or("initializer_range", 0.02),
    })
}

fn sliding_window(reader: &Reader<'_>, family: Family) -> Result<Option<usize>, Error> {
    match (family, reader.value.get("sliding_window")) {
        (Family::Mistral, None) => Ok(Some(MISTRAL_WINDOW)),
        (Family::Mistral, Some(_)) => reader.optional_size("sliding_window"),
        _ => Ok(None),
    }
}

fn gpt2(reader: &Reader<'_>) -> Result<Config, Error> {
    reader.one_of("activation_function", &["gelu_new", "gelu_pytorch_tanh"])?;
    reader.off("scale_attn_by_inverse_layer_idx")?;
    if reader.value["scale_attn_weights"].as_bool() == Some(false) {
        return Err(Error::malformed(
            reader.file,
            "scale_attn_weights is false; expected true",
        ));
    }
    let value = reader.value;
    let hidden_size = reader.size("n_embd")?;
    let num_attention_heads = reader.size("n_head")?;
    if !hidden_size.is_multiple_of(num_attention_heads) {
        return Err(Error::malformed(
            reader.file,
            format!("{num_attention_heads} attention heads do not divide n_embd {hidden_size}"),
        ));
    }
    Ok(Config {
        family: Family::Gpt2,
        vocab_size: reader.size("vocab_size")?,
        hidden_size,
        intermediate_size: reader.size_or("n_inner", 4 * hidden_size)?,
        num_hidden_layers: reader.size("n_layer")?,
        num_attention_heads,
        num_key_value_heads: num_attention_heads,
        head_dim: hidden_size / num_attention_heads,
        max_position_embeddings: reader.size_or("n_positions", 1024)?,
        sliding_window: None,
        attention_bias: true,
        mlp_bias: true,
        rms_norm_eps: reader.number_or("layer_norm_epsilon", 1e-5),
        rope_theta: 10_000.0,
        rope_scaling: None,
        tie_word_embeddings: value["tie_word_embeddings"].as_bool().unwrap_or(true),
        bos_token_id: ids(&value["bos_token_id"]).first().copied(),
        eos_token_ids: ids(&value["eos_token_id"]),
        initializer_range: reader.number_or("initializer_range", 0.02),
    })
}
