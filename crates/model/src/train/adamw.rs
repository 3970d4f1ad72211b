//! `AdamW` (Loshchilov and Hutter 2019) whose moments can be seen, saved and restored.

use std::collections::BTreeMap;

use crate::kernels::dispatch::vectorized;

/// The two moments of every trained tensor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdamW {
    /// How many steps were taken.
    pub(crate) steps: usize,
    /// First and second moment by tensor.
    pub(crate) moments: BTreeMap<String, [Vec<f32>; 2]>,
}

/// The numbers of one step, the same for all tensors.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) learning_rate: f64,
    pub(crate) betas: (f64, f64),
    pub(crate) epsilon: f64,
    /// What gradients are multiplied by: below 1 where they were too long.
    pub(crate) shrink: f64,
}

impl AdamW {
    /// The first and second moment of a tensor, once it has been trained.
    pub fn moments(&self, tensor: &str) -> Option<[&[f32]; 2]> {
        self.moments
            .get(tensor)
            .map(|[first, second]| [&first[..], &second[..]])
    }

    /// Moves `weights` against `gradient`; [`begin`](Self::begin) comes before the tensors of a step.
    pub(crate) fn update(
        &mut self,
        name: &str,
        weights: &mut [f32],
        gradient: &[f32],
        step: Step,
        decay: f64,
    ) {
        let zeros = || [vec![0.0; weights.len()], vec![0.0; weights.len()]];
        let [first, second] = self.moments.entry(name.to_owned()).or_insert_with(zeros);
        let power = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let corrections = (
            1.0 - step.betas.0.powi(power),
            1.0 - step.betas.1.powi(power),
        );
        update(
            weights,
            gradient,
            first,
            second,
            (step.betas.0 as f32, step.betas.1 as f32),
            [
                step.shrink as f32,
                (1.0 - step.learning_rate * decay) as f32,
                (step.learning_rate / corrections.0) as f32,
                (1.0 / corrections.1.sqrt()) as f32,
                step.epsilon as f32,
            ],
        );
    }

    /// Counts a step.
    pub(crate) fn begin(&mut self) {
        self.steps += 1;
    }
}

vectorized! {
    fn update(
        weights: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
        betas: (f32, f32),
        factors: [f32; 5],
    ) {
        let [shrink, keep, rate, correction, epsilon] = factors;
        let moments = first.iter_mut().zip(second.iter_mut());
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            let gradient = *gradient * shrink;
            *first += (gradient - *first) * (1.0 - betas.0);
            *second = *second * betas.1 + gradient * gradient * (1.0 - betas.1);
            let root = second.sqrt() * correction + epsilon;
            *weight = *weight * keep - rate * (*first / root);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_of_a_worked_example() {
        // Both moments are corrected to g and g², so a step is −lr · g/|g|, after the decay.
        let mut optimizer = AdamW::default();
        optimizer.begin();
        let step = Step {
            learning_rate: 0.1,
            betas: (0.9, 0.99),
            epsilon: 0.0,
            shrink: 1.0,
        };
        let mut weights = [1.0, 1.0];
        optimizer.update("w", &mut weights, &[0.5, -2.0], step, 0.5);
        assert!(
            (weights[0] - 0.85).abs() < 1e-6 && (weights[1] - 1.05).abs() < 1e-6,
            "{weights:?}"
        );
        let [first, second] = optimizer.moments("w").expect("trained");
        assert!((first[0] - 0.05).abs() < 1e-7 && (second[1] - 0.04).abs() < 1e-7);
        assert!(optimizer.moments("v").is_none());
    }
}
