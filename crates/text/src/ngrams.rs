//! The n-grams of texts as numbers, exact for any n: an n-gram is the pair of its head and its last token.

use std::sync::OnceLock;

use crate::numbering::number;
use crate::{Rows, TokenIds};

/// The n-grams of each text as ids below [`kinds`](Self::kinds); none crosses from text to text.
#[derive(Clone, Copy, Debug)]
pub struct NGrams<'a> {
    tokens: &'a TokenIds,
    level: &'a Level,
}

impl<'a> NGrams<'a> {
    /// The single tokens: n = 1.
    pub fn unigrams(tokens: &'a TokenIds) -> Self {
        let level = tokens.unigrams();
        Self { tokens, level }
    }

    /// The n-grams of this `order`, which is at least 1.
    pub fn of_order(tokens: &'a TokenIds, order: usize) -> Self {
        (1..order).fold(Self::unigrams(tokens), |ngrams, _| ngrams.longer())
    }

    /// The n-grams that are one token longer.
    #[must_use]
    pub fn longer(self) -> Self {
        let next = || Box::new(self.level.next(self.tokens.rows()));
        Self {
            tokens: self.tokens,
            level: self.level.longer.get_or_init(next),
        }
    }

    /// n.
    pub fn order(self) -> usize {
        self.level.order
    }

    /// The ids of each text, a row a text: L − n + 1 of them, or none.
    pub fn rows(self) -> &'a Rows<u32> {
        &self.level.rows
    }

    /// How many distinct n-grams there are.
    pub fn kinds(self) -> usize {
        self.level.kinds
    }

    /// How many n-grams there are in all.
    pub fn total(self) -> usize {
        self.level.rows.values().len()
    }

    /// How often each n-gram occurs, by id.
    pub fn counts(self) -> Vec<u64> {
        let mut counts = vec![0; self.kinds()];
        for id in self.rows().values() {
            counts[*id as usize] += 1;
        }
        counts
    }
}

/// The n-grams of one order, and those of the next once they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    order: usize,
    rows: Rows<u32>,
    kinds: usize,
    longer: OnceLock<Box<Level>>,
}

impl Level {
    pub(crate) fn new(order: usize, rows: Rows<u32>, kinds: usize) -> Self {
        let longer = OnceLock::new();
        Self {
            order,
            rows,
            kinds,
            longer,
        }
    }

    pub(crate) fn rows(&self) -> &Rows<u32> {
        &self.rows
    }

    pub(crate) fn kinds(&self) -> usize {
        self.kinds
    }

    /// The n-grams that are one token longer, made of these and of the single tokens.
    fn next(&self, tokens: &Rows<u32>) -> Self {
        let (rows, kinds) = number(&self.rows, tokens, self.order);
        Self::new(self.order + 1, rows, kinds)
    }

    /// The rows at these places, numbered anew without gaps, with all longer levels that there are.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        const UNSEEN: u32 = u32::MAX;
        let mut renamed = vec![UNSEEN; self.kinds];
        let (mut next, mut selected) = (0, Rows::default());
        for row in rows {
            selected.push(self.rows.row(*row).iter().map(|id| {
                let name = &mut renamed[*id as usize];
                if *name == UNSEEN {
                    *name = next;
                    next += 1;
                }
                *name
            }));
        }
        let level = Self::new(self.order, selected, next as usize);
        if let Some(longer) = self.longer.get() {
            level.longer.get_or_init(|| Box::new(longer.select(rows)));
        }
        level
    }
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
    fn every_order_agrees_with_windows_of_strings() {
        let texts = ["to be or not to be", "not to be or", "be be be be be"];
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        for order in 1..=6 {
            let mut distinct = BTreeSet::new();
            for text in texts {
                let words: Vec<&str> = text.split(' ').collect();
                distinct.extend(words.windows(order).map(|window| window.join(" ")));
            }
            assert_eq!(tokens.ngrams(order).kinds(), distinct.len(), "{order}");
        }
    }
}
