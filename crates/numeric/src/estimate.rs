//! A measured number with what is needed to believe it: its interval and the size it came from.

use serde::Serialize;

/// A value, and where one was computed, the interval it lies in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The value itself.
    pub value: f64,
    /// The interval around it, if one was computed.
    pub interval: Option<Interval>,
    /// How many rows, pairs or examples the value rests on.
    pub n: usize,
}

/// Where a value lies, and how that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How it was computed, such as `bootstrap_95` or `wilson_95`.
    pub method: &'static str,
}

impl Estimate {
    /// A value over `n` things, without an interval.
    pub const fn point(value: f64, n: usize) -> Self {
        Self {
            value,
            interval: None,
            n,
        }
    }

    /// The same value with an interval.
    #[must_use]
    pub fn within(mut self, low: f64, high: f64, method: &'static str) -> Self {
        self.interval = Some(Interval { low, high, method });
        self
    }
}
