//! How varied is a set of texts or vectors, and how far is one set from another: one file a measure.
//!
//! Pure: no IO and no random number that was not handed in. Everything is found by name through
//! [`METRICS`] and [`SHIFTS`], and a name pins all parameters of what it computes; how texts are
//! cut into tokens belongs to the set.

mod bleu;
mod compressed;
mod context;
mod contributions;
mod distances;
mod error;
mod estimate;
mod figure;
mod lexical;
mod measure;
pub mod metrics;
mod names;
mod pair;
mod pairs;
mod set;
pub mod shift;

pub use context::{Context, Options};
pub use contributions::{ByRow, CONTRIBUTIONS, Contribution, EachRow};
pub use error::{MeasureError, UnknownName};
pub use estimate::{Found, FoundAll, estimates, shift_estimates};
pub use figure::{Figure, Measured, Param, ParamValue, params_json};
pub use measure::{Compare, Compute, Direction, Metric, Preset, Reads, Shift};
pub use metrics::METRICS;
pub use names::{Measure, PAPER, measures, metric, named, peers, shift};
pub use pair::{JointTokens, Pair};
pub use set::{Set, Texts};
pub use shift::SHIFTS;
