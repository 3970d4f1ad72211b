//! Low-rank additions in the layout of PEFT: `adapter_config.json` and `adapter_model.safetensors`.
//!
//! The rules that vLLM documents hold too: one rank, `bias` none, no module saved whole, no DoRA.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use dataset::{ContentHash, Directory, DirectorySource};
use serde_json::{Value, json};

use super::options::Lora;
use crate::Error;
use crate::config::Config;
use crate::decoder::{Decoder, serialize};
use crate::files::{Files, json as parsed, required};
use crate::kernels::matmul::{Packed, Rows, multiplied};
use crate::kernels::norm::add;
use crate::layout::{self, Role};
use crate::weights::{self, Tensors, check_shape, with_values};

/// What says how an adapter is added.
pub(crate) const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// The hash of the model that an adapter was made for.
const BASE: &str = "adapter_base.json";
const PREFIX: &str = "base_model.model.";
/// The names of the two halves of a low-rank addition.
pub(crate) const HALVES: [&str; 2] = ["lora_A", "lora_B"];

/// Low-rank additions to the matrices of a decoder (Hu et al. 2021).
#[derive(Debug)]
pub struct Adapter {
    lora: Lora,
    tensors: Tensors,
}

/// The model that an adapter is added to.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// Where it lies: `OWNER/NAME` on the Hub, or a path.
    pub reference: String,
    /// Its commit on the Hub.
    pub revision: Option<String>,
    /// The hash of its shape and weights.
    pub hash: ContentHash,
}

impl Base {
    /// What an adapter that will lie at `adapter` says of the model in `directory`.
    pub fn of(
        source: &DirectorySource,
        directory: &Directory,
        adapter: &Path,
    ) -> Result<Self, Error> {
        Ok(Self {
            reference: source.reference_from(adapter),
            revision: directory.revision().map(str::to_owned),
            hash: fingerprint(directory)?,
        })
    }
}

/// A hash of what an adapter's effect depends on, whatever else lies beside it.
fn fingerprint(files: &dyn Files) -> Result<ContentHash, Error> {
    let mut lines = String::new();
    for name in ["config.json".to_owned()]
        .into_iter()
        .chain(weights::weight_files(files)?)
    {
        let hash = ContentHash::of_bytes(&required(files, &name)?);
        lines.push_str(&format!("{hash} {name}\n"));
    }
    Ok(ContentHash::of_bytes(lines.as_bytes()))
}

fn unreadable(directory: &Directory, cause: dataset::Error) -> Error {
    Error::Read {
        file: directory.name().to_owned(),
        source: cause.into(),
    }
}

/// The model that the adapter in `directory` was made for; `None` where there is no adapter, or a
/// whole model beside it.
pub(crate) fn base(directory: &Directory) -> Result<Option<Directory>, Error> {
    let names = directory
        .files()
        .map_err(|cause| unreadable(directory, cause))?;
    let has = |name: &str| names.iter().any(|own| own == name);
    if !has(CONFIG) || !has(WEIGHTS) || has(weights::SINGLE) || has(weights::INDEX) {
        return Ok(None);
    }
    let config: Value = parsed(CONFIG, &required(directory, CONFIG)?)?;
    let Some(reference) = config["base_model_name_or_path"].as_str() else {
        let reason = "base_model_name_or_path is missing, so the model it is for is not known";
        return Err(Error::malformed(CONFIG, reason));
    };
    let base = directory
        .related(reference, config["revision"].as_str())
        .map_err(|cause| unreadable(directory, cause))?;
    if let Some(bytes) = Files::read(directory, BASE)? {
        let stated: Value = parsed(BASE, &bytes)?;
        if stated["hash"] != json!(fingerprint(&base)?.to_string()) {
            let reason = format!(
                "{} was made for another model than {}, which has other weights",
                directory.name(),
                base.name()
            );
            return Err(Error::malformed(BASE, reason));
        }
    }
    Ok(Some(base))
}

/// The two halves of one addition, of shapes (rank, in) and (out, rank).
type Halves<'a> = [&'a Tensor; 2];

impl Adapter {
    pub(crate) fn new(lora: Lora, tensors: Tensors) -> Self {
        Self { lora, tensors }
    }

    /// The two files of PEFT, and one that tells when the model they are added to is another.
    pub fn to_files(&self, base: &Base) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let config = json!({
            "alpha_pattern": {},
            "base_model_name_or_path": base.reference,
            "bias": "none",
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "lora_alpha": whole(self.lora.alpha),
            "lora_dropout": self.lora.dropout,
            "modules_to_save": null,
            "peft_type": "LORA",
            "r": self.lora.rank,
            "rank_pattern": {},
            "revision": base.revision,
            "target_modules": self.lora.targets,
            "task_type": "CAUSAL_LM",
            "use_dora": false,
            "use_rslora": false,
        });
        Ok(vec![
            (CONFIG.to_owned(), format!("{config:#}\n").into_bytes()),
            (WEIGHTS.to_owned(), serialize(&self.tensors)?),
            (
                BASE.to_owned(),
                format!("{:#}\n", json!({ "hash": base.hash.to_string() })).into_bytes(),
            ),
        ])
    }

    /// The decoder `base` with the adapter in `files` added.
    pub(crate) fn add(files: &dyn Files, base: &Decoder) -> Result<Decoder, Error> {
        let (adapter, scaling) = Self::load(files)?;
        adapter.merged(base, &scaling)
    }

    /// Reads an adapter that was made here or by PEFT; what cannot be added exactly is refused.
    fn load(files: &dyn Files) -> Result<(Self, Scaling), Error> {
        let config: Value = parsed(CONFIG, &required(files, CONFIG)?)?;
        let scaling = Scaling::read(&config)?;
        let tensors = weights::parse(WEIGHTS, &required(files, WEIGHTS)?)?;
        let lora = Lora {
            rank: scaling.rank,
            alpha: scaling.alpha,
            ..Lora::default()
        };
        Ok((Self { lora, tensors }, scaling))
    }

    /// The decoder with the additions in its matrices.
    fn merged(&self, base: &Decoder, scaling: &Scaling) -> Result<Decoder, Error> {
        let mut tensors = base.tensors().clone();
        for (name, halves) in self.halves(base.config())? {
            let [a, b] = halves;
            let scale = scaling.of(a.dims2()?.0);
            let merged = merge(&tensors[&name], a, b, scale)?;
            tensors.insert(name, merged);
        }
        Ok(Decoder::from_tensors(base.config().clone(), tensors))
    }

    /// The additions by the name of their matrix, all of the shapes that the model wants.
    fn halves(&self, config: &Config) -> Result<BTreeMap<String, Halves<'_>>, Error> {
        let mut found = BTreeMap::new();
        for expected in layout::tensors(config) {
            let [a, b] = HALVES.map(|half| adapter_name(&expected.name, half));
            let (Some(first), [rows, columns]) = (self.tensors.get(&a), &expected.shape[..]) else {
                continue;
            };
            if expected.role != Role::Matrix {
                return Err(unknown(&a, "an addition to a linear layer"));
            }
            let rank = first.dims().first().copied().unwrap_or(0);
            check_shape(WEIGHTS, &a, Some(first), &[rank, *columns])?;
            let second = self.tensors.get(&b);
            check_shape(WEIGHTS, &b, second, &[*rows, rank])?;
            found.extend(second.map(|second| (expected.name, [first, second])));
        }
        let known = |name: &str| {
            HALVES.iter().any(|half| {
                let end = format!(".{half}.weight");
                let module = name
                    .strip_prefix(PREFIX)
                    .and_then(|name| name.strip_suffix(&end));
                module.is_some_and(|module| found.contains_key(&format!("{module}.weight")))
            })
        };
        match self.tensors.keys().find(|name| !known(name)) {
            None if found.is_empty() => Err(Error::malformed(WEIGHTS, "it holds no tensors")),
            None => Ok(found),
            Some(name) => Err(unknown(
                name,
                "the half of an addition to a matrix of the model",
            )),
        }
    }
}

/// What additions are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scaling {
    rank: usize,
    alpha: f64,
    /// By the root of the rank (Kalajdzievski 2023) instead of the rank.
    rooted: bool,
}

impl Scaling {
    fn read(config: &Value) -> Result<Self, Error> {
        let refuse = |reason: String| Err(Error::malformed(CONFIG, reason));
        let kind = config["peft_type"].as_str().unwrap_or("none");
        if kind != "LORA" {
            return refuse(format!(
                "peft_type `{}` is not known; known ones are LORA",
                kind.escape_debug()
            ));
        }
        for (name, plain) in [
            ("bias", json!("none")),
            ("fan_in_fan_out", json!(false)),
            ("use_dora", json!(false)),
            ("modules_to_save", Value::Null),
            ("alpha_pattern", json!({})),
        ] {
            let value = &config[name];
            if !value.is_null() && *value != plain {
                return refuse(format!("{name} is {value}; only {plain} can be added"));
            }
        }
        let Some(rank) = config["r"].as_u64().filter(|rank| *rank > 0) else {
            return refuse(format!("r is {}; expected a number above 0", config["r"]));
        };
        let Some(alpha) = config["lora_alpha"].as_f64() else {
            return refuse(format!(
                "lora_alpha is {}; expected a number",
                config["lora_alpha"]
            ));
        };
        Ok(Self {
            rank: rank as usize,
            alpha,
            rooted: config["use_rslora"].as_bool().unwrap_or(false),
        })
    }

    /// For an addition of this rank.
    fn of(&self, rank: usize) -> f64 {
        let rank = rank as f64;
        self.alpha / if self.rooted { rank.sqrt() } else { rank }
    }
}

/// PEFT writes whole numbers as such, and some readers want them so.
fn whole(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

fn unknown(name: &str, expected: &str) -> Error {
    Error::Tensor {
        file: WEIGHTS.to_owned(),
        name: name.escape_debug().to_string(),
        expected: expected.to_owned(),
        found: "another".to_owned(),
    }
}

/// `model.layers.0.x.weight` becomes `base_model.model.model.layers.0.x.lora_A.weight`, as PEFT names it.
pub(crate) fn adapter_name(name: &str, half: &str) -> String {
    format!("{PREFIX}{}.{half}.weight", name.trim_end_matches(".weight"))
}

/// `matrix + scale · b · a`.
pub(crate) fn merge(matrix: &Tensor, a: &Tensor, b: &Tensor, scale: f64) -> Result<Tensor, Error> {
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

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::train::{Example, Schedule, TrainOptions, Trainer, Tuning};

    fn model() -> Decoder {
        Decoder::initialize(Config::preset("tiny").expect("known"), Seed::new(1)).expect("drawn")
    }

    fn trained(lora: Lora, steps: usize) -> Trainer {
        let examples = (0..6)
            .map(|row| Example::text((row..row + 9).collect()))
            .collect();
        let options = TrainOptions {
            learning_rate: 1e-2,
            schedule: Schedule::Constant,
            tuning: Tuning::Lora(lora),
            ..TrainOptions::new(steps, 3, Seed::new(2))
        };
        let mut trainer = Trainer::new(&model(), examples, options).expect("begun");
        while trainer.step().expect("a step").is_some() {}
        trainer
    }

    fn files(trainer: &Trainer) -> BTreeMap<String, Vec<u8>> {
        let adapter = trainer.adapter().expect("copied").expect("of lora");
        let base = Base {
            reference: "OWNER/NAME".to_owned(),
            revision: None,
            hash: ContentHash::of_bytes(b"base"),
        };
        let files = adapter.to_files(&base).expect("written");
        files.into_iter().collect()
    }

    fn loaded(files: &BTreeMap<String, Vec<u8>>) -> Result<Decoder, Error> {
        Adapter::add(files, &model())
    }

    #[test]
    fn a_saved_adapter_gives_the_model_that_was_trained() {
        for rank in [1, 3] {
            let lora = Lora {
                rank,
                alpha: 5.0,
                targets: vec!["q_proj".into(), "down_proj".into()],
                ..Lora::default()
            };
            let trainer = trained(lora, 4);
            let merged = trainer.decoder().expect("merged");
            let again = loaded(&files(&trainer)).expect("read");
            assert_eq!(
                again.to_files().expect("written"),
                merged.to_files().expect("written")
            );
            // The sum of both halves' products is the same but for the order of additions.
            let ids = [5, 6, 7, 8, 9];
            let unmerged = trainer.logits(&ids).expect("logits");
            for (one, other) in unmerged.iter().zip(merged.logits(&ids).expect("logits")) {
                assert!((one - other).abs() < 1e-5, "{one} {other}");
            }
        }
    }

    #[test]
    fn an_adapter_at_its_start_changes_nothing() {
        let options = TrainOptions {
            tuning: Tuning::Lora(Lora::default()),
            ..TrainOptions::new(1, 1, Seed::new(2))
        };
        let trainer =
            Trainer::new(&model(), vec![Example::text(vec![1, 2])], options).expect("begun");
        let again = loaded(&files(&trainer)).expect("read");
        assert_eq!(
            again.to_files().expect("written"),
            model().to_files().expect("written")
        );
    }

    #[test]
    fn a_merge_worked_by_hand() {
        // [1 2; 3 4] + 0.5 · [2; 4] · [10 20] = [11 22; 23 44].
        let tensor = |values: &[f32], shape: (usize, usize)| {
            Tensor::from_slice(values, shape, &Device::Cpu).expect("a tensor")
        };
        let merged = merge(
            &tensor(&[1.0, 2.0, 3.0, 4.0], (2, 2)),
            &tensor(&[10.0, 20.0], (1, 2)),
            &tensor(&[2.0, 4.0], (2, 1)),
            0.5,
        );
        let rows = merged.expect("merged").to_vec2::<f32>().expect("f32");
        assert_eq!(rows, [[11.0, 22.0], [23.0, 44.0]]);
    }

    #[test]
    fn dropout_changes_training_and_follows_the_seed() {
        let dropped = |dropout| {
            let lora = Lora {
                dropout,
                ..Lora::default()
            };
            files(&trained(lora, 3)).remove(WEIGHTS)
        };
        assert_eq!(dropped(0.5), dropped(0.5));
        assert_ne!(dropped(0.5), dropped(0.0));
    }

    #[test]
    fn what_cannot_be_added_is_refused() {
        let good = files(&trained(Lora::default(), 1));
        let with = |name: &str, value: Value| {
            let mut config: Value = serde_json::from_slice(&good[CONFIG]).expect("JSON");
            config[name] = value;
            let mut files = good.clone();
            files.insert(CONFIG.to_owned(), config.to_string().into_bytes());
            loaded(&files).err().map(|error| error.to_string())
        };
        assert_eq!(with("r", json!(8)), None);
        assert_eq!(
            with("use_dora", json!(true)).as_deref(),
            Some("adapter_config.json: use_dora is true; only false can be added")
        );
        assert!(
            with("modules_to_save", json!(["lm_head"]))
                .is_some_and(|error| error.contains("modules_to_save is [\"lm_head\"]"))
        );
        assert!(
            with("peft_type", json!("IA3"))
                .is_some_and(|error| error.contains("known ones are LORA"))
        );
        assert!(with("r", json!(0)).is_some());
        let mut files = good.clone();
        let mut tensors = weights::parse(WEIGHTS, &good[WEIGHTS]).expect("read");
        let odd = Tensor::zeros((2, 2), candle_core::DType::F32, &Device::Cpu).expect("zeros");
        tensors.insert("base_model.model.x.lora_A.weight".to_owned(), odd);
        files.insert(WEIGHTS.to_owned(), serialize(&tensors).expect("written"));
        let error = loaded(&files).expect_err("unknown").to_string();
        assert!(error.contains("x.lora_A.weight"), "{error}");
    }
}
