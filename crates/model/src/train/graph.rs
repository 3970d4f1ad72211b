//! The loss of a batch as a graph that can be differentiated, and its gradients.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use candle_core::Tensor;

use super::example::Batch;
use super::parameters::Parameters;
use crate::Error;
use crate::config::Config;
use crate::kernels::rope::Rope;
use crate::layout::{EMBEDDING, HEAD, NORM, in_layer};
use crate::ops::{Heads, attention, cross_entropy, embedding, linear, rms_norm, swiglu};
use crate::weights::with_values;

/// Gradients by the name of their tensor; a tensor that the loss does not reach is absent.
pub(crate) type Gradients = BTreeMap<String, Vec<f32>>;

/// A decoder's computation over its parameters.
pub(crate) struct Graph {
    pub(crate) config: Config,
    pub(crate) parameters: Parameters,
    rope: Arc<Rope>,
}

impl Graph {
    pub(crate) fn new(config: Config, parameters: Parameters) -> Self {
        let rope = Arc::new(Rope::new(
            &config.inverse_frequencies(),
            config.max_position_embeddings,
        ));
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
            rope: Arc::clone(&self.rope),
        };
        let mut x = embedding(self.parameters.get(EMBEDDING), ids)?;
        for layer in 0..self.config.num_hidden_layers {
            let normed = self.norm(&x, &in_layer(layer, "input_layernorm"))?;
            let [query, key, value] = ["q_proj", "k_proj", "v_proj"].map(|module| {
                self.linear(&normed, &in_layer(layer, &format!("self_attn.{module}")))
            });
            let attended = attention(&query?, &key?, &value?, heads.clone())?;
            x = (x + self.linear(&attended, &in_layer(layer, "self_attn.o_proj"))?)?;
            let normed = self.norm(&x, &in_layer(layer, "post_attention_layernorm"))?;
            let [gate, up] = ["gate_proj", "up_proj"]
                .map(|module| self.linear(&normed, &in_layer(layer, &format!("mlp.{module}"))));
            let active = swiglu(&gate?, &up?)?;
            x = (x + self.linear(&active, &in_layer(layer, "mlp.down_proj"))?)?;
        }
        self.norm(&x, NORM)
    }

    fn norm(&self, x: &Tensor, name: &str) -> Result<Tensor, Error> {
        Ok(rms_norm(
            x,
            self.parameters.get(name),
            self.config.rms_norm_eps,
        )?)
    }

    fn linear(&self, x: &Tensor, name: &str) -> Result<Tensor, Error> {
        let out = linear(x, self.parameters.get(name))?;
        match self.parameters.adapter(name) {
            None => Ok(out),
            Some((a, b, scale)) => Ok((out + (linear(&linear(x, a)?, b)? * scale)?)?),
        }
    }
}
