//! Continuous batching: whoever has room takes the next request, and a text that ends makes room.

use std::sync::atomic::{AtomicUsize, Ordering};

use numeric::Stream;
use rayon::prelude::*;

use super::prefix::{self, Known};
use super::{FinishReason, Generated, Request, StopStrings};
use crate::Error;
use crate::decoder::Decoder;
use crate::engine::{Cache, Engine};
use crate::kernels::exp::log_sum_exp;
use crate::sampling::{History, Sampling};

/// Sequences written side by side: a few tiles of the matrix kernel.
const TOGETHER: usize = 48;
/// The memory that the caches of one worker may take, in bytes.
const CACHE_BYTES: usize = 1 << 30;

/// The requests, taken one by one by whichever worker has room.
pub(super) struct Queue<'a> {
    engine: &'a Engine,
    requests: &'a [Request],
    sampling: Sampling,
    stops: StopStrings<'a>,
    next: AtomicUsize,
    positions: usize,
}

/// A text being written.
struct Active<'a> {
    index: usize,
    request: &'a Request,
    cache: Cache,
    stream: Stream,
    history: History,
    ids: Vec<u32>,
    logprobs: Vec<f64>,
    room: usize,
}

/// A text that was written, by the place of its request.
type Done = (usize, Generated);

impl<'a> Queue<'a> {
    pub(super) fn new(
        decoder: &'a Decoder,
        requests: &'a [Request],
        sampling: Sampling,
        stops: StopStrings<'a>,
    ) -> Result<Self, Error> {
        Ok(Self {
            engine: decoder.engine()?,
            requests,
            sampling,
            stops,
            next: AtomicUsize::new(0),
            positions: decoder.config().max_position_embeddings,
        })
    }

    /// Writes all texts, in the order of their requests.
    pub(super) fn run(&self) -> Vec<Generated> {
        let workers = rayon::current_num_threads().min(self.requests.len());
        let together = self.together(workers.max(1));
        let mut done: Vec<Done> = (0..workers)
            .into_par_iter()
            .flat_map_iter(|_| self.work(together))
            .collect();
        done.sort_unstable_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, generated)| generated).collect()
    }

    fn together(&self, workers: usize) -> usize {
        let longest = self
            .requests
            .iter()
            .map(|request| self.length(request))
            .max()
            .unwrap_or(1);
        let affordable = CACHE_BYTES / (longest * self.engine.cache_bytes()).max(1);
        TOGETHER
            .min(self.requests.len().div_ceil(workers))
            .min(affordable)
            .max(1)
    }

    fn length(&self, request: &Request) -> usize {
        let asked = request.prompt.len().saturating_add(request.max_new_tokens);
        asked.min(self.positions)
    }

    fn take(&self, active: &[Active<'_>], last: Option<&Active<'_>>) -> Option<Active<'a>> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let request = self.requests.get(index)?;
        let length = self.length(request);
        let known = active.iter().chain(last).map(|text| Known {
            prompt: &text.request.prompt,
            cache: &text.cache,
        });
        Some(Active {
            index,
            request,
            cache: prefix::begin(self.engine, &request.prompt, length, known),
            stream: request.seed.stream("sample"),
            history: History::new(&request.prompt, self.sampling),
            ids: Vec::new(),
            logprobs: Vec::new(),
            room: length - request.prompt.len(),
        })
    }

    fn work(&self, together: usize) -> Vec<Done> {
        let mut done = Vec::new();
        let mut active: Vec<Active<'_>> = Vec::new();
        let mut last = None;
        let mut room = Vec::new();
        loop {
            while active.len() < together {
                match self.take(&active, last.as_ref()) {
                    Some(mut new) if new.room == 0 => done.push(new.finish(FinishReason::Length)),
                    Some(new) => active.push(new),
                    None => break,
                }
            }
            if active.is_empty() {
                return done;
            }
            let logits = self.next_logits(&mut active);
            let vocabulary = logits.len() / active.len();
            let mut going = Vec::with_capacity(active.len());
            for (mut text, logits) in active.into_iter().zip(logits.chunks_exact(vocabulary)) {
                match self.write(&mut text, logits, &mut room) {
                    None => going.push(text),
                    Some(reason) => {
                        done.push(text.finish(reason));
                        last = Some(text);
                    }
                }
            }
            active = going;
        }
    }

    /// Feeds every text what it has not read yet, and returns the logits of what comes next.
    fn next_logits(&self, active: &mut [Active<'_>]) -> Vec<f32> {
        let mut last = 0;
        let mut ends = Vec::with_capacity(active.len());
        let mut feeds: Vec<_> = active
            .iter_mut()
            .map(|text| {
                let tokens = match text.ids.last() {
                    Some(token) => std::slice::from_ref(token),
                    None => &text.request.prompt[text.cache.length()..],
                };
                last += tokens.len();
                ends.push(last - 1);
                (&mut text.cache, tokens)
            })
            .collect();
        let hidden = self.engine.hidden(&mut feeds);
        let dim = hidden.len() / last;
        let rows: Vec<f32> = ends
            .iter()
            .flat_map(|end| &hidden[end * dim..][..dim])
            .copied()
            .collect();
        self.engine.logits(&rows)
    }

    /// Draws the next token of a text, and says whether it was the last.
    fn write(
        &self,
        text: &mut Active<'_>,
        logits: &[f32],
        room: &mut Vec<f32>,
    ) -> Option<FinishReason> {
        let token = self
            .sampling
            .draw(logits, &text.history, room, &mut text.stream);
        if text.request.stop.contains(&token) {
            return Some(FinishReason::Stop);
        }
        let logprob = f64::from(logits[token as usize]) - log_sum_exp(logits);
        text.logprobs.push(logprob);
        text.ids.push(token);
        text.history.write(token);
        if self.stops.ends(&text.request.prompt, &text.ids) {
            return Some(FinishReason::Stop);
        }
        (text.ids.len() == text.room).then_some(FinishReason::Length)
    }
}

impl Active<'_> {
    /// What was written; the cache stays, for prompts that begin alike.
    fn finish(&mut self, finish_reason: FinishReason) -> Done {
        let ids = std::mem::take(&mut self.ids);
        let logprobs = std::mem::take(&mut self.logprobs);
        let n_tokens = ids.len();
        let mean_logprob = (n_tokens > 0).then(|| logprobs.iter().sum::<f64>() / n_tokens as f64);
        let generated = Generated {
            ids,
            finish_reason,
            logprobs,
            mean_logprob,
            n_tokens,
        };
        (self.index, generated)
    }
}
