//! Hand-made CPU kernels: single-threaded, so that work is split over data and the bits never depend on threads.
//!
//! Every kernel treats its rows independently and adds up in one order, so a row's result does
//! not depend on the rows beside it.

pub(crate) mod attention;
pub(crate) mod dispatch;
pub(crate) mod exp;
pub(crate) mod matmul;
pub(crate) mod norm;
pub(crate) mod rope;
pub(crate) mod swiglu;
