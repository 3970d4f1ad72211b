//! Shingles: the short overlapping pieces of a text whose overlap says how alike two texts are.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use rayon::prelude::*;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::Rows;
use crate::normalise::collapse_space;

/// Texts of this many are cut together.
const CHUNK: usize = 1024;

/// What a shingle is; both kinds ignore case and the amount of white space.
///
/// A text with fewer words or characters than a shingle has is one shingle by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shingle {
    /// This many successive tokens between white space: `words:3`.
    Words(NonZeroUsize),
    /// This many successive Unicode characters: `chars:5`.
    Chars(NonZeroUsize),
}

/// Why a string names no shingle.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{given}` is no shingle; known are `words:N` and `chars:N` with N from 1, such as words:3"
)]
pub struct ShingleError {
    given: String,
}

impl Shingle {
    /// The hashes of the shingles of `text`, ascending and each once.
    pub fn hashes(self, text: &str) -> Vec<u64> {
        let text = collapse_space(&text.to_lowercase());
        let mut hashes = match self {
            Self::Words(n) => windows(&text, &word_edges(&text), n.get()),
            Self::Chars(n) => windows(&text, &char_edges(&text), n.get()),
        };
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    /// The shingle set of each text, a row a text.
    pub fn sets(self, texts: &[&str]) -> Rows<u64> {
        let chunks: Vec<Rows<u64>> = texts
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut rows = Rows::default();
                for text in chunk {
                    rows.push(self.hashes(text));
                }
                rows
            })
            .collect();
        let mut sets = Rows::default();
        for chunk in chunks {
            sets.append(chunk);
        }
        sets
    }
}

/// Where each unit of a text begins and ends.
type Edges = Vec<(usize, usize)>;

fn word_edges(text: &str) -> Edges {
    let ends = text.match_indices(' ').map(|(at, _)| at);
    let starts = std::iter::once(0).chain(ends.clone().map(|end| end + 1));
    starts.zip(ends.chain([text.len()])).collect()
}

fn char_edges(text: &str) -> Edges {
    let edge = |(at, character): (usize, char)| (at, at + character.len_utf8());
    text.char_indices().map(edge).collect()
}

/// The hash of every run of `n` units, or of the whole text where there are fewer.
fn windows(text: &str, edges: &Edges, n: usize) -> Vec<u64> {
    if edges.len() < n {
        return vec![xxh3_64(text.as_bytes())];
    }
    let hash = |window: &[(usize, usize)]| xxh3_64(&text.as_bytes()[window[0].0..window[n - 1].1]);
    edges.windows(n).map(hash).collect()
}

/// The Jaccard similarity |A ∩ B| / |A ∪ B| of two ascending sets; 1 if both are empty.
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let shared = shared(a, b);
    shared as f64 / (a.len() + b.len() - shared) as f64
}

/// How many members two ascending sets have in common.
fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    shared
}

impl fmt::Display for Shingle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(n) => write!(f, "words:{n}"),
            Self::Chars(n) => write!(f, "chars:{n}"),
        }
    }
}

impl FromStr for Shingle {
    type Err = ShingleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ShingleError {
            given: text.to_owned(),
        };
        let (unit, n) = text.split_once(':').ok_or_else(error)?;
        let n = n.parse().map_err(|_| error())?;
        match unit {
            "words" => Ok(Self::Words(n)),
            "chars" => Ok(Self::Chars(n)),
            _ => Err(error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(shingle: &str, a: &str, b: &str) -> f64 {
        let shingle: Shingle = shingle.parse().expect("a shingle");
        jaccard(&shingle.hashes(a), &shingle.hashes(b))
    }

    #[test]
    fn jaccard_of_a_worked_example() {
        // {a b, b c, c d} and {b c, c d, d e}: 2 shared of 4.
        assert_eq!(similarity("words:2", "a b c d", "b c d e"), 0.5);
        // {ab, bc} and {bc, cd}: 1 of 3.
        assert_eq!(similarity("chars:2", "abc", "bcd"), 1.0 / 3.0);
    }

    #[test]
    fn case_and_space_do_not_matter() {
        assert_eq!(
            similarity("words:3", "The  cat\nsat down", "the cat SAT down "),
            1.0
        );
        assert_eq!(similarity("chars:4", "A  bee", "a bee"), 1.0);
    }

    #[test]
    fn a_short_text_is_one_shingle_and_an_empty_one_too() {
        assert_eq!(similarity("words:3", "two words", "two words"), 1.0);
        assert_eq!(similarity("words:3", "two words", "two"), 0.0);
        assert_eq!(similarity("words:3", "", " "), 1.0);
        assert_eq!(similarity("chars:3", "", "a"), 0.0);
    }

    #[test]
    fn a_shingle_is_written_as_it_is_read() {
        for text in ["words:3", "chars:5"] {
            assert_eq!(text.parse::<Shingle>().expect("known").to_string(), text);
        }
    }

    #[test]
    fn what_is_no_shingle_is_refused_with_those_known() {
        for text in ["words", "words:0", "bytes:3", "chars:x", ""] {
            let error = text.parse::<Shingle>().expect_err(text).to_string();
            assert!(error.contains("`words:N` and `chars:N`"), "{error}");
        }
    }

    #[test]
    fn sets_are_those_of_each_text() {
        let shingle: Shingle = "words:1".parse().expect("known");
        let sets = shingle.sets(&["b a b", "a"]);
        assert_eq!((sets.row(0).len(), sets.row(1).len()), (2, 1));
        assert!(sets.row(0).is_sorted());
    }
}
