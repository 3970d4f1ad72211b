//! Columns, results, Parquet and Arrow IPC in and out, provenance, row equations and hub paths; the only crate that touches files.

mod atomic;
mod canonical;
pub mod columns;
mod digest;
mod directory;
mod equation;
mod error;
mod formats;
pub mod hub;
mod id;
mod journal;
mod provenance;
pub mod results;
mod rows;
mod source;
mod table;
mod textfile;
mod vectors;
mod writer;

pub use atomic::{AtomicFile, abandon_unfinished, write_file};
pub use canonical::Reading;
pub use columns::Column;
pub use digest::{ContentHash, Digest};
pub use directory::{Directory, DirectorySource, MANIFEST, NewDirectory};
pub use equation::RowEquation;
pub use error::{Error, Result};
pub use formats::Format;
pub use id::{IdAssigner, RowId};
pub use journal::{Journal, Resume};
pub use provenance::{Input, InputNode, Node, Provenance, Run};
pub use rows::{Rows, open, open_with};
pub use source::Source;
pub use table::{Table, column_names};
pub use textfile::read_text;
pub use writer::{Sink, Writer, Written};
