//! A bias that is added to every row.

use crate::kernels::norm::{add_rows, add_to_rows};
use crate::tape::{Rule, Sink, Value};

/// Every row of `x` plus `bias`.
pub(crate) fn add_bias(x: &Value, bias: &Value) -> Value {
    let mut out = x.read().to_vec();
    add_to_rows(&mut out, &bias.read());
    Value::computed(out, x.columns(), vec![x.clone(), bias.clone()], AddBias)
}

struct AddBias;

impl Rule for AddBias {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        if let Some(sums) = sink.room(&inputs[1]) {
            add_rows(&grad, sums);
        }
        sink.give(&inputs[0], grad);
    }
}
