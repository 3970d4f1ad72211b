//! The output layer and the cross-entropy in one, a block of rows at a time, so that the logits of
//! a whole batch never exist.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::{argument, gradient, output};
use crate::kernels::exp::{log_sum_exp, softmax_in_place};
use crate::kernels::matmul::{Packed, Rows, multiplied, multiply_add};

/// The target of a row that does not count.
pub(crate) const IGNORED: u32 = u32::MAX;
/// Rows of logits held at a time.
const BLOCK: usize = 192;

/// What a forward pass found.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    /// −ln p of each counted row, in nats.
    pub(crate) nlls: Vec<f64>,
    /// The gradients for the hidden rows and the weight, taken by the backward pass.
    gradients: Option<(Vec<f32>, Vec<f32>)>,
}

/// `scale` times the sum over rows of −ln softmax(hidden · weightᵀ)[target], and where to find the
/// sum itself.
pub(crate) fn cross_entropy(
    hidden: &Tensor,
    weight: &Tensor,
    targets: &Arc<[u32]>,
    scale: f64,
) -> Result<(Tensor, Arc<Mutex<Loss>>)> {
    let found = Arc::new(Mutex::new(Loss::default()));
    let operation = CrossEntropy {
        targets: Arc::clone(targets),
        scale,
        trains: weight.is_variable(),
        found: Arc::clone(&found),
    };
    Ok((hidden.apply_op2(weight, operation)?, found))
}

struct CrossEntropy {
    targets: Arc<[u32]>,
    scale: f64,
    trains: bool,
    found: Arc<Mutex<Loss>>,
}

impl CrossEntropy {
    /// Computes loss and gradients together: the logits are at hand only once.
    fn run(&self, hidden: &[f32], weight: &[f32], dim: usize) -> Loss {
        let vocabulary = weight.len() / dim;
        let forward = Packed::transposed(weight, vocabulary, dim);
        let backward = Packed::from_rows(weight, vocabulary, dim);
        let mut grad_hidden = vec![0.0; hidden.len()];
        let mut grad_weight = vec![0.0; if self.trains { weight.len() } else { 0 }];
        let mut nlls = Vec::new();
        let counted: Vec<usize> = (0..self.targets.len())
            .filter(|row| self.targets[*row] != IGNORED)
            .collect();
        for block in counted.chunks(BLOCK) {
            let rows: Vec<f32> = block
                .iter()
                .flat_map(|row| &hidden[row * dim..][..dim])
                .copied()
                .collect();
            let mut slopes = multiplied(Rows::new(&rows, dim), &forward);
            for (row, slopes) in block.iter().zip(slopes.chunks_exact_mut(vocabulary)) {
                nlls.push(self.slopes(self.targets[*row] as usize, slopes));
            }
            let grads = multiplied(Rows::new(&slopes, vocabulary), &backward);
            for (row, grad) in block.iter().zip(grads.chunks_exact(dim)) {
                grad_hidden[row * dim..][..dim].copy_from_slice(grad);
            }
            if self.trains {
                let rows = Packed::from_rows(&rows, block.len(), dim);
                multiply_add(
                    Rows::transposed(&slopes, vocabulary),
                    rows.all(),
                    &mut grad_weight,
                );
            }
        }
        Loss {
            nlls,
            gradients: Some((grad_hidden, grad_weight)),
        }
    }

    /// Turns a row of logits into the gradient of its scaled loss, and returns the loss.
    fn slopes(&self, target: usize, row: &mut [f32]) -> f64 {
        let loss = log_sum_exp(row) - f64::from(row[target]);
        softmax_in_place(row, 1.0);
        row[target] -= 1.0;
        let scale = self.scale as f32;
        for value in row.iter_mut() {
            *value *= scale;
        }
        loss
    }
}

impl CustomOp2 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn cpu_fwd(
        &self,
        hidden: &CpuStorage,
        hidden_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, dim) = weight_layout.shape().dims2()?;
        let loss = self.run(
            argument(hidden, hidden_layout)?,
            argument(weight, weight_layout)?,
            dim,
        );
        let value = (loss.nlls.iter().sum::<f64>() * self.scale) as f32;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = loss;
        Ok(output(vec![value], ()))
    }

    /// The loss is where the backward pass begins: its own gradient is 1.
    fn bwd(
        &self,
        hidden: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        _: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((grad_hidden, grad_weight)) = found.gradients.take() else {
            bail!("the gradients of a loss can be taken once");
        };
        let grad_weight = if self.trains {
            Some(gradient(grad_weight, weight)?)
        } else {
            None
        };
        Ok((Some(gradient(grad_hidden, hidden)?), grad_weight))
    }
}
