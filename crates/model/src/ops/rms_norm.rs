//! Root-mean-square normalisation with a learnt scale.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};
use crate::kernels::norm;

/// Every row of `x` over its root mean square, times `weight`.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    x.apply_op2(
        weight,
        RmsNorm {
            epsilon: epsilon as f32,
        },
    )
}

struct RmsNorm {
    epsilon: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = argument(x, x_layout)?;
        let mut out = vec![0.0; x.len()];
        norm::rms_norm(x, argument(weight, weight_layout)?, self.epsilon, &mut out);
        Ok(output(out, x_layout.shape()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (x_storage, x_layout) = x.storage_and_layout();
        let (weight_storage, weight_layout) = weight.storage_and_layout();
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let mut grad_x = vec![0.0; x.elem_count()];
        let mut grad_weight = vec![0.0; weight.elem_count()];
        norm::rms_norm_backward(
            numbers(&x_storage, x_layout)?,
            numbers(&weight_storage, weight_layout)?,
            self.epsilon,
            numbers(&grad_storage, grad_layout)?,
            &mut grad_x,
            &mut grad_weight,
        );
        Ok((
            Some(gradient(grad_x, x)?),
            Some(gradient(grad_weight, weight)?),
        ))
    }
}
