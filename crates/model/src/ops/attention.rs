//! Causal attention with rotary positions over several sequences that lie one after another.

use std::ops::Range;
use std::sync::Arc;

use crate::kernels::attention::{causal_softmax, softmax_backward};
use crate::kernels::matmul::{Packed, Rows, multiply, multiply_add};
use crate::kernels::rope::Rope;
use crate::tape::{Rule, Sink, Value};

/// How rows are cut into heads and sequences.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    /// Query heads.
    pub(crate) queries: usize,
    /// Key and value heads.
    pub(crate) keys: usize,
    /// Width of a head.
    pub(crate) dim: usize,
    /// The length of each sequence, in rows.
    pub(crate) lengths: Arc<[usize]>,
    /// Rotary positions, counted from the start of each sequence, where there are any.
    pub(crate) rope: Option<Arc<Rope>>,
    /// How many positions a row attends to, its own included; all before it where there is none.
    pub(crate) window: Option<usize>,
}

/// Attention of `query` (rows, heads · dim) over `key` and `value` (rows, key heads · dim).
pub(crate) fn attention(query: &Value, key: &Value, value: &Value, heads: Heads) -> Value {
    let out = heads.forward([&query.read(), &key.read(), &value.read()]);
    let inputs = vec![query.clone(), key.clone(), value.clone()];
    Value::computed(out, query.columns(), inputs, Attention(heads))
}

struct Attention(Heads);

/// Query rows computed together.
const BLOCK: usize = 48;

/// One sequence and one head: rows of `dim` numbers, queries and keys turned to their positions.
struct Part {
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
}

/// Where a sequence and head lie: the first row, the number of rows, the head, and how many heads a row has.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    length: usize,
    head: usize,
    heads: usize,
}

impl Place {
    /// Where each row of this head begins.
    fn rows(self, dim: usize) -> impl Iterator<Item = usize> {
        (self.start..self.start + self.length).map(move |row| (row * self.heads + self.head) * dim)
    }

    fn take(self, from: &[f32], dim: usize) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.length * dim);
        self.rows(dim)
            .for_each(|at| rows.extend_from_slice(&from[at..at + dim]));
        rows
    }

    fn put(self, rows: &[f32], to: &mut [f32], dim: usize) {
        for (at, row) in self.rows(dim).zip(rows.chunks_exact(dim)) {
            to[at..at + dim].copy_from_slice(row);
        }
    }

    /// Adds, for keys and values that several heads share.
    fn add(self, rows: &[f32], to: &mut [f32], dim: usize) {
        for (at, row) in self.rows(dim).zip(rows.chunks_exact(dim)) {
            to[at..at + dim]
                .iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += value);
        }
    }
}

impl Heads {
    /// Where queries lie, and the keys they attend to.
    fn places(&self) -> impl Iterator<Item = (Place, Place)> {
        let (queries, keys) = (self.queries, self.keys);
        let starts = self.lengths.iter().scan(0, |next, length| {
            let start = *next;
            *next += length;
            Some((start, *length))
        });
        starts.flat_map(move |(start, length)| {
            (0..queries).map(move |head| {
                let key_head = head / (queries / keys);
                (
                    Place {
                        start,
                        length,
                        head,
                        heads: queries,
                    },
                    Place {
                        start,
                        length,
                        head: key_head,
                        heads: keys,
                    },
                )
            })
        })
    }

    fn part(&self, [query, key, value]: [&[f32]; 3], (queries, keys): (Place, Place)) -> Part {
        let turned = |mut rows: Vec<f32>| {
            if let Some(rope) = &self.rope {
                let heads = rows.chunks_exact_mut(self.dim).enumerate();
                heads.for_each(|(position, row)| rope.turn(row, position));
            }
            rows
        };
        Part {
            query: turned(queries.take(query, self.dim)),
            key: turned(keys.take(key, self.dim)),
            value: keys.take(value, self.dim),
        }
    }

    fn window(&self) -> usize {
        self.window.unwrap_or(usize::MAX)
    }

    fn forward(&self, inputs: [&[f32]; 3]) -> Vec<f32> {
        let mut out = vec![0.0; inputs[0].len()];
        for places in self.places() {
            places.0.put(
                &self.part(inputs, places).forward(self.dim, self.window()),
                &mut out,
                self.dim,
            );
        }
        out
    }

    /// The gradients of query, key and value.
    fn backward(&self, inputs: [&[f32]; 3], grad: &[f32]) -> [Vec<f32>; 3] {
        let [mut grad_query, mut grad_key, mut grad_value] =
            inputs.map(|values| vec![0.0; values.len()]);
        for places in self.places() {
            let part = self.part(inputs, places).backward(
                &places.0.take(grad, self.dim),
                self.dim,
                self.window(),
            );
            let turned_back = |mut rows: Vec<f32>| {
                if let Some(rope) = &self.rope {
                    let heads = rows.chunks_exact_mut(self.dim).enumerate();
                    heads.for_each(|(position, row)| rope.turn_back(row, position));
                }
                rows
            };
            places
                .0
                .put(&turned_back(part.query), &mut grad_query, self.dim);
            places
                .1
                .add(&turned_back(part.key), &mut grad_key, self.dim);
            places.1.add(&part.value, &mut grad_value, self.dim);
        }
        [grad_query, grad_key, grad_value]
    }
}

impl Part {
    fn forward(&self, dim: usize, window: usize) -> Vec<f32> {
        let length = self.query.len() / dim;
        let keys = Packed::transposed(&self.key, length, dim);
        let values = Packed::from_rows(&self.value, length, dim);
        let mut out = vec![0.0; self.query.len()];
        for first in (0..length).step_by(BLOCK) {
            let seen = length.min(first + BLOCK);
            let weights = self.weights(&keys, first..seen, dim, window);
            let out = &mut out[first * dim..seen * dim];
            multiply(Rows::new(&weights, seen), values.within(seen, dim), out);
        }
        out
    }

    /// What the queries from `first` to `seen` make of the first `seen` positions.
    fn weights(&self, keys: &Packed, rows: Range<usize>, dim: usize, window: usize) -> Vec<f32> {
        let (first, seen) = (rows.start, rows.end);
        let mut weights = vec![0.0; (seen - first) * seen];
        let queries = Rows::new(&self.query[first * dim..seen * dim], dim);
        multiply(queries, keys.within(dim, seen), &mut weights);
        causal_softmax(&mut weights, seen, first, window, 1.0 / (dim as f32).sqrt());
        weights
    }

    /// The gradients of the three, given that of the result.
    fn backward(&self, grad: &[f32], dim: usize, window: usize) -> Self {
        let length = self.query.len() / dim;
        let keys = Packed::transposed(&self.key, length, dim);
        let values = Packed::transposed(&self.value, length, dim);
        let key_rows = Packed::from_rows(&self.key, length, dim);
        let zeros = || vec![0.0; length * dim];
        let mut grads = Self {
            query: zeros(),
            key: zeros(),
            value: zeros(),
        };
        for first in (0..length).step_by(BLOCK) {
            let seen = length.min(first + BLOCK);
            let rows = first * dim..seen * dim;
            let weights = self.weights(&keys, first..seen, dim, window);
            let grad = &grad[rows.clone()];
            let mut slopes = vec![0.0; weights.len()];
            multiply(Rows::new(grad, dim), values.within(dim, seen), &mut slopes);
            softmax_backward(&weights, &mut slopes, seen, 1.0 / (dim as f32).sqrt());
            multiply(
                Rows::new(&slopes, seen),
                key_rows.within(seen, dim),
                &mut grads.query[rows.clone()],
            );
            let block = |values: &[f32]| Packed::from_rows(values, seen - first, dim);
            let queries = block(&self.query[rows]);
            multiply_add(
                Rows::transposed(&slopes, seen),
                queries.all(),
                &mut grads.key[..seen * dim],
            );
            multiply_add(
                Rows::transposed(&weights, seen),
                block(grad).all(),
                &mut grads.value[..seen * dim],
            );
        }
        grads
    }
}

impl Rule for Attention {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        let [query, key, value] = [&inputs[0], &inputs[1], &inputs[2]];
        let grads = self
            .0
            .backward([&query.read(), &key.read(), &value.read()], &grad);
        for (input, grad) in inputs.iter().zip(grads) {
            sink.give(input, grad);
        }
    }
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;

    #[test]
    fn the_gradient_agrees_with_differences() {
        // Two sequences, the longer of more than a block; two query heads share each key head.
        let heads = Heads {
            queries: 4,
            keys: 2,
            dim: 4,
            lengths: [3, BLOCK + 5].into(),
            rope: Some(Arc::new(Rope::new(&[1.0, 0.1], BLOCK + 5))),
            window: None,
        };
        check(&heads);
        check(&Heads {
            rope: None,
            window: Some(7),
            ..heads
        });
    }

    fn check(heads: &Heads) {
        let rows = BLOCK + 8;
        let mut stream = Seed::new(1).stream("inputs");
        let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| stream.normal() as f32).collect() };
        let inputs = [draw(rows * 16), draw(rows * 8), draw(rows * 8)];
        let grad = draw(rows * 16);
        let loss = |inputs: &[Vec<f32>; 3]| -> f64 {
            let out = heads.forward(inputs.each_ref().map(Vec::as_slice));
            out.iter()
                .zip(&grad)
                .map(|(y, g)| f64::from(*y) * f64::from(*g))
                .sum()
        };
        let grads = heads.backward(inputs.each_ref().map(Vec::as_slice), &grad);
        for (which, grads) in grads.iter().enumerate() {
            for at in (0..grads.len()).step_by(37) {
                let moved = |by: f32| {
                    let mut moved = inputs.clone();
                    moved[which][at] += by;
                    loss(&moved)
                };
                let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                let found = f64::from(grads[at]);
                assert!(
                    (slope - found).abs() < 5e-3,
                    "{which} {at}: {slope} {found}"
                );
            }
        }
    }
}
