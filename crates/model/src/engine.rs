//! Inference of a decoder without a graph: tokens of many sequences as rows of one matrix.
//!
//! No row is padding, and every kernel treats rows independently, so the numbers of a sequence
//! do not depend on the sequences computed beside it. Only attention knows which rows belong
//! together; each sequence has its own [`Cache`].

use crate::Error;
use crate::blocks::{Dense, Norm};
use crate::config::{Config, Family};
use crate::kernels::attention::{Memory, attend};
use crate::kernels::matmul::{Packed, Rows, multiply};
use crate::kernels::norm::{add, rms_norm};
use crate::kernels::rope::Rope;
use crate::kernels::swiglu::{gelu_tanh, swiglu};
use crate::layout::{EMBEDDING, HEAD, HEAD_NORMS, NORM, NORMS, POSITIONS, bias_of, in_layer};
use crate::weights::{Tensors, with_values};

/// Rows computed together, so that a long prompt needs little memory.
const ROWS: usize = 1536;

/// A decoder's weights, packed for multiplication.
#[derive(Debug)]
pub(crate) struct Engine {
    config: Config,
    places: Places,
    embedding: Vec<f32>,
    layers: Vec<Layer>,
    norm: Norm,
    head: Packed,
}

/// How a token learns where it stands.
#[derive(Debug)]
enum Places {
    /// Queries and keys are turned.
    Rotary(Rope),
    /// A vector a position is added to the token's.
    Learnt(Vec<f32>),
}

#[derive(Debug)]
struct Layer {
    attention_norm: Norm,
    query_key_value: Dense,
    /// The scales of the norms of query and key heads, where there are any.
    head_norms: Option<[Vec<f32>; 2]>,
    output: Dense,
    inner_norm: Norm,
    /// Gate and up, or up alone.
    inner: Dense,
    down: Dense,
}

/// Takes a decoder's tensors by name.
struct Taker<'a> {
    config: &'a Config,
    tensors: &'a Tensors,
}

impl Taker<'_> {
    fn values(&self, name: &str) -> Result<Vec<f32>, Error> {
        with_values(&self.tensors[name], <[f32]>::to_vec)
    }

    fn norm(&self, name: &str) -> Result<Norm, Error> {
        let weight = self.values(name)?;
        Ok(match self.config.centres() {
            true => Norm::Layer {
                weight,
                bias: self.values(&bias_of(name))?,
            },
            false => Norm::Rms { weight },
        })
    }

    /// Linear layers side by side; where one has a bias, all have.
    fn dense(&self, layer: usize, modules: &[&str], terms: usize) -> Result<Dense, Error> {
        let mut weights = Vec::new();
        let mut bias = Vec::new();
        for module in modules {
            let name = in_layer(layer, module);
            weights.push(self.values(&name)?);
            if self.config.has_bias(module) {
                bias.extend(self.values(&bias_of(&name))?);
            }
        }
        Ok(Dense::new(&weights, terms, bias))
    }

    fn layer(&self, layer: usize) -> Result<Layer, Error> {
        let config = self.config;
        let dim = config.hidden_size;
        let queries = config.num_attention_heads * config.head_dim;
        let projections = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];
        let inner: &[&str] = match config.is_gated() {
            true => &["mlp.gate_proj", "mlp.up_proj"],
            false => &["mlp.up_proj"],
        };
        let head_norms = match config.family {
            Family::Qwen3 => {
                let [query, key] = HEAD_NORMS.map(|module| self.values(&in_layer(layer, module)));
                Some([query?, key?])
            }
            _ => None,
        };
        let [attention_norm, inner_norm] = NORMS.map(|module| self.norm(&in_layer(layer, module)));
        Ok(Layer {
            attention_norm: attention_norm?,
            query_key_value: self.dense(layer, &projections, dim)?,
            head_norms,
            output: self.dense(layer, &["self_attn.o_proj"], queries)?,
            inner_norm: inner_norm?,
            inner: self.dense(layer, inner, dim)?,
            down: self.dense(layer, &["mlp.down_proj"], config.intermediate_size)?,
        })
    }
}

/// The keys and values of one sequence, for all layers.
#[derive(Debug)]
pub(crate) struct Cache {
    length: usize,
    capacity: usize,
    layers: Vec<[Vec<f32>; 2]>,
}

/// A sequence's cache and the tokens to add to it.
pub(crate) type Feed<'a> = (&'a mut Cache, &'a [u32]);

impl Engine {
    pub(crate) fn new(config: &Config, tensors: &Tensors) -> Result<Self, Error> {
        let taker = Taker { config, tensors };
        let embedding = taker.values(EMBEDDING)?;
        let head = match config.tie_word_embeddings {
            true => Packed::transposed(&embedding, config.vocab_size, config.hidden_size),
            false => {
                Packed::transposed(&taker.values(HEAD)?, config.vocab_size, config.hidden_size)
            }
        };
        let places = match config.rotates() {
            true => Places::Rotary(Rope::new(
                &config.inverse_frequencies(),
                config.max_position_embeddings,
            )),
            false => Places::Learnt(taker.values(POSITIONS)?),
        };
        let layers = (0..config.num_hidden_layers).map(|layer| taker.layer(layer));
        Ok(Self {
            places,
            layers: layers.collect::<Result<_, Error>>()?,
            norm: taker.norm(NORM)?,
            head,
            embedding,
            config: config.clone(),
        })
    }

    /// An empty cache with room for `capacity` tokens.
    pub(crate) fn cache(&self, capacity: usize) -> Cache {
        let size = self.config.num_key_value_heads * self.config.head_dim * capacity;
        let layers = (0..self.config.num_hidden_layers).map(|_| [vec![0.0; size], vec![0.0; size]]);
        Cache {
            length: 0,
            capacity,
            layers: layers.collect(),
        }
    }

    /// A cache with room for `capacity` tokens that begins with the first `length` of another one.
    pub(crate) fn cache_like(&self, other: &Cache, length: usize, capacity: usize) -> Cache {
        let dim = self.config.head_dim;
        let mut cache = self.cache(capacity);
        cache.length = length;
        for (to, from) in cache.layers.iter_mut().zip(&other.layers) {
            let columns = from[0].chunks_exact(other.capacity);
            for (to, from) in to[0].chunks_exact_mut(capacity).zip(columns) {
                to[..length].copy_from_slice(&from[..length]);
            }
            let heads = from[1].chunks_exact(other.capacity * dim);
            for (to, from) in to[1].chunks_exact_mut(capacity * dim).zip(heads) {
                to[..length * dim].copy_from_slice(&from[..length * dim]);
            }
        }
        cache
    }

    /// How many bytes the cache of one token takes.
    pub(crate) fn cache_bytes(&self) -> usize {
        8 * self.config.num_hidden_layers * self.config.num_key_value_heads * self.config.head_dim
    }

    /// The normed hidden state after every token of every feed, in order.
    pub(crate) fn hidden(&self, feeds: &mut [Feed<'_>]) -> Vec<f32> {
        let mut hidden = Vec::new();
        let mut from = 0;
        while from < feeds.len() {
            let mut rows = 0;
            let fits = feeds[from..].iter().take_while(|(_, tokens)| {
                rows += tokens.len();
                rows <= ROWS
            });
            let to = from + fits.count().max(1);
            self.hidden_of(&mut feeds[from..to], &mut hidden);
            from = to;
        }
        hidden
    }

    fn hidden_of(&self, feeds: &mut [Feed<'_>], hidden: &mut Vec<f32>) {
        let mut x = self.embed(feeds);
        let epsilon = self.config.rms_norm_eps as f32;
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = layer.attention_norm.apply(&x, epsilon);
            let mut projected = layer.query_key_value.apply(&normed);
            let attended = self.attention(index, feeds, &mut projected);
            layer.output.add_to(&attended, &mut x);
            let normed = layer.inner_norm.apply(&x, epsilon);
            let active = self.activated(layer.inner.apply(&normed));
            layer.down.add_to(&active, &mut x);
        }
        for (cache, tokens) in feeds.iter_mut() {
            cache.length += tokens.len();
        }
        hidden.append(&mut self.norm.apply(&x, epsilon));
    }

    fn embed(&self, feeds: &[Feed<'_>]) -> Vec<f32> {
        let dim = self.config.hidden_size;
        let mut x = Vec::new();
        for (cache, tokens) in feeds {
            let from = x.len();
            for token in *tokens {
                x.extend_from_slice(&self.embedding[*token as usize * dim..][..dim]);
            }
            if let Places::Learnt(positions) = &self.places {
                add(&mut x[from..], &positions[cache.length * dim..]);
            }
        }
        x
    }

    fn activated(&self, mut inner: Vec<f32>) -> Vec<f32> {
        if !self.config.is_gated() {
            gelu_tanh(&mut inner);
            return inner;
        }
        let width = self.config.intermediate_size;
        let mut active = vec![0.0; inner.len() / 2];
        for (both, active) in inner
            .chunks_exact(2 * width)
            .zip(active.chunks_exact_mut(width))
        {
            swiglu(&both[..width], &both[width..], active);
        }
        active
    }

    /// Adds keys and values to the caches and attends from every row over its own sequence.
    fn attention(&self, layer: usize, feeds: &mut [Feed<'_>], projected: &mut [f32]) -> Vec<f32> {
        let config = &self.config;
        let (dim, kv_heads) = (config.head_dim, config.num_key_value_heads);
        let queries = config.num_attention_heads * dim;
        let width = queries + 2 * kv_heads * dim;
        let mut out = vec![0.0; projected.len() / width * queries];
        let mut scores = Vec::new();
        let mut row = 0;
        for (cache, tokens) in feeds.iter_mut() {
            for at in 0..tokens.len() {
                let position = cache.length + at;
                let projected = &mut projected[row * width..][..width];
                let (query, key_value) = projected.split_at_mut(queries);
                let (keys, values) = key_value.split_at_mut(kv_heads * dim);
                self.place(layer, position, [&mut *query, &mut *keys]);
                cache.store(layer, position, dim, keys, values);
                let out = &mut out[row * queries..][..queries];
                self.attend_heads(&cache.view(layer), position, query, &mut scores, out);
                row += 1;
            }
        }
        out
    }

    /// Norms the heads of a query and a key, where the family does, and turns them to their position.
    fn place(&self, layer: usize, position: usize, heads: [&mut [f32]; 2]) {
        let dim = self.config.head_dim;
        for (which, heads) in heads.into_iter().enumerate() {
            if let Some(scales) = &self.layers[layer].head_norms {
                let raw = heads.to_vec();
                let epsilon = self.config.rms_norm_eps as f32;
                rms_norm(&raw, &scales[which], epsilon, heads);
            }
            if let Places::Rotary(rope) = &self.places {
                for head in heads.chunks_exact_mut(dim) {
                    rope.turn(head, position);
                }
            }
        }
    }

    fn attend_heads(
        &self,
        cache: &View<'_>,
        position: usize,
        query: &[f32],
        scores: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let dim = self.config.head_dim;
        let group = self.config.num_attention_heads / self.config.num_key_value_heads;
        let scale = 1.0 / (dim as f32).sqrt();
        let first = match self.config.sliding_window {
            Some(window) => (position + 1).saturating_sub(window),
            None => 0,
        };
        scores.resize(position + 1 - first, 0.0);
        let heads = query.chunks_exact(dim).zip(out.chunks_exact_mut(dim));
        for (head, (query, out)) in heads.enumerate() {
            let from = head / group * dim * cache.capacity;
            let memory = Memory {
                keys: &cache.keys[from + first..],
                stride: cache.capacity,
                values: &cache.values[from + first * dim..],
            };
            attend(query, memory, scale, scores, out);
        }
    }

    /// The logits of hidden rows, of shape (rows · vocabulary).
    pub(crate) fn logits(&self, hidden: &[f32]) -> Vec<f32> {
        let mut logits = vec![0.0; hidden.len() / self.config.hidden_size * self.config.vocab_size];
        multiply(
            Rows::new(hidden, self.config.hidden_size),
            self.head.all(),
            &mut logits,
        );
        logits
    }
}

/// The keys and values of one layer.
struct View<'a> {
    keys: &'a [f32],
    values: &'a [f32],
    capacity: usize,
}

impl Cache {
    /// How many tokens it has read.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    fn view(&self, layer: usize) -> View<'_> {
        let [keys, values] = &self.layers[layer];
        View {
            keys,
            values,
            capacity: self.capacity,
        }
    }

    /// Puts one position's keys (as columns) and values (as rows) into the memory of a layer.
    fn store(&mut self, layer: usize, position: usize, dim: usize, keys: &[f32], values: &[f32]) {
        let [key_memory, value_memory] = &mut self.layers[layer];
        let size = dim * self.capacity;
        for (head, (key, value)) in keys
            .chunks_exact(dim)
            .zip(values.chunks_exact(dim))
            .enumerate()
        {
            let columns = key_memory[head * size + position..]
                .iter_mut()
                .step_by(self.capacity);
            columns.zip(key).for_each(|(slot, value)| *slot = *value);
            value_memory[head * size + position * dim..][..dim].copy_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use crate::{Config, Decoder};

    #[test]
    fn a_sequence_s_numbers_do_not_depend_on_its_batch_or_its_pieces() {
        let decoder = Decoder::initialize(Config::preset("tiny").expect("known"), Seed::new(2))
            .expect("drawn");
        let engine = decoder.engine().expect("packed");
        let mut stream = Seed::new(3).stream("ids");
        let mut draw =
            |n: usize| -> Vec<u32> { (0..n).map(|_| stream.below(320) as u32).collect() };
        let sequences = [draw(1), draw(40), draw(13), draw(25)];
        let alone: Vec<Vec<f32>> = sequences
            .iter()
            .map(|ids| engine.hidden(&mut [(&mut engine.cache(ids.len()), ids)]))
            .collect();

        let mut caches: Vec<_> = sequences
            .iter()
            .map(|ids| engine.cache(ids.len() + 9))
            .collect();
        let mut feeds: Vec<_> = caches
            .iter_mut()
            .zip(&sequences)
            .map(|(cache, ids)| (cache, &ids[..]))
            .collect();
        assert_eq!(engine.hidden(&mut feeds), alone.concat());

        let mut cache = engine.cache(40);
        let mut pieces = engine.hidden(&mut [(&mut cache, &sequences[1][..17])]);
        for token in &sequences[1][17..] {
            pieces.extend(engine.hidden(&mut [(&mut cache, &[*token])]));
        }
        assert_eq!(pieces, alone[1]);
    }
}
