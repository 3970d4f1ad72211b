//! The n-grams of texts as numbers, exact for any n: an n-gram is the pair of its head and its last token.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::hasher::{FastMap, mix};
use crate::{Rows, TokenIds};

/// About how many keys one table numbers.
const KEYS_A_TABLE: usize = 1 << 17;
/// Every table reads all keys, so that more tables would cost more than they save.
const MOST_TABLES: usize = 16;

/// The n-grams of each text as ids below [`kinds`](Self::kinds); none crosses from text to text.
#[derive(Clone, Debug)]
pub struct NGrams<'a> {
    tokens: &'a TokenIds,
    order: usize,
    rows: Rows<u32>,
    kinds: usize,
}

impl<'a> NGrams<'a> {
    /// The single tokens: n = 1.
    pub fn unigrams(tokens: &'a TokenIds) -> Self {
        Self {
            tokens,
            order: 1,
            rows: tokens.rows().clone(),
            kinds: tokens.kinds(),
        }
    }

    /// The n-grams of this `order`, which is at least 1.
    pub fn of_order(tokens: &'a TokenIds, order: usize) -> Self {
        (1..order).fold(Self::unigrams(tokens), |ngrams, _| ngrams.longer())
    }

    /// The n-grams that are one token longer.
    #[must_use]
    pub fn longer(&self) -> Self {
        let (mut keys, mut ends) = (Vec::new(), Vec::with_capacity(self.rows.len()));
        for (heads, tokens) in self.rows.iter().zip(self.tokens.rows().iter()) {
            let lasts = tokens.iter().skip(self.order);
            keys.extend(
                heads
                    .iter()
                    .zip(lasts)
                    .map(|(head, last)| pair(*head, *last)),
            );
            ends.push(keys.len());
        }
        let (ids, kinds) = number(&keys);
        Self {
            tokens: self.tokens,
            order: self.order + 1,
            rows: Rows::from_parts(ids, ends),
            kinds,
        }
    }

    /// n.
    pub fn order(&self) -> usize {
        self.order
    }

    /// The ids of each text, a row a text: L − n + 1 of them, or none.
    pub fn rows(&self) -> &Rows<u32> {
        &self.rows
    }

    /// How many distinct n-grams there are.
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// How many n-grams there are in all.
    pub fn total(&self) -> usize {
        self.rows.values().len()
    }

    /// How often each n-gram occurs, by id.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.kinds];
        for id in self.rows.values() {
            counts[*id as usize] += 1;
        }
        counts
    }
}

fn pair(head: u32, last: u32) -> u64 {
    u64::from(head) << 32 | u64::from(last)
}

/// Gives equal keys equal ids, from 0 and without gaps, and says how many there are.
fn number(keys: &[u64]) -> (Vec<u32>, usize) {
    let tables = (keys.len() / KEYS_A_TABLE).clamp(1, MOST_TABLES);
    let ids: Vec<AtomicU32> = keys.iter().map(|_| AtomicU32::new(0)).collect();
    // Each key belongs to one table, so that every place is written once, by one thread.
    let sizes: Vec<usize> = (0..tables)
        .into_par_iter()
        .map(|table| number_some(keys, |key| table_of(key, tables) == table, &ids))
        .collect();
    let firsts: Vec<u32> = sizes
        .iter()
        .scan(0, |next, size| {
            Some(std::mem::replace(next, *next + *size as u32))
        })
        .collect();
    let ids = ids.into_par_iter().zip(keys);
    let ids = ids.map(|(id, key)| firsts[table_of(*key, tables)] + id.into_inner());
    (ids.collect(), sizes.iter().sum())
}

fn table_of(key: u64, tables: usize) -> usize {
    // The upper half: the lower one places the key within its table.
    (((mix(key) >> 32) * tables as u64) >> 32) as usize
}

/// Numbers the keys that `belongs` picks, and says how many distinct ones there are.
fn number_some(keys: &[u64], belongs: impl Fn(u64) -> bool, ids: &[AtomicU32]) -> usize {
    let mut known: FastMap<u64, u32> = FastMap::default();
    for (key, id) in keys.iter().zip(ids).filter(|(key, _)| belongs(**key)) {
        let next = u32::try_from(known.len()).expect("fewer distinct n-grams than 2^32");
        id.store(*known.entry(*key).or_insert(next), Ordering::Relaxed);
    }
    known.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tokenizer;
    use std::collections::BTreeSet;

    #[test]
    fn n_grams_do_not_cross_texts() {
        // a b | b a | a b: bigrams ab, ba, ab; no bigram of two texts.
        let tokens = TokenIds::new(&["a b", "b a", "a b", "a"], Tokenizer::Whitespace);
        let bigrams = NGrams::of_order(&tokens, 2);
        assert_eq!(
            (bigrams.kinds(), bigrams.total(), bigrams.order()),
            (2, 3, 2)
        );
        assert_eq!(bigrams.rows().row(0), bigrams.rows().row(2));
        assert_eq!(bigrams.counts().iter().max(), Some(&2));
        assert_eq!(bigrams.longer().total(), 0);
    }

    #[test]
    fn numbering_in_many_tables_counts_what_a_set_counts() {
        let keys: Vec<u64> = (0..4 * KEYS_A_TABLE as u64)
            .map(|i| mix(i % 99_991))
            .collect();
        let (ids, kinds) = number(&keys);
        assert_eq!(kinds, 99_991);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), kinds);
        assert_eq!(ids.iter().max(), Some(&(kinds as u32 - 1)));
        assert_eq!(ids[5], ids[5 + 99_991]);
    }

    #[test]
    fn every_order_agrees_with_windows_of_strings() {
        let texts = ["to be or not to be", "not to be or", "be be be be be"];
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        for order in 1..=6 {
            let mut distinct = BTreeSet::new();
            for text in texts {
                let words: Vec<&str> = text.split(' ').collect();
                distinct.extend(words.windows(order).map(|window| window.join(" ")));
            }
            assert_eq!(
                NGrams::of_order(&tokens, order).kinds(),
                distinct.len(),
                "{order}"
            );
        }
    }
}
