//! Checks decoders, training and encoders against values that `PyTorch` computed.

use std::path::PathBuf;

use model::{
    Decay, Decoder, Encoder, Error, Example, Files, Request, Sampling, Schedule, Tokenizer,
    TrainOptions, Trainer, generate, score,
};
use numeric::Seed;
use serde_json::Value;

/// A directory of fixtures.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(std::fs::read(self.0.join(name)).ok())
    }

    fn name(&self) -> &str {
        self.0.to_str().expect("a readable path")
    }
}

/// A folder of the fixtures, or `None` (said aloud) where they are not at hand.
fn fixtures(folder: &str) -> Option<Folder> {
    let Some(root) = std::env::var_os("POLYCULTURE_FIXTURES") else {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: POLYCULTURE_FIXTURES is not set");
        }
        return None;
    };
    Some(Folder(PathBuf::from(root).join(folder)))
}

fn golden(folder: &Folder) -> Value {
    let bytes = folder
        .read("golden.json")
        .expect("readable")
        .expect("there");
    serde_json::from_slice(&bytes).expect("valid JSON")
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).expect("ids")
}

fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().expect("a number");
    assert!(
        (found - expected).abs() < tolerance,
        "found {found}, expected {expected}"
    );
}

fn greedy(decoder: &Decoder, prompts: &[&[u32]], tokens: usize) -> Vec<Vec<u32>> {
    let requests: Vec<Request> = prompts
        .iter()
        .map(|prompt| Request {
            prompt: prompt.to_vec(),
            seed: Seed::new(0),
            max_new_tokens: tokens,
            stop: vec![],
        })
        .collect();
    let written = generate(decoder, &requests, Sampling::GREEDY).expect("written");
    written.into_iter().map(|text| text.ids).collect()
}

#[test]
fn stories260k_agrees_with_transformers() {
    let Some(folder) = fixtures("models/stories260k") else {
        return;
    };
    let golden = golden(&folder);
    let decoder = Decoder::load(&folder).expect("loaded");
    let tokenizer = Tokenizer::from_json(
        &folder
            .read("tokenizer.json")
            .expect("readable")
            .expect("there"),
    )
    .expect("loaded");
    tokenizer.check_fits(decoder.config()).expect("fits");

    let prompt = tokenizer
        .encode(golden["prompt"].as_str().expect("text"), true)
        .expect("tokens");
    assert_eq!(prompt, ids(&golden["ids"]));
    let logits = decoder.logits(&prompt).expect("logits");
    let last = &logits[logits.len() - decoder.config().vocab_size..];
    for (found, expected) in last
        .iter()
        .zip(golden["logits_last_first8"].as_array().expect("numbers"))
    {
        close(f64::from(*found), expected, 1e-3);
    }

    let expected = ids(&golden["greedy_ids_48"]);
    let new = greedy(&decoder, &[&prompt], expected.len() - prompt.len());
    let all = [prompt, new[0].clone()].concat();
    assert_eq!(all, expected);
    assert_eq!(
        tokenizer.decode(&all).expect("text").trim(),
        golden["greedy_text"].as_str().expect("text").trim()
    );

    for text in golden["score"].as_array().expect("texts") {
        let found = tokenizer
            .encode(text["text"].as_str().expect("text"), true)
            .expect("tokens");
        assert_eq!(found, ids(&text["ids"]));
        let scored = score(&decoder, &[found]).expect("scored")[0];
        assert_eq!(
            scored.tokens as u64,
            text["tokens_scored"].as_u64().expect("a count")
        );
        close(
            scored.nll / scored.tokens as f64,
            &text["mean_nll_nats"],
            1e-4,
        );
    }
}

#[test]
fn tiny_llama_agrees_with_pytorch_forwards() {
    let Some(folder) = fixtures("goldens/inputs/tiny-llama") else {
        return;
    };
    let golden = golden(&folder);
    let decoder = Decoder::load(&folder).expect("loaded");
    let rows: Vec<Vec<u32>> = golden["ids"]
        .as_array()
        .expect("rows")
        .iter()
        .map(ids)
        .collect();
    let logits: Vec<Vec<f32>> = rows
        .iter()
        .map(|ids| decoder.logits(ids).expect("logits"))
        .collect();
    for (found, expected) in logits[0][5 * 256..].iter().zip(
        golden["logits_row0_pos5_first8"]
            .as_array()
            .expect("numbers"),
    ) {
        close(f64::from(*found), expected, 1e-5);
    }
    let all = || logits.iter().flatten().map(|x| f64::from(*x));
    close(all().sum(), &golden["logits_sum"], 1e-2);
    close(all().map(f64::abs).sum(), &golden["logits_abs_sum"], 1e-2);
    let scored = score(&decoder, &rows).expect("scored");
    for (scored, expected) in scored
        .iter()
        .zip(golden["logprob_sum_rows"].as_array().expect("numbers"))
    {
        close(-scored.nll, expected, 1e-4);
    }
    let expected: Vec<Vec<u32>> = golden["greedy_16_from_first8_rows01"]
        .as_array()
        .expect("rows")
        .iter()
        .map(ids)
        .collect();
    assert_eq!(
        greedy(&decoder, &[&rows[0][..8], &rows[1][..8]], 16),
        expected
    );
}

#[test]
fn tiny_llama_agrees_with_pytorch_in_gradients_and_adamw() {
    let Some(folder) = fixtures("goldens/inputs/tiny-llama") else {
        return;
    };
    let golden = golden(&folder);
    let decoder = Decoder::load(&folder).expect("loaded");
    let rows = golden["ids"].as_array().expect("rows");
    let examples = rows.iter().map(|row| Example::text(ids(row))).collect();
    let options = TrainOptions {
        learning_rate: 1e-3,
        schedule: Schedule::Constant,
        warmup_steps: 0,
        weight_decay: 0.1,
        decay: Decay::All,
        betas: (0.9, 0.95),
        rows_at_once: 30,
        ..TrainOptions::new(10, 4, Seed::new(1))
    };
    let mut trainer = Trainer::new(&decoder, examples, options).expect("begun");
    let first = trainer.step().expect("a step").expect("not done");
    close(first.grad_norm, &golden["grad_norm"], 1e-5);
    for (name, expected) in golden["grad_norms"].as_object().expect("norms") {
        // After one step the first moment is a tenth of the clipped gradient.
        let [moment, _] = trainer.optimizer().moments(name).expect("trained");
        let squares: f64 = moment.iter().map(|x| f64::from(*x).powi(2)).sum();
        close(
            squares.sqrt() * 10.0 * (first.grad_norm + 1e-6),
            expected,
            1e-5,
        );
    }
    let mut losses = vec![first.loss_nats];
    while let Some(row) = trainer.step().expect("a step") {
        losses.push(row.loss_nats);
    }
    for (found, expected) in losses
        .iter()
        .zip(golden["adamw_losses"].as_array().expect("losses"))
    {
        close(*found, expected, 1e-4);
    }
}

#[test]
fn minilm_agrees_with_sentence_transformers() {
    let Some(folder) = fixtures("models/minilm") else {
        return;
    };
    let golden = golden(&folder);
    let encoder = Encoder::load(&folder).expect("loaded");
    assert_eq!(
        (
            encoder.dim(),
            encoder.pooling(),
            encoder.normalizes(),
            encoder.max_tokens()
        ),
        (384, "mean", true, 256)
    );
    let texts: Vec<&str> = golden["sentences"]
        .as_array()
        .expect("texts")
        .iter()
        .map(|t| t.as_str().expect("text"))
        .collect();
    let vectors = encoder.embed(&texts).expect("embedded");
    for (found, expected) in vectors
        .rows()
        .zip(golden["embeddings"].as_array().expect("rows"))
    {
        let expected = expected
            .as_array()
            .expect("numbers")
            .iter()
            .map(|x| x.as_f64().expect("a number"));
        let cosine: f64 = found
            .iter()
            .zip(expected)
            .map(|(a, b)| f64::from(*a) * b)
            .sum();
        // The weights were rounded to f16, which moves a cosine by at most 2e-4.
        assert!((cosine - 1.0).abs() < 2e-4, "{cosine}");
    }

    let long = "word ".repeat(400);
    let many: Vec<&str> = texts
        .iter()
        .copied()
        .chain([long.as_str(), ""])
        .cycle()
        .take(40)
        .collect();
    let together = encoder.embed(&many).expect("embedded");
    assert_eq!(encoder.truncated(&many).expect("counted"), 5);
    for (index, vector) in vectors.rows().enumerate() {
        assert_eq!(together.row(index), vector);
        assert_eq!(together.row(index + 7), vector);
    }
}
