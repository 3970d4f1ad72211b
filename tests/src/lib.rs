//! The testkit of the tests that look at the whole workspace: its binaries, scratch folders, golden cases; and of those that run one stage.

mod binaries;
mod cases;
mod difference;
mod model_server;
mod place;
mod scratch;

pub use binaries::{binaries, fixtures, root, stage};
pub use cases::{CaseFailure, run_cases};
pub use difference::difference;
pub use model_server::{ModelServer, Reply, Served};
pub use place::{Ended, Place};
pub use scratch::{Scratch, contents};
