//! Numbers that every stage shares: seeds and their named streams, shares, estimates with intervals, vectors, linear algebra; knows no files.
//!
//! Pure: no IO, no clock, and no random number that the caller did not hand in as a [`Seed`].

mod estimate;
mod exp;
mod hash;
mod jackknife;
mod kmeans;
mod linalg;
mod neighbours;
mod points;
mod seed;
mod share;
mod simd;
mod spanning_tree;
mod sum;
mod vectors;

pub use estimate::{Estimate, Interval};
pub use exp::exp_in_place;
pub use hash::{keyed_hash, stable_hash, unit_interval};
pub use jackknife::{GROUPS, Groups, jackknife_95};
pub use kmeans::Clusters;
pub use linalg::{
    LinalgError, Symmetric, dot_products, inverse_lengths, mean_and_covariance, mean_vector,
    smaller_gram,
};
pub use neighbours::Neighbours;
pub use points::{Points, Tile};
pub use seed::{Seed, Stream};
pub use share::{Share, ShareError};
pub use sum::{log_sum_exp, mean, quantile_sorted, sum, variance};
pub use vectors::{Vectors, VectorsError};
