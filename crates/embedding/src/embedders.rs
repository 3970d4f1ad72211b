//! The embedders, one file each.

pub(crate) mod encoder;
pub(crate) mod hashed_ngrams;
