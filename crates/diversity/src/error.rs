//! Why a measure has no value: the set is too small or misshapen, or the name unknown.

use numeric::{LinalgError, VectorsError};
use thiserror::Error;

/// Why a measure has no value for a set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MeasureError {
    /// The set has too little of what is counted.
    #[error("the set has {has} {what}, and at least {needs} {} needed", if *needs == 1 { "is" } else { "are" })]
    TooFew {
        /// What there is too little of, in the plural.
        what: &'static str,
        /// How many it takes.
        needs: usize,
        /// How many there are.
        has: usize,
    },
    /// The formula has no value for this set.
    #[error("{0}")]
    Undefined(&'static str),
    /// Two sets of vectors cannot be compared.
    #[error("the reference has vectors of dimension {reference}, and the other set of {other}")]
    Dimensions {
        /// The dimension of the reference.
        reference: usize,
        /// The dimension of the other set.
        other: usize,
    },
    /// The rows lack what the measure reads.
    #[error("`{name}` reads {reads}, and the rows have none")]
    Missing {
        /// The measure.
        name: &'static str,
        /// What it reads, in the plural.
        reads: &'static str,
    },
    /// The rows to leave out together are those of another set.
    #[error("the groups are those of {groups} rows, and the set has {rows}")]
    Groups {
        /// How many rows the groups were made for.
        groups: usize,
        /// How many rows the set has.
        rows: usize,
    },
    /// A vector cannot be worked with.
    #[error(transparent)]
    Vectors(#[from] VectorsError),
    /// A matrix cannot be worked with.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

impl MeasureError {
    /// Refuses a set that has fewer than `needs` of `what`.
    pub(crate) fn check(what: &'static str, needs: usize, has: usize) -> Result<(), Self> {
        if has < needs {
            return Err(Self::TooFew { what, needs, has });
        }
        Ok(())
    }
}

/// A name that no measure has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no {kind} is called `{name}`; known are: {}", known.join(", "))]
pub struct UnknownName {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) known: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_mismatch_are_named() {
        let too_few = MeasureError::check("texts", 2, 1).expect_err("1 is below 2");
        assert_eq!(
            too_few.to_string(),
            "the set has 1 texts, and at least 2 are needed"
        );
        assert_eq!(MeasureError::check("texts", 2, 2), Ok(()));
    }
}
