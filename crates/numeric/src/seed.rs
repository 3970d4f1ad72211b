//! Randomness as a value: one seed, and from it one stream a purpose.

use std::fmt;
use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::hash::keyed_hash;

/// What every random choice of a run follows from.
///
/// A draw in one place leaves the draws of all others alone, because each purpose has a
/// [`Stream`] of its own, named by a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// The seed with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number that makes this seed again.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The stream for one purpose, such as `"shuffle"`; another name is another stream.
    pub fn stream(self, purpose: &str) -> Stream {
        Stream(ChaCha8Rng::seed_from_u64(self.key(purpose)))
    }

    /// The seed of the `index`-th thing of a kind, such as one sequence of a batch.
    #[must_use]
    pub fn child(self, purpose: &str, index: u64) -> Self {
        Self(keyed_hash(self.key(purpose), &index.to_le_bytes()))
    }

    /// A key for [`keyed_hash`](crate::keyed_hash): choices by hash that follow this seed.
    pub fn key(self, purpose: &str) -> u64 {
        keyed_hash(self.0, purpose.as_bytes())
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seed {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Random numbers for one purpose: `ChaCha8`, the same on every machine.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        crate::hash::unit_interval(self.bits())
    }

    /// Uniform in `0..bound`, without bias (Lemire 2019, multiply and reject).
    ///
    /// `bound` must not be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        debug_assert!(bound > 0, "an empty range has no member");
        let bound = bound as u64;
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// Standard normal (Box and Muller 1958; one of the pair is used).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// An index drawn with probability proportional to its weight; `None` if no weight is above 0.
    pub fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let total: f64 = weights.iter().filter(|w| **w > 0.0).sum();
        if total <= 0.0 {
            return None;
        }
        let mut left = self.unit() * total;
        let mut last = None;
        for (index, weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            if left < *weight {
                return Some(index);
            }
            left -= weight;
            last = Some(index);
        }
        last
    }

    /// Puts `items` in uniformly random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_the_seed_and_the_purpose_alone() {
        let seed = Seed::new(7);
        assert_eq!(seed.stream("shuffle").bits(), seed.stream("shuffle").bits());
        assert_ne!(seed.stream("shuffle").bits(), seed.stream("init").bits());
        assert_ne!(
            seed.stream("shuffle").bits(),
            Seed::new(8).stream("shuffle").bits()
        );
        assert_ne!(seed.child("row", 0), seed.child("row", 1));
    }

    #[test]
    fn the_numbers_never_change() {
        // Written down once: a change here would silently change every study's draws.
        assert_eq!(Seed::new(1).stream("golden").bits(), GOLDEN);
    }
    const GOLDEN: u64 = 946_988_292_754_918_451;

    #[test]
    fn below_reaches_every_value_about_equally_often() {
        let mut stream = Seed::new(3).stream("below");
        let mut counts = [0u32; 5];
        for _ in 0..5000 {
            counts[stream.below(5)] += 1;
        }
        assert!(counts.iter().all(|c| (850..1150).contains(c)), "{counts:?}");
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut stream = Seed::new(4).stream("normal");
        let draws: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05);
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut stream = Seed::new(5).stream("weighted");
        assert!((0..200).all(|_| stream.weighted(&[0.0, 1.0, 0.0]) == Some(1)));
        assert_eq!(stream.weighted(&[0.0, 0.0]), None);
        assert_eq!(stream.weighted(&[]), None);
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<usize> = (0..50).collect();
        Seed::new(6).stream("shuffle").shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
