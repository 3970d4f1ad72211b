//! Texts as rows of numbers: every distinct token has one, so that counting never compares strings.

use std::borrow::Cow;
use std::hash::Hash;

use rayon::prelude::*;

use crate::hasher::FastMap;
use crate::{Rows, Tokenizer};

/// Texts of this many are cut together; fixed, so that ids do not depend on the thread count.
const CHUNK: usize = 2048;

/// The tokens of each text as ids below [`kinds`](Self::kinds), in order of first appearance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIds {
    rows: Rows<u32>,
    kinds: usize,
}

impl TokenIds {
    /// Cuts `texts` into tokens and numbers them.
    pub fn new(texts: &[&str], tokenizer: Tokenizer) -> Self {
        let chunks: Vec<_> = texts
            .par_chunks(CHUNK)
            .map(|chunk| Chunk::new(chunk, tokenizer))
            .collect();
        let mut vocabulary = FastMap::default();
        let mut rows = Rows::default();
        for mut chunk in chunks {
            let tokens = chunk.vocabulary.iter();
            let ids: Vec<u32> = tokens
                .map(|token| next_id(&mut vocabulary, compared(token, tokenizer)))
                .collect();
            chunk.ids.iter_mut().for_each(|id| *id = ids[*id as usize]);
            rows.append(Rows::from_parts(chunk.ids, chunk.ends));
        }
        Self {
            rows,
            kinds: vocabulary.len(),
        }
    }

    /// The tokens of the texts at `rows`, in that order, numbered anew.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut new_ids = vec![u32::MAX; self.kinds];
        let mut kinds = 0;
        let mut selected = Rows::default();
        for row in rows {
            selected.push(self.rows.row(*row).iter().map(|id| {
                let new_id = &mut new_ids[*id as usize];
                if *new_id == u32::MAX {
                    *new_id = kinds;
                    kinds += 1;
                }
                *new_id
            }));
        }
        Self {
            rows: selected,
            kinds: kinds as usize,
        }
    }

    /// The ids of each text, a row a text.
    pub fn rows(&self) -> &Rows<u32> {
        &self.rows
    }

    /// How many distinct tokens there are: V.
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// How many tokens there are in all: C.
    pub fn total(&self) -> usize {
        self.rows.values().len()
    }
}

/// Some texts, numbered among themselves.
struct Chunk<'a> {
    ids: Vec<u32>,
    ends: Vec<usize>,
    vocabulary: Vec<&'a str>,
}

impl<'a> Chunk<'a> {
    fn new(texts: &[&'a str], tokenizer: Tokenizer) -> Self {
        let mut known = FastMap::default();
        let mut chunk = Self {
            ids: Vec::new(),
            ends: Vec::with_capacity(texts.len()),
            vocabulary: Vec::new(),
        };
        for text in texts {
            tokenizer.for_each(text, |token| {
                let id = next_id(&mut known, token);
                if id as usize == chunk.vocabulary.len() {
                    chunk.vocabulary.push(token);
                }
                chunk.ids.push(id);
            });
            chunk.ends.push(chunk.ids.len());
        }
        chunk
    }
}

/// A token as it is compared with others.
fn compared(token: &str, tokenizer: Tokenizer) -> Cow<'_, str> {
    let is_lower = |c: char| c.is_ascii() && !c.is_ascii_uppercase();
    if !tokenizer.ignores_case() || token.chars().all(is_lower) {
        Cow::Borrowed(token)
    } else {
        Cow::Owned(token.to_lowercase())
    }
}

/// The id of `token`: its own, or the next free one.
fn next_id<T: Hash + Eq>(known: &mut FastMap<T, u32>, token: T) -> u32 {
    let next = u32::try_from(known.len()).expect("fewer distinct tokens than 2^32");
    *known.entry(token).or_insert(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tokens_have_equal_ids_in_order_of_appearance() {
        let tokens = TokenIds::new(&["a b a", "", "b c"], Tokenizer::Whitespace);
        let rows: Vec<_> = tokens.rows().iter().collect();
        assert_eq!(rows, [&[0, 1, 0][..], &[], &[1, 2]]);
        assert_eq!((tokens.kinds(), tokens.total()), (3, 5));
    }

    #[test]
    fn case_matters_where_the_tokenizer_says_so() {
        // the the, été été, strasse straße: lower case, and no more than that.
        let texts = ["The the", "ÉTÉ été", "STRASSE straße"];
        assert_eq!(TokenIds::new(&texts, Tokenizer::Unicode).kinds(), 4);
        assert_eq!(TokenIds::new(&texts, Tokenizer::Whitespace).kinds(), 6);
    }

    #[test]
    fn a_selection_is_what_its_texts_alone_would_be() {
        let texts = ["b c", "a b a", "", "c d"];
        let all = TokenIds::new(&texts, Tokenizer::Whitespace);
        let chosen = TokenIds::new(&[texts[1], texts[3], texts[1]], Tokenizer::Whitespace);
        assert_eq!(all.select(&[1, 3, 1]), chosen);
        assert_eq!(all.select(&[]).kinds(), 0);
    }

    #[test]
    fn ids_are_the_same_across_chunks() {
        let texts: Vec<String> = (0..3 * CHUNK).map(|i| format!("x y{}", i % 7)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        assert_eq!(tokens.kinds(), 8);
        assert_eq!(tokens.rows().row(0), tokens.rows().row(7 * 500));
    }
}
