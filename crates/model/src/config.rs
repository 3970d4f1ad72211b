//! The shape of a decoder, as Hugging Face writes it in `config.json`.

use serde_json::{Value, json};

use crate::Error;
use crate::files::json;

/// The architectures that can be loaded.
const ARCHITECTURES: [&str; 1] = ["LlamaForCausalLM"];

/// The presets that can be made from scratch, with their sizes.
const PRESETS: [(&str, Shape); 3] = [
    (
        "tiny",
        Shape {
            hidden: 32,
            inner: 64,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            vocabulary: 320,
            positions: 256,
        },
    ),
    (
        "1m",
        Shape {
            hidden: 128,
            inner: 352,
            layers: 4,
            heads: 4,
            kv_heads: 4,
            vocabulary: 1024,
            positions: 512,
        },
    ),
    (
        "10m",
        Shape {
            hidden: 320,
            inner: 864,
            layers: 8,
            heads: 5,
            kv_heads: 5,
            vocabulary: 4096,
            positions: 1024,
        },
    ),
];

struct Shape {
    hidden: usize,
    inner: usize,
    layers: usize,
    heads: usize,
    kv_heads: usize,
    vocabulary: usize,
    positions: usize,
}

/// The shape of a Llama decoder and the ids of its special tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
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
    /// What is added to the mean square in a norm.
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

/// The stretching of rotary frequencies that Llama 3 uses (`rope_type: llama3`).
#[derive(Clone, Debug, PartialEq)]
pub struct RopeScaling {
    /// By how much low frequencies are divided.
    pub factor: f64,
    /// The wavelength factor below which frequencies are divided.
    pub low_freq_factor: f64,
    /// The wavelength factor above which frequencies are kept.
    pub high_freq_factor: f64,
    /// The context length of the original training.
    pub original_max_position_embeddings: usize,
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
            vocab_size: shape.vocabulary,
            hidden_size: shape.hidden,
            intermediate_size: shape.inner,
            num_hidden_layers: shape.layers,
            num_attention_heads: shape.heads,
            num_key_value_heads: shape.kv_heads,
            head_dim: shape.hidden / shape.heads,
            max_position_embeddings: shape.positions,
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

    /// Reads `config.json`; `file` is what errors call it.
    pub fn from_json(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let value: Value = json(file, bytes)?;
        let reader = Reader {
            file,
            value: &value,
        };
        reader.check_architecture()?;
        let hidden_size = reader.size("hidden_size")?;
        let num_attention_heads = reader.size("num_attention_heads")?;
        let config = Self {
            vocab_size: reader.size("vocab_size")?,
            hidden_size,
            intermediate_size: reader.size("intermediate_size")?,
            num_hidden_layers: reader.size("num_hidden_layers")?,
            num_attention_heads,
            num_key_value_heads: reader.size_or("num_key_value_heads", num_attention_heads)?,
            head_dim: reader.size_or("head_dim", hidden_size / num_attention_heads)?,
            max_position_embeddings: reader.size_or("max_position_embeddings", 2048)?,
            rms_norm_eps: reader.number_or("rms_norm_eps", 1e-6),
            rope_theta: reader.rope_theta(),
            rope_scaling: reader.rope_scaling()?,
            tie_word_embeddings: value["tie_word_embeddings"].as_bool().unwrap_or(false),
            bos_token_id: ids(&value["bos_token_id"]).first().copied(),
            eos_token_ids: ids(&value["eos_token_id"]),
            initializer_range: reader.number_or("initializer_range", 0.02),
        };
        config.check(file)?;
        Ok(config)
    }

    /// Writes `config.json` in the layout of Hugging Face.
    pub fn to_json(&self) -> Vec<u8> {
        let mut value = json!({
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "attention_bias": false,
            "bos_token_id": self.bos_token_id,
            "dtype": "float32",
            "eos_token_id": self.eos_token_ids,
            "head_dim": self.head_dim,
            "hidden_act": "silu",
            "hidden_size": self.hidden_size,
            "initializer_range": self.initializer_range,
            "intermediate_size": self.intermediate_size,
            "max_position_embeddings": self.max_position_embeddings,
            "mlp_bias": false,
            "num_attention_heads": self.num_attention_heads,
            "num_hidden_layers": self.num_hidden_layers,
            "num_key_value_heads": self.num_key_value_heads,
            "rms_norm_eps": self.rms_norm_eps,
            "rope_theta": self.rope_theta,
            "tie_word_embeddings": self.tie_word_embeddings,
            "torch_dtype": "float32",
            "vocab_size": self.vocab_size,
        });
        if let [id] = self.eos_token_ids[..] {
            value["eos_token_id"] = json!(id);
        }
        if let Some(scaling) = &self.rope_scaling {
            value["rope_scaling"] = json!({
                "rope_type": "llama3",
                "factor": scaling.factor,
                "low_freq_factor": scaling.low_freq_factor,
                "high_freq_factor": scaling.high_freq_factor,
                "original_max_position_embeddings": scaling.original_max_position_embeddings,
            });
        }
        let mut text = format!("{value:#}");
        text.push('\n');
        text.into_bytes()
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
        if self.head_dim == 0 || !self.head_dim.is_multiple_of(2) {
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

impl RopeScaling {
    fn apply(&self, frequency: f32) -> f32 {
        let context = self.original_max_position_embeddings as f64;
        let wavelength = std::f64::consts::TAU / f64::from(frequency);
        if wavelength < context / self.high_freq_factor {
            return frequency;
        }
        let slow = f64::from(frequency) / self.factor;
        if wavelength > context / self.low_freq_factor {
            return slow as f32;
        }
        let smooth = (context / wavelength - self.low_freq_factor)
            / (self.high_freq_factor - self.low_freq_factor);
        ((1.0 - smooth) * slow + smooth * f64::from(frequency)) as f32
    }
}

/// The ids in a field that holds one, several or none.
pub(crate) fn ids(value: &Value) -> Vec<u32> {
    let several = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    several
        .iter()
        .filter_map(Value::as_u64)
        .filter_map(|id| u32::try_from(id).ok())
        .collect()
}

/// Reads fields of a configuration and says which one is wrong.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    pub(crate) value: &'a Value,
}

impl Reader<'_> {
    fn check_architecture(&self) -> Result<(), Error> {
        let named = self.value["architectures"][0].as_str();
        let found = named
            .or_else(|| self.value["model_type"].as_str())
            .unwrap_or("none");
        if !ARCHITECTURES.contains(&found) && found != "llama" {
            return Err(Error::Architecture {
                file: self.file.to_owned(),
                found: found.to_owned(),
                known: ARCHITECTURES.join(", "),
            });
        }
        self.one_of("hidden_act", &["silu"])?;
        for name in ["attention_bias", "mlp_bias"] {
            if self.value[name].as_bool() == Some(true) {
                return Err(Error::malformed(
                    self.file,
                    format!("{name} is true; expected false"),
                ));
            }
        }
        Ok(())
    }

    /// Checks that a field, where it is present, has one of the known values.
    pub(crate) fn one_of(&self, name: &str, known: &[&str]) -> Result<(), Error> {
        match self.value[name].as_str() {
            Some(found) if !known.contains(&found) => Err(Error::malformed(
                self.file,
                format!(
                    "{name} `{found}` is not known; known ones are {}",
                    known.join(", ")
                ),
            )),
            _ => Ok(()),
        }
    }

    /// A whole number from 1 to 2²⁴ that must be there.
    pub(crate) fn size(&self, name: &str) -> Result<usize, Error> {
        let value = &self.value[name];
        match value.as_u64() {
            Some(size @ 1..=0x0100_0000) => Ok(size as usize),
            _ => Err(Error::malformed(
                self.file,
                format!("{name} is {value}; expected a whole number from 1 to 16777216"),
            )),
        }
    }

    /// The same with a value for where it is absent.
    pub(crate) fn size_or(&self, name: &str, default: usize) -> Result<usize, Error> {
        if self.value[name].is_null() {
            Ok(default)
        } else {
            self.size(name)
        }
    }

    /// A number, or `default` where there is none.
    pub(crate) fn number_or(&self, name: &str, default: f64) -> f64 {
        self.value[name].as_f64().unwrap_or(default)
    }

    fn rope_theta(&self) -> f64 {
        let nested = self.value["rope_parameters"]["rope_theta"].as_f64();
        nested.unwrap_or_else(|| self.number_or("rope_theta", 10_000.0))
    }

    fn rope_scaling(&self) -> Result<Option<RopeScaling>, Error> {
        let scaling = ["rope_parameters", "rope_scaling"].map(|name| &self.value[name]);
        let Some(value) = scaling.into_iter().find(|value| value.is_object()) else {
            return Ok(None);
        };
        let kind = value["rope_type"]
            .as_str()
            .or_else(|| value["type"].as_str());
        let reader = Reader {
            file: self.file,
            value,
        };
        match kind.unwrap_or("default") {
            "default" => Ok(None),
            "llama3" => Ok(Some(RopeScaling {
                factor: reader.number_or("factor", 8.0),
                low_freq_factor: reader.number_or("low_freq_factor", 1.0),
                high_freq_factor: reader.number_or("high_freq_factor", 4.0),
                original_max_position_embeddings: reader
                    .size("original_max_position_embeddings")?,
            })),
            other => Err(Error::malformed(
                self.file,
                format!("rope_type `{other}` is not known; known ones are default, llama3"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
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
            error.ends_with("known ones are LlamaForCausalLM"),
            "{error}"
        );
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
            ("attention_bias", json!(true)),
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
