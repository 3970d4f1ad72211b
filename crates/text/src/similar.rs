//! Texts that are nearly the same: which sets of shingles are alike, and which one of them stays.
//!
//! Pairs are found without comparing all of them. Each set has a few keys, and only sets that share
//! a key are compared, by their exact Jaccard similarity:
//!
//! - [`Rarity`] counts how often each shingle is there; a set's keys are its rarest shingles, as many
//!   as two sets at the threshold cannot both lack (prefix filtering; Chaudhuri et al. 2006, Xiao et
//!   al. 2008). No pair is missed.
//! - Or the keys are the bands of [`MinHash`](crate::MinHash), of which there are few however long
//!   a text is, and which miss a pair right at the threshold once in 200.

mod cluster;
mod join;
mod overlap;
mod rarity;

pub use cluster::{Cluster, Clustering, Duplicate};
pub use join::{Join, JoinBuilder, Key};
pub use rarity::Rarity;
