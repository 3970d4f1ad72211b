//! x · Wᵀ, the linear layer without bias.

use crate::kernels::matmul::{Packed, Rows, multiplied, multiply_add};
use crate::tape::{Rule, Sink, Value};

/// Rows `x` of shape (rows, in) times the transpose of `weight` of shape (out, in).
pub(crate) fn linear(x: &Value, weight: &Value) -> Value {
    let terms = weight.columns();
    let out = {
        let weight = weight.read();
        let packed = Packed::transposed(&weight, weight.len() / terms, terms);
        multiplied(Rows::new(&x.read(), terms), &packed)
    };
    let columns = weight.read().len() / terms;
    Value::computed(out, columns, vec![x.clone(), weight.clone()], Linear)
}

struct Linear;

impl Rule for Linear {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        let [x, weight] = [&inputs[0], &inputs[1]];
        let terms = weight.columns();
        let columns = weight.read().len() / terms;
        if let Some(room) = sink.room(weight) {
            let packed = Packed::from_rows(&x.read(), grad.len() / columns, terms);
            multiply_add(Rows::transposed(&grad, columns), packed.all(), room);
        }
        if let Some(room) = sink.room(x) {
            let packed = Packed::from_rows(&weight.read(), columns, terms);
            multiply_add(Rows::new(&grad, columns), packed.all(), room);
        }
    }
}
