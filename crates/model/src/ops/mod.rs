//! Differentiable operations: each a result and the rule that takes its gradient back.
//!
//! They run on one thread and sum in one order, so that a gradient is the same whatever the number
//! of threads.

mod attention;
mod bias;
mod cross_entropy;
mod elementwise;
mod embedding;
mod gelu;
mod layer_norm;
mod linear;
mod rms_norm;
mod swiglu;

pub(crate) use attention::{Heads, attention};
pub(crate) use bias::add_bias;
pub(crate) use cross_entropy::{IGNORED, cross_entropy};
pub(crate) use elementwise::{add, scaled, times};
pub(crate) use embedding::embedding;
pub(crate) use gelu::gelu_tanh;
pub(crate) use layer_norm::layer_norm;
pub(crate) use linear::linear;
pub(crate) use rms_norm::rms_norm;
pub(crate) use swiglu::swiglu;
