//! A BERT encoder without a graph: the tokens of many texts as rows of one matrix, none of them padding.

use super::config::BertConfig;
use crate::Error;
use crate::kernels::attention::{Memory, attend};
use crate::kernels::matmul::{Packed, Rows, multiplied};
use crate::kernels::norm::{add, add_to_rows, layer_norm};
use crate::kernels::swiglu::gelu;
use crate::weights::{SINGLE, Tensors, check_shape, with_values};

/// A BERT's weights, packed for multiplication.
#[derive(Debug)]
pub(crate) struct Bert {
    config: BertConfig,
    words: Vec<f32>,
    /// Position and first token type, summed.
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

/// A linear layer with bias.
#[derive(Debug)]
struct Dense {
    terms: usize,
    weight: Packed,
    bias: Vec<f32>,
}

#[derive(Debug)]
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Takes tensors by name and checks their shapes.
struct Taker<'a> {
    tensors: &'a Tensors,
    prefix: &'static str,
}

impl Taker<'_> {
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
        let parts: Vec<(&[f32], usize)> =
            weights.iter().map(|weight| (&weight[..], rows)).collect();
        Ok(Dense {
            terms,
            weight: Packed::stacked(&parts, terms),
            bias,
        })
    }

    fn norm(&self, name: &str, dim: usize) -> Result<Norm, Error> {
        Ok(Norm {
            weight: self.take(&format!("{name}.weight"), &[dim])?,
            bias: self.take(&format!("{name}.bias"), &[dim])?,
        })
    }

    fn layer(&self, index: usize, config: &BertConfig) -> Result<Layer, Error> {
        let (dim, inner) = (config.hidden_size, config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let projections =
            ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Ok(Layer {
            query_key_value: self.dense(&projections, dim, dim)?,
            output: self.dense(&[name("attention.output.dense")], dim, dim)?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"), dim)?,
            inner: self.dense(&[name("intermediate.dense")], inner, dim)?,
            outer: self.dense(&[name("output.dense")], dim, inner)?,
            norm: self.norm(&name("output.LayerNorm"), dim)?,
        })
    }
}

impl Dense {
    fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut out = multiplied(Rows::new(x, self.terms), &self.weight);
        add_to_rows(&mut out, &self.bias);
        out
    }
}

impl Norm {
    fn apply(&self, x: &mut [f32], epsilon: f32) {
        layer_norm(x, &self.weight, &self.bias, epsilon);
    }
}

impl Bert {
    pub(crate) fn new(config: BertConfig, tensors: &Tensors) -> Result<Self, Error> {
        let bare = tensors.contains_key("embeddings.word_embeddings.weight");
        let taker = Taker {
            tensors,
            prefix: if bare { "" } else { "bert." },
        };
        let dim = config.hidden_size;
        let kinds = taker.take(
            "embeddings.token_type_embeddings.weight",
            &[config.type_vocab_size, dim],
        )?;
        let places = [config.max_position_embeddings, dim];
        let mut positions = taker.take("embeddings.position_embeddings.weight", &places)?;
        add_to_rows(&mut positions, &kinds[..dim]);
        let layers = (0..config.layers).map(|index| taker.layer(index, &config));
        Ok(Self {
            words: taker.take(
                "embeddings.word_embeddings.weight",
                &[config.vocab_size, dim],
            )?,
            positions,
            norm: taker.norm("embeddings.LayerNorm", dim)?,
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
        self.norm.apply(&mut x, self.config.epsilon);
        for layer in &self.layers {
            let projected = layer.query_key_value.apply(&x);
            let attended = layer.output.apply(&self.attention(texts, &projected));
            add(&mut x, &attended);
            layer.attention_norm.apply(&mut x, self.config.epsilon);
            let mut inner = layer.inner.apply(&x);
            gelu(&mut inner);
            add(&mut x, &layer.outer.apply(&inner));
            layer.norm.apply(&mut x, self.config.epsilon);
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
