//! Which tensors a decoder has: their names, shapes and roles.

use crate::config::{Config, Family};

/// What a tensor does, which decides how it is drawn and whether it decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A row a token.
    Embedding,
    /// A scale of a norm.
    Norm,
    /// What is added after a norm or a linear layer.
    Bias,
    /// The matrix of a linear layer.
    Matrix,
}

/// A tensor as the configuration wants it.
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) role: Role,
}

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
/// Learnt positions, where positions do not rotate.
pub(crate) const POSITIONS: &str = "model.embed_positions.weight";
pub(crate) const NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// The name of the weight of one layer's module, such as `self_attn.q_proj`.
pub(crate) fn in_layer(layer: usize, module: &str) -> String {
    format!("model.layers.{layer}.{module}.weight")
}

/// The name of the bias beside a weight.
pub(crate) fn bias_of(weight: &str) -> String {
    format!("{}.bias", weight.trim_end_matches(".weight"))
}

/// The norms of a layer, in the order of their use.
pub(crate) const NORMS: [&str; 2] = ["input_layernorm", "post_attention_layernorm"];
/// The norms of query and key heads, where there are any.
pub(crate) const HEAD_NORMS: [&str; 2] = ["self_attn.q_norm", "self_attn.k_norm"];

/// The matrices of a layer with their (out, in) shapes.
pub(crate) fn matrices(config: &Config) -> Vec<(&'static str, [usize; 2])> {
    let dim = config.hidden_size;
    let queries = config.num_attention_heads * config.head_dim;
    let keys = config.num_key_value_heads * config.head_dim;
    let inner = config.intermediate_size;
    let mut all = vec![
        ("self_attn.q_proj", [queries, dim]),
        ("self_attn.k_proj", [keys, dim]),
        ("self_attn.v_proj", [keys, dim]),
        ("self_attn.o_proj", [dim, queries]),
        ("mlp.gate_proj", [inner, dim]),
        ("mlp.up_proj", [inner, dim]),
        ("mlp.down_proj", [dim, inner]),
    ];
    all.retain(|(module, _)| config.is_gated() || *module != "mlp.gate_proj");
    all
}

/// All tensors of a decoder.
///
/// Every family has the names of Llama here; [`gpt2`](crate::gpt2) translates its files.
pub(crate) fn tensors(config: &Config) -> Vec<Expected> {
    let dim = config.hidden_size;
    let mut all = List(Vec::new());
    all.add(EMBEDDING, &[config.vocab_size, dim], Role::Embedding);
    if !config.rotates() {
        all.add(
            POSITIONS,
            &[config.max_position_embeddings, dim],
            Role::Embedding,
        );
    }
    for layer in 0..config.num_hidden_layers {
        for module in NORMS {
            all.norm(&in_layer(layer, module), config);
        }
        for (module, shape) in matrices(config) {
            let name = in_layer(layer, module);
            all.add(&name, &shape, Role::Matrix);
            if config.has_bias(module) {
                all.add(&bias_of(&name), &shape[..1], Role::Bias);
            }
        }
        if config.family == Family::Qwen3 {
            for module in HEAD_NORMS {
                all.add(&in_layer(layer, module), &[config.head_dim], Role::Norm);
            }
        }
    }
    all.norm(NORM, config);
    if !config.tie_word_embeddings {
        all.add(HEAD, &[config.vocab_size, dim], Role::Matrix);
    }
    all.0
}

struct List(Vec<Expected>);

impl List {
    fn add(&mut self, name: &str, shape: &[usize], role: Role) {
        self.0.push(Expected {
            name: name.to_owned(),
            shape: shape.to_vec(),
            role,
        });
    }

    fn norm(&mut self, name: &str, config: &Config) {
        let shape = [config.hidden_size];
        self.add(name, &shape, Role::Norm);
        if config.centres() {
            self.add(&bias_of(name), &shape, Role::Bias);
        }
    }
}
