//! Root-mean-square normalisation with a learnt scale.

use crate::kernels::norm;
use crate::tape::{Rule, Sink, Value};

/// Every row of `x` over its root mean square, times `weight`.
///
/// A row is as long as the weight, so heads that lie side by side are normed each by itself.
pub(crate) fn rms_norm(x: &Value, weight: &Value, epsilon: f64) -> Value {
    let epsilon = epsilon as f32;
    let mut out = vec![0.0; x.read().len()];
    norm::rms_norm(&x.read(), &weight.read(), epsilon, &mut out);
    let inputs = vec![x.clone(), weight.clone()];
    Value::computed(out, x.columns(), inputs, RmsNorm { epsilon })
}

struct RmsNorm {
    epsilon: f32,
}

impl Rule for RmsNorm {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        let [x, weight] = [&inputs[0], &inputs[1]];
        let mut grad_x = vec![0.0; grad.len()];
        let mut grad_weight = vec![0.0; weight.columns()];
        norm::rms_norm_backward(
            &x.read(),
            &weight.read(),
            self.epsilon,
            &grad,
            &mut grad_x,
            &mut grad_weight,
        );
        sink.give(x, grad_x);
        sink.give(weight, grad_weight);
    }
}
