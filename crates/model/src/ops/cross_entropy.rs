//! The output layer and the cross-entropy in one, a block of rows at a time, so that the logits of
//! a whole batch never exist.

use crate::kernels::exp::softmax_in_place;
use crate::kernels::matmul::{Packed, Rows, multiplied, multiply_add};
use crate::tape::{Rule, Sink, Value};

/// The target of a row that does not count.
pub(crate) const IGNORED: u32 = u32::MAX;
/// Rows of logits held at a time.
const BLOCK: usize = 192;

/// The sum over rows of −ln softmax(hidden · weightᵀ)[target], and −ln p of each counted row, in nats.
///
/// Loss and gradients are computed together, since the logits are at hand only once; the gradient
/// that is handed back to the loss multiplies them.
pub(crate) fn cross_entropy(hidden: &Value, weight: &Value, targets: &[u32]) -> (Value, Vec<f64>) {
    let found = Found::new(hidden, weight, targets);
    let loss = found.nlls.iter().sum::<f64>() as f32;
    let inputs = vec![hidden.clone(), weight.clone()];
    let rule = CrossEntropy {
        hidden: found.hidden,
        weight: found.weight,
    };
    (Value::computed(vec![loss], 1, inputs, rule), found.nlls)
}

/// Losses, and the gradients for the hidden rows and the weight.
struct Found {
    nlls: Vec<f64>,
    hidden: Vec<f32>,
    weight: Vec<f32>,
}

impl Found {
    fn new(hidden: &Value, weight: &Value, targets: &[u32]) -> Self {
        let (dim, trains) = (weight.columns(), weight.wants());
        let (hidden, weight) = (hidden.read(), weight.read());
        let vocabulary = weight.len() / dim;
        let forward = Packed::transposed(&weight, vocabulary, dim);
        let backward = Packed::from_rows(&weight, vocabulary, dim);
        let mut found = Self {
            nlls: Vec::new(),
            hidden: vec![0.0; hidden.len()],
            weight: vec![0.0; if trains { weight.len() } else { 0 }],
        };
        let counted: Vec<usize> = (0..targets.len())
            .filter(|row| targets[*row] != IGNORED)
            .collect();
        for block in counted.chunks(BLOCK) {
            let rows: Vec<f32> = block
                .iter()
                .flat_map(|row| &hidden[row * dim..][..dim])
                .copied()
                .collect();
            let mut slopes = multiplied(Rows::new(&rows, dim), &forward);
            for (row, slopes) in block.iter().zip(slopes.chunks_exact_mut(vocabulary)) {
                found.nlls.push(slope(targets[*row] as usize, slopes));
            }
            let grads = multiplied(Rows::new(&slopes, vocabulary), &backward);
            for (row, grad) in block.iter().zip(grads.chunks_exact(dim)) {
                found.hidden[row * dim..][..dim].copy_from_slice(grad);
            }
            if trains {
                let rows = Packed::from_rows(&rows, block.len(), dim);
                multiply_add(
                    Rows::transposed(&slopes, vocabulary),
                    rows.all(),
                    &mut found.weight,
                );
            }
        }
        found
    }
}

/// Turns a row of logits into the gradient of its loss, and returns the loss.
fn slope(target: usize, row: &mut [f32]) -> f64 {
    let logit = f64::from(row[target]);
    let (most, sum) = softmax_in_place(row, 1.0);
    row[target] -= 1.0;
    f64::from(most) + f64::from(sum).ln() - logit
}

struct CrossEntropy {
    hidden: Vec<f32>,
    weight: Vec<f32>,
}

impl Rule for CrossEntropy {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        for (input, found) in inputs.iter().zip([&self.hidden, &self.weight]) {
            let scaled = found.iter().map(|value| value * grad[0]).collect();
            sink.give(input, scaled);
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use numeric::Seed;

    use super::*;

    fn value(values: &[f32], columns: usize, name: &str) -> Value {
        let shape = (values.len() / columns, columns);
        let tensor = Tensor::from_slice(values, shape, &Device::Cpu).expect("a matrix");
        Value::parameter(&tensor, Some(name)).expect("f32")
    }

    #[test]
    fn equal_logits_cost_the_log_of_the_vocabulary() {
        let (hidden, weight) = (value(&[0.0; 6], 3, "h"), value(&[1.0; 12], 3, "w"));
        let (loss, nlls) = cross_entropy(&hidden, &weight, &[2, IGNORED]);
        // Four equal logits: ln 4 for the row that counts.
        assert!(nlls.len() == 1 && (nlls[0] - 4f64.ln()).abs() < 1e-6);
        let gradients = loss.backward(vec![1.0]);
        assert_eq!(gradients["h"][3..], [0.0; 3]);
    }

    #[test]
    fn the_gradient_agrees_with_differences() {
        let mut stream = Seed::new(1).stream("inputs");
        let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| stream.normal() as f32).collect() };
        // More rows than a block, so that the weight's gradient is summed over two.
        let rows = BLOCK + 3;
        let inputs = [draw(rows * 3), draw(5 * 3)];
        let targets: Vec<u32> = (0..rows as u32)
            .map(|row| if row % 4 == 1 { IGNORED } else { row % 5 })
            .collect();
        let loss = |inputs: &[Vec<f32>; 2]| {
            let [hidden, weight] =
                [(0, "h"), (1, "w")].map(|(at, name)| value(&inputs[at], 3, name));
            cross_entropy(&hidden, &weight, &targets)
        };
        let gradients = loss(&inputs).0.backward(vec![0.5]);
        for (which, name) in [(0, "h"), (1, "w")] {
            for at in (0..inputs[which].len()).step_by(7) {
                let moved = |by: f32| {
                    let mut moved = inputs.clone();
                    moved[which][at] += by;
                    loss(&moved).1.iter().sum::<f64>()
                };
                let slope = 0.5 * (moved(1e-2) - moved(-1e-2)) / 2e-2;
                let found = f64::from(gradients[name][at]);
                assert!((slope - found).abs() < 2e-2, "{name} {at}: {slope} {found}");
            }
        }
    }
}
