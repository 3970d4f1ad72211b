//! Sends requests to a server, many at once, until each is answered or given up.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use anyhow::{Context as _, bail};
use numeric::Seed;
use reqwest::StatusCode;
use reqwest::blocking::{Client as Http, Response};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use serde_json::Value;

use super::limiter::{Ended, Limiter};
use super::{Address, retry, told};

/// The largest reply that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// How hard a server is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Requests under way at once, at most.
    pub(crate) concurrency: usize,
    /// How often a request is sent again.
    pub(crate) retries: u32,
    /// How long a reply may take.
    pub(crate) timeout: Duration,
}

/// A client of one server.
pub(crate) struct Client {
    http: Http,
    url: String,
    host: String,
    /// Kept to be taken out of whatever the server says.
    key: Option<String>,
    limits: Limits,
    limiter: Limiter,
    /// Whether the server has answered anything yet: if not, a refusal is no matter of one request.
    answered: AtomicBool,
}

/// One request to be sent.
pub(crate) struct Outgoing {
    pub(crate) body: Value,
    /// What the jitter of its waits follows from.
    pub(crate) seed: Seed,
}

/// What came of one request: what `read` made of its reply, or why it was given up.
pub(crate) type Came<T> = Result<T, String>;

/// What came of one try.
enum Tried<T> {
    Done(T),
    /// It may pass another time; the wait that the server asks for.
    Again(String, Option<Duration>),
    /// This request will not be answered.
    Refused(String),
    /// No request will be.
    Hopeless(anyhow::Error),
}

impl Client {
    /// A client of the server at `address` that shows `key` to it and to nobody else.
    pub(crate) fn new(
        address: &Address,
        path: &str,
        key: Option<&str>,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        let mut builder = Http::builder()
            .redirect(Policy::none())
            .timeout(limits.timeout)
            .default_headers(headers(key)?)
            .user_agent(concat!("polyculture/", env!("CARGO_PKG_VERSION")));
        let known = address.resolve()?;
        if !known.is_empty() {
            builder = builder.resolve_to_addrs(address.host(), &known);
        }
        if address.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .context("the client of the endpoint cannot be made")?;
        Ok(Self {
            http,
            url: address.join(path),
            host: address.host().to_owned(),
            key: key.map(str::to_owned),
            limits,
            limiter: Limiter::new(limits.concurrency),
            answered: AtomicBool::new(false),
        })
    }

    /// Sends all requests and hands over what came, as it comes, with the place of its request.
    ///
    /// `read` turns a reply into what is wanted, or says why it is none; `take` gets it on the
    /// calling thread and says whether to go on. What is under way when it does not is still taken.
    pub(crate) fn send<T: Send>(
        &self,
        outgoing: &[Outgoing],
        read: &(dyn Fn(usize, &str) -> Result<T, String> + Sync),
        take: &mut dyn FnMut(Vec<(usize, Came<T>)>) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let failed: Mutex<Option<anyhow::Error>> = Mutex::new(None);
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| -> anyhow::Result<()> {
            for _ in 0..self.limits.concurrency.min(outgoing.len()) {
                let (sender, next, stop, failed) = (sender.clone(), &next, &stop, &failed);
                scope.spawn(move || {
                    while !stop.load(Ordering::Acquire) {
                        let place = next.fetch_add(1, Ordering::AcqRel);
                        let Some(request) = outgoing.get(place) else {
                            return;
                        };
                        match self.settle(request, &|reply| read(place, reply), stop) {
                            Ok(Some(came)) => {
                                // Only what is taken is safe, so nothing else is asked for
                                // before that; the end of the channel says that it is.
                                let (taken, wait) = mpsc::channel::<()>();
                                if sender.send(((place, came), taken)).is_ok() {
                                    let _ = wait.recv();
                                }
                            }
                            Ok(None) => return,
                            Err(error) => {
                                stop.store(true, Ordering::Release);
                                let mut failed =
                                    failed.lock().unwrap_or_else(PoisonError::into_inner);
                                failed.get_or_insert(error);
                            }
                        }
                    }
                });
            }
            drop(sender);
            while let Ok(first) = receiver.recv() {
                let all = std::iter::once(first).chain(receiver.try_iter());
                let (came, waiting): (Vec<_>, Vec<_>) = all.unzip();
                let go_on = take(came);
                drop(waiting);
                if !matches!(go_on, Ok(true)) {
                    stop.store(true, Ordering::Release);
                }
                go_on?;
            }
            Ok(())
        })?;
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), Err)
    }

    /// Tries one request until it is answered or given up; `None` where all is stopped meanwhile.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server that is asked too much says for how long to wait, and no more"
    )]
    fn settle<T>(
        &self,
        request: &Outgoing,
        read: &dyn Fn(&str) -> Result<T, String>,
        stop: &AtomicBool,
    ) -> anyhow::Result<Option<Came<T>>> {
        let mut jitter = request.seed.stream("retry");
        let mut tries = 0;
        loop {
            let leave = self.limiter.enter();
            if stop.load(Ordering::Acquire) {
                self.limiter.end(&leave, Ended::Otherwise);
                return Ok(None);
            }
            let tried = self.attempt(&request.body, read);
            let wait = retry::wait(tries, jitter.unit(), pause(&tried));
            self.limiter.end(&leave, ended(&tried, wait));
            match tried {
                Tried::Done(came) => return Ok(Some(Ok(came))),
                Tried::Refused(why) => return Ok(Some(Err(why))),
                Tried::Hopeless(error) => return Err(error),
                Tried::Again(why, _) if tries >= self.limits.retries => {
                    return self.give_up(why).map(Some);
                }
                Tried::Again(..) => std::thread::sleep(wait),
            }
            tries += 1;
        }
    }

    /// A server that never answered anything will not answer the others either.
    fn give_up<T>(&self, why: String) -> anyhow::Result<Came<T>> {
        if self.answered.load(Ordering::Acquire) {
            return Ok(Err(why));
        }
        let error = anyhow::anyhow!("{}: {why}", self.host);
        Err(cli::with_hint(
            error.context(format!(
                "the endpoint does not answer after {} tries",
                self.limits.retries + 1
            )),
            "see whether the server runs, and whether --endpoint names it",
        ))
    }

    fn attempt<T>(&self, body: &Value, read: &dyn Fn(&str) -> Result<T, String>) -> Tried<T> {
        let reply = match self.http.post(&self.url).json(body).send() {
            Ok(reply) => reply,
            // The address is left out, since it says no more than the host.
            Err(error) => return Tried::Again(chain(&error.without_url()), None),
        };
        let status = reply.status();
        let asked = retry::asked(header(&reply, &RETRY_AFTER).as_deref());
        if status.is_redirection() {
            return Tried::Hopeless(self.redirected(&reply));
        }
        let text = match body_of(reply) {
            Ok(text) => text,
            Err(why) => return Tried::Again(why, None),
        };
        if status.is_success() {
            return match read(&text) {
                Ok(came) => {
                    self.answered.store(true, Ordering::Release);
                    Tried::Done(came)
                }
                Err(why) => Tried::Again(format!("the reply cannot be read: {why}"), None),
            };
        }
        let why = format!("{}: {}", status.as_u16(), message(&self.without_key(text)));
        if retry::may_pass(status) {
            let asked = asked.or_else(|| retry::is_too_much(status).then_some(Duration::ZERO));
            return Tried::Again(why, asked);
        }
        self.refused(status, why)
    }

    /// A refusal concerns one request only where the server has answered others, and speaks of the request.
    fn refused<T>(&self, status: StatusCode, why: String) -> Tried<T> {
        let of_request = matches!(status.as_u16(), 400 | 413 | 422);
        if of_request && self.answered.load(Ordering::Acquire) {
            return Tried::Refused(why);
        }
        let error = anyhow::anyhow!("{} answers {why}", self.host);
        Tried::Hopeless(match status.as_u16() {
            401 | 403 => cli::with_hint(error, "give a key with --api-key-env or --api-key-file"),
            404 => cli::with_hint(
                error,
                "see --endpoint (it mostly ends in /v1), --api and --model-name",
            ),
            _ => error,
        })
    }

    /// Some servers repeat a key that they refuse.
    fn without_key(&self, text: String) -> String {
        match &self.key {
            Some(key) => text.replace(key.as_str(), "<key>"),
            None => text,
        }
    }

    fn redirected(&self, reply: &Response) -> anyhow::Error {
        let target = header(reply, &LOCATION).unwrap_or_default();
        let error = anyhow::anyhow!(
            "{} sends the request on to `{}`, which is not followed",
            self.host,
            told(&target)
        );
        cli::with_hint(error, "name the server itself with --endpoint")
    }
}

/// What the limiter has to know of a try.
fn ended<T>(tried: &Tried<T>, wait: Duration) -> Ended {
    match tried {
        Tried::Done(_) => Ended::Fine,
        Tried::Again(_, Some(_)) => Ended::TooMuch(wait),
        Tried::Again(_, None) | Tried::Refused(_) | Tried::Hopeless(_) => Ended::Otherwise,
    }
}

/// How long the server asks to be left alone.
fn pause<T>(tried: &Tried<T>) -> Option<Duration> {
    match tried {
        Tried::Again(_, asked) => asked.filter(|asked| !asked.is_zero()),
        _ => None,
    }
}

fn headers(key: Option<&str>) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}")) else {
            bail!("the key of the endpoint has characters that no header may have");
        };
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn header(reply: &Response, name: &reqwest::header::HeaderName) -> Option<String> {
    let value = reply.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

fn body_of(reply: Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = reply.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("the reply broke off: {}", chain(&error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("the reply has more than {LARGEST} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "the reply is not UTF-8".to_owned())
}

/// The message in the body of an error, as OpenAI's interface has it, or else the body.
fn message(body: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let said = parsed.as_ref().and_then(|body| {
        let error = body.get("error").unwrap_or(body);
        error.get("message").unwrap_or(error).as_str()
    });
    told(said.unwrap_or(body))
}

/// An error with all its causes, which say more than it does.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    told(&said)
}
