//! The tensors of a decoder in training: which are trained, which are frozen, and low-rank additions.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor, Var};
use numeric::Seed;

use super::options::{Decay, Lora, Tuning};
use crate::Error;
use crate::config::{Config, Family};
use crate::decoder::Decoder;
use crate::kernels::matmul::{Packed, Rows, multiplied};
use crate::kernels::norm::add;
use crate::layout::{self, Role};
use crate::weights::{Tensors, check_shape, with_values};

/// The names of the two halves of a low-rank addition.
const HALVES: [&str; 2] = ["lora_A", "lora_B"];

/// Trained and frozen tensors.
pub(crate) struct Parameters {
    frozen: Tensors,
    trained: BTreeMap<String, Var>,
    /// What low-rank additions are multiplied by, where there are any.
    scale: Option<f64>,
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
                    scale: None,
                })
            }
            Tuning::Lora(lora) => Ok(Self {
                frozen: tensors,
                trained: adapters(decoder.config(), lora, seed)?,
                scale: Some(lora.alpha / lora.rank as f64),
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

    /// The low-rank addition to a matrix, if it has one: both halves and the scale.
    pub(crate) fn adapter(&self, name: &str) -> Option<(&Tensor, &Tensor, f64)> {
        let scale = self.scale?;
        let [a, b] = HALVES.map(|half| self.trained.get(&adapter_name(name, half)));
        Some((a?.as_tensor(), b?.as_tensor(), scale))
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
                Some((a, b, scale)) => merge(tensor, a, b, scale)?,
            };
            tensors.insert(expected.name, merged);
        }
        Ok(Decoder::from_tensors(config.clone(), tensors))
    }

    /// Which of the trained tensors decay.
    pub(crate) fn decays(name: &str, decay: Decay, config: &Config) -> bool {
        match decay {
            Decay::All => true,
            Decay::Matrices => {
                let expected = layout::tensors(config);
                expected
                    .iter()
                    .find(|e| e.name == name)
                    .is_none_or(|e| e.role == Role::Matrix)
            }
        }
    }
}

/// `model.layers.0.x.weight` becomes `base_model.model.model.layers.0.x.lora_A.weight`, as PEFT names it.
fn adapter_name(name: &str, half: &str) -> String {
    format!(
        "base_model.model.{}.{half}.weight",
        name.trim_end_matches(".weight")
    )
}

/// The first half is drawn and the second is 0, so that training starts from the model itself.
fn adapters(config: &Config, lora: &Lora, seed: Seed) -> Result<BTreeMap<String, Var>, Error> {
    let mut trained = BTreeMap::new();
    if lora.rank == 0 {
        return Err(Error::request("LoRA rank is 0; expected at least 1"));
    }
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

/// `matrix + scale · b · a`.
fn merge(matrix: &Tensor, a: &Tensor, b: &Tensor, scale: f64) -> Result<Tensor, Error> {
    let (rank, columns) = a.dims2()?;
    let addition = with_values(a, |a| {
        with_values(b, |b| {
            multiplied(Rows::new(b, rank), &Packed::from_rows(a, rank, columns))
        })
    })??;
    let scaled: Vec<f32> = addition.iter().map(|value| value * scale as f32).collect();
    let mut merged = with_values(matrix, <[f32]>::to_vec)?;
    add(&mut merged, &scaled);
    Ok(Tensor::from_vec(merged, matrix.shape(), &Device::Cpu)?)
}
