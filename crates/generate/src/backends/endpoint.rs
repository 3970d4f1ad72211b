//! `--endpoint`: any server that speaks OpenAI's interface, such as vLLM, SGLang, llama.cpp, Ollama or OpenAI.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use dataset::Input;
use serde_json::{Value, json};

use crate::answer::Format;
use crate::args::{Args, EndpointArgs};
use crate::backends::{Backend, Exchange, Keep, Kind, Opened};
use crate::batch;
use crate::endpoint::{Address, Api, Body, Client, Limits, Outgoing, answers};
use crate::request::{Answer, Refusal};

pub(super) static KIND: Kind = Kind {
    name: "endpoint",
    open,
};

/// Tokens of an answer, where nothing is said.
const MAX_NEW_TOKENS: usize = 256;
/// Requests under way at once, where nothing is said.
const CONCURRENCY: usize = 16;
/// How often a request is sent again, where nothing is said.
const RETRIES: u32 = 6;
/// Seconds that an answer may take, where nothing is said.
const TIMEOUT: f64 = 300.0;

struct Endpoint {
    body: Body,
    address: Address,
    temperature: f64,
    /// Requests go to this file, where one is named, and to the server otherwise.
    way: Way,
}

enum Way {
    Server(Box<Client>),
    File(PathBuf),
}

fn open(args: &Args) -> Option<Opened> {
    let address = args.backend.endpoint.endpoint.as_ref()?;
    let opened = Endpoint::open(address, args);
    Some(opened.map(|backend| Box::new(backend) as Box<dyn Backend>))
}

impl Endpoint {
    fn open(address: &Address, args: &Args) -> anyhow::Result<Self> {
        let (given, sampling) = (&args.backend.endpoint, &args.backend);
        let model = given.model_name.clone();
        let model = model.context("--endpoint needs --model-name, the model that is asked")?;
        let api = given.api.unwrap_or_default();
        ensure!(
            given.system.is_none() || api == Api::Chat,
            "--system is for --api chat; a completion has no messages"
        );
        let max_new_tokens = sampling.max_new_tokens.unwrap_or(MAX_NEW_TOKENS);
        ensure!(
            max_new_tokens > 0,
            "--max-new-tokens is 0; at least 1 is needed"
        );
        let temperature = sampling.temperature.unwrap_or(1.0);
        let body = Body {
            api,
            model,
            system: given.system.clone(),
            temperature: Some(temperature),
            top_p: sampling.top_p,
            top_k: sampling.top_k,
            min_p: sampling.min_p,
            typical_p: sampling.typical_p,
            repetition_penalty: sampling.repetition_penalty,
            presence_penalty: sampling.presence_penalty,
            frequency_penalty: sampling.frequency_penalty,
            stop: sampling.stop.clone(),
            max_new_tokens,
            max_tokens_name: given
                .max_tokens_field
                .clone()
                .unwrap_or_else(|| "max_tokens".to_owned()),
            logprobs: given.logprobs,
            send_seed: !given.no_seed,
            schema: args.method.answer_format == Some(Format::Json) && api == Api::Chat,
        };
        let way = match &args.batch_file {
            Some(file) => Way::File(file.clone()),
            None => Way::Server(Box::new(client(address, api, given)?)),
        };
        Ok(Self {
            body,
            address: address.clone(),
            temperature,
            way,
        })
    }
}

fn client(address: &Address, api: Api, given: &EndpointArgs) -> anyhow::Result<Client> {
    let seconds = given.timeout.unwrap_or(TIMEOUT);
    let timeout = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|timeout| !timeout.is_zero());
    let limits = Limits {
        concurrency: given.concurrency.unwrap_or(CONCURRENCY),
        retries: given.retries.unwrap_or(RETRIES),
        timeout: timeout
            .with_context(|| format!("--timeout is {seconds}, and seconds above 0 are expected"))?,
    };
    ensure!(
        limits.concurrency > 0,
        "--concurrency is 0; at least 1 is needed"
    );
    Client::new(address, api.path(), key(given)?.as_deref(), limits)
}

/// The key, from where it is named; it is never an argument itself.
fn key(given: &EndpointArgs) -> anyhow::Result<Option<String>> {
    if let Some(file) = &given.api_key_file {
        return Ok(Some(dataset::read_secret(file)?));
    }
    let Some(name) = &given.api_key_env else {
        return Ok(None);
    };
    let key = std::env::var(name).ok().map(|key| key.trim().to_owned());
    let key = key.filter(|key| !key.is_empty());
    let key = key.with_context(|| format!("--api-key-env names {name}, which is not set"))?;
    Ok(Some(key))
}

impl Backend for Endpoint {
    fn answer(&self, exchanges: &[Exchange], keep: &mut Keep<'_>) -> anyhow::Result<()> {
        let client = match &self.way {
            Way::Server(client) => client,
            Way::File(file) => return batch::write(file, self.body.api, exchanges, &self.body),
        };
        let outgoing: Vec<_> = exchanges
            .iter()
            .map(|exchange| Outgoing {
                body: self.body.of(&exchange.request, exchange.choices),
                seed: exchange.request.seed,
            })
            .collect();
        let read = |place: usize, reply: &str| answers(reply, exchanges[place].choices);
        client.send(&outgoing, &read, &mut |came| {
            let answered = came.into_iter().map(|(place, came)| {
                let choices = exchanges[place].choices as usize;
                (place, came.unwrap_or_else(|why| given_up(&why, choices)))
            });
            keep(answered.collect())
        })
    }

    fn at_once(&self) -> u64 {
        1 << 14
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn chats(&self) -> bool {
        self.body.api == Api::Chat
    }

    fn input(&self) -> Option<&Input> {
        None
    }

    fn source(&self) -> String {
        self.body.model.clone()
    }

    fn knob(&self) -> (&'static str, f64) {
        ("temperature", self.temperature)
    }

    fn sampling(&self) -> Option<(f64, f64)> {
        Some((self.temperature, self.body.top_p.unwrap_or(1.0)))
    }

    fn settings(&self) -> BTreeMap<&'static str, Value> {
        let body = &self.body;
        BTreeMap::from([
            ("endpoint", json!(self.address)),
            ("api", json!(body.api)),
            ("model", json!(body.model)),
            ("system", json!(body.system)),
            ("temperature", json!(body.temperature)),
            ("top_p", json!(body.top_p)),
            ("top_k", json!(body.top_k)),
            ("min_p", json!(body.min_p)),
            ("typical_p", json!(body.typical_p)),
            ("repetition_penalty", json!(body.repetition_penalty)),
            ("presence_penalty", json!(body.presence_penalty)),
            ("frequency_penalty", json!(body.frequency_penalty)),
            ("stop", json!(body.stop)),
            ("max_new_tokens", json!(body.max_new_tokens)),
            ("send_seed", json!(body.send_seed)),
            ("logprobs", json!(body.logprobs)),
            ("schema", json!(body.schema)),
        ])
    }

    fn max_new_tokens(&self) -> Option<usize> {
        Some(self.body.max_new_tokens)
    }

    fn unanswered(&self) -> String {
        match &self.way {
            Way::Server(_) => "not all requests were answered".to_owned(),
            Way::File(_) => {
                "the requests were written to --batch-file; give their answers with --batch-results"
                    .to_owned()
            }
        }
    }
}

/// What stands for the answers to a request that was given up.
fn given_up(why: &str, choices: usize) -> Vec<Answer> {
    let reason = why
        .split(':')
        .next()
        .filter(|code| code.parse::<u16>().is_ok());
    let reason = reason.map_or_else(|| "no-answer".to_owned(), |code| format!("status-{code}"));
    vec![Err(Refusal::failed(&reason, why.to_owned())); choices]
}
