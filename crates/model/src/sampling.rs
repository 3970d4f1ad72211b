//! Choosing the next token from logits: penalties, temperature, and what may be drawn at all.

mod filters;
mod penalties;

use numeric::Stream;

use crate::Error;
use crate::kernels::exp::softmax_in_place;
use filters::likeliest;
pub(crate) use penalties::History;

/// How the next token is drawn, with the names and meanings of transformers and vLLM.
///
/// Penalties change the logits, then the temperature divides them; the filters apply in the order
/// top-k, top-p, min-p, typical-p, each to what the one before has left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// Keeps the likeliest tokens that together have this probability; 1 keeps all (Holtzman et al. 2020).
    pub top_p: f64,
    /// Keeps this many of the likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keeps tokens at least this likely, relative to the likeliest; 0 keeps all (Nguyen et al. 2024).
    pub min_p: f64,
    /// Keeps the tokens whose surprise is nearest to the entropy, until they have this
    /// probability; 1 keeps all (Meister et al. 2023).
    pub typical_p: f64,
    /// Divides positive logits of tokens of the prompt and the text so far, multiplies negative
    /// ones; 1 leaves them (Keskar et al. 2019).
    pub repetition_penalty: f64,
    /// Is taken from the logit of every token that the text so far holds; 0 leaves them.
    pub presence_penalty: f64,
    /// Is taken from the logit of a token once for every time that the text so far holds it.
    pub frequency_penalty: f64,
}

impl Sampling {
    /// Always the likeliest token.
    pub const GREEDY: Self = Self::at(0.0);

    /// From the whole distribution at this temperature.
    pub const fn at(temperature: f64) -> Self {
        Self {
            temperature,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
        }
    }

    /// Refuses settings that make no sense.
    pub fn check(self) -> Result<(), Error> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let finite = |value: f64| value.is_finite();
        let rules = [
            (
                "temperature",
                self.temperature,
                finite(self.temperature) && self.temperature >= 0.0,
                "a number from 0 up",
            ),
            (
                "top-p",
                self.top_p,
                share(self.top_p),
                "above 0 and at most 1",
            ),
            (
                "min-p",
                self.min_p,
                (0.0..=1.0).contains(&self.min_p),
                "between 0 and 1",
            ),
            (
                "typical-p",
                self.typical_p,
                share(self.typical_p),
                "above 0 and at most 1",
            ),
            (
                "repetition penalty",
                self.repetition_penalty,
                finite(self.repetition_penalty) && self.repetition_penalty > 0.0,
                "a number above 0",
            ),
            (
                "presence penalty",
                self.presence_penalty,
                finite(self.presence_penalty),
                "a number",
            ),
            (
                "frequency penalty",
                self.frequency_penalty,
                finite(self.frequency_penalty),
                "a number",
            ),
        ];
        match rules.into_iter().find(|(.., holds, _)| !holds) {
            None => Ok(()),
            Some((name, value, _, rule)) => {
                Err(Error::request(format!("{name} {value} is not {rule}")))
            }
        }
    }

    /// Whether logits depend on the tokens before.
    pub(crate) fn penalises(self) -> bool {
        self.repetition_penalty != 1.0
            || self.presence_penalty != 0.0
            || self.frequency_penalty != 0.0
    }

    /// Draws a token; `room` is room for as many numbers as there are logits.
    pub(crate) fn draw(
        self,
        logits: &[f32],
        history: &History,
        room: &mut Vec<f32>,
        stream: &mut Stream,
    ) -> u32 {
        let sharpness = (1.0 / self.temperature) as f32;
        let is_greedy = !sharpness.is_finite();
        if is_greedy && !self.penalises() {
            return likeliest(logits);
        }
        room.clear();
        room.extend_from_slice(logits);
        history.penalise(self, room);
        if is_greedy {
            return likeliest(room);
        }
        softmax_in_place(room, sharpness);
        if self.filters() {
            pick(self.candidates(room).into_iter(), stream)
        } else {
            pick(room.iter().copied().zip(0..), stream)
        }
    }
}

/// Draws in proportion to the weights, by their running sum in f64.
fn pick(weights: impl Iterator<Item = (f32, u32)> + Clone, stream: &mut Stream) -> u32 {
    let total: f64 = weights.clone().map(|(weight, _)| f64::from(weight)).sum();
    let target = stream.unit() * total;
    let mut sum = 0.0;
    let mut last = 0;
    for (weight, id) in weights {
        sum += f64::from(weight);
        if weight > 0.0 {
            last = id;
        }
        if sum > target {
            return id;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;

    // Probabilities 0.125, 0.5, 0.125, 0.25.
    fn logits() -> Vec<f32> {
        [0.125f32, 0.5, 0.125, 0.25].map(f32::ln).to_vec()
    }

    fn draw(sampling: Sampling, history: &History, stream: &mut Stream) -> u32 {
        sampling.draw(&logits(), history, &mut Vec::new(), stream)
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        let mut stream = Seed::new(1).stream("draw");
        let mut counts = [0usize; 4];
        for _ in 0..8000 {
            counts[draw(Sampling::at(1.0), &History::default(), &mut stream) as usize] += 1;
        }
        for (count, expected) in counts.iter().zip([1000, 4000, 1000, 2000]) {
            assert!(count.abs_diff(expected) < 200, "{counts:?}");
        }
    }

    #[test]
    fn a_temperature_of_zero_is_greedy() {
        let mut stream = Seed::new(1).stream("draw");
        assert_eq!(draw(Sampling::GREEDY, &History::default(), &mut stream), 1);
        // After the likeliest token, the second one is the likeliest that was not there yet.
        let mut history = History::default();
        history.write(1);
        let sampling = Sampling {
            presence_penalty: 1.0,
            ..Sampling::GREEDY
        };
        assert_eq!(draw(sampling, &history, &mut stream), 3);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let good = Sampling::at(1.0);
        assert!(good.check().is_ok() && Sampling::GREEDY.check().is_ok());
        let bad = [
            Sampling::at(-1.0),
            Sampling::at(f64::NAN),
            Sampling { top_p: 0.0, ..good },
            Sampling { min_p: 1.5, ..good },
            Sampling {
                typical_p: 0.0,
                ..good
            },
            Sampling {
                repetition_penalty: 0.0,
                ..good
            },
            Sampling {
                presence_penalty: f64::INFINITY,
                ..good
            },
        ];
        for sampling in bad {
            assert!(sampling.check().is_err(), "{sampling:?}");
        }
        let error = Sampling { top_p: 2.0, ..good }
            .check()
            .expect_err("no share");
        assert_eq!(error.to_string(), "top-p 2 is not above 0 and at most 1");
    }
}
