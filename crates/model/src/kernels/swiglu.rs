//! Activations: silu(gate) · up of Llama, GELU of BERT, and its approximation by tanh of GPT-2.

use crate::kernels::dispatch::vectorized;
use crate::kernels::exp::exp;

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

vectorized! {
    /// `out = silu(gate) · up`.
    pub(crate) fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((gate, up), out) in gate.iter().zip(up).zip(out) {
            *out = *gate * sigmoid(*gate) * *up;
        }
    }
}

vectorized! {
    /// The gradients of [`swiglu`] for gate and up, given that of its output.
    pub(crate) fn swiglu_backward(
        gate: &[f32],
        up: &[f32],
        grad: &[f32],
        grad_gate: &mut [f32],
        grad_up: &mut [f32],
    ) {
        let inputs = gate.iter().zip(up).zip(grad);
        for (((gate, up), grad), (grad_gate, grad_up)) in
            inputs.zip(grad_gate.iter_mut().zip(grad_up.iter_mut()))
        {
            let s = sigmoid(*gate);
            *grad_gate = *grad * *up * s * (1.0 + *gate * (1.0 - s));
            *grad_up = *grad * *gate * s;
        }
    }
}

vectorized! {
    /// x · Φ(x) in place, by formula 7.1.26 of Abramowitz and Stegun: off by at most 1.5e-7 · |x|.
    pub(crate) fn gelu(values: &mut [f32]) {
        for value in values.iter_mut() {
            let x = *value;
            let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
            let t = 1.0 / z.mul_add(0.327_591_1, 1.0);
            let mut p = 1.061_405_4_f32;
            p = p.mul_add(t, -1.453_152_1);
            p = p.mul_add(t, 1.421_413_8);
            p = p.mul_add(t, -0.284_496_72);
            p = p.mul_add(t, 0.254_829_6);
            let erf = 1.0 - p * t * exp(-z * z);
            *value = 0.5 * (x + x.abs() * erf);
        }
    }
}

/// √(2/π) and the cubic's factor of the approximation.
const TANH_GELU: (f32, f32) = (0.797_884_6, 0.044_715);

vectorized! {
    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) in place (Hendrycks and Gimpel 2016).
    ///
    /// Since (1 + tanh y) / 2 is the sigmoid of 2y, one exponential is enough.
    pub(crate) fn gelu_tanh(values: &mut [f32]) {
        let (root, cubic) = TANH_GELU;
        for value in values.iter_mut() {
            let x = *value;
            *value = x * sigmoid(2.0 * root * (x + cubic * x * x * x));
        }
    }
}

vectorized! {
    /// Multiplies `grad` by the slope of [`gelu_tanh`] at `x`.
    pub(crate) fn gelu_tanh_backward(x: &[f32], grad: &mut [f32]) {
        let (root, cubic) = TANH_GELU;
        for (x, grad) in x.iter().zip(grad.iter_mut()) {
            let x = *x;
            let s = sigmoid(2.0 * root * (x + cubic * x * x * x));
            let inner = 2.0 * root * (1.0 + 3.0 * cubic * x * x);
            *grad *= s + x * s * (1.0 - s) * inner;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_of_worked_examples() {
        // silu(1) = 0.731058579; gelu(1) = 0.841344746, gelu(-1) = -0.158655254.
        let mut out = [0.0; 2];
        swiglu(&[1.0, 0.0], &[2.0, 5.0], &mut out);
        assert!((out[0] - 1.462_117_2).abs() < 1e-6 && out[1] == 0.0);
        let mut x = [1.0, -1.0, 0.0];
        gelu(&mut x);
        assert!((x[0] - 0.841_344_7).abs() < 5e-7 && (x[1] + 0.158_655_25).abs() < 5e-7);
        assert_eq!(x[2], 0.0);
    }

    #[test]
    fn the_gelu_of_gpt_2_is_near_the_exact_one() {
        // torch 2.15: gelu([1, -1, 0.5], approximate="tanh").
        let mut x = [1.0, -1.0, 0.5, 0.0];
        gelu_tanh(&mut x);
        for (found, expected) in x.iter().zip([0.841_192, -0.158_808, 0.345_714, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{x:?}");
        }
        let value = |x: f32| {
            let mut one = [x];
            gelu_tanh(&mut one);
            f64::from(one[0])
        };
        for x in [-2.0f32, -0.3, 0.0, 0.8, 3.0] {
            let mut slope = [1.0];
            gelu_tanh_backward(&[x], &mut slope);
            let measured = (value(x + 0.01) - value(x - 0.01)) / 0.02;
            assert!((measured - f64::from(slope[0])).abs() < 1e-3, "{x}");
        }
    }

    #[test]
    fn the_gradient_agrees_with_differences() {
        let value = |gate: f32, up: f32| {
            let mut out = [0.0];
            swiglu(&[gate], &[up], &mut out);
            f64::from(out[0])
        };
        let (mut grad_gate, mut grad_up) = ([0.0], [0.0]);
        swiglu_backward(&[0.7], &[-1.3], &[1.0], &mut grad_gate, &mut grad_up);
        let slope = (value(0.71, -1.3) - value(0.69, -1.3)) / 0.02;
        assert!((slope - f64::from(grad_gate[0])).abs() < 1e-3);
        let slope = (value(0.7, -1.29) - value(0.7, -1.31)) / 0.02;
        assert!((slope - f64::from(grad_up[0])).abs() < 1e-3);
    }
}
