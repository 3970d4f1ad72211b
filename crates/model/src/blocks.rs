//! What decoders and encoders are built of: linear layers and norms, ready for inference.

use crate::kernels::matmul::{Packed, Rows, multiplied, multiply_add};
use crate::kernels::norm::{add_to_rows, layer_norm, rms_norm};

/// A linear layer, perhaps with a bias.
#[derive(Debug)]
pub(crate) struct Dense {
    terms: usize,
    weight: Packed,
    /// Empty where there is none.
    bias: Vec<f32>,
}

impl Dense {
    /// Several layers of `terms` inputs side by side, each as (out, in); `bias` is empty or of all of them.
    pub(crate) fn new(weights: &[Vec<f32>], terms: usize, bias: Vec<f32>) -> Self {
        let parts: Vec<(&[f32], usize)> = weights
            .iter()
            .map(|weight| (&weight[..], weight.len() / terms))
            .collect();
        Self {
            terms,
            weight: Packed::stacked(&parts, terms),
            bias,
        }
    }

    /// The layer's output for rows `x`.
    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut out = multiplied(Rows::new(x, self.terms), &self.weight);
        self.add_bias(&mut out);
        out
    }

    /// Adds the layer's output for rows `x` to `out`.
    pub(crate) fn add_to(&self, x: &[f32], out: &mut [f32]) {
        multiply_add(Rows::new(x, self.terms), self.weight.all(), out);
        self.add_bias(out);
    }

    fn add_bias(&self, out: &mut [f32]) {
        if !self.bias.is_empty() {
            add_to_rows(out, &self.bias);
        }
    }
}

/// A norm with a learnt scale.
#[derive(Debug)]
pub(crate) enum Norm {
    /// Over the root mean square.
    Rms {
        /// The scale.
        weight: Vec<f32>,
    },
    /// Less the mean, over the deviation, plus a bias.
    Layer {
        /// The scale.
        weight: Vec<f32>,
        /// What is added.
        bias: Vec<f32>,
    },
}

impl Norm {
    /// The normed rows of `x`.
    pub(crate) fn apply(&self, x: &[f32], epsilon: f32) -> Vec<f32> {
        match self {
            Self::Rms { weight } => {
                let mut out = vec![0.0; x.len()];
                rms_norm(x, weight, epsilon, &mut out);
                out
            }
            Self::Layer { .. } => {
                let mut out = x.to_vec();
                self.apply_in_place(&mut out, epsilon);
                out
            }
        }
    }

    /// Norms the rows of `x`.
    pub(crate) fn apply_in_place(&self, x: &mut Vec<f32>, epsilon: f32) {
        match self {
            Self::Rms { .. } => *x = self.apply(x, epsilon),
            Self::Layer { weight, bias } => layer_norm(x, weight, bias, epsilon),
        }
    }
}
