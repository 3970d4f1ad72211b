//! What the modules of an encoder are called in its files.

use super::config::Kind;

/// The names of the modules of one kind of encoder.
#[derive(Debug)]
pub(super) struct Names {
    /// What all names begin with in a model that has a head.
    pub(super) prefix: &'static str,
    /// Where the layers are.
    pub(super) layers: &'static str,
    pub(super) query_key_value: [&'static str; 3],
    pub(super) output: &'static str,
    pub(super) attention_norm: &'static str,
    pub(super) inner: &'static str,
    pub(super) outer: &'static str,
    pub(super) norm: &'static str,
}

const BERT: Names = Names {
    prefix: "bert.",
    layers: "encoder.layer",
    query_key_value: [
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
    ],
    output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    inner: "intermediate.dense",
    outer: "output.dense",
    norm: "output.LayerNorm",
};

static OF_BERT: Names = BERT;

static OF_ROBERTA: Names = Names {
    prefix: "roberta.",
    ..BERT
};

static OF_DISTILBERT: Names = Names {
    prefix: "distilbert.",
    layers: "transformer.layer",
    query_key_value: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    inner: "ffn.lin1",
    outer: "ffn.lin2",
    norm: "output_layer_norm",
};

/// The names of a kind.
pub(super) fn names(kind: Kind) -> &'static Names {
    match kind {
        Kind::Bert => &OF_BERT,
        Kind::Roberta => &OF_ROBERTA,
        Kind::DistilBert => &OF_DISTILBERT,
    }
}
