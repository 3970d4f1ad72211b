//! The GELU of GPT-2, approximated by a tanh.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};
use crate::kernels::swiglu as kernel;

/// GELU, number by number.
pub(crate) fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    x.apply_op1(GeluTanh)
}

struct GeluTanh;

impl CustomOp1 for GeluTanh {
    fn name(&self) -> &'static str {
        "gelu_tanh"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut out = argument(x, layout)?.to_vec();
        kernel::gelu_tanh(&mut out);
        Ok(output(out, layout.shape()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (x_storage, x_layout) = x.storage_and_layout();
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let mut slopes = numbers(&grad_storage, grad_layout)?.to_vec();
        kernel::gelu_tanh_backward(numbers(&x_storage, x_layout)?, &mut slopes);
        Ok(Some(gradient(slopes, x)?))
    }
}
