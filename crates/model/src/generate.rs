//! Writing texts with a decoder: many requests at once, each with randomness of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use numeric::{Seed, Stream};
use rayon::prelude::*;

use crate::Error;
use crate::decoder::Decoder;
use crate::engine::{Cache, Engine};
use crate::kernels::exp::log_sum_exp;
use crate::sampling::Sampling;

/// Sequences written side by side: a few tiles of the matrix kernel.
const TOGETHER: usize = 48;
/// The memory that the caches of one worker may take, in bytes.
const CACHE_BYTES: usize = 1 << 30;

/// What to continue, and how far.
#[derive(Clone, Debug)]
pub struct Request {
    /// The tokens to continue, at least one.
    pub prompt: Vec<u32>,
    /// What all draws of this request follow from.
    pub seed: Seed,
    /// The most tokens to write.
    pub max_new_tokens: usize,
    /// Tokens that end the text; they are not part of it.
    pub stop: Vec<u32>,
}

/// Why a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// A stop token was drawn.
    Stop,
    /// The allowed length was reached.
    Length,
}

impl FinishReason {
    /// The name in files: `stop` or `length`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
        }
    }
}

/// A text that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The new tokens, without the stop token.
    pub ids: Vec<u32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// The mean log-probability of the new tokens under the model itself, whatever the sampling, in
    /// nats; `None` where there are none.
    pub mean_logprob: Option<f64>,
    /// How many new tokens there are.
    pub n_tokens: usize,
}

/// Continues every prompt.
///
/// A text depends on its own request alone: not on the others, their order, or the number of threads.
pub fn generate(
    decoder: &Decoder,
    requests: &[Request],
    sampling: Sampling,
) -> Result<Vec<Generated>, Error> {
    sampling.check()?;
    for request in requests {
        decoder.check_ids(&request.prompt)?;
    }
    let engine = decoder.engine()?;
    let workers = rayon::current_num_threads().min(requests.len());
    let queue = Queue {
        engine,
        requests,
        next: AtomicUsize::new(0),
        positions: decoder.config().max_position_embeddings,
    };
    let together = queue.together(workers.max(1));
    let mut done: Vec<(usize, Generated)> = (0..workers)
        .into_par_iter()
        .flat_map_iter(|_| queue.work(together, sampling))
        .collect();
    done.sort_unstable_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, generated)| generated).collect())
}

/// The requests, taken one by one by whichever worker has room.
struct Queue<'a> {
    engine: &'a Engine,
    requests: &'a [Request],
    next: AtomicUsize,
    positions: usize,
}

/// A text being written.
struct Active<'a> {
    index: usize,
    request: &'a Request,
    cache: Cache,
    stream: Stream,
    ids: Vec<u32>,
    logprob: f64,
    room: usize,
}

impl<'a> Queue<'a> {
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

    fn take(&self) -> Option<Active<'a>> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let request = self.requests.get(index)?;
        let length = self.length(request);
        Some(Active {
            index,
            request,
            cache: self.engine.cache(length),
            stream: request.seed.stream("sample"),
            ids: Vec::new(),
            logprob: 0.0,
            room: length - request.prompt.len(),
        })
    }

    fn work(&self, together: usize, sampling: Sampling) -> Vec<(usize, Generated)> {
        let mut done = Vec::new();
        let mut active: Vec<Active<'_>> = Vec::new();
        let mut probabilities = Vec::new();
        loop {
            while active.len() < together {
                match self.take() {
                    Some(new) if new.room == 0 => done.push(new.finish(FinishReason::Length)),
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
                let token = sampling.draw(logits, &mut probabilities, &mut text.stream);
                match text.push(token, logits) {
                    Some(reason) => done.push(text.finish(reason)),
                    None => going.push(text),
                }
            }
            active = going;
        }
    }

    /// Feeds every text its prompt or its last token, and returns the logits of what comes next.
    fn next_logits(&self, active: &mut [Active<'_>]) -> Vec<f32> {
        let mut last = 0;
        let mut ends = Vec::with_capacity(active.len());
        let mut feeds: Vec<_> = active
            .iter_mut()
            .map(|text| {
                let tokens = match text.ids.last() {
                    Some(token) => std::slice::from_ref(token),
                    None => &text.request.prompt,
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
}

impl Active<'_> {
    fn push(&mut self, token: u32, logits: &[f32]) -> Option<FinishReason> {
        if self.request.stop.contains(&token) {
            return Some(FinishReason::Stop);
        }
        self.logprob += f64::from(logits[token as usize]) - log_sum_exp(logits);
        self.ids.push(token);
        (self.ids.len() == self.room).then_some(FinishReason::Length)
    }

    fn finish(self, finish_reason: FinishReason) -> (usize, Generated) {
        let n_tokens = self.ids.len();
        let mean_logprob = (n_tokens > 0).then(|| self.logprob / n_tokens as f64);
        (
            self.index,
            Generated {
                ids: self.ids,
                finish_reason,
                mean_logprob,
                n_tokens,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn model() -> Decoder {
        let mut config = Config::preset("tiny").expect("known");
        config.initializer_range = 0.3;
        Decoder::initialize(config, Seed::new(1)).expect("drawn")
    }

    fn requests() -> Vec<Request> {
        (0..130u32)
            .map(|i| Request {
                prompt: (0..=i % 7).map(|j| (i * 31 + j) % 320).collect(),
                seed: Seed::new(5).child("row", u64::from(i)),
                max_new_tokens: (i % 11) as usize,
                stop: vec![17, 40, 60],
            })
            .collect()
    }

    #[test]
    fn a_text_depends_on_its_own_request_alone() {
        let (decoder, requests) = (model(), requests());
        let sampling = Sampling {
            top_p: 0.95,
            ..Sampling::at(0.9)
        };
        let together = generate(&decoder, &requests, sampling).expect("written");
        for (request, text) in requests.iter().zip(&together).step_by(13) {
            let alone =
                generate(&decoder, std::slice::from_ref(request), sampling).expect("written");
            assert_eq!(alone[0], *text);
        }
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            assert_eq!(
                pool.install(|| generate(&decoder, &requests, sampling))
                    .expect("written"),
                together
            );
        }
        assert!(
            together
                .iter()
                .any(|text| text.finish_reason == FinishReason::Stop)
        );
    }

    #[test]
    fn lengths_are_kept_and_counted() {
        let (decoder, requests) = (model(), requests());
        for (request, text) in requests
            .iter()
            .zip(generate(&decoder, &requests, Sampling::at(1.0)).expect("written"))
        {
            assert_eq!(text.n_tokens, text.ids.len());
            assert_eq!(text.mean_logprob.is_none(), text.ids.is_empty());
            assert!(!text.ids.iter().any(|id| request.stop.contains(id)));
            match text.finish_reason {
                FinishReason::Length => assert_eq!(text.n_tokens, request.max_new_tokens),
                FinishReason::Stop => assert!(text.n_tokens < request.max_new_tokens),
            }
        }
    }

    #[test]
    fn a_text_ends_where_the_model_s_positions_end() {
        let request = Request {
            prompt: vec![1; 250],
            seed: Seed::new(1),
            max_new_tokens: 100,
            stop: vec![],
        };
        let text = generate(&model(), &[request], Sampling::at(1.0)).expect("written");
        assert_eq!(
            (text[0].n_tokens, text[0].finish_reason),
            (6, FinishReason::Length)
        );
    }

    #[test]
    fn prompts_that_cannot_be_read_are_refused() {
        let request = |prompt| Request {
            prompt,
            seed: Seed::new(1),
            max_new_tokens: 1,
            stop: vec![],
        };
        assert!(generate(&model(), &[request(vec![])], Sampling::GREEDY).is_err());
        assert!(generate(&model(), &[request(vec![320])], Sampling::GREEDY).is_err());
        assert!(
            generate(&model(), &[], Sampling::GREEDY)
                .expect("nothing")
                .is_empty()
        );
    }
}
