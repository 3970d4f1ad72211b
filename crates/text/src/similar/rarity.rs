//! How often each shingle is there, in little memory: exact enough to call it unique, rough where it is frequent.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;

use super::join::Key;
use super::overlap::prefix;
use crate::Rows;
use crate::hasher::mix;

/// Counters for the order of frequent shingles; what shares one only changes places.
const COUNTERS: usize = 1 << 20;
/// Bits a shingle, so that few unique ones are taken for repeated.
const BITS: usize = 8;
/// Sets of this many are counted together.
const CHUNK: usize = 1024;

/// Counts of shingles by their hashes.
///
/// Counting adds up in any order, so it may be shared by threads without changing the result.
#[derive(Debug)]
pub struct Rarity {
    once: Vec<AtomicU64>,
    twice: Vec<AtomicU64>,
    counts: Vec<AtomicU32>,
}

impl Rarity {
    /// For about `shingles` shingles, repeated ones counted as often as they are there.
    ///
    /// Memory: 2 bytes a shingle and 4 MiB. More shingles than that cost speed, not correctness.
    pub fn new(shingles: usize) -> Self {
        let words = (shingles.max(64) * BITS / 64).next_power_of_two();
        let zeros = || (0..words).map(|_| AtomicU64::new(0)).collect();
        Self {
            once: zeros(),
            twice: zeros(),
            counts: (0..COUNTERS).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// Counts the shingles of the sets numbered `rows`.
    pub fn add(&self, sets: &Rows<u64>, rows: &[usize]) {
        rows.par_chunks(CHUNK).for_each(|chunk| {
            for shingle in chunk.iter().flat_map(|row| sets.row(*row)) {
                self.count(*shingle);
            }
        });
    }

    fn count(&self, shingle: u64) {
        let (word, bit) = self.place(shingle);
        if self.once[word].fetch_or(bit, Relaxed) & bit != 0 {
            self.twice[word].fetch_or(bit, Relaxed);
            self.counts[counter(shingle)].fetch_add(1, Relaxed);
        }
    }

    fn place(&self, shingle: u64) -> (usize, u64) {
        let at = mix(shingle) as usize;
        let word = (at >> 6) & (self.once.len() - 1);
        (word, 1 << (at & 63))
    }

    /// Whether `shingle` may be there more than once; never no where it is.
    fn repeated(&self, shingle: u64) -> bool {
        let (word, bit) = self.place(shingle);
        self.twice[word].load(Relaxed) & bit != 0
    }

    /// The keys of `set` at this threshold: of its rarest shingles, those that another set may have.
    pub fn keys(&self, set: &[u64], threshold: f64, keys: &mut Vec<Key>) {
        let prefix = prefix(set.len(), threshold);
        let rank = |shingle: &u64| {
            let count = if self.repeated(*shingle) {
                1 + self.counts[counter(*shingle)].load(Relaxed)
            } else {
                0
            };
            (count, *shingle)
        };
        let mut order: Vec<(u32, u64)> = set.iter().map(rank).collect();
        if prefix < order.len() {
            order.select_nth_unstable(prefix - 1);
            order.truncate(prefix);
        }
        order.sort_unstable();
        let shared = order.iter().zip(0..).filter(|((count, _), _)| *count > 0);
        keys.extend(shared.map(|((_, shingle), place)| Key {
            hash: *shingle,
            place,
        }));
    }
}

fn counter(shingle: u64) -> usize {
    (mix(shingle) >> 40) as usize & (COUNTERS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(rows: &[&[u64]]) -> Rows<u64> {
        let mut sets = Rows::default();
        rows.iter().for_each(|row| sets.push(row.iter().copied()));
        sets
    }

    #[test]
    fn the_keys_are_the_rarest_shingles_that_are_there_twice() {
        let sets = sets(&[&[1, 2, 3, 4], &[2, 3, 4, 5], &[3, 4, 6, 7]]);
        let rarity = Rarity::new(12);
        rarity.add(&sets, &[0, 1, 2]);
        let mut keys = Vec::new();
        // At 0.5 two of the four must be shared, so three are looked at: 1, 2 and one of 3 and 4.
        rarity.keys(sets.row(0), 0.5, &mut keys);
        let found: Vec<_> = keys.iter().map(|key| (key.hash, key.place)).collect();
        assert_eq!(found[0], (2, 1));
        assert!(found[1..] == [(3, 2)] || found[1..] == [(4, 2)]);
    }

    #[test]
    fn sets_that_were_not_named_are_not_counted() {
        let sets = sets(&[&[1, 2], &[1, 2]]);
        let rarity = Rarity::new(4);
        rarity.add(&sets, &[0]);
        let mut keys = Vec::new();
        rarity.keys(sets.row(0), 0.5, &mut keys);
        assert!(keys.is_empty());
    }
}
