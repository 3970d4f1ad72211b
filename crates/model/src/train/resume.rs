//! A training run as files, and back: the run goes on to the very bits it would have had.

use serde::{Deserialize, Serialize};

use super::adamw::AdamW;
use super::example::{Example, fingerprint};
use super::options::TrainOptions;
use super::trainer::Trainer;
use crate::Error;
use crate::decoder::{Decoder, serialize};
use crate::files::{Files, json, required};
use crate::weights::{self, Tensors, with_values};

const STATE: &str = "trainer.json";
const WEIGHTS: &str = "trained.safetensors";
const MOMENTS: &str = "optimizer.safetensors";

/// How far a run is, and whose run it is.
#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    step: usize,
    options: TrainOptions,
    examples: u64,
    model: u64,
}

impl Trainer {
    /// The run as files: the trained tensors, the optimizer's moments, and the state that ties them together.
    pub fn checkpoint(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let shapes = self.graph.parameters.trained();
        let moments = self.optimizer.moments.iter().flat_map(|(name, moments)| {
            let [first, second] = moments;
            let shape = shapes[name].dims();
            [
                (format!("{name}.first"), shape, &first[..]),
                (format!("{name}.second"), shape, &second[..]),
            ]
        });
        let state = serde_json::to_vec_pretty(&self.state())
            .map_err(|error| Error::malformed(STATE, error.to_string()))?;
        Ok(vec![
            (
                WEIGHTS.to_owned(),
                serialize(&self.graph.parameters.snapshot()?)?,
            ),
            (MOMENTS.to_owned(), weights::to_bytes(moments)?),
            (STATE.to_owned(), state),
        ])
    }

    /// Goes on from a checkpoint of the same run; another model, set or other options are refused.
    pub fn resume(
        decoder: &Decoder,
        examples: Vec<Example>,
        options: TrainOptions,
        files: &dyn Files,
    ) -> Result<Self, Error> {
        let mut trainer = Self::new(decoder, examples, options)?;
        let saved: State = json(STATE, &required(files, STATE)?)?;
        trainer.state().check(&saved)?;
        let read = |file: &str| weights::parse(file, &required(files, file)?);
        trainer.graph.parameters.restore(WEIGHTS, &read(WEIGHTS)?)?;
        trainer.optimizer = moments(&trainer, &read(MOMENTS)?, saved.step)?;
        trainer.step = saved.step;
        Ok(trainer)
    }

    fn state(&self) -> State {
        State {
            version: 1,
            step: self.step,
            options: self.options.clone(),
            examples: fingerprint(&self.examples),
            model: numeric::stable_hash(&self.graph.config.to_json()),
        }
    }
}

impl State {
    fn check(&self, saved: &Self) -> Result<(), Error> {
        let differ = |what: &str, found: String, expected: String| {
            if found == expected {
                Ok(())
            } else {
                Err(Error::Checkpoint {
                    what: what.to_owned(),
                    found,
                    expected,
                })
            }
        };
        differ(
            "version",
            saved.version.to_string(),
            self.version.to_string(),
        )?;
        differ(
            "model configuration",
            format!("{:016x}", saved.model),
            format!("{:016x}", self.model),
        )?;
        differ(
            "training set",
            format!("{:016x}", saved.examples),
            format!("{:016x}", self.examples),
        )?;
        let fields = |options: &TrainOptions| serde_json::to_value(options).unwrap_or_default();
        let (found, expected) = (fields(&saved.options), fields(&self.options));
        for (name, value) in expected.as_object().into_iter().flatten() {
            differ(name, found[name].to_string(), value.to_string())?;
        }
        if saved.step > self.options.steps {
            return differ(
                "step",
                saved.step.to_string(),
                format!("at most {}", self.options.steps),
            );
        }
        Ok(())
    }
}

fn moments(trainer: &Trainer, saved: &Tensors, steps: usize) -> Result<AdamW, Error> {
    let mut optimizer = AdamW {
        steps,
        ..AdamW::default()
    };
    if steps == 0 {
        return Ok(optimizer);
    }
    for (name, var) in trainer.graph.parameters.trained() {
        let read = |which: &str| {
            let name = format!("{name}.{which}");
            let tensor = saved.get(&name);
            weights::check_shape(MOMENTS, &name, tensor, var.dims())?;
            tensor.map_or(Ok(Vec::new()), |tensor| {
                with_values(tensor, <[f32]>::to_vec)
            })
        };
        optimizer
            .moments
            .insert(name.clone(), [read("first")?, read("second")?]);
    }
    Ok(optimizer)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use numeric::Seed;

    use super::*;
    use crate::train::{Lora, Schedule, Tuning};
    use crate::{Config, LedgerRow};

    fn model() -> Decoder {
        Decoder::initialize(Config::preset("tiny").expect("known"), Seed::new(1)).expect("drawn")
    }

    fn examples() -> Vec<Example> {
        let mut stream = Seed::new(2).stream("examples");
        (0..23)
            .map(|i| {
                let ids: Vec<u32> = (0..5 + i % 13).map(|_| stream.below(320) as u32).collect();
                if i % 3 == 0 {
                    Example::completion(&ids[..3], &ids[3..])
                } else {
                    Example::text(ids)
                }
            })
            .collect()
    }

    fn options(tuning: Tuning) -> TrainOptions {
        TrainOptions {
            learning_rate: 3e-3,
            schedule: Schedule::Linear,
            rows_at_once: 24,
            tuning,
            ..TrainOptions::new(12, 5, Seed::new(3))
        }
    }

    fn run(trainer: &mut Trainer, steps: usize) -> Vec<LedgerRow> {
        (0..steps)
            .map_while(|_| trainer.step().expect("a step"))
            .collect()
    }

    fn files(trainer: &Trainer) -> BTreeMap<String, Vec<u8>> {
        trainer.checkpoint().expect("written").into_iter().collect()
    }

    #[test]
    fn a_resumed_run_is_the_uninterrupted_one_to_the_bit() {
        for tuning in [
            Tuning::Full,
            Tuning::Lora(Lora {
                rank: 2,
                ..Lora::default()
            }),
        ] {
            let mut whole =
                Trainer::new(&model(), examples(), options(tuning.clone())).expect("begun");
            let ledger = run(&mut whole, 99);
            assert_eq!(ledger.len(), 12);
            let mut first =
                Trainer::new(&model(), examples(), options(tuning.clone())).expect("begun");
            let mut rows = run(&mut first, 5);
            let mut second = Trainer::resume(&model(), examples(), options(tuning), &files(&first))
                .expect("resumed");
            assert_eq!(second.steps_done(), 5);
            rows.extend(run(&mut second, 99));
            assert_eq!(rows, ledger);
            assert_eq!(files(&second), files(&whole));
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| {
                let mut trainer =
                    Trainer::new(&model(), examples(), options(Tuning::Full)).expect("begun");
                (run(&mut trainer, 4), files(&trainer))
            })
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(3));
    }

    #[test]
    fn training_learns_a_set_by_heart() {
        let options = TrainOptions {
            steps: 80,
            warmup_steps: 5,
            learning_rate: 1e-2,
            ..options(Tuning::Full)
        };
        let mut trainer = Trainer::new(&model(), examples()[..5].to_vec(), options).expect("begun");
        let ledger = run(&mut trainer, 80);
        assert!(
            (ledger[0].loss_nats - 320f64.ln()).abs() < 0.2,
            "{:?}",
            ledger[0]
        );
        assert!(ledger[79].loss_nats < 0.5, "{:?}", ledger[79]);
        assert!(trainer.evaluate(&examples()[..5]).expect("scored") < 0.5);
    }

    #[test]
    fn lora_trains_its_additions_and_nothing_else() {
        let tuning = Tuning::Lora(Lora {
            rank: 4,
            targets: vec!["q_proj".into(), "v_proj".into()],
            ..Lora::default()
        });
        let start = model();
        let mut trainer = Trainer::new(
            &start,
            examples(),
            TrainOptions {
                learning_rate: 2e-2,
                ..options(tuning)
            },
        )
        .expect("begun");
        assert_eq!(
            trainer
                .decoder()
                .expect("merged")
                .to_files()
                .expect("written"),
            start.to_files().expect("written")
        );
        let before = trainer.evaluate(&examples()).expect("scored");
        run(&mut trainer, 12);
        assert!(trainer.evaluate(&examples()).expect("scored") < before);
        let trained = trainer.decoder().expect("merged");
        for (name, tensor) in start.tensors() {
            let same = tensor.to_string() == trained.tensors()[name].to_string();
            assert_eq!(
                same,
                !(name.contains("q_proj") || name.contains("v_proj")),
                "{name}"
            );
        }
        let unknown = Tuning::Lora(Lora {
            targets: vec!["c_attn".into()],
            ..Lora::default()
        });
        assert!(Trainer::new(&start, examples(), options(unknown)).is_err());
    }

    #[test]
    fn a_checkpoint_of_another_run_is_refused() {
        let mut trainer = Trainer::new(&model(), examples(), options(Tuning::Full)).expect("begun");
        run(&mut trainer, 2);
        let files = files(&trainer);
        let resume = |examples, options| {
            Trainer::resume(&model(), examples, options, &files)
                .err()
                .map(|e| e.to_string())
        };
        assert_eq!(resume(examples(), options(Tuning::Full)), None);
        let error = resume(examples()[1..].to_vec(), options(Tuning::Full)).expect("another set");
        assert!(error.starts_with("checkpoint: training set was"), "{error}");
        let other = TrainOptions {
            learning_rate: 1.0,
            ..options(Tuning::Full)
        };
        let error = resume(examples(), other).expect("other options");
        assert_eq!(
            error,
            "checkpoint: learning_rate was 0.003, this run has 1.0"
        );
        let mut cut = files.clone();
        cut.remove(MOMENTS);
        let missing = Trainer::resume(&model(), examples(), options(Tuning::Full), &cut);
        assert!(
            missing
                .err()
                .is_some_and(|error| error.to_string().contains(MOMENTS))
        );
    }

    #[test]
    fn a_run_that_diverges_stops_and_names_step_and_rows() {
        let mut trainer = Trainer::new(
            &model(),
            examples(),
            TrainOptions {
                learning_rate: 1e30,
                warmup_steps: 0,
                ..options(Tuning::Full)
            },
        )
        .expect("begun");
        let error = (0..12)
            .find_map(|_| trainer.step().err())
            .expect("diverged")
            .to_string();
        assert!(
            error.starts_with("step 2: loss is NaN; rows ")
                || error.starts_with("step 2: gradient norm is "),
            "{error}"
        );
    }
}
