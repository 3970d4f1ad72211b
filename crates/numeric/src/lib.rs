//! Numbers that every stage shares: seeds and their named streams, shares, estimates with intervals, vectors, linear algebra; knows no files.
//!
//! Pure: no IO, no clock, and no random number that the caller did not hand in as a [`Seed`].

mod bootstrap;
mod estimate;
mod exp;
mod hash;
mod holm;
mod jackknife;
mod kmeans;
mod linalg;
mod neighbours;
mod paired;
mod points;
mod seed;
mod share;
mod simd;
mod spanning_tree;
mod student;
mod sum;
mod vectors;

pub use bootstrap::{Bootstrap, bootstrap_p, wilson_95};
pub use estimate::{Estimate, Interval};
pub use exp::exp_in_place;
pub use hash::{keyed_hash, stable_hash, unit_interval};
pub use holm::holm;
pub use jackknife::{GROUPS, Groups, jackknife_95};
pub use kmeans::Clusters;
pub use linalg::{
    LinalgError, Symmetric, dot_products, inverse_lengths, mean_and_covariance, mean_vector,
    smaller_gram,
};
pub use neighbours::Neighbours;
pub use paired::{Crossed, Discordant, crossed};
pub use points::{Points, Tile};
pub use seed::{Seed, Stream};
pub use share::{Share, ShareError};
pub use student::{student_t_quantile, student_t_tail};
pub use sum::{log_sum_exp, mean, quantile_sorted, sum, variance};
pub use vectors::{Vectors, VectorsError};
