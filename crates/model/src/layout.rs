//! Which tensors a decoder has: their names, shapes and roles.

use crate::config::Config;

/// What a tensor does, which decides how it is drawn and whether it decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A row a token.
    Embedding,
    /// A scale of a norm.
    Norm,
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
pub(crate) const NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// The name of a tensor of one layer, such as `self_attn.q_proj`.
pub(crate) fn in_layer(layer: usize, module: &str) -> String {
    format!("model.layers.{layer}.{module}.weight")
}

/// The matrices of a layer with their (out, in) shapes.
pub(crate) fn matrices(config: &Config) -> [(&'static str, [usize; 2]); 7] {
    let dim = config.hidden_size;
    let queries = config.num_attention_heads * config.head_dim;
    let keys = config.num_key_value_heads * config.head_dim;
    let inner = config.intermediate_size;
    [
        ("self_attn.q_proj", [queries, dim]),
        ("self_attn.k_proj", [keys, dim]),
        ("self_attn.v_proj", [keys, dim]),
        ("self_attn.o_proj", [dim, queries]),
        ("mlp.gate_proj", [inner, dim]),
        ("mlp.up_proj", [inner, dim]),
        ("mlp.down_proj", [dim, inner]),
    ]
}

/// All tensors of a decoder.
pub(crate) fn tensors(config: &Config) -> Vec<Expected> {
    let dim = config.hidden_size;
    let rows = vec![config.vocab_size, dim];
    let mut all = vec![Expected {
        name: EMBEDDING.to_owned(),
        shape: rows.clone(),
        role: Role::Embedding,
    }];
    for layer in 0..config.num_hidden_layers {
        for module in ["input_layernorm", "post_attention_layernorm"] {
            all.push(Expected {
                name: in_layer(layer, module),
                shape: vec![dim],
                role: Role::Norm,
            });
        }
        for (module, shape) in matrices(config) {
            all.push(Expected {
                name: in_layer(layer, module),
                shape: shape.to_vec(),
                role: Role::Matrix,
            });
        }
    }
    all.push(Expected {
        name: NORM.to_owned(),
        shape: vec![dim],
        role: Role::Norm,
    });
    if !config.tie_word_embeddings {
        all.push(Expected {
            name: HEAD.to_owned(),
            shape: rows,
            role: Role::Matrix,
        });
    }
    all
}
