//! The GELU of GPT-2, approximated by a tanh.

use crate::kernels::swiglu as kernel;
use crate::tape::{Rule, Sink, Value};

/// GELU, number by number.
pub(crate) fn gelu_tanh(x: &Value) -> Value {
    let mut out = x.read().to_vec();
    kernel::gelu_tanh(&mut out);
    Value::computed(out, x.columns(), vec![x.clone()], GeluTanh)
}

struct GeluTanh;

impl Rule for GeluTanh {
    fn backward(&self, inputs: &[Value], mut grad: Vec<f32>, sink: &mut Sink) {
        kernel::gelu_tanh_backward(&inputs[0].read(), &mut grad);
        sink.give(&inputs[0], grad);
    }
}
