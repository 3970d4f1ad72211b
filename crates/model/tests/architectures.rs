//! Checks every architecture against transformers on the tiny random models of `goldens`.

use std::collections::BTreeMap;
use std::path::Path;

use model::{
    Decay, Decoder, Encoder, Example, Family, Request, Sampling, Schedule, TrainOptions, Trainer,
    generate, score,
};
use numeric::Seed;
use serde_json::Value;

type Files = BTreeMap<String, Vec<u8>>;

const DECODERS: [&str; 6] = [
    "llama3",
    "llama-linear",
    "mistral",
    "qwen2",
    "qwen3",
    "gpt2",
];

fn files(name: &str) -> (Files, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/goldens")
        .join(name);
    let files: Files = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a readable name");
            (name, std::fs::read(entry.path()).expect("readable"))
        })
        .collect();
    let golden = serde_json::from_slice(&files["golden.json"]).expect("valid JSON");
    (files, golden)
}

fn numbers<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("numbers")
}

fn rows(golden: &Value) -> Vec<Vec<u32>> {
    numbers(&golden["rows"])
}

fn close(name: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1.0);
    assert!(
        error < tolerance,
        "{name}: found {found}, expected {expected}"
    );
}

#[test]
fn logits_and_greedy_texts_agree_with_transformers() {
    for name in DECODERS {
        let (files, golden) = files(name);
        let decoder = Decoder::load(&files).expect(name);
        let rows = rows(&golden);
        let expected: Vec<Vec<f64>> = numbers(&golden["last_logits"]);
        for ((ids, expected), sum) in rows
            .iter()
            .zip(&expected)
            .zip(numbers::<Vec<f64>>(&golden["abs_sums"]))
        {
            let logits = decoder.logits(ids).expect(name);
            let last = &logits[logits.len() - expected.len()..];
            for (found, expected) in last.iter().zip(expected) {
                close(name, f64::from(*found), *expected, 1e-4);
            }
            close(
                name,
                logits.iter().map(|x| f64::from(x.abs())).sum(),
                sum,
                1e-5,
            );
        }
        let request = Request {
            prompt: rows[1].clone(),
            seed: Seed::new(0),
            max_new_tokens: 12,
            stop: vec![],
        };
        let text = generate(&decoder, &[request], Sampling::GREEDY).expect(name);
        let whole = [&rows[1][..], &text[0].ids].concat();
        assert_eq!(whole, numbers::<Vec<u32>>(&golden["greedy"]), "{name}");
    }
}

#[test]
fn losses_and_gradient_norms_agree_with_torch() {
    for name in DECODERS {
        let (files, golden) = files(name);
        let decoder = Decoder::load(&files).expect(name);
        let rows = rows(&golden);
        let expected = golden["loss"].as_f64().expect("a loss");
        let scored = score(&decoder, &rows).expect(name);
        let tokens: usize = scored.iter().map(|scored| scored.tokens).sum();
        let nll: f64 = scored.iter().map(|scored| scored.nll).sum();
        close(name, nll / tokens as f64, expected, 1e-5);

        let options = TrainOptions {
            schedule: Schedule::Constant,
            warmup_steps: 0,
            weight_decay: 0.0,
            decay: Decay::Matrices,
            max_grad_norm: None,
            betas: (0.9, 0.999),
            ..TrainOptions::new(1, 2, Seed::new(1))
        };
        let examples = rows.into_iter().map(Example::text).collect();
        let mut trainer = Trainer::new(&decoder, examples, options).expect(name);
        let row = trainer.step().expect(name).expect("not done");
        close(name, row.loss_nats, expected, 1e-5);
        let expected: BTreeMap<String, f64> = numbers(&golden["grad_norms"]);
        let norm: f64 = expected.values().map(|norm| norm * norm).sum();
        close(name, row.grad_norm, norm.sqrt(), 1e-4);
        if decoder.config().family == Family::Gpt2 {
            // Its files name and join tensors otherwise; the norm of all of them is checked above.
            continue;
        }
        for (tensor, expected) in &expected {
            // After one step the first moment is a tenth of the gradient.
            let [moment, _] = trainer.optimizer().moments(tensor).expect(tensor);
            let squares: f64 = moment.iter().map(|x| f64::from(*x).powi(2)).sum();
            let found = 10.0 * squares.sqrt();
            assert!(
                (found - expected).abs() < 1e-3 * expected + 1e-6,
                "{name} {tensor}: found {found}, expected {expected}"
            );
        }
    }
}

#[test]
fn a_model_of_every_family_survives_being_written() {
    for name in DECODERS {
        let (files, golden) = files(name);
        let decoder = Decoder::load(&files).expect(name);
        let written: Files = decoder.to_files().expect(name).into_iter().collect();
        let again = Decoder::load(&written).expect(name);
        assert_eq!(again.config(), decoder.config(), "{name}");
        let ids = &rows(&golden)[0];
        assert_eq!(
            again.logits(ids).expect(name),
            decoder.logits(ids).expect(name),
            "{name}"
        );
    }
}

#[test]
fn a_row_does_not_depend_on_its_batch_in_any_family() {
    for name in DECODERS {
        let (files, golden) = files(name);
        let decoder = Decoder::load(&files).expect(name);
        let [first, second] = [0, 1].map(|row| rows(&golden)[row].clone());
        let requests: Vec<Request> = (0..32u64)
            .map(|draw| Request {
                prompt: if draw % 2 == 0 { &first } else { &second }[..3 + draw as usize % 3]
                    .to_vec(),
                seed: Seed::new(draw),
                max_new_tokens: 10,
                stop: vec![],
            })
            .collect();
        let written = |size: usize| -> Vec<_> {
            let batches = requests.chunks(size);
            batches
                .flat_map(|batch| generate(&decoder, batch, Sampling::at(1.0)).expect(name))
                .collect()
        };
        let together = written(32);
        assert_eq!(written(1), together, "{name}");
        assert_eq!(written(7), together, "{name}");
    }
}

#[test]
fn encoders_agree_with_transformers() {
    for name in ["bert", "distilbert", "roberta"] {
        let (files, golden) = files(name);
        let encoder = Encoder::load(&files).expect(name);
        let texts: Vec<String> = numbers(&golden["sentences"]);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected: Vec<Vec<f64>> = numbers(&golden["means"]);
        let vectors = encoder.embed(&texts).expect(name);
        for (found, expected) in vectors.rows().zip(&expected) {
            for (found, expected) in found.iter().zip(expected) {
                close(name, f64::from(*found), *expected, 1e-5);
            }
        }
    }
}
