//! The settings of a decoder's training: those given, and transformers' defaults, but for scratch, where they would teach nothing.

use std::collections::BTreeMap;

use model::{Lora, Schedule, TrainOptions, Tuning};
use numeric::Share;
use serde_json::{Value, json};

use crate::args::{Args, Method, OptimizerArgs, Scheduler};

/// Rows of a step, at most.
const MOST_ROWS: usize = 1 << 20;

/// The settings of a run over `units` rows or blocks.
pub(crate) fn options(args: &Args, units: usize) -> anyhow::Result<TrainOptions> {
    let given = &args.optimizer;
    let scratch = args.method == Method::Scratch;
    let batch = batch(given)?;
    let steps = steps(given, units, batch)?;
    let rate = match args.method {
        Method::Scratch => 3e-3,
        Method::Lora => 2e-4,
        _ => 5e-5,
    };
    let max_grad_norm = given.max_grad_norm.unwrap_or(1.0);
    let falls = if scratch {
        Schedule::Cosine
    } else {
        Schedule::Linear
    };
    let default = TrainOptions::new(steps, batch, args.seed.seed.child("train", 0));
    Ok(TrainOptions {
        learning_rate: given.learning_rate.unwrap_or(rate),
        schedule: given.lr_scheduler_type.map_or(falls, schedule),
        warmup_steps: warmup(given, scratch, steps)?,
        weight_decay: given
            .weight_decay
            .unwrap_or(if scratch { 0.01 } else { 0.0 }),
        betas: (
            given.adam_beta1.unwrap_or(default.betas.0),
            given.adam_beta2.unwrap_or(default.betas.1),
        ),
        epsilon: given.adam_epsilon.unwrap_or(default.epsilon),
        max_grad_norm: (max_grad_norm != 0.0).then_some(max_grad_norm),
        tuning: tuning(args),
        ..default
    })
}

fn batch(given: &OptimizerArgs) -> anyhow::Result<usize> {
    let batch = given
        .per_device_train_batch_size
        .unwrap_or(8)
        .saturating_mul(given.gradient_accumulation_steps.unwrap_or(1));
    anyhow::ensure!(batch > 0, "a step of 0 rows learns nothing");
    anyhow::ensure!(
        batch <= MOST_ROWS,
        "a step of {batch} rows is more than {MOST_ROWS}, the most that make sense"
    );
    Ok(batch)
}

fn steps(given: &OptimizerArgs, units: usize, batch: usize) -> anyhow::Result<usize> {
    let epochs = given.num_train_epochs.unwrap_or(3.0);
    anyhow::ensure!(
        epochs.is_finite() && epochs > 0.0,
        "--num-train-epochs is {epochs}; it must be above 0"
    );
    let steps = given
        .max_steps
        .unwrap_or_else(|| (epochs * units as f64 / batch as f64).ceil() as usize);
    anyhow::ensure!(steps > 0, "--max-steps is 0; at least 1 is needed");
    Ok(steps)
}

fn warmup(given: &OptimizerArgs, scratch: bool, steps: usize) -> anyhow::Result<usize> {
    if let Some(warmup) = given.warmup_steps {
        anyhow::ensure!(
            warmup <= steps,
            "--warmup-steps is {warmup}, but there are {steps} steps in all"
        );
        return Ok(warmup);
    }
    let share = given
        .warmup_ratio
        .map_or(if scratch { 0.1 } else { 0.0 }, Share::fraction);
    Ok((share * steps as f64).ceil() as usize)
}

fn schedule(given: Scheduler) -> Schedule {
    match given {
        Scheduler::Linear => Schedule::Linear,
        Scheduler::Cosine => Schedule::Cosine,
        Scheduler::Constant => Schedule::Constant,
    }
}

fn tuning(args: &Args) -> Tuning {
    if args.method != Method::Lora {
        return Tuning::Full;
    }
    let (given, default) = (&args.lora, Lora::default());
    Tuning::Lora(Lora {
        rank: given.lora_rank.unwrap_or(default.rank),
        alpha: given.lora_alpha.unwrap_or(default.alpha),
        dropout: given.lora_dropout.map_or(default.dropout, Share::fraction),
        targets: match &given.lora_target_modules[..] {
            [] => default.targets,
            named => named.to_vec(),
        },
    })
}

/// The settings that hold, by option name, for the provenance.
pub(crate) fn recorded(options: &TrainOptions) -> BTreeMap<String, Value> {
    let mut settings = BTreeMap::from([
        ("learning-rate", json!(options.learning_rate)),
        ("steps", json!(options.steps)),
        ("rows-a-step", json!(options.batch_size)),
        ("warmup-steps", json!(options.warmup_steps)),
        ("lr-scheduler-type", json!(options.schedule)),
        ("weight-decay", json!(options.weight_decay)),
        ("max-grad-norm", json!(options.max_grad_norm.unwrap_or(0.0))),
    ]);
    if let Tuning::Lora(lora) = &options.tuning {
        settings.extend([
            ("lora-rank", json!(lora.rank)),
            ("lora-alpha", json!(lora.alpha)),
        ]);
    }
    settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn set(more: &str, units: usize) -> Result<TrainOptions, String> {
        let line = format!("train a.csv -o out --method {more}");
        let args = Args::try_parse_from(line.split(' ')).map_err(|error| error.to_string())?;
        options(&args, units).map_err(|error| error.to_string())
    }

    #[test]
    fn passes_become_steps_and_shares_become_warmup() {
        // 2.5 passes over 100 rows, 4 × 2 a step, are 31.25 steps.
        let set = set(
            "full --epochs 2.5 --batch-size 4 --gradient-accumulation-steps 2 --warmup-ratio 0.1",
            100,
        );
        let set = set.expect("settings");
        assert_eq!((set.steps, set.batch_size, set.warmup_steps), (32, 8, 4));
        assert_eq!((set.learning_rate, set.weight_decay), (5e-5, 0.0));
    }

    #[test]
    fn the_names_of_transformers_and_peft_are_understood() {
        let set = set(
            "lora --max-steps 9 --warmup-steps 3 --lr-scheduler-type constant_with_warmup --adam-beta2 0.95 --adam-epsilon 1e-6 --lora-r 4 --lora-target-modules q_proj,v_proj --max-grad-norm 0",
            1,
        );
        let set = set.expect("settings");
        assert_eq!((set.warmup_steps, set.schedule), (3, Schedule::Constant));
        assert_eq!((set.betas, set.epsilon), ((0.9, 0.95), 1e-6));
        assert_eq!(set.max_grad_norm, None);
        let Tuning::Lora(lora) = set.tuning else {
            panic!("not lora")
        };
        assert_eq!((lora.rank, lora.targets.len()), (4, 2));
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        assert_eq!(
            set("full --max-steps 5 --warmup-steps 6", 1).expect_err("too long"),
            "--warmup-steps is 6, but there are 5 steps in all"
        );
        assert!(set("full --epochs 0", 1).is_err());
        assert!(set("full --batch-size 0", 1).is_err());
        assert!(set("lora --lora-dropout 25", 1).is_err());
    }
}
