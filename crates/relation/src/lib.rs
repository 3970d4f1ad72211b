//! polars behind a small door: key columns in (id, label, hash), row numbers out; for `filter` and `mix`.
//!
//! The only crate that knows polars. Keys are compared whole, so no answer rests on a hash that
//! might collide, and no answer depends on the number of threads.

mod keys;
mod order;
mod semi_join;

pub use keys::{Key, RelationError};
pub use order::order_by;
pub use semi_join::rows_in;
