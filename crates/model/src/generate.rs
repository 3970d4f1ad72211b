//! Writing texts with a decoder: many requests at once, each with randomness of its own.

mod prefix;
mod queue;
mod stop;

use numeric::Seed;

use crate::Error;
use crate::decoder::Decoder;
use crate::sampling::Sampling;
use queue::Queue;
pub use stop::StopStrings;

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

impl Request {
    /// The same request `n` times, each with a seed of its own; the prompt is read once for all.
    pub fn times(&self, n: usize) -> Vec<Self> {
        let draws = (0..n as u64).map(|draw| Self {
            seed: self.seed.child("draw", draw),
            ..self.clone()
        });
        draws.collect()
    }
}

/// Why a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// A stop token was drawn, or a stop string was written.
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
    /// The new tokens, without the stop token, but with those of a stop string.
    pub ids: Vec<u32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// The log-probability of every new token under the model itself, whatever the sampling, in nats.
    pub logprobs: Vec<f64>,
    /// Their mean; `None` where there are none.
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
    generate_until(decoder, requests, sampling, StopStrings::none())
}

/// The same, and a text ends where it holds one of the stop strings.
///
/// [`StopStrings::cut`] takes the stop string, and what its last token wrote after it, off the text.
pub fn generate_until(
    decoder: &Decoder,
    requests: &[Request],
    sampling: Sampling,
    stops: StopStrings<'_>,
) -> Result<Vec<Generated>, Error> {
    sampling.check()?;
    for request in requests {
        decoder.check_ids(&request.prompt)?;
    }
    Ok(Queue::new(decoder, requests, sampling, stops)?.run())
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

    #[test]
    fn a_prompt_is_read_once_for_all_its_draws() {
        let decoder = model();
        let request = Request {
            prompt: (0..70).collect(),
            seed: Seed::new(5),
            max_new_tokens: 6,
            stop: vec![],
        };
        let draws = request.times(60);
        let together = generate(&decoder, &draws, Sampling::at(1.0)).expect("written");
        for at in [0, 1, 31, 59] {
            let alone = generate(&decoder, &draws[at..=at], Sampling::at(1.0)).expect("written");
            assert_eq!(alone[0], together[at]);
        }
        assert_ne!(together[0].ids, together[1].ids);
    }

    #[test]
    fn a_batch_of_1_7_or_32_writes_the_same_bytes() {
        let (decoder, requests) = (model(), requests());
        let sampling = Sampling {
            typical_p: 0.9,
            repetition_penalty: 1.3,
            presence_penalty: 0.2,
            ..Sampling::at(0.8)
        };
        let written = |size: usize| -> Vec<Generated> {
            let batches = requests.chunks(size);
            batches
                .flat_map(|batch| generate(&decoder, batch, sampling).expect("written"))
                .collect()
        };
        let one = written(1);
        assert_eq!(one, written(7));
        assert_eq!(one, written(32));
    }

    #[test]
    fn the_logprobs_of_a_text_are_those_that_scoring_finds() {
        let (decoder, requests) = (model(), requests());
        let texts = generate(&decoder, &requests, Sampling::at(1.0)).expect("written");
        for (request, text) in requests.iter().zip(&texts).skip(5).step_by(31) {
            let whole = [&request.prompt[..], &text.ids].concat();
            let scored = crate::token_nlls(&decoder, &whole, request.prompt.len()).expect("scored");
            assert_eq!(scored.len(), text.logprobs.len());
            for ((nll, _), logprob) in scored.iter().zip(&text.logprobs) {
                assert_eq!(*nll, -logprob);
            }
        }
    }

    #[test]
    fn a_stop_string_ends_a_text() {
        let decoder = model();
        let tokenizer =
            crate::Tokenizer::train(&["a cat and a dog"], 300, &["<bos>"]).expect("trained");
        let request = Request {
            prompt: vec![1],
            seed: Seed::new(5),
            max_new_tokens: 40,
            stop: vec![],
        };
        let requests = request.times(40);
        let free = generate(&decoder, &requests, Sampling::at(1.0)).expect("written");
        let strings = ["a".to_owned()];
        let stops = StopStrings::new(&tokenizer, &strings);
        let stopped =
            generate_until(&decoder, &requests, Sampling::at(1.0), stops).expect("written");
        let mut ended = 0;
        for (free, stopped) in free.iter().zip(&stopped) {
            assert_eq!(free.ids[..stopped.n_tokens], stopped.ids);
            let text = tokenizer.decode(&stopped.ids).expect("text");
            assert_eq!(
                stopped.finish_reason == FinishReason::Stop,
                text.contains('a')
            );
            let before = tokenizer
                .decode(&stopped.ids[..stopped.n_tokens - 1])
                .expect("text");
            assert!(!before.contains('a'));
            ended += usize::from(text.contains('a'));
        }
        assert!(ended > 0);
    }
}
