//! The tensors of a decoder in training: which are trained, which are frozen, and low-rank additions.

use std::collections::{BTreeMap, BTreeSet};

use candle_core::{Device, Tensor, Var};
use numeric::Seed;

use super::adapter::{HALVES, adapter_name, merge};
use super::options::{Decay, Lora, Tuning};
use crate::Error;
use crate::config::{Config, Family};
use crate::decoder::Decoder;
use crate::layout::{self, Role};
use crate::weights::{Tensors, check_shape};

/// Trained and frozen tensors.
pub(crate) struct Parameters {
    frozen: Tensors,
    trained: BTreeMap<String, Var>,
    /// What low-rank additions are multiplied by, and their dropout, where there are any.
    additions: Option<(f64, f64)>,
}

/// A low-rank addition in training.
pub(crate) struct Addition<'a> {
    /// Of shape (rank, in).
    pub(crate) first: &'a Tensor,
    /// Of shape (out, rank).
    pub(crate) second: &'a Tensor,
    pub(crate) scale: f64,
    pub(crate) dropout: f64,
}

impl Parameters {
    pub(crate) fn new(decoder: &Decoder, tuning: &Tuning, seed: Seed) -> Result<Self, Error> {
        let tensors = decoder.tensors().clone();
        match tuning {
            Tuning::Full => {
                let trained = tensors
                    .iter()
                    .map(|(name, tensor)| Ok((name.clone(), Var::from_tensor(&tensor.copy()?)?)));
                Ok(Self {
                    frozen: Tensors::new(),
                    trained: trained.collect::<Result<_, Error>>()?,
                    additions: None,
                })
            }
            Tuning::Lora(lora) => Ok(Self {
                frozen: tensors,
                trained: adapters(decoder.config(), lora, seed)?,
                additions: Some((lora.alpha / lora.rank as f64, lora.dropout)),
            }),
        }
    }

    /// A tensor of the model.
    pub(crate) fn get(&self, name: &str) -> &Tensor {
        match self.trained.get(name) {
            Some(var) => var.as_tensor(),
            None => &self.frozen[name],
        }
    }

    /// A tensor that not every model has.
    pub(crate) fn find(&self, name: &str) -> Option<&Tensor> {
        let trained = self.trained.get(name).map(Var::as_tensor);
        trained.or_else(|| self.frozen.get(name))
    }

    /// The low-rank addition to a matrix, if it has one.
    pub(crate) fn adapter(&self, name: &str) -> Option<Addition<'_>> {
        let (scale, dropout) = self.additions?;
        let [a, b] = HALVES.map(|half| self.trained.get(&adapter_name(name, half)));
        Some(Addition {
            first: a?.as_tensor(),
            second: b?.as_tensor(),
            scale,
            dropout,
        })
    }

    /// The tensors that are trained, by name.
    pub(crate) fn trained(&self) -> &BTreeMap<String, Var> {
        &self.trained
    }

    /// A copy of what is trained.
    pub(crate) fn snapshot(&self) -> Result<Tensors, Error> {
        self.trained
            .iter()
            .map(|(name, var)| Ok((name.clone(), var.as_tensor().copy()?)))
            .collect()
    }

    /// Puts saved tensors in place of the trained ones.
    pub(crate) fn restore(&self, file: &str, saved: &Tensors) -> Result<(), Error> {
        for (name, var) in &self.trained {
            let tensor = saved.get(name);
            check_shape(file, name, tensor, var.dims())?;
            if let Some(tensor) = tensor {
                var.set(tensor)?;
            }
        }
        Ok(())
    }

    /// The whole model, low-rank additions merged into their matrices.
    pub(crate) fn merged(&self, config: &Config) -> Result<Decoder, Error> {
        let mut tensors = Tensors::new();
        for expected in layout::tensors(config) {
            let tensor = self.get(&expected.name);
            let merged = match self.adapter(&expected.name) {
                None => tensor.copy()?,
                Some(adapter) => merge(tensor, adapter.first, adapter.second, adapter.scale)?,
            };
            tensors.insert(expected.name, merged);
        }
        Ok(Decoder::from_tensors(config.clone(), tensors))
    }

    /// Which of the trained tensors decay; the halves of low-rank additions are matrices.
    pub(crate) fn decaying(&self, decay: Decay, config: &Config) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.trained.keys().cloned().collect();
        if decay == Decay::Matrices {
            for tensor in layout::tensors(config) {
                if tensor.role != Role::Matrix {
                    names.remove(&tensor.name);
                }
            }
        }
        names
    }
}

/// The first half is drawn and the second is 0, so that training starts from the model itself.
fn adapters(config: &Config, lora: &Lora, seed: Seed) -> Result<BTreeMap<String, Var>, Error> {
    let mut trained = BTreeMap::new();
    if config.family == Family::Gpt2 {
        return Err(Error::request(
            "low-rank additions to GPT-2 are not known, since its files hold queries, keys and values as one matrix; train it in full",
        ));
    }
    let known: Vec<&str> = layout::matrices(config)
        .into_iter()
        .map(|(module, _)| module.rsplit('.').next().unwrap_or(module))
        .collect();
    if let Some(target) = lora
        .targets
        .iter()
        .find(|target| !known.contains(&target.as_str()))
    {
        return Err(Error::request(format!(
            "LoRA target `{target}` is not known; known ones are {}",
            known.join(", ")
        )));
    }
    for layer in 0..config.num_hidden_layers {
        for (module, [rows, columns]) in layout::matrices(config) {
            if !lora
                .targets
                .iter()
                .any(|target| module.ends_with(target.as_str()))
            {
                continue;
            }
            let name = layout::in_layer(layer, module);
            let [a, b] = HALVES.map(|half| adapter_name(&name, half));
            let mut stream = seed.stream(&a);
            // Uniform within ±1/√in, as torch draws linear layers and PEFT its first halves.
            let bound = 1.0 / (columns as f64).sqrt();
            let drawn: Vec<f32> = (0..lora.rank * columns)
                .map(|_| ((2.0 * stream.unit() - 1.0) * bound) as f32)
                .collect();
            trained.insert(a, Var::from_vec(drawn, (lora.rank, columns), &Device::Cpu)?);
            trained.insert(
                b,
                Var::from_vec(
                    vec![0f32; rows * lora.rank],
                    (rows, lora.rank),
                    &Device::Cpu,
                )?,
            );
        }
    }
    Ok(trained)
}
