//! Sums and products, number by number.

use crate::kernels::norm::add as add_into;
use crate::tape::{Rule, Sink, Value};

/// `x + y`.
pub(crate) fn add(x: &Value, y: &Value) -> Value {
    let mut sum = x.read().to_vec();
    add_into(&mut sum, &y.read());
    Value::computed(sum, x.columns(), vec![x.clone(), y.clone()], Add)
}

struct Add;

impl Rule for Add {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        if let Some(room) = sink.room(&inputs[1]) {
            add_into(room, &grad);
        }
        sink.give(&inputs[0], grad);
    }
}

/// `x` times a number.
pub(crate) fn scaled(x: &Value, factor: f64) -> Value {
    let factor = factor as f32;
    let values = x.read().iter().map(|value| value * factor).collect();
    Value::computed(values, x.columns(), vec![x.clone()], Scaled { factor })
}

struct Scaled {
    factor: f32,
}

impl Rule for Scaled {
    fn backward(&self, inputs: &[Value], mut grad: Vec<f32>, sink: &mut Sink) {
        grad.iter_mut().for_each(|value| *value *= self.factor);
        sink.give(&inputs[0], grad);
    }
}

/// `x` times factors that are not trained, one a number.
pub(crate) fn times(x: &Value, factors: Vec<f32>) -> Value {
    let values = x.read().iter().zip(&factors).map(|(x, f)| x * f).collect();
    Value::computed(values, x.columns(), vec![x.clone()], Times { factors })
}

struct Times {
    factors: Vec<f32>,
}

impl Rule for Times {
    fn backward(&self, inputs: &[Value], mut grad: Vec<f32>, sink: &mut Sink) {
        for (value, factor) in grad.iter_mut().zip(&self.factors) {
            *value *= factor;
        }
        sink.give(&inputs[0], grad);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn slopes_of_a_worked_example() {
        // y = 2 (x · (1, 0, 3)) + x has the slopes 3, 1 and 7.
        let tensor = Tensor::from_vec(vec![1f32, 2.0, 4.0], (1, 3), &Device::Cpu).expect("three");
        let x = Value::parameter(&tensor, Some("x")).expect("f32");
        let y = add(&scaled(&times(&x, vec![1.0, 0.0, 3.0]), 2.0), &x);
        assert_eq!(y.read()[..], [3.0, 2.0, 28.0]);
        assert_eq!(y.backward(vec![1.0; 3])["x"], [3.0, 1.0, 7.0]);
    }
}
