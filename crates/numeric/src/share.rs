//! A share of a whole as a fraction in [0, 1]: the one unit in which polyculture speaks of shares.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

/// A fraction in [0, 1]; 25 is refused with the hint 0.25.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Share(f64);

/// Why a number is no share.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ShareError {
    /// Not a number at all.
    #[error("`{0}` is not a number; a share is a fraction from 0 to 1, such as 0.25")]
    NotANumber(String),
    /// Looks like a percentage.
    #[error("{given} is not a share: shares are fractions from 0 to 1; did you mean {meant}?")]
    Percentage {
        /// What was given, between 1 and 100.
        given: f64,
        /// The same as a fraction.
        meant: f64,
    },
    /// Below 0, above 100, or not finite.
    #[error("{0} is not a share: shares are fractions from 0 to 1")]
    OutOfRange(f64),
}

impl Share {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);
    /// The whole.
    pub const ONE: Self = Self(1.0);

    /// The share that is this fraction.
    pub fn new(fraction: f64) -> Result<Self, ShareError> {
        if (0.0..=1.0).contains(&fraction) {
            Ok(Self(fraction))
        } else if fraction > 1.0 && fraction <= 100.0 {
            Err(ShareError::Percentage {
                given: fraction,
                meant: fraction / 100.0,
            })
        } else {
            Err(ShareError::OutOfRange(fraction))
        }
    }

    /// The fraction in [0, 1].
    pub const fn fraction(self) -> f64 {
        self.0
    }

    /// How many of `n` things this share is, to the nearest whole number, halves up.
    pub fn of(self, n: usize) -> usize {
        (self.0 * n as f64 + 0.5).floor() as usize
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fraction = text
            .parse()
            .map_err(|_| ShareError::NotANumber(text.to_owned()))?;
        Self::new(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_taken_as_it_is() {
        assert_eq!("0.25".parse::<Share>().map(Share::fraction), Ok(0.25));
        assert_eq!("0".parse(), Ok(Share::ZERO));
        assert_eq!("1".parse(), Ok(Share::ONE));
    }

    #[test]
    fn a_percentage_is_refused_with_the_fraction_it_means() {
        let error = "25".parse::<Share>().expect_err("25 is no fraction");
        assert!(error.to_string().ends_with("did you mean 0.25?"), "{error}");
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["-0.1", "101", "NaN", "inf", "half", ""] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_of_rows_is_rounded_to_the_nearest() {
        let quarter = Share::new(0.25).expect("a fraction");
        assert_eq!((quarter.of(10), quarter.of(9), quarter.of(0)), (3, 2, 0));
        assert_eq!(Share::ONE.of(7), 7);
    }
}
