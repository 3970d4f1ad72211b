//! Differentiable operations on candle tensors whose forward and backward passes are our own kernels.
//!
//! candle's fused operations drop gradients silently; these have both passes, run on one thread,
//! and sum in one order, so that a gradient is the same whatever the number of threads.

mod attention;
mod bias;
mod cross_entropy;
mod embedding;
mod gelu;
mod layer_norm;
mod linear;
mod rms_norm;
mod swiglu;

use candle_core::{CpuStorage, Layout, Result, Shape, Storage, Tensor, bail};

pub(crate) use attention::{Heads, attention};
pub(crate) use bias::add_bias;
pub(crate) use cross_entropy::{IGNORED, cross_entropy};
pub(crate) use embedding::embedding;
pub(crate) use gelu::gelu_tanh;
pub(crate) use layer_norm::layer_norm;
pub(crate) use linear::linear;
pub(crate) use rms_norm::rms_norm;
pub(crate) use swiglu::swiglu;

/// The numbers behind an argument of a forward pass.
fn argument<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&values[from..to]),
        _ => bail!("expected contiguous f32 numbers"),
    }
}

/// The numbers behind a tensor of a backward pass.
fn numbers<'a>(storage: &'a Storage, layout: &Layout) -> Result<&'a [f32]> {
    match storage {
        Storage::Cpu(storage) => argument(storage, layout),
        _ => bail!("expected a tensor in CPU memory"),
    }
}

/// What a forward pass returns.
fn output(values: Vec<f32>, shape: impl Into<Shape>) -> (CpuStorage, Shape) {
    (CpuStorage::F32(values), shape.into())
}

/// A gradient of the shape of `like`.
fn gradient(values: Vec<f32>, like: &Tensor) -> Result<Tensor> {
    Tensor::from_vec(values, like.shape(), like.device())
}
