//! Texts as rows of numbers: every distinct token has one, so that counting never compares strings.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::Hash;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::hasher::FastMap;
use crate::ngrams::Level;
use crate::{NGrams, Rows, Tokenizer};

/// Texts of this many are cut together; fixed, so that ids do not depend on the thread count.
const CHUNK: usize = 8192;

/// The tokens of each text as ids below [`kinds`](Self::kinds), in order of first appearance.
///
/// N-grams that were numbered once are kept, so that measures over one set share them.
#[derive(Clone, Debug)]
pub struct TokenIds {
    unigrams: Level,
}

impl TokenIds {
    /// Cuts `texts` into tokens and numbers them.
    pub fn new(texts: &[&str], tokenizer: Tokenizer) -> Self {
        let chunks = texts.par_chunks(CHUNK);
        let cut =
            chunks.map(|chunk| Chunk::new(chunk, |text, visit| tokenizer.for_each(text, visit)));
        let chunks = cut.collect();
        Self::merge(chunks, |token| compared(token, tokenizer))
    }

    /// Numbers the tokens that `cut` hands on for each of `texts`, compared as they are written.
    pub fn cut_by<'a>(
        texts: &[&'a str],
        cut: impl Fn(&'a str, &mut dyn FnMut(&'a str)) + Sync,
    ) -> Self {
        let chunks = texts.par_chunks(CHUNK);
        let chunks = chunks.map(|chunk| Chunk::new(chunk, &cut)).collect();
        Self::merge(chunks, Cow::Borrowed)
    }

    /// Numbers the tokens of all chunks, those that are `compared` as the same by one number.
    fn merge<'a>(chunks: Vec<Chunk<'a>>, compared: impl Fn(&'a str) -> Cow<'a, str>) -> Self {
        let mut vocabulary = FastMap::default();
        let mut rows = Rows::default();
        for mut chunk in chunks {
            let tokens = chunk.vocabulary.iter();
            let ids: Vec<u32> = tokens
                .map(|token| next_id(&mut vocabulary, compared(token)))
                .collect();
            chunk.ids.iter_mut().for_each(|id| *id = ids[*id as usize]);
            rows.append(Rows::from_parts(chunk.ids, chunk.ends));
        }
        Self::from_rows(rows, vocabulary.len())
    }

    /// The texts whose tokens have these ids, all below `kinds`.
    pub(crate) fn from_rows(rows: Rows<u32>, kinds: usize) -> Self {
        Self {
            unigrams: Level::new(1, rows, kinds),
        }
    }

    /// The ids of each text, a row a text.
    pub fn rows(&self) -> &Rows<u32> {
        self.unigrams.rows()
    }

    /// How many distinct tokens there are: V.
    pub fn kinds(&self) -> usize {
        self.unigrams.kinds()
    }

    /// How many tokens there are in all: C.
    pub fn total(&self) -> usize {
        self.rows().values().len()
    }

    /// The n-grams of this `order`, which is at least 1.
    pub fn ngrams(&self, order: usize) -> NGrams<'_> {
        NGrams::of_order(self, order)
    }

    /// All texts as one, in their order, so that n-grams cross from text to text.
    #[must_use]
    pub fn joined(&self) -> Self {
        let values = self.rows().values().to_vec();
        let ends = vec![values.len()];
        Self::from_rows(Rows::from_parts(values, ends), self.kinds())
    }

    /// The texts at these places, in this order; what was numbered before is not numbered again.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            unigrams: self.unigrams.select(rows),
        }
    }

    pub(crate) fn unigrams(&self) -> &Level {
        &self.unigrams
    }
}

/// Some texts, numbered among themselves.
struct Chunk<'a> {
    ids: Vec<u32>,
    ends: Vec<usize>,
    vocabulary: Vec<&'a str>,
}

impl<'a> Chunk<'a> {
    fn new(texts: &[&'a str], cut: impl Fn(&'a str, &mut dyn FnMut(&'a str))) -> Self {
        let mut known = FastMap::default();
        let mut chunk = Self {
            ids: Vec::new(),
            ends: Vec::with_capacity(texts.len()),
            vocabulary: Vec::new(),
        };
        for text in texts {
            cut(text, &mut |token| {
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

/// How many different texts there are.
pub fn distinct_texts(texts: &[impl AsRef<str> + Sync]) -> usize {
    let hashes = texts
        .par_iter()
        .map(|text| xxh3_64(text.as_ref().as_bytes()));
    let mut order: Vec<(u64, u32)> = hashes
        .enumerate()
        .map(|(at, hash)| (hash, u32::try_from(at).expect("fewer texts than 2^32")))
        .collect();
    order.par_sort_unstable();
    let of_one_hash = order.par_chunk_by(|a, b| a.0 == b.0);
    of_one_hash.map(|run| different(texts, run)).sum()
}

/// How many different texts are among some that have one hash.
fn different(texts: &[impl AsRef<str>], run: &[(u64, u32)]) -> usize {
    let text = |at: &(u64, u32)| texts[at.1 as usize].as_ref();
    let first = text(&run[0]);
    if run.iter().all(|at| text(at) == first) {
        return 1;
    }
    run.iter().map(text).collect::<BTreeSet<_>>().len()
}

impl PartialEq for TokenIds {
    fn eq(&self, other: &Self) -> bool {
        (self.rows(), self.kinds()) == (other.rows(), other.kinds())
    }
}

impl Eq for TokenIds {}

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

    #[test]
    fn different_texts_are_counted_once() {
        assert_eq!(distinct_texts(&["a", "b", "a", "", "", "A"]), 4);
        assert_eq!(distinct_texts(&[""; 0]), 0);
        assert_eq!(different(&["a", "b", "a"], &[(7, 0), (7, 1), (7, 2)]), 2);
    }

    #[test]
    fn joined_texts_are_one_text() {
        let joined = TokenIds::new(&["a b", "", "c a"], Tokenizer::Whitespace).joined();
        assert_eq!(joined.rows().iter().collect::<Vec<_>>(), [[0, 1, 2, 0]]);
        assert_eq!(joined.ngrams(2).total(), 3);
    }

    #[test]
    fn selected_texts_count_as_if_they_had_been_cut_alone() {
        let texts = ["a b c d", "b c d", "", "x y a b", "a b c d"];
        let tokens = TokenIds::new(&texts, Tokenizer::Whitespace);
        assert_eq!(tokens.ngrams(3).kinds(), 4);
        let selected = tokens.select(&[3, 2, 1]);
        let alone = TokenIds::new(&[texts[3], texts[2], texts[1]], Tokenizer::Whitespace);
        for order in 1..=4 {
            let (a, b) = (selected.ngrams(order), alone.ngrams(order));
            assert_eq!((a.kinds(), a.total()), (b.kinds(), b.total()), "{order}");
        }
        assert_eq!(selected.rows(), alone.rows());
    }
}
