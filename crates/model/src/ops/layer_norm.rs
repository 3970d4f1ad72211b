//! Layer normalisation with a learnt scale and bias.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};
use crate::kernels::norm;

/// Every row of `x` less its mean, over its deviation, times `weight`, plus `bias`.
pub(crate) fn layer_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    epsilon: f64,
) -> Result<Tensor> {
    let epsilon = epsilon as f32;
    x.apply_op3(weight, bias, LayerNorm { epsilon })
}

struct LayerNorm {
    epsilon: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let mut out = argument(x, x_layout)?.to_vec();
        let weight = argument(weight, weight_layout)?;
        norm::layer_norm(&mut out, weight, argument(bias, bias_layout)?, self.epsilon);
        Ok(output(out, x_layout.shape()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (x_storage, x_layout) = x.storage_and_layout();
        let (weight_storage, weight_layout) = weight.storage_and_layout();
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let [mut grad_x, mut grad_weight, mut grad_bias] =
            [x, weight, bias].map(|tensor| vec![0.0; tensor.elem_count()]);
        norm::layer_norm_backward(
            numbers(&x_storage, x_layout)?,
            numbers(&weight_storage, weight_layout)?,
            self.epsilon,
            numbers(&grad_storage, grad_layout)?,
            &mut grad_x,
            &mut grad_weight,
            &mut grad_bias,
        );
        Ok((
            Some(gradient(grad_x, x)?),
            Some(gradient(grad_weight, weight)?),
            Some(gradient(grad_bias, bias)?),
        ))
    }
}
