//! A bias that is added to every row.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};
use crate::kernels::norm::{add_rows, add_to_rows};

/// Every row of `x` plus `bias`.
pub(crate) fn add_bias(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.apply_op2(bias, AddBias)
}

struct AddBias;

impl CustomOp2 for AddBias {
    fn name(&self) -> &'static str {
        "add_bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let mut out = argument(x, x_layout)?.to_vec();
        add_to_rows(&mut out, argument(bias, bias_layout)?);
        Ok(output(out, x_layout.shape()))
    }

    fn bwd(
        &self,
        _: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut sums = vec![0.0; bias.elem_count()];
        let (storage, layout) = grad.storage_and_layout();
        add_rows(numbers(&storage, layout)?, &mut sums);
        Ok((Some(grad.clone()), Some(gradient(sums, bias)?)))
    }
}
