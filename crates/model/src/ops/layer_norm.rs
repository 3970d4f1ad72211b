//! Layer normalisation with a learnt scale and bias.

use crate::kernels::norm;
use crate::tape::{Rule, Sink, Value};

/// Every row of `x` less its mean, over its deviation, times `weight`, plus `bias`.
pub(crate) fn layer_norm(x: &Value, weight: &Value, bias: &Value, epsilon: f64) -> Value {
    let epsilon = epsilon as f32;
    let mut out = x.read().to_vec();
    norm::layer_norm(&mut out, &weight.read(), &bias.read(), epsilon);
    let inputs = vec![x.clone(), weight.clone(), bias.clone()];
    Value::computed(out, x.columns(), inputs, LayerNorm { epsilon })
}

struct LayerNorm {
    epsilon: f32,
}

impl Rule for LayerNorm {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        let [x, weight, bias] = [&inputs[0], &inputs[1], &inputs[2]];
        let mut grads = [x, weight, bias].map(|value| vec![0.0; value.read().len()]);
        let [grad_x, grad_weight, grad_bias] = &mut grads;
        norm::layer_norm_backward(
            &x.read(),
            &weight.read(),
            self.epsilon,
            &grad,
            grad_x,
            grad_weight,
            grad_bias,
        );
        for (input, grad) in inputs.iter().zip(grads) {
            sink.give(input, grad);
        }
    }
}
