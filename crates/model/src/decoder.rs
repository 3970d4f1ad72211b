//! A decoder: its configuration, its tensors, and the files they come from.

use std::sync::OnceLock;

use candle_core::{Device, Tensor};
use numeric::Seed;

use crate::Error;
use crate::config::{Config, Family, ids};
use crate::engine::Engine;
use crate::files::{Files, json, required};
use crate::gpt2;
use crate::layout::{self, EMBEDDING, HEAD, Role};
use crate::train::Adapter;
use crate::weights::{self, SINGLE, Tensors, check_shape, with_values};

/// A decoder language model with f32 weights.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    tensors: Tensors,
    engine: OnceLock<Engine>,
}

impl Decoder {
    /// Reads a Hugging Face directory: `config.json`, `generation_config.json` where there is one,
    /// and the weights in safetensors.
    ///
    /// Where it holds a low-rank adapter, that is added to the model it was made for.
    pub fn load(files: &dyn Files) -> Result<Self, Error> {
        if let Some(base) = files.base()? {
            return Adapter::add(files, &Self::load(&*base)?);
        }
        let mut config = Config::from_json("config.json", &required(files, "config.json")?)?;
        if let Some(bytes) = files.read("generation_config.json")? {
            let value: serde_json::Value = json("generation_config.json", &bytes)?;
            let more = ids(&value["eos_token_id"]).into_iter();
            let new: Vec<u32> = more
                .filter(|id| !config.eos_token_ids.contains(id))
                .collect();
            config.eos_token_ids.extend(new);
        }
        let (tensors, origins) = weights::load(files)?;
        let file_of = |name: &str| origins.get(name).map_or(SINGLE, String::as_str);
        let tensors = match config.family {
            Family::Gpt2 => gpt2::from_stored(&config, tensors, file_of)?,
            _ => tensors,
        };
        let tensors = checked(&config, tensors, file_of)?;
        Ok(Self::from_tensors(config, tensors))
    }

    /// Draws fresh weights: normal with the configuration's standard deviation, norms at 1, biases at 0.
    ///
    /// Matrices that write into the residual stream are scaled by 1/√(2 · layers), as in GPT-2.
    pub fn initialize(config: Config, seed: Seed) -> Result<Self, Error> {
        let mut tensors = Tensors::new();
        let depth = (2.0 * config.num_hidden_layers as f64).sqrt();
        for expected in layout::tensors(&config) {
            let count = expected.shape.iter().product();
            let residual = expected.name.contains("o_proj") || expected.name.contains("down_proj");
            let deviation = config.initializer_range / if residual { depth } else { 1.0 };
            let values: Vec<f32> = match expected.role {
                Role::Norm => vec![1.0; count],
                Role::Bias => vec![0.0; count],
                Role::Embedding | Role::Matrix => {
                    let mut stream = seed.stream(&expected.name);
                    let draws = (0..count).map(|_| (stream.normal() * deviation) as f32);
                    draws.collect()
                }
            };
            tensors.insert(
                expected.name,
                Tensor::from_vec(values, expected.shape, &Device::Cpu)?,
            );
        }
        Ok(Self::from_tensors(config, tensors))
    }

    pub(crate) fn from_tensors(config: Config, tensors: Tensors) -> Self {
        Self {
            config,
            tensors,
            engine: OnceLock::new(),
        }
    }

    /// The same weights with another number of positions: how many tokens are read at a time.
    ///
    /// Beyond those that the model was trained with it is asked to extrapolate, which positions that
    /// were learnt cannot do.
    pub fn with_positions(mut self, positions: usize) -> Result<Self, Error> {
        let own = self.config.max_position_embeddings;
        if positions > own && !self.config.rotates() {
            return Err(Error::request(format!(
                "the model learnt {own} positions, so it cannot read {positions} tokens at a time"
            )));
        }
        self.config.max_position_embeddings = positions;
        self.engine = OnceLock::new();
        Ok(self)
    }

    /// The shape and the special tokens.
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn tensors(&self) -> &Tensors {
        &self.tensors
    }

    /// `config.json` and `model.safetensors`, as Hugging Face lays them out.
    pub fn to_files(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let weights = match self.config.family {
            Family::Gpt2 => serialize(&gpt2::to_file(&self.config, &self.tensors)?)?,
            _ => serialize(&self.tensors)?,
        };
        Ok(vec![
            ("config.json".to_owned(), self.config.to_json()),
            (SINGLE.to_owned(), weights),
        ])
    }

    /// The logits after every token of one sequence, of shape (tokens · vocabulary).
    pub fn logits(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        self.check_ids(ids)?;
        let engine = self.engine()?;
        let mut cache = engine.cache(ids.len());
        let hidden = engine.hidden(&mut [(&mut cache, ids)]);
        Ok(engine.logits(&hidden))
    }

    /// The weights packed for inference; made on first use.
    pub(crate) fn engine(&self) -> Result<&Engine, Error> {
        if self.engine.get().is_none() {
            let engine = Engine::new(&self.config, &self.tensors)?;
            // Another thread may have been first: its engine is the same.
            let _ = self.engine.set(engine);
        }
        self.engine
            .get()
            .ok_or_else(|| Error::request("the inference engine was not made"))
    }

    /// Refuses sequences that the model cannot read.
    pub(crate) fn check_ids(&self, ids: &[u32]) -> Result<(), Error> {
        if ids.is_empty() {
            return Err(Error::request(
                "a sequence without tokens has no next token; begin it with the bos token",
            ));
        }
        if ids.len() > self.config.max_position_embeddings {
            return Err(Error::request(format!(
                "a sequence of {} tokens is longer than the model's {} positions",
                ids.len(),
                self.config.max_position_embeddings
            )));
        }
        match ids
            .iter()
            .find(|id| **id as usize >= self.config.vocab_size)
        {
            None => Ok(()),
            Some(id) => Err(Error::request(format!(
                "token {id} is not in the model's vocabulary of {}",
                self.config.vocab_size
            ))),
        }
    }
}

/// All tensors of one set as a safetensors file.
pub(crate) fn serialize(tensors: &Tensors) -> Result<Vec<u8>, Error> {
    let mut copies = Vec::new();
    for (name, tensor) in tensors {
        copies.push((name, tensor.dims(), with_values(tensor, <[f32]>::to_vec)?));
    }
    weights::to_bytes(
        copies
            .iter()
            .map(|(name, shape, values)| ((*name).clone(), *shape, values.as_slice())),
    )
}

/// Checks that the file holds the tensors of the configuration, all of them and no others.
fn checked<'a>(
    config: &Config,
    mut tensors: Tensors,
    file_of: impl Fn(&str) -> &'a str,
) -> Result<Tensors, Error> {
    tensors.retain(|name, _| !name.ends_with("rotary_emb.inv_freq"));
    if config.tie_word_embeddings {
        drop_tied_head(&mut tensors, &file_of)?;
    }
    let expected = layout::tensors(config);
    for tensor in &expected {
        check_shape(
            file_of(&tensor.name),
            &tensor.name,
            tensors.get(&tensor.name),
            &tensor.shape,
        )?;
    }
    match tensors
        .keys()
        .find(|name| !expected.iter().any(|e| e.name == **name))
    {
        None => Ok(tensors),
        Some(name) => Err(Error::Tensor {
            file: file_of(name).to_owned(),
            name: name.escape_debug().to_string(),
            expected: "no such tensor".to_owned(),
            found: format!("shape {:?}", tensors[name].dims()),
        }),
    }
}

/// Some files repeat the embedding as an output layer; that is fine while the two are equal.
fn drop_tied_head<'a>(
    tensors: &mut Tensors,
    file_of: impl Fn(&str) -> &'a str,
) -> Result<(), Error> {
    let (Some(head), Some(embedding)) = (tensors.get(HEAD), tensors.get(EMBEDDING)) else {
        return Ok(());
    };
    let equal = with_values(head, |head| {
        with_values(embedding, |embedding| head == embedding)
    })??;
    if !equal {
        return Err(Error::Tensor {
            file: file_of(HEAD).to_owned(),
            name: HEAD.to_owned(),
            expected: "the token embedding, since tie_word_embeddings is true".to_owned(),
            found: "other numbers".to_owned(),
        });
    }
    tensors.remove(HEAD);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn small() -> Decoder {
        Decoder::initialize(Config::preset("tiny").expect("known"), Seed::new(1)).expect("drawn")
    }

    fn files(decoder: &Decoder) -> BTreeMap<String, Vec<u8>> {
        decoder.to_files().expect("writable").into_iter().collect()
    }

    #[test]
    fn a_model_survives_being_written() {
        let decoder = small();
        let again = Decoder::load(&files(&decoder)).expect("readable");
        assert_eq!(again.config(), decoder.config());
        let ids = [5, 7, 300];
        assert_eq!(
            again.logits(&ids).expect("logits"),
            decoder.logits(&ids).expect("logits")
        );
    }

    #[test]
    fn the_same_seed_draws_the_same_weights() {
        assert_eq!(files(&small()), files(&small()));
    }

    #[test]
    fn missing_extra_and_misshapen_tensors_are_named() {
        let decoder = small();
        let save = |tensors: &Tensors| {
            let mut files = files(&decoder);
            files.insert(SINGLE.to_owned(), serialize(tensors).expect("writable"));
            Decoder::load(&files).expect_err("a wrong set").to_string()
        };
        let mut tensors = decoder.tensors.clone();
        let norm = tensors.remove("model.norm.weight").expect("there");
        let error = save(&tensors);
        assert_eq!(
            error,
            "model.safetensors: tensor `model.norm.weight`: expected shape [32], found no such tensor"
        );
        tensors.insert(
            "model.norm.weight".to_owned(),
            norm.reshape((4, 8)).expect("32 numbers"),
        );
        assert!(save(&tensors).ends_with("expected shape [32], found shape [4, 8]"));
        tensors.insert("model.norm.weight".to_owned(), norm.clone());
        tensors.insert("model.extra".to_owned(), norm);
        assert!(
            save(&tensors).contains("`model.extra`: expected no such tensor, found shape [32]")
        );
    }

    #[test]
    fn shards_are_read_through_their_index() {
        let decoder = small();
        let mut files = files(&decoder);
        files.remove(SINGLE);
        let (first, second): (Tensors, Tensors) = decoder
            .tensors
            .clone()
            .into_iter()
            .partition(|(name, _)| name.contains("layers.0"));
        let map = |shard: &str, set: &Tensors| -> serde_json::Map<String, serde_json::Value> {
            set.keys()
                .map(|name| (name.clone(), shard.into()))
                .collect()
        };
        let mut weight_map = map("a.safetensors", &first);
        weight_map.extend(map("b.safetensors", &second));
        let index = serde_json::json!({ "metadata": {}, "weight_map": weight_map });
        files.insert(
            "model.safetensors.index.json".to_owned(),
            index.to_string().into_bytes(),
        );
        files.insert(
            "a.safetensors".to_owned(),
            serialize(&first).expect("writable"),
        );
        let error = Decoder::load(&files)
            .expect_err("a shard is missing")
            .to_string();
        assert_eq!(error, "the model in memory has no b.safetensors");
        files.insert(
            "b.safetensors".to_owned(),
            serialize(&second).expect("writable"),
        );
        let again = Decoder::load(&files).expect("readable");
        assert_eq!(
            again.logits(&[1]).expect("logits"),
            decoder.logits(&[1]).expect("logits")
        );
    }

    #[test]
    fn sequences_that_cannot_be_read_are_refused() {
        let decoder = small();
        assert!(decoder.logits(&[]).is_err());
        assert!(decoder.logits(&[320]).is_err());
        assert!(decoder.logits(&[0; 257]).is_err());
    }
}
