//! Least, middle, mean and greatest of a row of numbers.

use std::fmt;

use numeric::{mean, quantile_sorted};

/// Four figures of a set of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    min: f64,
    median: f64,
    mean: f64,
    max: f64,
}

impl Summary {
    /// The figures of `values`, which are all finite; `None` of nothing.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        Some(Self {
            min,
            median: quantile_sorted(&values, 0.5)?,
            mean: mean(&values)?,
            max,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            min,
            median,
            mean,
            max,
        } = *self;
        write!(
            f,
            "min {}, median {}, mean {}, max {}",
            short(min),
            short(median),
            short(mean),
            short(max)
        )
    }
}

/// A number with at most four digits after the point, and none that says nothing.
fn short(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 {
        return format!("{value:.3e}");
    }
    let digits = format!("{value:.4}");
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_sorted_values() {
        // (1 + 2 + 4 + 9) / 4 = 4, and the middle lies between 2 and 4.
        let told = Summary::of(vec![9.0, 1.0, 4.0, 2.0])
            .expect("values")
            .to_string();
        assert_eq!(told, "min 1, median 3, mean 4, max 9");
        assert_eq!(Summary::of(Vec::new()), None);
    }

    #[test]
    fn numbers_are_short_and_small_ones_are_not_lost() {
        assert_eq!(
            [short(0.123_456), short(100.0), short(0.0), short(0.000_01)],
            ["0.1235", "100", "0", "1.000e-5"]
        );
    }
}
