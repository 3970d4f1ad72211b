//! Choosing the next token from logits: temperature, top-k, top-p and min-p.

use std::cmp::Ordering;

use numeric::Stream;

use crate::Error;
use crate::kernels::exp::softmax_in_place;

/// How the next token is drawn.
///
/// The filters apply in the order top-k, top-p (of what top-k left), min-p, after the temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// Keeps the likeliest tokens that together have this probability; 1 keeps all.
    pub top_p: f64,
    /// Keeps this many of the likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keeps tokens at least this likely, relative to the likeliest; 0 keeps all.
    pub min_p: f64,
}

impl Sampling {
    /// Always the likeliest token.
    pub const GREEDY: Self = Self {
        temperature: 0.0,
        top_p: 1.0,
        top_k: 0,
        min_p: 0.0,
    };

    /// From the whole distribution at this temperature.
    pub const fn at(temperature: f64) -> Self {
        Self {
            temperature,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
        }
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return Err(Error::request(format!(
                "temperature {} is not a number from 0 up",
                self.temperature
            )));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(Error::request(format!(
                "top-p {} is not above 0 and at most 1",
                self.top_p
            )));
        }
        if !(0.0..=1.0).contains(&self.min_p) {
            return Err(Error::request(format!(
                "min-p {} is not between 0 and 1",
                self.min_p
            )));
        }
        Ok(())
    }

    /// Draws a token; `probabilities` is room for as many numbers as there are logits.
    pub(crate) fn draw(
        self,
        logits: &[f32],
        probabilities: &mut Vec<f32>,
        stream: &mut Stream,
    ) -> u32 {
        let sharpness = (1.0 / self.temperature) as f32;
        if !sharpness.is_finite() {
            return likeliest(logits);
        }
        probabilities.clear();
        probabilities.extend_from_slice(logits);
        softmax_in_place(probabilities, sharpness);
        if self.top_p == 1.0 && self.top_k == 0 && self.min_p == 0.0 {
            return pick(probabilities.iter().copied().zip(0..), stream);
        }
        pick(self.candidates(probabilities).into_iter(), stream)
    }

    /// The tokens that pass the filters, likeliest first.
    fn candidates(self, probabilities: &[f32]) -> Vec<(f32, u32)> {
        let mut kept: Vec<(f32, u32)> = probabilities.iter().copied().zip(0..).collect();
        if self.top_k > 0 && self.top_k < kept.len() {
            kept.select_nth_unstable_by(self.top_k - 1, |a, b| likelier(*a, *b));
            kept.truncate(self.top_k);
        }
        if self.top_p < 1.0 {
            let mass: f64 = kept.iter().map(|(p, _)| f64::from(*p)).sum();
            // All tokens below this share together have less than 1 − top_p.
            let least = (1.0 - self.top_p) * mass / kept.len() as f64;
            kept.retain(|(p, _)| f64::from(*p) >= least);
            kept.sort_unstable_by(|a, b| likelier(*a, *b));
            let mut before = 0.0;
            let enough = kept.iter().take_while(|(p, _)| {
                let needed = before < self.top_p * mass;
                before += f64::from(*p);
                needed
            });
            let enough = enough.count();
            kept.truncate(enough);
        } else {
            kept.sort_unstable_by(|a, b| likelier(*a, *b));
        }
        let least = kept
            .first()
            .map_or(0.0, |(p, _)| f64::from(*p) * self.min_p);
        kept.retain(|(p, _)| f64::from(*p) >= least);
        kept
    }
}

fn likelier(a: (f32, u32), b: (f32, u32)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// The first of the largest logits.
pub(crate) fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (id, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = id;
        }
    }
    best as u32
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

    // Probabilities 0.5, 0.25, 0.125, 0.125.
    fn logits() -> Vec<f32> {
        [0.125f32, 0.5, 0.125, 0.25].map(f32::ln).to_vec()
    }

    fn kept(sampling: Sampling) -> Vec<u32> {
        let mut probabilities = logits();
        softmax_in_place(&mut probabilities, 1.0);
        sampling
            .candidates(&probabilities)
            .into_iter()
            .map(|(_, id)| id)
            .collect()
    }

    #[test]
    fn filters_keep_what_they_say() {
        let all = Sampling::at(1.0);
        assert_eq!(kept(Sampling { top_k: 2, ..all }), [1, 3]);
        assert_eq!(kept(Sampling { top_p: 0.6, ..all }), [1, 3]);
        assert_eq!(kept(Sampling { top_p: 0.45, ..all }), [1]);
        assert_eq!(kept(Sampling { min_p: 0.4, ..all }), [1, 3]);
        // Of the two that top-k leaves, the first has two thirds.
        assert_eq!(
            kept(Sampling {
                top_k: 2,
                top_p: 0.6,
                ..all
            }),
            [1]
        );
        // Equal probabilities go by the smaller id.
        assert_eq!(kept(Sampling { top_k: 3, ..all }), [1, 3, 0]);
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        let mut stream = Seed::new(1).stream("draw");
        let mut counts = [0usize; 4];
        let mut room = Vec::new();
        for _ in 0..8000 {
            counts[Sampling::at(1.0).draw(&logits(), &mut room, &mut stream) as usize] += 1;
        }
        for (count, expected) in counts.iter().zip([1000, 4000, 1000, 2000]) {
            assert!(count.abs_diff(expected) < 200, "{counts:?}");
        }
    }

    #[test]
    fn a_temperature_of_zero_is_greedy_and_nonsense_is_refused() {
        let mut stream = Seed::new(1).stream("draw");
        assert_eq!(
            Sampling::GREEDY.draw(&logits(), &mut Vec::new(), &mut stream),
            1
        );
        assert_eq!(likeliest(&[1.0, 3.0, 3.0]), 1);
        assert!(Sampling::at(-1.0).check().is_err());
        assert!(Sampling::at(f64::NAN).check().is_err());
        assert!(
            Sampling {
                top_p: 0.0,
                ..Sampling::at(1.0)
            }
            .check()
            .is_err()
        );
        assert!(
            Sampling {
                min_p: 1.5,
                ..Sampling::at(1.0)
            }
            .check()
            .is_err()
        );
    }
}
