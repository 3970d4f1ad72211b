//! The loss of a batch as a graph that can be differentiated, and its gradients.

use std::sync::Arc;

use candle_core::Tensor;
use numeric::{Seed, Stream};

use super::adapter::{HALVES, adapter_name};
use super::example::Batch;
use super::parameters::Parameters;
use crate::Error;
use crate::config::{Config, Family};
use crate::kernels::rope::Rope;
use crate::layout::{EMBEDDING, HEAD, HEAD_NORMS, NORM, POSITIONS, bias_of, in_layer};
use crate::ops::{
    Heads, add, add_bias, attention, cross_entropy, embedding, gelu_tanh, layer_norm, linear,
    rms_norm, scaled, swiglu, times,
};
use crate::tape::{Gradients, Value};

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

    /// The summed loss of each sequence of a batch in nats, and the gradients of `scale` times their sum.
    ///
    /// What dropout leaves out follows from `noise`.
    pub(crate) fn gradients(
        &self,
        batch: Batch,
        scale: f64,
        noise: Seed,
    ) -> Result<(Vec<f64>, Gradients), Error> {
        let counted = batch.counted();
        let hidden = self.hidden(&batch.ids.into(), batch.lengths.into(), Some(noise))?;
        let head = self.parameter(self.head())?;
        let (loss, nlls) = cross_entropy(&hidden, &head, &batch.targets);
        // Only the loss holds on to what was computed, so that the backward pass can let it go.
        drop((hidden, head));
        let mut nlls = nlls.into_iter();
        let sums = counted.into_iter();
        let sums = sums.map(|count| nlls.by_ref().take(count).sum()).collect();
        Ok((sums, loss.backward(vec![scale as f32])))
    }

    /// The logits after every token of one sequence, without dropout.
    #[cfg(test)]
    pub(crate) fn logits(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        let hidden = self.hidden(&ids.into(), [ids.len()].into(), None)?;
        let logits = linear(&hidden, &self.parameter(self.head())?);
        Ok(logits.read().to_vec())
    }

    fn head(&self) -> &'static str {
        if self.config.tie_word_embeddings {
            EMBEDDING
        } else {
            HEAD
        }
    }

    /// A tensor of the model.
    fn parameter(&self, name: &str) -> Result<Value, Error> {
        let trained = self.parameters.trained().contains_key(name).then_some(name);
        Value::parameter(self.parameters.get(name), trained)
    }

    /// A tensor that not every model has.
    fn optional(&self, name: &str) -> Result<Option<Value>, Error> {
        let found = self.parameters.find(name).is_some();
        found.then(|| self.parameter(name)).transpose()
    }

    /// The normed hidden state after every token.
    fn hidden(
        &self,
        ids: &Arc<[u32]>,
        lengths: Arc<[usize]>,
        noise: Option<Seed>,
    ) -> Result<Value, Error> {
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
                self.linear(
                    &normed,
                    &in_layer(layer, &format!("self_attn.{module}")),
                    noise,
                )
            });
            let [query, key] = self.head_norms(layer, [query?, key?])?;
            let attended = attention(&query, &key, &value?, heads.clone());
            x = add(
                &x,
                &self.linear(&attended, &in_layer(layer, "self_attn.o_proj"), noise)?,
            );
            let normed = self.norm(&x, &in_layer(layer, "post_attention_layernorm"))?;
            let active = self.activated(layer, &normed, noise)?;
            x = add(
                &x,
                &self.linear(&active, &in_layer(layer, "mlp.down_proj"), noise)?,
            );
        }
        self.norm(&x, NORM)
    }

    /// The vectors of tokens, and of their positions where those are learnt.
    fn embed(&self, ids: &Arc<[u32]>, lengths: &[usize]) -> Result<Value, Error> {
        let x = embedding(&self.parameter(EMBEDDING)?, ids);
        if self.config.rotates() {
            return Ok(x);
        }
        let places = lengths.iter().flat_map(|length| 0..*length as u32);
        let places = embedding(&self.parameter(POSITIONS)?, &places.collect());
        Ok(add(&x, &places))
    }

    /// The heads of queries and keys, normed where the family does.
    fn head_norms(&self, layer: usize, heads: [Value; 2]) -> Result<[Value; 2], Error> {
        if self.config.family != Family::Qwen3 {
            return Ok(heads);
        }
        let [query, key] = heads;
        let [query_norm, key_norm] = HEAD_NORMS.map(|module| in_layer(layer, module));
        Ok([self.norm(&query, &query_norm)?, self.norm(&key, &key_norm)?])
    }

    fn activated(&self, layer: usize, normed: &Value, noise: Option<Seed>) -> Result<Value, Error> {
        let up = self.linear(normed, &in_layer(layer, "mlp.up_proj"), noise)?;
        if !self.config.is_gated() {
            return Ok(gelu_tanh(&up));
        }
        let gate = self.linear(normed, &in_layer(layer, "mlp.gate_proj"), noise)?;
        Ok(swiglu(&gate, &up))
    }

    fn norm(&self, x: &Value, name: &str) -> Result<Value, Error> {
        let weight = self.parameter(name)?;
        let epsilon = self.config.rms_norm_eps;
        Ok(match self.optional(&bias_of(name))? {
            None => rms_norm(x, &weight, epsilon),
            Some(bias) => layer_norm(x, &weight, &bias, epsilon),
        })
    }

    fn linear(&self, x: &Value, name: &str, noise: Option<Seed>) -> Result<Value, Error> {
        let mut out = linear(x, &self.parameter(name)?);
        if let Some(bias) = self.optional(&bias_of(name))? {
            out = add_bias(&out, &bias);
        }
        let Some(adapter) = self.parameters.adapter(name) else {
            return Ok(out);
        };
        let entered = match noise {
            Some(noise) if adapter.dropout > 0.0 => {
                dropped(x, adapter.dropout, &mut noise.stream(name))
            }
            _ => x.clone(),
        };
        let first = half(adapter.first, name, HALVES[0])?;
        let second = half(adapter.second, name, HALVES[1])?;
        let addition = linear(&linear(&entered, &first), &second);
        Ok(add(&out, &scaled(&addition, adapter.scale)))
    }
}

/// One half of the low-rank addition to a matrix.
fn half(tensor: &Tensor, name: &str, kind: &str) -> Result<Value, Error> {
    Value::parameter(tensor, Some(&adapter_name(name, kind)))
}

/// `x` with a share of its numbers at 0 and the others made larger, so that the mean stays.
fn dropped(x: &Value, share: f64, stream: &mut Stream) -> Value {
    let kept = (1.0 / (1.0 - share)) as f32;
    let mut draw = || if stream.unit() < share { 0.0 } else { kept };
    let mask = (0..x.read().len()).map(|_| draw()).collect();
    times(x, mask)
}
