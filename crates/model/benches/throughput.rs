//! How fast a model trains, writes, scores and embeds: one JSON line a repetition, for `make bench-model`.
//!
//! `throughput train|generate|score DIR BATCH TOKENS REPEATS` takes a `config.json` alone, with
//! fresh weights, since speed does not depend on the values; `throughput embed DIR FILE REPEATS`
//! takes an encoder and a file with a text a line.

use std::path::PathBuf;
use std::time::Instant;

use model::{
    Config, Decoder, Encoder, Error, Example, Files, Request, Sampling, TrainOptions, Trainer,
    generate, score,
};
use numeric::Seed;

/// Tokens of a prompt.
const PROMPT: usize = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    match words[..] {
        ["embed", folder, file, repeats] => embed(folder, file, number(repeats)),
        [work, folder, batch, tokens, repeats] => {
            let decoder = fresh(folder);
            let (batch, tokens, repeats) = (number(batch), number(tokens), number(repeats));
            match work {
                "train" => train(&decoder, batch, tokens, repeats),
                "generate" => write(&decoder, batch, tokens, repeats),
                "score" => read(&decoder, batch, tokens, repeats),
                other => {
                    panic!("`{other}` is not known; known ones are train, generate, score, embed")
                }
            }
        }
        // `cargo bench` without arguments measures nothing.
        _ => {}
    }
}

fn number(word: &str) -> usize {
    word.parse().expect("a whole number")
}

/// A decoder of the shape in a folder's `config.json`.
fn fresh(folder: &str) -> Decoder {
    let file = format!("{folder}/config.json");
    let bytes = std::fs::read(&file).expect("readable");
    let config = Config::from_json(&file, &bytes).expect("a configuration");
    Decoder::initialize(config, Seed::new(1)).expect("drawn")
}

fn draw(decoder: &Decoder, count: usize, tokens: usize) -> Vec<Vec<u32>> {
    let mut stream = Seed::new(2).stream("tokens");
    let mut row = || {
        let ids = (0..tokens).map(|_| stream.below(decoder.config().vocab_size) as u32);
        ids.collect()
    };
    (0..count).map(|_| row()).collect()
}

fn train(decoder: &Decoder, batch: usize, tokens: usize, repeats: usize) {
    let rows = draw(decoder, batch, tokens + 1);
    let examples = rows.into_iter().map(Example::text).collect();
    let options = TrainOptions::new(repeats + 1, batch, Seed::new(3));
    let mut trainer = Trainer::new(decoder, examples, options).expect("begun");
    trainer.step().expect("a step");
    for _ in 0..repeats {
        timed("train", batch * tokens, || {
            trainer.step().expect("a step");
        });
    }
}

fn write(decoder: &Decoder, batch: usize, tokens: usize, repeats: usize) {
    let requests: Vec<Request> = draw(decoder, batch, PROMPT)
        .into_iter()
        .map(|prompt| Request {
            prompt,
            seed: Seed::new(4),
            max_new_tokens: tokens,
            stop: vec![],
        })
        .collect();
    generate(decoder, &requests[..1], Sampling::GREEDY).expect("written");
    for _ in 0..repeats {
        timed("generate", batch * tokens, || {
            generate(decoder, &requests, Sampling::GREEDY).expect("written");
        });
    }
}

fn read(decoder: &Decoder, batch: usize, tokens: usize, repeats: usize) {
    let rows = draw(decoder, batch, tokens);
    score(decoder, &rows[..1]).expect("scored");
    for _ in 0..repeats {
        timed("score", batch * tokens, || {
            score(decoder, &rows).expect("scored");
        });
    }
}

fn embed(folder: &str, file: &str, repeats: usize) {
    let encoder = Encoder::load(&Folder(PathBuf::from(folder))).expect("an encoder");
    let text = std::fs::read_to_string(file).expect("readable");
    let texts: Vec<&str> = text.lines().collect();
    encoder.embed(&texts[..1]).expect("embedded");
    for _ in 0..repeats {
        timed("embed", texts.len(), || {
            encoder.embed(&texts).expect("embedded");
        });
    }
}

/// Prints how much was done, in how many seconds, and in how many seconds of all processors.
fn timed(work: &str, done: usize, run: impl FnOnce()) {
    let (start, before) = (Instant::now(), processor_seconds());
    run();
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - before);
    #[expect(clippy::print_stdout, reason = "the result of a benchmark")]
    {
        println!(
            r#"{{"work": "{work}", "done": {done}, "seconds": {seconds:.6}, "cpu_seconds": {processor:.2}}}"#
        );
    }
}

/// The time that all processors have spent here, where the system tells it (in hundredths).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(std::fs::read(self.0.join(name)).ok())
    }

    fn name(&self) -> &str {
        self.0.to_str().expect("a readable path")
    }
}
