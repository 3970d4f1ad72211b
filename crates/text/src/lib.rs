//! Words, n-grams, shingles and `MinHash`: what `diversity` and `filter` both count.
//!
//! Pure: no IO and no random number that was not handed in as a seed.

pub mod grammar;
mod hasher;
mod labelled;
mod lcs;
mod minhash;
mod ngrams;
mod normalise;
mod numbering;
mod rows;
mod shingle;
mod similar;
mod spectrum;
mod tokens;
mod words;

pub use labelled::{LABELS_FILE, prefix_of, read_labelled, render_labelled};
pub use lcs::Lcs;
pub use minhash::{MinHash, SimilarPair};
pub use ngrams::NGrams;
pub use normalise::{Form, collapse_space, normalise};
pub use rows::Rows;
pub use shingle::{Shingle, ShingleError, jaccard};
pub use similar::{Cluster, Clustering, Duplicate, Join, JoinBuilder, Key, Rarity};
pub use spectrum::Spectrum;
pub use tokens::{TokenIds, distinct_texts};
pub use words::{Tokenizer, whitespace_tokens, word_punct_tokens, words};
