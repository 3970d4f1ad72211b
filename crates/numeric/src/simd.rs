//! Loops compiled for the vector instructions that the processor at hand has.
//!
//! The compiler never reorders the additions of a loop, so that results are those of any processor.

/// Runs `work` with the widest vector instructions there are.
///
/// Only what is inlined into `work` profits: hand in a closure over `#[inline(always)]` code.
#[inline]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
