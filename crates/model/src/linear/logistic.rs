//! Logistic regression with an L2 penalty: scikit-learn's objective, minimised in f64.

use rayon::prelude::*;

use super::features::Features;
use super::lbfgs::{Objective, dot, minimise};
use crate::Error;

/// Rows worked on together; fixed, so that sums have one order.
const CHUNK: usize = 512;

/// How a logistic regression is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What the sum of the rows' losses is multiplied by, against half the squared length of the
    /// weights; larger trusts the data more.
    pub c: f64,
    /// The largest component that the gradient may have in the end, in nats a row.
    pub tolerance: f64,
    /// The most iterations of L-BFGS.
    pub most_iterations: usize,
}

impl Default for Options {
    /// C = 1 as in scikit-learn; a tolerance that pins the weights to about six digits.
    fn default() -> Self {
        Self {
            c: 1.0,
            tolerance: 1e-8,
            most_iterations: 1000,
        }
    }
}

/// The state after some iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Iteration {
    /// Which iteration; 0 is the start.
    pub iteration: usize,
    /// The mean loss of a row, without the penalty, in nats.
    pub loss_nats: f64,
    /// The length of the gradient of the whole objective, divided by C and the number of rows.
    pub grad_norm: f64,
}

/// Weights that were found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Solution {
    /// Of shape (outputs, width).
    pub(super) weights: Vec<f64>,
    pub(super) intercepts: Vec<f64>,
    pub(super) ledger: Vec<Iteration>,
    pub(super) converged: bool,
}

/// Fits weights to rows of `features` whose classes are `0..classes`.
///
/// Two classes have one output, as in scikit-learn; more have one a class. Intercepts are not
/// penalised.
pub(super) fn fit(
    features: &Features,
    targets: &[usize],
    classes: usize,
    options: &Options,
) -> Result<Solution, Error> {
    check(options)?;
    let problem = Problem::new(features, targets, classes, options.c);
    let start = vec![0.0; problem.outputs * (features.width() + 1)];
    let mut ledger = Vec::new();
    let (point, converged) = minimise(
        &problem,
        start,
        options.tolerance,
        options.most_iterations,
        |point| {
            ledger.push(Iteration {
                iteration: ledger.len(),
                loss_nats: point.value - problem.penalty(&point.place),
                grad_norm: dot(&point.gradient, &point.gradient).sqrt(),
            });
        },
    );
    if !point.value.is_finite() {
        return Err(Error::request(
            "the loss of the logistic regression is not a finite number",
        ));
    }
    let mut weights = point.place;
    let intercepts = weights.split_off(problem.outputs * features.width());
    Ok(Solution {
        weights,
        intercepts,
        ledger,
        converged,
    })
}

fn check(options: &Options) -> Result<(), Error> {
    for (name, value) in [("C", options.c), ("tolerance", options.tolerance)] {
        if !(value.is_finite() && value > 0.0) {
            return Err(Error::request(format!(
                "{name} is {value}; expected a number above 0"
            )));
        }
    }
    Ok(())
}

/// The mean loss of a row plus the penalty, which is |w|² / (2 · C · n).
struct Problem<'a> {
    features: &'a Features,
    transposed: Features,
    targets: &'a [usize],
    outputs: usize,
    penalty: f64,
}

impl<'a> Problem<'a> {
    fn new(features: &'a Features, targets: &'a [usize], classes: usize, c: f64) -> Self {
        let outputs = if classes == 2 { 1 } else { classes };
        let penalty = 1.0 / (c * features.len() as f64);
        Self {
            features,
            transposed: features.transposed(),
            targets,
            outputs,
            penalty,
        }
    }

    fn penalty(&self, place: &[f64]) -> f64 {
        let weights = &place[..self.outputs * self.features.width()];
        0.5 * self.penalty * dot(weights, weights)
    }

    /// The sum of losses, and for each row and output how far the probability is off.
    fn residuals(&self, place: &[f64]) -> (f64, Vec<f64>) {
        let (weights, intercepts) = place.split_at(self.outputs * self.features.width());
        let mut residuals = vec![0.0; self.features.len() * self.outputs];
        let losses: Vec<f64> = residuals
            .par_chunks_mut(CHUNK * self.outputs)
            .enumerate()
            .map(|(chunk, residuals)| {
                let rows = residuals
                    .chunks_exact_mut(self.outputs)
                    .zip(chunk * CHUNK..);
                rows.map(|(outputs, row)| {
                    scores(self.features, row, weights, intercepts, outputs);
                    loss_and_residual(outputs, self.targets[row])
                })
                .sum()
            })
            .collect();
        (losses.iter().sum(), residuals)
    }
}

impl Objective for Problem<'_> {
    fn at(&self, place: &[f64]) -> (f64, Vec<f64>) {
        let (rows, width) = (self.features.len() as f64, self.features.width());
        let (loss, residuals) = self.residuals(place);
        let mut gradient = vec![0.0; place.len()];
        let (of_weights, of_intercepts) = gradient.split_at_mut(self.outputs * width);
        for (output, gradient) in of_weights.chunks_exact_mut(width).enumerate() {
            gradient
                .par_iter_mut()
                .with_min_len(CHUNK)
                .enumerate()
                .for_each(|(column, gradient)| {
                    let entries = self.transposed.row(column);
                    let sum: f64 = entries
                        .map(|(row, value)| value * residuals[row * self.outputs + output])
                        .sum();
                    *gradient = sum / rows + self.penalty * place[output * width + column];
                });
        }
        for (output, gradient) in of_intercepts.iter_mut().enumerate() {
            *gradient = residuals[output..]
                .iter()
                .step_by(self.outputs)
                .sum::<f64>()
                / rows;
        }
        (loss / rows + self.penalty(place), gradient)
    }
}

/// The outputs of one row: its features times the weights, plus the intercepts.
pub(super) fn scores(
    features: &Features,
    row: usize,
    weights: &[f64],
    intercepts: &[f64],
    outputs: &mut [f64],
) {
    outputs.copy_from_slice(intercepts);
    for (column, value) in features.row(row) {
        for (output, score) in outputs.iter_mut().enumerate() {
            *score += value * weights[output * features.width() + column];
        }
    }
}

/// The loss of a row; its scores become probabilities minus what they should be.
fn loss_and_residual(outputs: &mut [f64], target: usize) -> f64 {
    if let [score] = outputs {
        let sign = if target == 1 { 1.0 } else { -1.0 };
        let loss = log_one_plus_exp(-sign * *score);
        *score = sigmoid(*score) - if target == 1 { 1.0 } else { 0.0 };
        return loss;
    }
    let total = numeric::log_sum_exp(outputs);
    let loss = total - outputs[target];
    outputs
        .iter_mut()
        .for_each(|score| *score = (*score - total).exp());
    outputs[target] -= 1.0;
    loss
}

/// ln(1 + exp(x)) without overflow.
fn log_one_plus_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// 1 / (1 + exp(−x)) without overflow.
pub(super) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

#[cfg(test)]
mod tests {
    use numeric::Vectors;

    use super::*;

    fn points() -> Features {
        let values = vec![
            0.0, 1.0, 2.0, -1.0, 1.0, 1.0, 0.5, 3.0, -1.0, -2.0, -2.0, 0.25,
        ];
        Features::dense(&Vectors::new(values, 2).expect("six rows"))
    }

    fn close(found: &[f64], expected: &[f64]) -> bool {
        found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-6)
    }

    #[test]
    fn three_classes_agree_with_scikit_learn() {
        // LogisticRegression(C=1.0, tol=1e-14, max_iter=100000), scikit-learn 1.9.1
        let found = fit(&points(), &[0, 1, 0, 1, 2, 2], 3, &Options::default()).expect("fitted");
        let weights = [
            0.132_738_813_173_641_47,
            0.200_144_226_409_518_04,
            0.681_449_695_391_473_7,
            0.287_882_413_389_901_17,
            -0.814_188_508_565_114_9,
            -0.488_026_639_799_419_3,
        ];
        assert!(
            found.converged && close(&found.weights, &weights),
            "{found:?}"
        );
        let intercepts = [
            0.237_589_313_552_168_34,
            -0.223_198_833_480_074_3,
            -0.014_390_480_072_095_153,
        ];
        assert!(
            close(&found.intercepts, &intercepts),
            "{:?}",
            found.intercepts
        );
    }

    #[test]
    fn two_classes_agree_with_scikit_learn() {
        // LogisticRegression(C=10.0, tol=1e-14, max_iter=100000), scikit-learn 1.9.1
        let options = Options {
            c: 10.0,
            ..Options::default()
        };
        let found = fit(&points(), &[0, 0, 1, 1, 0, 1], 2, &options).expect("fitted");
        assert!(
            close(
                &found.weights,
                &[-0.633_400_118_836_352_7, 1.370_298_727_303_821_4]
            ),
            "{found:?}"
        );
        assert!(
            close(&found.intercepts, &[-0.614_612_792_318_837_3]),
            "{found:?}"
        );
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        let features = points();
        for (targets, classes) in [([0, 1, 0, 1, 2, 2], 3), ([0, 1, 0, 1, 1, 0], 2)] {
            let problem = Problem::new(&features, &targets, classes, 0.7);
            let place: Vec<f64> = (0..problem.outputs * 3)
                .map(|i| (i as f64 * 0.7).sin())
                .collect();
            let (_, gradient) = problem.at(&place);
            for index in 0..place.len() {
                let beside = |step: f64| {
                    let mut place = place.clone();
                    place[index] += step;
                    problem.at(&place).0
                };
                let slope = (beside(1e-6) - beside(-1e-6)) / 2e-6;
                assert!(
                    (gradient[index] - slope).abs() < 1e-8,
                    "{index}: {} against {slope}",
                    gradient[index]
                );
            }
        }
    }

    #[test]
    fn the_loss_begins_at_the_logarithm_of_the_classes_and_falls() {
        let ledger = fit(&points(), &[0, 1, 0, 1, 2, 2], 3, &Options::default())
            .expect("fitted")
            .ledger;
        assert!((ledger[0].loss_nats - 3f64.ln()).abs() < 1e-12);
        assert!(
            ledger
                .last()
                .is_some_and(|last| last.loss_nats < 0.8 && last.grad_norm < 1e-7),
            "{ledger:?}"
        );
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let values: Vec<f32> = (0..2000)
            .map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0)
            .collect();
        let features = Features::dense(&Vectors::new(values, 2).expect("rows"));
        let targets: Vec<usize> = (0..1000).map(|row| row * 7 % 3).collect();
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| fit(&features, &targets, 3, &Options::default()).expect("fitted"))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn a_penalty_of_no_size_is_refused() {
        let options = Options {
            c: 0.0,
            ..Options::default()
        };
        assert!(fit(&points(), &[0; 6], 2, &options).is_err());
    }
}
