//! A BERT encoder without a graph: the tokens of many texts as rows of one matrix, none of them padding.

use super::config::{BertConfig, Kind};
use super::names::{Names, names};
use crate::Error;
use crate::blocks::{Dense, Norm};
use crate::kernels::attention::{Memory, attend};
use crate::kernels::norm::{add, add_to_rows};
use crate::kernels::swiglu::gelu;
use crate::weights::{SINGLE, Tensors, check_shape, with_values};

/// A BERT's weights, packed for multiplication.
#[derive(Debug)]
pub(crate) struct Bert {
    config: BertConfig,
    words: Vec<f32>,
    /// Position, from the first one that is used, and first token type, summed.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    query_key_value: Dense,
    output: Dense,
    attention_norm: Norm,
    inner: Dense,
    outer: Dense,
    norm: Norm,
}

/// Takes tensors by name and checks their shapes.
struct Taker<'a> {
    tensors: &'a Tensors,
    /// What the names begin with where a head was trained on top: `bert.` and the like.
    prefix: &'static str,
    names: &'static Names,
}

impl<'a> Taker<'a> {
    fn new(kind: Kind, tensors: &'a Tensors) -> Self {
        let names = names(kind);
        let bare = tensors.contains_key("embeddings.word_embeddings.weight");
        Self {
            tensors,
            prefix: if bare { "" } else { names.prefix },
            names,
        }
    }

    fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let name = format!("{}{name}", self.prefix);
        let tensor = self.tensors.get(&name);
        check_shape(SINGLE, &name, tensor, shape)?;
        tensor.map_or(Ok(Vec::new()), |tensor| {
            with_values(tensor, <[f32]>::to_vec)
        })
    }

    fn dense(&self, names: &[String], rows: usize, terms: usize) -> Result<Dense, Error> {
        let mut weights = Vec::new();
        let mut bias = Vec::new();
        for name in names {
            weights.push(self.take(&format!("{name}.weight"), &[rows, terms])?);
            bias.extend(self.take(&format!("{name}.bias"), &[rows])?);
        }
        Ok(Dense::new(&weights, terms, bias))
    }

    fn norm(&self, name: &str, dim: usize) -> Result<Norm, Error> {
        Ok(Norm::Layer {
            weight: self.take(&format!("{name}.weight"), &[dim])?,
            bias: self.take(&format!("{name}.bias"), &[dim])?,
        })
    }

    /// The table of positions that are used, with the first token type added.
    fn positions(&self, config: &BertConfig) -> Result<Vec<f32>, Error> {
        let dim = config.hidden_size;
        let shape = [config.max_position_embeddings, dim];
        let mut positions = self.take("embeddings.position_embeddings.weight", &shape)?;
        positions.drain(..config.first_position * dim);
        if let Some(kinds) = config.type_vocab_size {
            let kinds = self.take("embeddings.token_type_embeddings.weight", &[kinds, dim])?;
            add_to_rows(&mut positions, &kinds[..dim]);
        }
        Ok(positions)
    }

    fn layer(&self, index: usize, config: &BertConfig) -> Result<Layer, Error> {
        let (dim, inner) = (config.hidden_size, config.intermediate_size);
        let names = self.names;
        let name = |part: &str| format!("{}.{index}.{part}", names.layers);
        Ok(Layer {
            query_key_value: self.dense(&names.query_key_value.map(name), dim, dim)?,
            output: self.dense(&[name(names.output)], dim, dim)?,
            attention_norm: self.norm(&name(names.attention_norm), dim)?,
            inner: self.dense(&[name(names.inner)], inner, dim)?,
            outer: self.dense(&[name(names.outer)], dim, inner)?,
            norm: self.norm(&name(names.norm), dim)?,
        })
    }
}

impl Bert {
    pub(crate) fn new(config: BertConfig, tensors: &Tensors) -> Result<Self, Error> {
        let taker = Taker::new(config.kind, tensors);
        let words = [config.vocab_size, config.hidden_size];
        let layers = (0..config.layers).map(|index| taker.layer(index, &config));
        Ok(Self {
            words: taker.take("embeddings.word_embeddings.weight", &words)?,
            positions: taker.positions(&config)?,
            norm: taker.norm("embeddings.LayerNorm", config.hidden_size)?,
            layers: layers.collect::<Result<_, _>>()?,
            config,
        })
    }

    pub(crate) fn dim(&self) -> usize {
        self.config.hidden_size
    }

    /// The hidden state of every token of every text, in order.
    pub(crate) fn hidden(&self, texts: &[&[u32]]) -> Vec<f32> {
        let mut x = self.embed(texts);
        self.norm.apply_in_place(&mut x, self.config.epsilon);
        for layer in &self.layers {
            let projected = layer.query_key_value.apply(&x);
            layer
                .output
                .add_to(&self.attention(texts, &projected), &mut x);
            layer
                .attention_norm
                .apply_in_place(&mut x, self.config.epsilon);
            let mut inner = layer.inner.apply(&x);
            gelu(&mut inner);
            layer.outer.add_to(&inner, &mut x);
            layer.norm.apply_in_place(&mut x, self.config.epsilon);
        }
        x
    }

    fn embed(&self, texts: &[&[u32]]) -> Vec<f32> {
        let dim = self.dim();
        let mut x = Vec::new();
        for text in texts {
            let from = x.len();
            x.extend(
                text.iter()
                    .flat_map(|id| &self.words[*id as usize * dim..][..dim]),
            );
            add(&mut x[from..], &self.positions);
        }
        x
    }

    /// Attention of every token over all tokens of its text.
    fn attention(&self, texts: &[&[u32]], projected: &[f32]) -> Vec<f32> {
        let (width, dim) = (self.dim(), self.dim() / self.config.heads);
        let scale = 1.0 / (dim as f32).sqrt();
        let mut out = vec![0.0; projected.len() / 3];
        let mut first = 0;
        for length in texts.iter().map(|text| text.len()) {
            let rows = &projected[first * 3 * width..(first + length) * 3 * width];
            let mut scores = vec![0.0; length];
            for head in 0..self.config.heads {
                let at = |part: usize| part * width + head * dim;
                let slices = |part: usize| {
                    rows.chunks_exact(3 * width)
                        .map(move |row| &row[at(part)..][..dim])
                };
                let mut keys = vec![0.0; length * dim];
                for (position, key) in slices(1).enumerate() {
                    let column = keys[position..].iter_mut().step_by(length);
                    column.zip(key).for_each(|(slot, value)| *slot = *value);
                }
                let values: Vec<f32> = slices(2).flatten().copied().collect();
                let memory = Memory {
                    keys: &keys,
                    stride: length,
                    values: &values,
                };
                for (position, query) in slices(0).enumerate() {
                    let out = &mut out[(first + position) * width + head * dim..][..dim];
                    attend(query, memory, scale, &mut scores, out);
                }
            }
            first += length;
        }
        out
    }
}
