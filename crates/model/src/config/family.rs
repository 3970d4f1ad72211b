//! The families of decoders, and what each does differently from Llama.

use serde_json::Value;

use crate::Error;

/// A family of decoders that share one computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama 2 and 3, `TinyLlama`, `SmolLM` and `SmolLM2` (Touvron et al. 2023).
    Llama,
    /// Mistral: Llama whose attention may reach back only so far (Jiang et al. 2023).
    Mistral,
    /// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values.
    Qwen2,
    /// Qwen3: Llama with a norm on every query and key head.
    Qwen3,
    /// GPT-2: layer norms, learnt positions, GELU, biases everywhere (Radford et al. 2019).
    Gpt2,
}

/// Each family with its names in `config.json`: `architectures` and `model_type`.
const FAMILIES: [(Family, &str, &str); 5] = [
    (Family::Llama, "LlamaForCausalLM", "llama"),
    (Family::Mistral, "MistralForCausalLM", "mistral"),
    (Family::Qwen2, "Qwen2ForCausalLM", "qwen2"),
    (Family::Qwen3, "Qwen3ForCausalLM", "qwen3"),
    (Family::Gpt2, "GPT2LMHeadModel", "gpt2"),
];

impl Family {
    /// The family that a configuration names.
    pub(super) fn of(file: &str, value: &Value) -> Result<Self, Error> {
        let named = value["architectures"][0].as_str();
        let found = named
            .or_else(|| value["model_type"].as_str())
            .unwrap_or("none");
        let family = FAMILIES
            .iter()
            .find(|(_, architecture, kind)| [*architecture, *kind].contains(&found));
        family
            .map(|(family, ..)| *family)
            .ok_or_else(|| Error::Architecture {
                file: file.to_owned(),
                found: found.to_owned(),
                known: FAMILIES.map(|(_, architecture, _)| architecture).join(", "),
            })
    }

    /// Its names: the architecture and the kind of model.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        FAMILIES
            .iter()
            .find(|(family, ..)| *family == self)
            .map_or(("", ""), |(_, architecture, kind)| (architecture, kind))
    }
}
