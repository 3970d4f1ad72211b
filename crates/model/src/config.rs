//! The shape of a decoder, as Hugging Face writes it in `config.json`.

mod family;
mod files;
mod presets;
mod reader;
mod rope;

use crate::Error;
pub use family::Family;
use presets::PRESETS;
pub(crate) use reader::{Reader, ids};
pub use rope::RopeScaling;

/// The shape of a decoder and the ids of its special tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which computation it is.
    pub family: Family,
    /// Rows of the token embedding.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Number of query heads.
    pub num_attention_heads: usize,
    /// Number of key and value heads; it divides the number of query heads.
    pub num_key_value_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// The longest sequence, in tokens.
    pub max_position_embeddings: usize,
    /// How many positions, its own included, a token attends to; all before it where there is none.
    pub sliding_window: Option<usize>,
    /// Whether queries, keys and values have biases, and their output too (but for Qwen2's).
    pub attention_bias: bool,
    /// Whether the feed-forward layers have biases.
    pub mlp_bias: bool,
    /// What is added to the mean square, or to the variance, in a norm.
    pub rms_norm_eps: f64,
    /// The base of the rotary frequencies.
    pub rope_theta: f64,
    /// How the rotary frequencies are stretched, if they are.
    pub rope_scaling: Option<RopeScaling>,
    /// Whether the output layer is the token embedding.
    pub tie_word_embeddings: bool,
    /// The token that begins a text.
    pub bos_token_id: Option<u32>,
    /// The tokens that end a text.
    pub eos_token_ids: Vec<u32>,
    /// Standard deviation of freshly drawn weights.
    pub initializer_range: f64,
}

impl Config {
    /// A shape to train from scratch: `tiny` (tests), `1m` (the built-in study) or `10m`.
    pub fn preset(name: &str) -> Result<Self, Error> {
        let Some((_, shape)) = PRESETS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = PRESETS.iter().map(|(name, _)| *name).collect();
            return Err(Error::request(format!(
                "preset `{name}` is not known; known ones are {}",
                known.join(", ")
            )));
        };
        Ok(Self {
            family: Family::Llama,
            vocab_size: shape.vocabulary,
            hidden_size: shape.hidden,
            intermediate_size: shape.inner,
            num_hidden_layers: shape.layers,
            num_attention_heads: shape.heads,
            num_key_value_heads: shape.kv_heads,
            head_dim: shape.hidden / shape.heads,
            max_position_embeddings: shape.positions,
            sliding_window: None,
            attention_bias: false,
            mlp_bias: false,
            rms_norm_eps: 1e-5,
            rope_theta: 10_000.0,
            rope_scaling: None,
            tie_word_embeddings: true,
            bos_token_id: None,
            eos_token_ids: Vec::new(),
            initializer_range: 0.02,
        })
    }

    /// The same shape for a vocabulary of another size.
    #[must_use]
    pub fn with_vocab_size(mut self, size: usize) -> Self {
        self.vocab_size = size;
        self
    }

    /// The same shape with the tokens that begin and end a text.
    #[must_use]
    pub fn with_special_tokens(mut self, bos: Option<u32>, eos: Vec<u32>) -> Self {
        self.bos_token_id = bos;
        self.eos_token_ids = eos;
        self
    }

    /// How many numbers the model learns.
    pub fn parameters(&self) -> usize {
        crate::layout::tensors(self)
            .iter()
            .map(|t| t.shape.iter().product::<usize>())
            .sum()
    }

    /// The rotary frequencies, in f32 as the published models compute them.
    pub(crate) fn inverse_frequencies(&self) -> Vec<f32> {
        let exponents = (0..self.head_dim / 2).map(|i| (2 * i) as f32 / self.head_dim as f32);
        exponents
            .map(|exponent| 1.0 / (f64::from(exponent) * self.rope_theta.ln()).exp() as f32)
            .map(|frequency| {
                self.rope_scaling
                    .as_ref()
                    .map_or(frequency, |s| s.apply(frequency))
            })
            .collect()
    }

    /// Whether positions enter by rotation; otherwise they are learnt and added.
    pub(crate) fn rotates(&self) -> bool {
        self.family != Family::Gpt2
    }

    /// Whether norms take the mean away and add a bias, instead of dividing by the root mean square alone.
    pub(crate) fn centres(&self) -> bool {
        self.family == Family::Gpt2
    }

    /// Whether the feed-forward layers are gated; otherwise they are two matrices with a GELU between.
    pub(crate) fn is_gated(&self) -> bool {
        self.family != Family::Gpt2
    }

    /// Whether a linear layer of the feed-forward part or of attention, such as `self_attn.q_proj`, has a bias.
    pub(crate) fn has_bias(&self, module: &str) -> bool {
        match module {
            "self_attn.o_proj" => self.attention_bias && self.family != Family::Qwen2,
            _ if module.starts_with("self_attn.") => self.attention_bias,
            _ => self.mlp_bias,
        }
    }

    fn check(&self, file: &str) -> Result<(), Error> {
        let refuse = |reason: String| Err(Error::malformed(file, reason));
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            return refuse(format!(
                "{} key and value heads do not divide {} attention heads",
                self.num_key_value_heads, self.num_attention_heads
            ));
        }
        if self.head_dim == 0 || self.rotates() && !self.head_dim.is_multiple_of(2) {
            return refuse(format!(
                "head_dim {} is odd; rotary positions need pairs",
                self.head_dim
            ));
        }
        for (name, value) in [
            ("rms_norm_eps", self.rms_norm_eps),
            ("rope_theta", self.rope_theta),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return refuse(format!("{name} is {value}; expected a number above 0"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_configuration_survives_being_written() {
        for name in ["tiny", "1m", "10m"] {
            let config = Config::preset(name)
                .expect("known")
                .with_special_tokens(Some(1), vec![2]);
            assert_eq!(
                Config::from_json("config.json", &config.to_json()).expect("valid"),
                config
            );
        }
    }

    #[test]
    fn the_preset_of_the_study_has_about_a_million_parameters() {
        let config = Config::preset("1m").expect("known");
        assert!(
            (900_000..1_100_000).contains(&config.parameters()),
            "{}",
            config.parameters()
        );
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        let error = Config::preset("7b").expect_err("not known").to_string();
        assert_eq!(
            error,
            "preset `7b` is not known; known ones are tiny, 1m, 10m"
        );
        let text = br#"{"architectures": ["MambaForCausalLM"]}"#;
        let error = Config::from_json("config.json", text)
            .expect_err("not known")
            .to_string();
        assert!(
            error.ends_with(
                "known ones are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, GPT2LMHeadModel"
            ),
            "{error}"
        );
    }

    #[test]
    fn every_family_survives_being_written() {
        let tiny = Config::preset("tiny").expect("known");
        let families = [
            Config {
                mlp_bias: true,
                attention_bias: true,
                rope_scaling: Some(RopeScaling::Linear { factor: 2.0 }),
                ..tiny.clone()
            },
            Config {
                family: Family::Mistral,
                sliding_window: Some(64),
                ..tiny.clone()
            },
            Config {
                family: Family::Qwen2,
                attention_bias: true,
                ..tiny.clone()
            },
            Config {
                family: Family::Qwen3,
                ..tiny.clone()
            },
            Config {
                family: Family::Gpt2,
                attention_bias: true,
                mlp_bias: true,
                num_key_value_heads: 4,
                ..tiny
            },
        ];
        for config in families {
            let again = Config::from_json("config.json", &config.to_json()).expect("valid");
            assert_eq!(again, config);
        }
    }

    #[test]
    fn biases_are_where_each_family_has_them() {
        let mut config = Config::preset("tiny").expect("known");
        let biased = |config: &Config| {
            ["self_attn.q_proj", "self_attn.o_proj", "mlp.up_proj"]
                .map(|module| config.has_bias(module))
        };
        assert_eq!(biased(&config), [false; 3]);
        config.attention_bias = true;
        assert_eq!(biased(&config), [true, true, false]);
        config.family = Family::Qwen2;
        assert_eq!(biased(&config), [true, false, false]);
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let good: Value = serde_json::from_slice(&Config::preset("tiny").expect("known").to_json())
            .expect("valid");
        for (name, value) in [
            ("hidden_size", json!(0)),
            ("vocab_size", json!(-1)),
            ("num_key_value_heads", json!(3)),
            ("head_dim", json!(7)),
            ("hidden_act", json!("relu")),
            ("use_sliding_window", json!(true)),
            ("partial_rotary_factor", json!(0.5)),
            ("rope_scaling", json!({"rope_type": "yarn"})),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            let text = bad.to_string();
            assert!(
                Config::from_json("config.json", text.as_bytes()).is_err(),
                "{name}"
            );
        }
    }
}
