//! `--model`: a decoder that samples token after token.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::{Directory, Input};
use model::{Decoder, Generated, Sampling, StopStrings, Tokenizer};
use serde_json::{Value, json};

use crate::args::{Args, BackendArgs};
use crate::backends::{Backend, Exchange, Keep, Kind, Opened, keep_all};
use crate::request::{Draft, Request, Usage};

pub(super) static KIND: Kind = Kind {
    name: "model",
    open,
};

/// Tokens of a text, where nothing is said.
const MAX_NEW_TOKENS: usize = 64;
/// What a prompt without an end of its own may be cut off by: the ends of a line.
const LINE_ENDS: [&str; 3] = ["\n", "\n\n", " \n"];

struct ModelBackend {
    name: String,
    input: Input,
    decoder: Decoder,
    tokenizer: Tokenizer,
    sampling: Sampling,
    max_new_tokens: usize,
    /// The strings that end a text.
    stop: Vec<String>,
    /// The tokens that end a line.
    line_ends: Vec<u32>,
    /// The labels that it was taught to write; empty where that is not known.
    labels: Vec<String>,
}

fn open(args: &Args) -> Option<Opened> {
    let source = args.backend.model.as_ref()?;
    let opened = Directory::open(source).map_err(anyhow::Error::from);
    let loaded = opened.and_then(|directory| ModelBackend::load(&directory, &args.backend));
    Some(loaded.map(|backend| Box::new(backend) as Box<dyn Backend>))
}

/// The sampling that the options ask for.
fn sampling(args: &BackendArgs) -> Sampling {
    let plain = Sampling::at(1.0);
    Sampling {
        temperature: args.temperature.unwrap_or(plain.temperature),
        top_p: args.top_p.unwrap_or(plain.top_p),
        top_k: args.top_k.unwrap_or(plain.top_k),
        min_p: args.min_p.unwrap_or(plain.min_p),
        typical_p: args.typical_p.unwrap_or(plain.typical_p),
        repetition_penalty: args.repetition_penalty.unwrap_or(plain.repetition_penalty),
        presence_penalty: args.presence_penalty.unwrap_or(plain.presence_penalty),
        frequency_penalty: args.frequency_penalty.unwrap_or(plain.frequency_penalty),
    }
}

impl ModelBackend {
    fn load(directory: &Directory, args: &BackendArgs) -> anyhow::Result<Self> {
        let max_new_tokens = args.max_new_tokens.unwrap_or(MAX_NEW_TOKENS);
        anyhow::ensure!(
            max_new_tokens > 0,
            "--max-new-tokens is 0; at least 1 is needed"
        );
        let name = directory.name().to_owned();
        let loading = || format!("the model {name} cannot be loaded");
        let decoder = Decoder::load(directory).with_context(loading)?;
        let tokenizer =
            Tokenizer::from_json(&directory.require("tokenizer.json")?).with_context(loading)?;
        tokenizer
            .check_fits(decoder.config())
            .with_context(loading)?;
        let mut line_ends = Vec::new();
        for end in LINE_ENDS {
            if let [id] = tokenizer.encode(end, false).unwrap_or_default()[..] {
                line_ends.push(id);
            }
        }
        let sampling = sampling(args);
        sampling.check()?;
        let labels = directory.read(text::LABELS_FILE)?;
        let labels = labels.map_or_else(|| Ok(Vec::new()), |json| serde_json::from_slice(&json));
        let labels =
            labels.with_context(|| format!("{name}/{} cannot be read", text::LABELS_FILE))?;
        let input = directory.input("model")?;
        Ok(Self {
            name,
            input,
            decoder,
            tokenizer,
            sampling,
            max_new_tokens,
            stop: args.stop.clone(),
            line_ends,
            labels,
        })
    }

    /// The tokens of a prompt: what begins a text, then the prompt, with nothing that ends one.
    fn prompt(&self, prompt: &str) -> anyhow::Result<Vec<u32>> {
        let config = self.decoder.config();
        let mut ids = self.tokenizer.encode(prompt, true)?;
        while ids
            .last()
            .is_some_and(|id| config.eos_token_ids.contains(id))
        {
            ids.pop();
        }
        if let Some(bos) = config.bos_token_id
            && ids.first() != Some(&bos)
        {
            ids.insert(0, bos);
        }
        if ids.is_empty() {
            return Err(cli::with_hint(
                anyhow::anyhow!(
                    "{} has no token that begins a text, so it cannot write from nothing",
                    self.name
                ),
                "give it something to continue: --labels, or --method continue with a prompt",
            ));
        }
        Ok(ids)
    }

    fn request(&self, request: &Request) -> anyhow::Result<model::Request> {
        let mut stop = self.decoder.config().eos_token_ids.clone();
        if request.one_line {
            stop.extend(&self.line_ends);
        }
        let (prompt, seed) = (self.prompt(&request.prompt)?, request.seed);
        Ok(model::Request {
            prompt,
            seed,
            max_new_tokens: self.max_new_tokens,
            stop,
        })
    }

    /// What was written after the prompt.
    ///
    /// Both are decoded together, since some tokenizers drop the space before the first token.
    fn text(&self, prompt: &[u32], ids: &[u32]) -> anyhow::Result<String> {
        let before = self.tokenizer.decode(prompt)?;
        let whole = self.tokenizer.decode(&[prompt, ids].concat())?;
        let text = match whole.strip_prefix(before.as_str()) {
            Some(text) => text.to_owned(),
            None => self.tokenizer.decode(ids)?,
        };
        // A character may be cut in the middle where the text ends by its length.
        let text = text.trim_end_matches('\u{fffd}');
        Ok(self.stops().cut(text).to_owned())
    }

    fn stops(&self) -> StopStrings<'_> {
        StopStrings::new(&self.tokenizer, &self.stop)
    }

    fn draft(&self, prompt: &[u32], generated: Generated) -> anyhow::Result<Draft> {
        Ok(Draft {
            text: self.text(prompt, &generated.ids)?,
            finish_reason: Some(generated.finish_reason.as_str().to_owned()),
            n_tokens: Some(generated.n_tokens as i32),
            mean_logprob: generated.mean_logprob,
            usage: Usage {
                prompt_tokens: prompt.len() as u64,
                completion_tokens: generated.n_tokens as u64,
            },
            token_ids: generated.ids,
            ..Draft::default()
        })
    }
}

impl Backend for ModelBackend {
    fn answer(&self, exchanges: &[Exchange], keep: &mut Keep<'_>) -> anyhow::Result<()> {
        let positions = self.decoder.config().max_position_embeddings;
        let requests = exchanges
            .iter()
            .map(|exchange| self.request(&exchange.request));
        let requests = requests.collect::<anyhow::Result<Vec<_>>>()?;
        let fits = |request: &model::Request| request.prompt.len() < positions;
        let fitting: Vec<_> = requests
            .iter()
            .filter(|request| fits(request))
            .cloned()
            .collect();
        let generated =
            model::generate_until(&self.decoder, &fitting, self.sampling, self.stops())?;
        let mut generated = generated.into_iter();
        let answers = requests.iter().map(|request| {
            let answer = if fits(request) {
                generated.next()
            } else {
                None
            };
            match answer {
                Some(answer) => self.draft(&request.prompt, answer).map(Ok),
                None => Ok(Err("prompt-too-long".into())),
            }
        });
        keep_all(answers.collect::<anyhow::Result<Vec<_>>>()?, keep)
    }

    fn at_once(&self) -> u64 {
        512
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }

    fn max_new_tokens(&self) -> Option<usize> {
        Some(self.max_new_tokens)
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn source(&self) -> String {
        self.name.clone()
    }

    fn knob(&self) -> (&'static str, f64) {
        ("temperature", self.sampling.temperature)
    }

    fn sampling(&self) -> Option<(f64, f64)> {
        Some((self.sampling.temperature, self.sampling.top_p))
    }

    fn settings(&self) -> BTreeMap<&'static str, Value> {
        let mut settings = BTreeMap::from([
            ("model", json!(self.input.node.hash)),
            ("temperature", json!(self.sampling.temperature)),
            ("top_p", json!(self.sampling.top_p)),
            ("top_k", json!(self.sampling.top_k)),
            ("min_p", json!(self.sampling.min_p)),
            ("max_new_tokens", json!(self.max_new_tokens)),
        ]);
        // What was added later is said where it is set, so that the ids of older rows stay.
        let plain = Sampling::at(1.0);
        for (name, value, unset) in [
            ("typical_p", self.sampling.typical_p, plain.typical_p),
            (
                "repetition_penalty",
                self.sampling.repetition_penalty,
                plain.repetition_penalty,
            ),
            (
                "presence_penalty",
                self.sampling.presence_penalty,
                plain.presence_penalty,
            ),
            (
                "frequency_penalty",
                self.sampling.frequency_penalty,
                plain.frequency_penalty,
            ),
        ] {
            if value != unset {
                settings.insert(name, json!(value));
            }
        }
        if !self.stop.is_empty() {
            settings.insert("stop", json!(self.stop));
        }
        settings
    }
}
