//! Attention of one query over the keys and values of its own sequence, and its gradient.

use crate::kernels::dispatch::vectorized;
use crate::kernels::exp::{exponentials, largest};
use crate::kernels::norm::dot;

/// out[j] += Σ weights[i] · matrix[i][j], term after term, eight rows at a time.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
fn combine(out: &mut [f32], weights: &[f32], matrix: &[f32], stride: usize) {
    let n = out.len();
    let (eights, rest) = weights.as_chunks::<8>();
    for (index, w) in eights.iter().enumerate() {
        let row = |i: usize| &matrix[(index * 8 + i) * stride..][..n];
        let rows = [
            row(0),
            row(1),
            row(2),
            row(3),
            row(4),
            row(5),
            row(6),
            row(7),
        ];
        for j in 0..n {
            let mut sum = out[j];
            for i in 0..8 {
                sum = w[i].mul_add(rows[i][j], sum);
            }
            out[j] = sum;
        }
    }
    for (i, w) in rest.iter().enumerate() {
        let row = &matrix[(eights.len() * 8 + i) * stride..][..n];
        for (out, value) in out.iter_mut().zip(row) {
            *out = w.mul_add(*value, *out);
        }
    }
}

/// The keys and values of one sequence and head.
#[derive(Clone, Copy)]
pub(crate) struct Memory<'a> {
    /// Keys of shape (dim, stride): one column a position.
    pub(crate) keys: &'a [f32],
    /// The distance from one component of the keys to the next.
    pub(crate) stride: usize,
    /// Values of shape (positions, dim).
    pub(crate) values: &'a [f32],
}

vectorized! {
    /// Writes softmax(scale · query · keys) over the first `scores.len()` positions into `scores`,
    /// and the values so weighted into `out`.
    pub(crate) fn attend(
        query: &[f32],
        memory: Memory<'_>,
        scale: f32,
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        scores.fill(0.0);
        combine(scores, query, memory.keys, memory.stride);
        let most = largest(scores);
        let sum = exponentials(scores, scale, most);
        let inverse = 1.0 / sum;
        for score in scores.iter_mut() {
            *score *= inverse;
        }
        out.fill(0.0);
        combine(out, scores, memory.values, out.len());
    }
}

vectorized! {
    /// Row i becomes softmax(scale · row) over the last `window` of its first `first + i + 1`
    /// numbers, and 0 before and after them.
    pub(crate) fn causal_softmax(
        scores: &mut [f32],
        width: usize,
        first: usize,
        window: usize,
        scale: f32,
    ) {
        for (index, row) in scores.chunks_exact_mut(width).enumerate() {
            let (seen, hidden) = row.split_at_mut(first + index + 1);
            let (far, seen) = seen.split_at_mut(seen.len().saturating_sub(window));
            far.fill(0.0);
            let most = largest(seen);
            let inverse = 1.0 / exponentials(seen, scale, most);
            for score in seen.iter_mut() {
                *score *= inverse;
            }
            hidden.fill(0.0);
        }
    }
}

vectorized! {
    /// Turns the gradients of softmax weights into those of the unscaled scores, row by row.
    pub(crate) fn softmax_backward(weights: &[f32], slopes: &mut [f32], width: usize, scale: f32) {
        for (weights, slopes) in weights.chunks_exact(width).zip(slopes.chunks_exact_mut(width)) {
            let mean = dot(weights, slopes);
            for (slope, weight) in slopes.iter_mut().zip(weights) {
                *slope = (*slope - mean) * *weight * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_give_the_mean_of_the_values() {
        // Two positions with key (1, 1) and values (2, 0) and (4, 2): the mean is (3, 1).
        let memory = Memory {
            keys: &[1.0, 1.0, 1.0, 1.0],
            stride: 2,
            values: &[2.0, 0.0, 4.0, 2.0],
        };
        let (mut scores, mut out) = ([0.0; 2], [0.0; 2]);
        attend(&[0.3, -0.7], memory, 1.0, &mut scores, &mut out);
        assert_eq!((scores, out), ([0.5, 0.5], [3.0, 1.0]));
    }

    #[test]
    fn a_causal_softmax_sees_nothing_of_the_future() {
        let mut scores = [1.0, 9.0, 9.0, 2.0, 2.0, 9.0];
        causal_softmax(&mut scores, 3, 0, usize::MAX, 1.0);
        assert_eq!(scores, [1.0, 0.0, 0.0, 0.5, 0.5, 0.0]);
        let mut scores = [7.0, 2.0, 2.0];
        causal_softmax(&mut scores, 3, 2, 2, 1.0);
        assert_eq!(scores, [0.0, 0.5, 0.5]);
        // Weights 0.5 and 0.5, gradients 3 and 1: mean 2, so 0.5 · (3 − 2) and 0.5 · (1 − 2).
        let mut slopes = [3.0, 1.0];
        softmax_backward(&[0.5, 0.5], &mut slopes, 2, 2.0);
        assert_eq!(slopes, [1.0, -1.0]);
    }
}
