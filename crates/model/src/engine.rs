//! Inference of a decoder without a graph: tokens of many sequences as rows of one matrix.
//!
//! No row is padding, and every kernel treats rows independently, so the numbers of a sequence
//! do not depend on the sequences computed beside it. Only attention knows which rows belong
//! together; each sequence has its own [`Cache`].

use crate::Error;
use crate::config::Config;
use crate::kernels::attention::{Memory, attend};
use crate::kernels::matmul::{Packed, Rows, multiplied, multiply, multiply_add};
use crate::kernels::norm::rms_norm;
use crate::kernels::rope::Rope;
use crate::kernels::swiglu::swiglu;
use crate::layout::{EMBEDDING, HEAD, NORM, in_layer};
use crate::weights::{Tensors, with_values};

/// Rows computed together, so that a long prompt needs little memory.
const ROWS: usize = 1536;

/// A decoder's weights, packed for multiplication.
#[derive(Debug)]
pub(crate) struct Engine {
    config: Config,
    rope: Rope,
    embedding: Vec<f32>,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    head: Packed,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Vec<f32>,
    query_key_value: Packed,
    output: Packed,
    inner_norm: Vec<f32>,
    gate_up: Packed,
    down: Packed,
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
        let dim = config.hidden_size;
        let values = |name: &str| with_values(&tensors[name], <[f32]>::to_vec);
        let stack = |layer: usize, modules: &[&str], terms: usize| -> Result<Packed, Error> {
            let parts: Vec<Vec<f32>> = modules
                .iter()
                .map(|module| values(&in_layer(layer, module)))
                .collect::<Result<_, _>>()?;
            let parts: Vec<(&[f32], usize)> = parts
                .iter()
                .map(|part| (&part[..], part.len() / terms))
                .collect();
            Ok(Packed::stacked(&parts, terms))
        };
        let queries = config.num_attention_heads * config.head_dim;
        let layers = (0..config.num_hidden_layers).map(|layer| {
            Ok(Layer {
                attention_norm: values(&in_layer(layer, "input_layernorm"))?,
                query_key_value: stack(
                    layer,
                    &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
                    dim,
                )?,
                output: stack(layer, &["self_attn.o_proj"], queries)?,
                inner_norm: values(&in_layer(layer, "post_attention_layernorm"))?,
                gate_up: stack(layer, &["mlp.gate_proj", "mlp.up_proj"], dim)?,
                down: stack(layer, &["mlp.down_proj"], config.intermediate_size)?,
            })
        });
        let embedding = values(EMBEDDING)?;
        let head = if config.tie_word_embeddings {
            embedding.clone()
        } else {
            values(HEAD)?
        };
        Ok(Self {
            rope: Rope::new(
                &config.inverse_frequencies(),
                config.max_position_embeddings,
            ),
            layers: layers.collect::<Result<_, Error>>()?,
            norm: values(NORM)?,
            head: Packed::transposed(&head, config.vocab_size, dim),
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
        let dim = self.config.hidden_size;
        let tokens = feeds.iter().flat_map(|(_, tokens)| *tokens);
        let mut x: Vec<f32> = tokens
            .flat_map(|token| &self.embedding[*token as usize * dim..][..dim])
            .copied()
            .collect();
        let mut normed = vec![0.0; x.len()];
        let epsilon = self.config.rms_norm_eps as f32;
        for (index, layer) in self.layers.iter().enumerate() {
            rms_norm(&x, &layer.attention_norm, epsilon, &mut normed);
            let mut projected = multiplied(Rows::new(&normed, dim), &layer.query_key_value);
            let attended = self.attention(index, feeds, &mut projected);
            let queries = self.config.num_attention_heads * self.config.head_dim;
            multiply_add(Rows::new(&attended, queries), layer.output.all(), &mut x);
            rms_norm(&x, &layer.inner_norm, epsilon, &mut normed);
            self.feed_forward(layer, &normed, &mut x);
        }
        for (cache, tokens) in feeds.iter_mut() {
            cache.length += tokens.len();
        }
        rms_norm(&x, &self.norm, epsilon, &mut normed);
        hidden.extend_from_slice(&normed);
    }

    fn feed_forward(&self, layer: &Layer, normed: &[f32], x: &mut [f32]) {
        let inner = self.config.intermediate_size;
        let both = multiplied(Rows::new(normed, self.config.hidden_size), &layer.gate_up);
        let mut active = vec![0.0; both.len() / 2];
        for (both, active) in both
            .chunks_exact(2 * inner)
            .zip(active.chunks_exact_mut(inner))
        {
            swiglu(&both[..inner], &both[inner..], active);
        }
        multiply_add(Rows::new(&active, inner), layer.down.all(), x);
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
                query
                    .chunks_exact_mut(dim)
                    .for_each(|head| self.rope.turn(head, position));
                keys.chunks_exact_mut(dim)
                    .for_each(|head| self.rope.turn(head, position));
                cache.store(layer, position, dim, keys, values);
                scores.resize(position + 1, 0.0);
                let out = &mut out[row * queries..][..queries];
                self.attend_heads(
                    &cache.layers[layer],
                    cache.capacity,
                    query,
                    &mut scores,
                    out,
                );
                row += 1;
            }
        }
        out
    }

    fn attend_heads(
        &self,
        memory: &[Vec<f32>; 2],
        capacity: usize,
        query: &[f32],
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        let dim = self.config.head_dim;
        let group = self.config.num_attention_heads / self.config.num_key_value_heads;
        let scale = 1.0 / (dim as f32).sqrt();
        let heads = query.chunks_exact(dim).zip(out.chunks_exact_mut(dim));
        for (head, (query, out)) in heads.enumerate() {
            let from = head / group * dim * capacity;
            let memory = Memory {
                keys: &memory[0][from..],
                stride: capacity,
                values: &memory[1][from..],
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

impl Cache {
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
