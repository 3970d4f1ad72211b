//! How much the newest texts still add: the share of their word pairs that no earlier text has.

use std::collections::{BTreeSet, VecDeque};

/// Texts over which the gain is taken.
pub(crate) const WINDOW: usize = 100;

/// The word pairs of all texts so far, and how many of the last ones were new.
#[derive(Debug, Default)]
pub(crate) struct Gain {
    seen: BTreeSet<u64>,
    pairs: u64,
    /// Of each of the last texts, how many pairs were new and how many there are.
    last: VecDeque<(u64, u64)>,
}

impl Gain {
    /// Takes the next text in.
    pub(crate) fn add(&mut self, text: &str) {
        let words: Vec<String> = text::whitespace_tokens(text).map(str::to_owned).collect();
        let mut new = 0;
        for pair in words.windows(2) {
            let key = numeric::stable_hash(format!("{}\u{0}{}", pair[0], pair[1]).as_bytes());
            new += u64::from(self.seen.insert(key));
        }
        let pairs = words.len().saturating_sub(1) as u64;
        self.pairs += pairs;
        self.last.push_back((new, pairs));
        if self.last.len() > WINDOW {
            self.last.pop_front();
        }
    }

    /// Distinct word pairs over all (`distinct_2`); none before there is a pair.
    pub(crate) fn diversity(&self) -> Option<f64> {
        (self.pairs > 0).then(|| self.seen.len() as f64 / self.pairs as f64)
    }

    /// The share of new pairs among those of the last texts; none before there are enough of them.
    pub(crate) fn of_the_last(&self) -> Option<f64> {
        if self.last.len() < WINDOW {
            return None;
        }
        let (new, pairs) = self
            .last
            .iter()
            .fold((0, 0), |(new, pairs), text| (new + text.0, pairs + text.1));
        Some(if pairs == 0 {
            0.0
        } else {
            new as f64 / pairs as f64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_were_there_add_nothing() {
        let mut gain = Gain::default();
        assert_eq!(gain.diversity(), None);
        gain.add("a b c");
        gain.add("a b d");
        // a b, b c | a b, b d: 3 of 4.
        assert_eq!(gain.diversity(), Some(0.75));
        assert_eq!(gain.of_the_last(), None, "too few texts");
        for _ in 0..WINDOW {
            gain.add("a b c");
        }
        assert_eq!(gain.of_the_last(), Some(0.0));
    }
}
