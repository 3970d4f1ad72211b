//! silu(gate) · up, the activation inside Llama's feed-forward layers.

use crate::kernels::swiglu as kernel;
use crate::tape::{Rule, Sink, Value};

/// silu(gate) · up, number by number.
pub(crate) fn swiglu(gate: &Value, up: &Value) -> Value {
    let mut out = vec![0.0; gate.read().len()];
    kernel::swiglu(&gate.read(), &up.read(), &mut out);
    Value::computed(out, gate.columns(), vec![gate.clone(), up.clone()], Swiglu)
}

struct Swiglu;

impl Rule for Swiglu {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        let [gate, up] = [&inputs[0], &inputs[1]];
        let mut grad_gate = vec![0.0; grad.len()];
        let mut grad_up = vec![0.0; grad.len()];
        kernel::swiglu_backward(
            &gate.read(),
            &up.read(),
            &grad,
            &mut grad_gate,
            &mut grad_up,
        );
        sink.give(gate, grad_gate);
        sink.give(up, grad_up);
    }
}
