//! The loss of a batch as a graph that can be differentiated, and its gradients.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use candle_core::Tensor;

use super::example::Batch;
use super::parameters::Parameters;
use crate::Error;
use crate::config::{Config, Family};
use crate::kernels::rope::Rope;
use crate::layout::{EMBEDDING, HEAD, HEAD_NORMS, NORM, POSITIONS, bias_of, in_layer};
use crate::ops::{
    Heads, add_bias, attention, cross_entropy, embedding, gelu_tanh, layer_norm, linear, rms_norm,
    swiglu,
};
use crate::weights::with_values;

/// Gradients by the name of their tensor; a tensor that the loss does not reach is absent.
pub(crate) type Gradients = BTreeMap<String, Vec<f32>>;

/// A decoder's computation over its parameters.
pub(crate) struct Graph {
    pub(crate) config: Config,
    pub(crate) parameters: Parameters,
    rope: Option<Arc<Rope>>,
}

impl Graph {
    pub(crate) fn new(config: Config, parameters: Parameters) -> Self {
        let positions = config.max_position_embeddings;
        let rope = config
            .rotates()
            .then(|| Arc::new(Rope::new(&config.inverse_frequencies(), positions)));
        Self {
            config,
            parameters,
            rope,
        }
    }

    /// The summed loss of a batch in nats, and the gradients of `scale` times it.
    pub(crate) fn gradients(&self, batch: Batch, scale: f64) -> Result<(f64, Gradients), Error> {
        let hidden = self.hidden(&batch.ids.into(), batch.lengths.into())?;
        let head = if self.config.tie_word_embeddings {
            EMBEDDING
        } else {
            HEAD
        };
        let (loss, found) = cross_entropy(
            &hidden,
            self.parameters.get(head),
            &batch.targets.into(),
            scale,
        )?;
        let nll = found.lock().unwrap_or_else(PoisonError::into_inner).nll;
        let store = loss.backward()?;
        let mut gradients = Gradients::new();
        for (name, var) in self.parameters.trained() {
            if let Some(gradient) = store.get(var.as_tensor()) {
                gradients.insert(name.clone(), with_values(gradient, <[f32]>::to_vec)?);
            }
        }
        Ok((nll, gradients))
    }

    /// The normed hidden state after every token.
    fn hidden(&self, ids: &Arc<[u32]>, lengths: Arc<[usize]>) -> Result<Tensor, Error> {
        let heads = Heads {
            queries: self.config.num_attention_heads,
            keys: self.config.num_key_value_heads,
            dim: self.config.head_dim,
            lengths,
            rope: self.rope.clone(),
            window: self.config.sliding_window,
        };
        let mut x = self.embed(ids, &heads.lengths)?;
        for layer in 0..self.config.num_hidden_layers {
            let normed = self.norm(&x, &in_layer(layer, "input_layernorm"))?;
            let [query, key, value] = ["q_proj", "k_proj", "v_proj"].map(|module| {
                self.linear(&normed, &in_layer(layer, &format!("self_attn.{module}")))
            });
            let [query, key] = self.head_norms(layer, [query?, key?])?;
            let attended = attention(&query, &key, &value?, heads.clone())?;
            x = (x + self.linear(&attended, &in_layer(layer, "self_attn.o_proj"))?)?;
            let normed = self.norm(&x, &in_layer(layer, "post_attention_layernorm"))?;
            let active = self.activated(layer, &normed)?;
            x = (x + self.linear(&active, &in_layer(layer, "mlp.down_proj"))?)?;
        }
        self.norm(&x, NORM)
    }

    /// The vectors of tokens, and of their positions where those are learnt.
    fn embed(&self, ids: &Arc<[u32]>, lengths: &[usize]) -> Result<Tensor, Error> {
        let x = embedding(self.parameters.get(EMBEDDING), ids)?;
        if self.config.rotates() {
            return Ok(x);
        }
        let places = lengths.iter().flat_map(|length| 0..*length as u32);
        let places = embedding(self.parameters.get(POSITIONS), &places.collect())?;
        Ok((x + places)?)
    }

    /// The heads of queries and keys, normed where the family does.
    fn head_norms(&self, layer: usize, heads: [Tensor; 2]) -> Result<[Tensor; 2], Error> {
        if self.config.family != Family::Qwen3 {
            return Ok(heads);
        }
        let [query, key] = heads;
        let [query_norm, key_norm] = HEAD_NORMS.map(|module| in_layer(layer, module));
        Ok([self.norm(&query, &query_norm)?, self.norm(&key, &key_norm)?])
    }

    fn activated(&self, layer: usize, normed: &Tensor) -> Result<Tensor, Error> {
        let up = self.linear(normed, &in_layer(layer, "mlp.up_proj"))?;
        if !self.config.is_gated() {
            return Ok(gelu_tanh(&up)?);
        }
        let gate = self.linear(normed, &in_layer(layer, "mlp.gate_proj"))?;
        Ok(swiglu(&gate, &up)?)
    }

    fn norm(&self, x: &Tensor, name: &str) -> Result<Tensor, Error> {
        let weight = self.parameters.get(name);
        let epsilon = self.config.rms_norm_eps;
        Ok(match self.parameters.find(&bias_of(name)) {
            None => rms_norm(x, weight, epsilon)?,
            Some(bias) => layer_norm(x, weight, bias, epsilon)?,
        })
    }

    fn linear(&self, x: &Tensor, name: &str) -> Result<Tensor, Error> {
        let mut out = linear(x, self.parameters.get(name))?;
        if let Some(bias) = self.parameters.find(&bias_of(name)) {
            out = add_bias(&out, bias)?;
        }
        match self.parameters.adapter(name) {
            None => Ok(out),
            Some((a, b, scale)) => Ok((out + (linear(&linear(x, a)?, b)? * scale)?)?),
        }
    }
}
