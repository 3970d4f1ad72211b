//! How many synthetic rows come to one human row.

use std::str::FromStr;

use serde::Serialize;

/// A number from 0; unlike a share it has no upper end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// How many synthetic rows come to `n` human ones, to the nearest whole number, halves up.
    pub fn of(self, n: usize) -> usize {
        (self.0 * n as f64 + 0.5).floor() as usize
    }

    /// The synthetic share of the whole: R / (1 + R).
    pub fn share(self) -> f64 {
        self.0 / (1.0 + self.0)
    }
}

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number >= 0.0);
        number.map(Self).ok_or_else(|| {
            format!("`{text}` is no ratio; a ratio is a number from 0, such as 0.25 or 4")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_counts_rows_and_is_a_share_of_the_whole() {
        let ratio: Ratio = "0.25".parse().expect("a ratio");
        assert_eq!((ratio.of(10), ratio.share()), (3, 0.2));
    }

    #[test]
    fn what_is_no_ratio_is_refused() {
        for text in ["-1", "NaN", "inf", "half", ""] {
            assert!(text.parse::<Ratio>().is_err(), "{text}");
        }
    }
}
