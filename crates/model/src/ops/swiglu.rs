//! silu(gate) · up, the activation inside Llama's feed-forward layers.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};
use crate::kernels::swiglu as kernel;

/// silu(gate) · up, number by number.
pub(crate) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.apply_op2(up, Swiglu)
}

struct Swiglu;

impl CustomOp2 for Swiglu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let gate = argument(gate, gate_layout)?;
        let mut out = vec![0.0; gate.len()];
        kernel::swiglu(gate, argument(up, up_layout)?, &mut out);
        Ok(output(out, gate_layout.shape()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (gate_storage, gate_layout) = gate.storage_and_layout();
        let (up_storage, up_layout) = up.storage_and_layout();
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let mut grad_gate = vec![0.0; gate.elem_count()];
        let mut grad_up = vec![0.0; gate.elem_count()];
        kernel::swiglu_backward(
            numbers(&gate_storage, gate_layout)?,
            numbers(&up_storage, up_layout)?,
            numbers(&grad_storage, grad_layout)?,
            &mut grad_gate,
            &mut grad_up,
        );
        Ok((
            Some(gradient(grad_gate, gate)?),
            Some(gradient(grad_up, up)?),
        ))
    }
}
