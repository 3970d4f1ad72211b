//! Texts as rows of numbers: every distinct token has one, so that counting never compares strings.

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
            let ids: Vec<u32> = chunk
                .vocabulary
                .iter()
                .map(|token| next_id(&mut vocabulary, token))
                .collect();
            chunk.ids.iter_mut().for_each(|id| *id = ids[*id as usize]);
            rows.append(Rows::from_parts(chunk.ids, chunk.ends));
        }
        Self {
            rows,
            kinds: vocabulary.len(),
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

/// The id of `token`: its own, or the next free one.
fn next_id<'a>(known: &mut FastMap<&'a str, u32>, token: &'a str) -> u32 {
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
    fn ids_are_the_same_across_chunks() {
        let texts: Vec<String> = (0..3 * CHUNK).map(|i| format!("x y{}", i % 7)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        assert_eq!(tokens.kinds(), 8);
        assert_eq!(tokens.rows().row(0), tokens.rows().row(7 * 500));
    }
}
