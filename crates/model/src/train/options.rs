//! How a decoder is trained: optimizer, schedule, batch and what is trained at all.

use numeric::Seed;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Everything about a training run but its data and its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Optimizer steps.
    pub steps: usize,
    /// Examples a step.
    pub batch_size: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// How the learning rate falls after the warm-up.
    pub schedule: Schedule,
    /// Steps over which the learning rate rises to its highest.
    pub warmup_steps: usize,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// What decays.
    pub decay: Decay,
    /// The decay rates of the two moments.
    pub betas: (f64, f64),
    /// What is added to the root of the second moment.
    pub epsilon: f64,
    /// Gradients longer than this are shortened to it.
    pub max_grad_norm: Option<f64>,
    /// The most rows of a batch computed at once; more need more memory and no other result but
    /// rounding.
    pub rows_at_once: usize,
    /// What is trained.
    pub tuning: Tuning,
    /// What the order of examples and fresh adapter weights follow from.
    pub seed: Seed,
}

/// How the learning rate falls after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Not at all.
    Constant,
    /// In a straight line to 0.
    Linear,
    /// Along half a cosine to 0.
    Cosine,
}

/// Which weights decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// The matrices of linear layers: neither norms nor embeddings.
    Matrices,
    /// All of them.
    All,
}

/// What is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tuning {
    /// Every weight.
    Full,
    /// Low-rank additions to the matrices of every layer (Hu et al. 2021); the model itself stays.
    Lora(Lora),
}

/// The shape of low-rank additions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lora {
    /// The rank.
    pub rank: usize,
    /// The addition is scaled by `alpha / rank`.
    pub alpha: f64,
    /// The share of what enters an addition that is left out, each step anew.
    pub dropout: f64,
    /// The last parts of the modules' names, such as `q_proj`.
    pub targets: Vec<String>,
}

impl Default for Lora {
    fn default() -> Self {
        let targets = [
            "q_proj",
            "k_proj",
            "v_proj",
            "o_proj",
            "gate_proj",
            "up_proj",
            "down_proj",
        ];
        Self {
            rank: 8,
            alpha: 16.0,
            dropout: 0.0,
            targets: targets.map(str::to_owned).into(),
        }
    }
}

impl Lora {
    fn check(&self) -> Result<(), Error> {
        if self.rank == 0 {
            return Err(Error::request("LoRA rank is 0; expected at least 1"));
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            return Err(Error::request(format!(
                "LoRA alpha is {}; expected a number above 0",
                self.alpha
            )));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::request(format!(
                "LoRA dropout is {}; expected a share from 0 to below 1",
                self.dropout
            )));
        }
        Ok(())
    }
}

impl TrainOptions {
    /// Full training with common settings: `AdamW` at 3e-4 with a cosine, a tenth of warm-up, clipping at 1.
    pub fn new(steps: usize, batch_size: usize, seed: Seed) -> Self {
        Self {
            steps,
            batch_size,
            learning_rate: 3e-4,
            schedule: Schedule::Cosine,
            warmup_steps: steps / 10,
            weight_decay: 0.01,
            decay: Decay::Matrices,
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            max_grad_norm: Some(1.0),
            rows_at_once: 512,
            tuning: Tuning::Full,
            seed,
        }
    }

    /// The learning rate of a step, counted from 1.
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        if step <= self.warmup_steps {
            return self.learning_rate * step as f64 / self.warmup_steps as f64;
        }
        let after = (step - self.warmup_steps - 1) as f64;
        let share = after / self.steps.saturating_sub(self.warmup_steps).max(1) as f64;
        self.learning_rate
            * match self.schedule {
                Schedule::Constant => 1.0,
                Schedule::Linear => 1.0 - share,
                Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * share).cos()),
            }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let counts = [
            ("batch size", self.batch_size),
            ("rows at once", self.rows_at_once),
        ];
        for (name, count) in counts {
            if count == 0 {
                return Err(Error::request(format!("{name} is 0; expected at least 1")));
            }
        }
        let positive = [
            ("learning rate", self.learning_rate),
            ("epsilon", self.epsilon),
        ];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::request(format!(
                    "{name} is {value}; expected a number above 0"
                )));
            }
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(Error::request(format!(
                "weight decay is {}; expected a number from 0 up",
                self.weight_decay
            )));
        }
        if let Some(norm) = self
            .max_grad_norm
            .filter(|norm| norm.is_nan() || *norm <= 0.0)
        {
            return Err(Error::request(format!(
                "largest gradient norm is {norm}; expected a number above 0"
            )));
        }
        if let Tuning::Lora(lora) = &self.tuning {
            lora.check()?;
        }
        for beta in [self.betas.0, self.betas.1] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::request(format!(
                    "beta is {beta}; expected a number from 0 to below 1"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_rates_of_a_worked_schedule() {
        let mut options = TrainOptions {
            learning_rate: 1.0,
            warmup_steps: 2,
            ..TrainOptions::new(6, 1, Seed::new(1))
        };
        let rates = |options: &TrainOptions| -> Vec<f64> {
            (1..=6).map(|step| options.learning_rate_at(step)).collect()
        };
        options.schedule = Schedule::Linear;
        assert_eq!(rates(&options), [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]);
        options.schedule = Schedule::Constant;
        assert_eq!(rates(&options), [0.5, 1.0, 1.0, 1.0, 1.0, 1.0]);
        options.schedule = Schedule::Cosine;
        // Half of 1 + cos(π/2) is 0.5.
        assert!((options.learning_rate_at(5) - 0.5).abs() < 1e-12);
        options.warmup_steps = 0;
        assert_eq!(options.learning_rate_at(1), 1.0);
    }

    #[test]
    fn impossible_settings_are_refused() {
        let good = TrainOptions::new(10, 2, Seed::new(1));
        assert!(good.check().is_ok());
        let bad = [
            TrainOptions {
                batch_size: 0,
                ..good.clone()
            },
            TrainOptions {
                learning_rate: 0.0,
                ..good.clone()
            },
            TrainOptions {
                learning_rate: f64::NAN,
                ..good.clone()
            },
            TrainOptions {
                weight_decay: -1.0,
                ..good.clone()
            },
            TrainOptions {
                betas: (0.9, 1.0),
                ..good.clone()
            },
            TrainOptions {
                max_grad_norm: Some(0.0),
                ..good.clone()
            },
        ];
        assert!(bad.iter().all(|options| options.check().is_err()));
    }
}
