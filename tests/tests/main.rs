//! Tests of the whole workspace: its build, its stages together, and what they promise.

mod architecture;
mod cases;
mod chain;
mod determinism;
mod endpoint;
#[cfg(target_os = "linux")]
mod killed;
#[cfg(target_os = "linux")]
mod reliability;
mod sources;
