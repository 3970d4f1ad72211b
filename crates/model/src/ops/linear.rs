//! x · Wᵀ, the linear layer without bias.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};
use crate::kernels::matmul::{Packed, Rows, multiplied};

/// Rows `x` of shape (rows, in) times the transpose of `weight` of shape (out, in).
pub(crate) fn linear(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    x.apply_op2(
        weight,
        Linear {
            trains: weight.is_variable(),
        },
    )
}

struct Linear {
    /// Whether the weight wants a gradient.
    trains: bool,
}

impl CustomOp2 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, terms) = x_layout.shape().dims2()?;
        let (columns, _) = weight_layout.shape().dims2()?;
        let packed = Packed::transposed(argument(weight, weight_layout)?, columns, terms);
        let out = multiplied(Rows::new(argument(x, x_layout)?, terms), &packed);
        Ok(output(out, (rows, columns)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (columns, terms) = weight.dims2()?;
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let grad = numbers(&grad_storage, grad_layout)?;
        let grad_x = {
            let (storage, layout) = weight.storage_and_layout();
            let packed = Packed::from_rows(numbers(&storage, layout)?, columns, terms);
            gradient(multiplied(Rows::new(grad, columns), &packed), x)?
        };
        if !self.trains {
            return Ok((Some(grad_x), None));
        }
        let (storage, layout) = x.storage_and_layout();
        let packed = Packed::from_rows(numbers(&storage, layout)?, x.dim(0)?, terms);
        let grad_weight = multiplied(Rows::transposed(grad, columns), &packed);
        Ok((Some(grad_x), Some(gradient(grad_weight, weight)?)))
    }
}
