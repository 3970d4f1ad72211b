//! The training loop, one step at a time.

use std::collections::BTreeSet;

use numeric::Seed;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::adamw::{AdamW, Step};
use super::adapter::Adapter;
use super::example::{Batch, Example, groups};
use super::graph::Graph;
use super::options::{TrainOptions, Tuning};
use super::parameters::Parameters;
use crate::Error;
use crate::decoder::{Decoder, serialize};
use crate::kernels::norm::add;
use crate::tape::Gradients;
use crate::weights::with_values;

/// What happened in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// The step, from 1.
    pub step: usize,
    /// How many tokens counted.
    pub tokens: usize,
    /// The mean loss of a counted token before the step, in nats.
    pub loss_nats: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// The length of the gradient before clipping.
    pub grad_norm: f64,
    /// The sequences that were learnt from, in the order of the batch.
    pub seen: Vec<Seen>,
}

/// A sequence of an example that was learnt from in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The example's place in the set.
    pub example: usize,
    /// The sequence's place in the example.
    pub sequence: usize,
    /// How many of its tokens counted.
    pub tokens: usize,
    /// The sum of their losses, in nats.
    pub nll_nats: f64,
}

/// A training run: a decoder, its examples, and how far it has come.
pub struct Trainer {
    pub(crate) graph: Graph,
    pub(crate) examples: Vec<Example>,
    pub(crate) options: TrainOptions,
    pub(crate) optimizer: AdamW,
    pub(crate) step: usize,
    /// The tensors that weight decay pulls to 0.
    decaying: BTreeSet<String>,
    order: Option<(usize, Vec<usize>)>,
    pool: ThreadPool,
}

impl Trainer {
    /// Begins a run.
    pub fn new(
        decoder: &Decoder,
        examples: Vec<Example>,
        options: TrainOptions,
    ) -> Result<Self, Error> {
        options.check()?;
        if examples.is_empty() {
            return Err(Error::request("there are no examples to train on"));
        }
        for (row, example) in examples.iter().enumerate() {
            example.check(row, decoder.config())?;
        }
        let parameters =
            Parameters::new(decoder, &options.tuning, options.seed.child("adapters", 0))?;
        let pool = ThreadPoolBuilder::new()
            .num_threads(rayon::current_num_threads())
            .build();
        Ok(Self {
            decaying: parameters.decaying(options.decay, decoder.config()),
            graph: Graph::new(decoder.config().clone(), parameters),
            examples,
            options,
            optimizer: AdamW::default(),
            step: 0,
            order: None,
            pool: pool.map_err(|error| Error::request(format!("cannot start threads: {error}")))?,
        })
    }

    /// Takes the next step, or returns `None` where the run is done.
    ///
    /// A step that fails leaves the weights as they were.
    pub fn step(&mut self) -> Result<Option<LedgerRow>, Error> {
        if self.step == self.options.steps {
            return Ok(None);
        }
        let step = self.step + 1;
        let rows = self.rows(step);
        let batch: Vec<&Example> = rows.iter().map(|row| &self.examples[*row]).collect();
        let tokens = batch.iter().map(|example| example.counted()).sum::<usize>();
        let noise = self.options.seed.child("dropout", step as u64);
        let (nlls, gradients) = self.gradients(&batch, 1.0 / tokens as f64, noise)?;
        let loss_nats = nlls.iter().sum::<f64>() / tokens as f64;
        check_finite(step, "loss", loss_nats, &rows)?;
        self.check_reached(step, &gradients)?;
        let grad_norm = norm(&gradients);
        check_finite(step, "gradient norm", grad_norm, &rows)?;
        let learning_rate = self.options.learning_rate_at(step);
        self.apply(&gradients, learning_rate, grad_norm)?;
        self.step = step;
        Ok(Some(LedgerRow {
            step,
            tokens,
            loss_nats,
            learning_rate,
            grad_norm,
            seen: self.seen(&rows, &nlls),
        }))
    }

    /// What was trained, as one file, to come back to with [`restore`](Self::restore).
    pub fn weights(&self) -> Result<Vec<u8>, Error> {
        serialize(&self.graph.parameters.snapshot()?)
    }

    /// Puts the weights of another step in place of those that are there; the optimizer stays.
    pub fn restore(&mut self, weights: &[u8]) -> Result<(), Error> {
        let tensors = crate::weights::parse("weights", weights)?;
        self.graph.parameters.restore("weights", &tensors)
    }

    /// How many steps have been taken.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// The optimizer and its moments.
    pub fn optimizer(&self) -> &AdamW {
        &self.optimizer
    }

    /// The model as it is now, low-rank additions merged in.
    pub fn decoder(&self) -> Result<Decoder, Error> {
        self.graph.parameters.merged(&self.graph.config)
    }

    /// What was trained, where that is low-rank additions.
    pub fn adapter(&self) -> Result<Option<Adapter>, Error> {
        match &self.options.tuning {
            Tuning::Full => Ok(None),
            Tuning::Lora(lora) => {
                let tensors = self.graph.parameters.snapshot()?;
                Ok(Some(Adapter::new(lora.clone(), tensors)))
            }
        }
    }

    /// The logits after every token of one sequence, of shape (tokens · vocabulary), low-rank
    /// additions beside their matrices as in training.
    #[cfg(test)]
    pub(crate) fn logits(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        self.graph.logits(ids)
    }

    /// The mean loss over examples with the weights as they are now, in nats a counted token.
    pub fn evaluate(&self, examples: &[Example]) -> Result<f64, Error> {
        let decoder = self.decoder()?;
        let sequences: Vec<_> = examples.iter().flat_map(Example::sequences).collect();
        let scores: Vec<f64> = sequences
            .par_iter()
            .map(|(ids, counts)| {
                let nlls = crate::score::token_nlls(&decoder, ids, 1)?;
                let counted = nlls.iter().zip(&counts[1..]);
                let counted = counted.filter_map(|((nll, _), counts)| counts.then_some(*nll));
                Ok(counted.sum())
            })
            .collect::<Result<_, Error>>()?;
        let tokens: usize = examples.iter().map(Example::counted).sum();
        Ok(numeric::sum(scores) / tokens.max(1) as f64)
    }

    /// Which sequences have these losses.
    fn seen(&self, rows: &[usize], nlls: &[f64]) -> Vec<Seen> {
        let sequences = rows.iter().flat_map(|row| {
            let sequences = self.examples[*row].sequences().enumerate();
            sequences.map(|(place, (_, counts))| (*row, place, counts))
        });
        let seen = sequences
            .zip(nlls)
            .map(|((example, sequence, counts), nll)| Seen {
                example,
                sequence,
                tokens: counts.iter().filter(|counts| **counts).count(),
                nll_nats: *nll,
            });
        seen.collect()
    }

    /// The examples of a step: the set over and over, each time in an order of its own.
    fn rows(&mut self, step: usize) -> Vec<usize> {
        let (count, size) = (self.examples.len(), self.options.batch_size);
        let places = (step - 1) * size..step * size;
        places
            .map(|place| self.order_of(place / count)[place % count])
            .collect()
    }

    fn order_of(&mut self, epoch: usize) -> &[usize] {
        if self.order.as_ref().is_none_or(|(of, _)| *of != epoch) {
            self.order = Some((
                epoch,
                shuffled(self.options.seed, epoch, self.examples.len()),
            ));
        }
        self.order.as_ref().map_or(&[], |(_, order)| order)
    }

    /// The losses of the sequences of a batch, and its gradients summed over its groups in their order.
    fn gradients(
        &self,
        batch: &[&Example],
        scale: f64,
        noise: Seed,
    ) -> Result<(Vec<f64>, Gradients), Error> {
        let groups = groups(batch, self.options.rows_at_once);
        let groups: Vec<_> = groups.iter().zip(0..).collect();
        let mut losses = Vec::new();
        let mut total = Gradients::new();
        for wave in groups.chunks(self.pool.current_num_threads()) {
            let parts: Vec<_> = self.pool.install(|| {
                wave.par_iter()
                    .map(|(group, index)| {
                        let noise = noise.child("group", *index);
                        self.graph.gradients(Batch::new(group), scale, noise)
                    })
                    .collect()
            });
            for part in parts {
                let (nlls, gradients) = part?;
                losses.extend(nlls);
                for (name, gradient) in gradients {
                    match total.get_mut(&name) {
                        Some(sum) => add(sum, &gradient),
                        None => drop(total.insert(name, gradient)),
                    }
                }
            }
        }
        Ok((losses, total))
    }

    fn apply(
        &mut self,
        gradients: &Gradients,
        learning_rate: f64,
        grad_norm: f64,
    ) -> Result<(), Error> {
        let shrink = self
            .options
            .max_grad_norm
            .map_or(1.0, |most| (most / (grad_norm + 1e-6)).min(1.0));
        let step = Step {
            learning_rate,
            betas: self.options.betas,
            epsilon: self.options.epsilon,
            shrink,
        };
        self.optimizer.begin();
        for (name, gradient) in gradients {
            let var = &self.graph.parameters.trained()[name];
            let decay = if self.decaying.contains(name) {
                self.options.weight_decay
            } else {
                0.0
            };
            let mut weights = with_values(var.as_tensor(), <[f32]>::to_vec)?;
            self.optimizer
                .update(name, &mut weights, gradient, step, decay);
            var.set(&candle_core::Tensor::from_vec(
                weights,
                var.shape(),
                var.device(),
            )?)?;
        }
        Ok(())
    }

    /// In the first step every trained tensor must have a gradient: one without is a tensor that
    /// would silently stay as it is.
    fn check_reached(&self, step: usize, gradients: &Gradients) -> Result<(), Error> {
        // The second half of a low-rank addition begins at 0, which leaves the first half
        // without a gradient until the second step.
        let waits = |name: &str| {
            step == 1 && matches!(self.options.tuning, Tuning::Lora(_)) && name.contains("lora_A")
        };
        let last = if matches!(self.options.tuning, Tuning::Lora(_)) {
            2
        } else {
            1
        };
        if step > last {
            return Ok(());
        }
        for name in self
            .graph
            .parameters
            .trained()
            .keys()
            .filter(|name| !waits(name))
        {
            let found = match gradients.get(name) {
                None => "no",
                Some(gradient) if gradient.iter().any(|value| !value.is_finite()) => "a non-finite",
                Some(gradient) if gradient.iter().all(|value| *value == 0.0) => "a zero",
                Some(_) => continue,
            };
            return Err(Error::NoGradient {
                tensor: name.clone(),
                found,
            });
        }
        Ok(())
    }
}

fn check_finite(step: usize, what: &'static str, value: f64, rows: &[usize]) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::Diverged {
        step,
        what,
        value,
        examples: rows.to_vec(),
    })
}

/// The order of the examples in one pass over them.
fn shuffled(seed: Seed, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    seed.child("epoch", epoch as u64)
        .stream("order")
        .shuffle(&mut order);
    order
}

/// The Euclidean length of all gradients together, added up in f64 in the order of their names.
fn norm(gradients: &Gradients) -> f64 {
    gradients
        .values()
        .map(|gradient| squares(gradient))
        .sum::<f64>()
        .sqrt()
}

fn squares(values: &[f32]) -> f64 {
    let mut lanes = [0.0f64; 8];
    for chunk in values.chunks(8) {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(*value) * f64::from(*value);
        }
    }
    lanes.iter().sum()
}
