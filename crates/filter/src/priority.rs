//! Which of several rows that are alike rather stays: the order in which rows are kept.

use std::str::FromStr;

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use relation::{Key, order_by};
use serde::{Serialize, Serializer};

use crate::judging::{Candidates, Order};

/// An order of rows; ties are broken by the place in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Priority {
    /// As they were read.
    #[default]
    First,
    /// The last one read first.
    Last,
    /// The most Unicode characters first.
    Longest,
    /// The fewest Unicode characters first.
    Shortest,
    /// The highest value of this column of numbers first, rows without one last.
    Highest(String),
    /// The lowest value of this column of numbers first, rows without one last.
    Lowest(String),
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let column = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let known = match text.split_once(':') {
            Some(("highest", name)) => column(name).map(Self::Highest),
            Some(("lowest", name)) => column(name).map(Self::Lowest),
            _ => match text {
                "first" => Some(Self::First),
                "last" => Some(Self::Last),
                "longest" => Some(Self::Longest),
                "shortest" => Some(Self::Shortest),
                _ => None,
            },
        };
        known.ok_or_else(|| {
            format!(
                "`{text}` is no order; known are first, last, longest, shortest, highest:COLUMN, lowest:COLUMN"
            )
        })
    }
}

impl Serialize for Priority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::First => serializer.serialize_str("first"),
            Self::Last => serializer.serialize_str("last"),
            Self::Longest => serializer.serialize_str("longest"),
            Self::Shortest => serializer.serialize_str("shortest"),
            Self::Highest(column) => serializer.collect_str(&format_args!("highest:{column}")),
            Self::Lowest(column) => serializer.collect_str(&format_args!("lowest:{column}")),
        }
    }
}

impl<'a> From<Option<&'a [u32]>> for Order<'a> {
    fn from(rows: Option<&'a [u32]>) -> Self {
        rows.map_or(Self::Read, Self::Given)
    }
}

/// Collects what rows are ordered by.
pub(crate) struct Ranks<'a> {
    priority: &'a Priority,
    /// Ascending is the order; none where rows stay as they were read.
    keys: Vec<u64>,
}

impl<'a> Ranks<'a> {
    pub(crate) fn new(priority: &'a Priority) -> Self {
        Self {
            priority,
            keys: Vec::new(),
        }
    }

    /// Takes note of all rows of one batch.
    pub(crate) fn observe(&mut self, rows: &Candidates<'_>) -> anyhow::Result<()> {
        let lengths = || rows.texts.iter().map(|text| text.chars().count() as u64);
        match self.priority {
            Priority::First => {}
            Priority::Last => self.keys.extend(rows.numbers().map(|row| !(row as u64))),
            Priority::Longest => self.keys.extend(lengths().map(|length| !length)),
            Priority::Shortest => self.keys.extend(lengths()),
            Priority::Highest(column) => {
                let values = numbers(rows, column)?.into_iter();
                self.keys
                    .extend(values.map(|value| value.map_or(u64::MAX, |value| !bits(value))));
            }
            Priority::Lowest(column) => {
                let values = numbers(rows, column)?.into_iter();
                self.keys
                    .extend(values.map(|value| value.map_or(u64::MAX, bits)));
            }
        }
        Ok(())
    }

    /// The numbers of all rows in the order; none where they stay as they were read.
    pub(crate) fn order(&self) -> anyhow::Result<Option<Vec<u32>>> {
        if *self.priority == Priority::First {
            return Ok(None);
        }
        let order = order_by(&[Key::Number(&self.keys)])?;
        Ok(Some(order.into_iter().map(|row| row as u32).collect()))
    }
}

/// The numbers of a column, in the order of `rows`; NaN is no number.
pub(crate) fn numbers(rows: &Candidates<'_>, column: &str) -> anyhow::Result<Vec<Option<f64>>> {
    let Some(found) = rows.batch.column_by_name(column) else {
        let known = dataset::column_names(rows.batch.schema_ref());
        return Err(cli::with_hint(
            anyhow::anyhow!("{} has no column `{column}`", rows.set),
            format!("its columns are: {known}"),
        ));
    };
    let kind = found.data_type();
    anyhow::ensure!(
        kind.is_numeric() || *kind == DataType::Null,
        "{}: column `{column}` is {kind}, but numbers are needed",
        rows.set
    );
    let values = cast(found, &DataType::Float64)?;
    let values = values.as_primitive::<Float64Type>();
    let value = |place: &usize| {
        let there = arrow::array::Array::is_valid(values, *place);
        there
            .then(|| values.value(*place))
            .filter(|value| !value.is_nan())
    };
    Ok(rows.places.iter().map(value).collect())
}

/// A number whose order is that of `value`: the bits of a float, those of negative ones turned round.
fn bits(value: f64) -> u64 {
    // The two zeros are one number.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_written_as_it_is_read() {
        for text in [
            "first",
            "last",
            "longest",
            "shortest",
            "highest:a:b",
            "lowest:score",
        ] {
            let priority: Priority = text.parse().expect("known");
            assert_eq!(serde_json::to_value(&priority).expect("a text"), text);
        }
        for text in ["best", "highest:", "lowest", ""] {
            let error = text.parse::<Priority>().expect_err(text);
            assert!(error.contains("known are first"), "{error}");
        }
    }

    #[test]
    fn the_order_of_bits_is_that_of_the_numbers() {
        let numbers = [
            f64::NEG_INFINITY,
            -2.0,
            -1e-300,
            0.0,
            1e-300,
            1.0,
            f64::INFINITY,
        ];
        assert!(numbers.windows(2).all(|pair| bits(pair[0]) < bits(pair[1])));
    }
}
