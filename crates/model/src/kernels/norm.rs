//! Root-mean-square and layer normalisation of rows.

use crate::kernels::dispatch::vectorized;
use crate::kernels::exp::tree_sum;

/// Σ a, in 16 lanes.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
fn total(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (chunks, rest) = values.as_chunks::<16>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += *value;
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += *value;
    }
    tree_sum(lanes)
}

/// Σ a · b, in 16 lanes.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (a_chunks, a_rest) = a.as_chunks::<16>();
    let (b_chunks, b_rest) = b.as_chunks::<16>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..16 {
            lanes[lane] = a[lane].mul_add(b[lane], lanes[lane]);
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane = a.mul_add(*b, *lane);
    }
    tree_sum(lanes)
}

vectorized! {
    /// Every row x of `out` becomes weight · x / √(mean x² + epsilon).
    pub(crate) fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        let dim = weight.len();
        for (row, out) in x.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            let inverse = 1.0 / (dot(row, row) / dim as f32 + epsilon).sqrt();
            for ((slot, value), weight) in out.iter_mut().zip(row).zip(weight) {
                *slot = *value * inverse * *weight;
            }
        }
    }
}

vectorized! {
    /// Adds the gradients of [`rms_norm`] for `x` and the weight, given that of its output.
    pub(crate) fn rms_norm_backward(
        x: &[f32],
        weight: &[f32],
        epsilon: f32,
        grad: &[f32],
        grad_x: &mut [f32],
        grad_weight: &mut [f32],
    ) {
        let dim = weight.len();
        let rows = x.chunks_exact(dim).zip(grad.chunks_exact(dim));
        for ((row, grad), grad_row) in rows.zip(grad_x.chunks_exact_mut(dim)) {
            let inverse = 1.0 / (dot(row, row) / dim as f32 + epsilon).sqrt();
            for ((slot, grad), weight) in grad_row.iter_mut().zip(grad).zip(weight) {
                *slot = *grad * *weight;
            }
            let pull = dot(grad_row, row) * inverse * inverse / dim as f32;
            for ((slot, value), (total, grad)) in
                grad_row.iter_mut().zip(row).zip(grad_weight.iter_mut().zip(grad))
            {
                *slot = inverse * (*slot - *value * pull);
                *total += *grad * (*value * inverse);
            }
        }
    }
}

vectorized! {
    /// Every row becomes weight · (x − mean) / √(variance + epsilon) + bias, in place.
    pub(crate) fn layer_norm(x: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
        let dim = weight.len();
        for row in x.chunks_exact_mut(dim) {
            let mean = total(row) / dim as f32;
            for value in row.iter_mut() {
                *value -= mean;
            }
            let inverse = 1.0 / (dot(row, row) / dim as f32 + epsilon).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                *value = (*value * inverse).mul_add(*weight, *bias);
            }
        }
    }
}

vectorized! {
    /// Adds the gradients of [`layer_norm`] for `x`, the weight and the bias, given that of its output.
    pub(crate) fn layer_norm_backward(
        x: &[f32],
        weight: &[f32],
        epsilon: f32,
        grad: &[f32],
        grad_x: &mut [f32],
        grad_weight: &mut [f32],
        grad_bias: &mut [f32],
    ) {
        let dim = weight.len();
        let mut normed = vec![0.0; dim];
        let rows = x.chunks_exact(dim).zip(grad.chunks_exact(dim));
        for ((row, grad), grad_row) in rows.zip(grad_x.chunks_exact_mut(dim)) {
            let mean = total(row) / dim as f32;
            for (slot, value) in normed.iter_mut().zip(row) {
                *slot = *value - mean;
            }
            let inverse = 1.0 / (dot(&normed, &normed) / dim as f32 + epsilon).sqrt();
            for (slot, (grad, weight)) in grad_row.iter_mut().zip(grad.iter().zip(weight)) {
                *slot = *grad * *weight;
            }
            let push = total(grad_row) / dim as f32;
            let pull = dot(grad_row, &normed) * inverse * inverse / dim as f32;
            for ((slot, value), (grad, (scale, shift))) in grad_row
                .iter_mut()
                .zip(&normed)
                .zip(grad.iter().zip(grad_weight.iter_mut().zip(grad_bias.iter_mut())))
            {
                *slot = inverse * (*slot - push - *value * pull);
                *scale += *grad * (*value * inverse);
                *shift += *grad;
            }
        }
    }
}

vectorized! {
    /// Adds every row of `rows` to `sums`.
    pub(crate) fn add_rows(rows: &[f32], sums: &mut [f32]) {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += *value;
            }
        }
    }
}

vectorized! {
    /// `into += from`.
    pub(crate) fn add(into: &mut [f32], from: &[f32]) {
        for (into, from) in into.iter_mut().zip(from) {
            *into += *from;
        }
    }
}

vectorized! {
    /// Adds `bias` to every row.
    pub(crate) fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value += *bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_of_a_worked_example() {
        // x = (3, 4): mean square 12.5, root 3.5355339.
        let mut out = [0.0; 2];
        rms_norm(&[3.0, 4.0], &[1.0, 2.0], 0.0, &mut out);
        assert!((out[0] - 0.848_528_1).abs() < 1e-6 && (out[1] - 2.262_741_7).abs() < 1e-6);
        // x = (1, 3): mean 2, variance 1.
        let mut x = [1.0, 3.0];
        layer_norm(&mut x, &[2.0, 2.0], &[0.5, 0.5], 0.0);
        assert_eq!(x, [-1.5, 2.5]);
    }

    #[test]
    fn the_gradient_agrees_with_differences() {
        let (x, weight, grad) = (
            [0.5f32, -1.0, 2.0],
            [1.0f32, 0.5, -2.0],
            [0.3f32, 0.7, -0.2],
        );
        let loss = |x: &[f32], weight: &[f32]| {
            let mut out = [0.0; 3];
            rms_norm(x, weight, 1e-5, &mut out);
            out.iter()
                .zip(grad)
                .map(|(y, g)| f64::from(*y) * f64::from(g))
                .sum::<f64>()
        };
        let (mut grad_x, mut grad_weight) = ([0.0; 3], [0.0; 3]);
        rms_norm_backward(&x, &weight, 1e-5, &grad, &mut grad_x, &mut grad_weight);
        for at in 0..3 {
            let (mut above, mut below) = (x, x);
            above[at] += 1e-2;
            below[at] -= 1e-2;
            let slope = (loss(&above, &weight) - loss(&below, &weight)) / 2e-2;
            assert!((slope - f64::from(grad_x[at])).abs() < 1e-3);
            let (mut above, mut below) = (weight, weight);
            above[at] += 1e-2;
            below[at] -= 1e-2;
            let slope = (loss(&x, &above) - loss(&x, &below)) / 2e-2;
            assert!((slope - f64::from(grad_weight[at])).abs() < 1e-3);
        }
    }

    #[test]
    fn the_gradient_of_a_layer_norm_agrees_with_differences() {
        let x = [0.5f32, -1.0, 2.0, 0.25];
        let weight = [1.0f32, 0.5, -2.0, 0.7];
        let bias = [0.1f32, 0.2, -0.3, 0.0];
        let grad = [0.3f32, 0.7, -0.2, 1.1];
        let loss = |[x, weight, bias]: [[f32; 4]; 3]| {
            let mut out = x;
            layer_norm(&mut out, &weight, &bias, 1e-5);
            let terms = out.iter().zip(grad);
            terms
                .map(|(y, g)| f64::from(*y) * f64::from(g))
                .sum::<f64>()
        };
        let [mut grad_x, mut grad_weight, mut grad_bias] = [[0.0; 4]; 3];
        layer_norm_backward(
            &x,
            &weight,
            1e-5,
            &grad,
            &mut grad_x,
            &mut grad_weight,
            &mut grad_bias,
        );
        for (which, found) in [grad_x, grad_weight, grad_bias].iter().enumerate() {
            for at in 0..4 {
                let moved = |by: f32| {
                    let mut inputs = [x, weight, bias];
                    inputs[which][at] += by;
                    loss(inputs)
                };
                let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                assert!((slope - f64::from(found[at])).abs() < 2e-3, "{which} {at}");
            }
        }
    }
}
