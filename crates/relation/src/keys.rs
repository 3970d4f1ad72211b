//! Key columns as the callers have them, and as polars wants them.

use polars::prelude::{Column, DataFrame, PolarsError};
use thiserror::Error;

/// A column of keys, one a row.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// Texts, such as ids and labels; their order is that of their bytes.
    Text(&'a [&'a str]),
    /// Numbers, such as hashes.
    Number(&'a [u64]),
}

/// Why rows could not be related.
#[derive(Debug, Error)]
pub enum RelationError {
    /// Two key columns of one set have different lengths.
    #[error("a key column has {found} rows, but the one before it has {expected}")]
    Lengths {
        /// Rows of the first column.
        expected: usize,
        /// Rows of the other.
        found: usize,
    },
    /// The engine failed, such as for want of memory or for more rows than it can number.
    #[error("the rows could not be related")]
    Engine(#[source] PolarsError),
}

impl From<PolarsError> for RelationError {
    fn from(cause: PolarsError) -> Self {
        Self::Engine(cause)
    }
}

impl Key<'_> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Number(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn column(&self, name: &str) -> Column {
        match self {
            Self::Text(values) => Column::new(name.into(), *values),
            Self::Number(values) => Column::new(name.into(), *values),
        }
    }
}

/// The name of the column of row numbers in a [`frame`].
pub(crate) const ROW: &str = "row";

/// The keys as columns called "0", "1", …, and the number of each row; with the columns' names.
pub(crate) fn frame(keys: &[Key<'_>]) -> Result<(DataFrame, Vec<String>), RelationError> {
    let height = keys.first().map_or(0, Key::len);
    if let Some(other) = keys.iter().find(|key| key.len() != height) {
        return Err(RelationError::Lengths {
            expected: height,
            found: other.len(),
        });
    }
    let names: Vec<String> = (0..keys.len()).map(|index| index.to_string()).collect();
    let mut columns: Vec<Column> = keys
        .iter()
        .zip(&names)
        .map(|(key, name)| key.column(name))
        .collect();
    columns.push(Column::new(
        ROW.into(),
        (0..height as u64).collect::<Vec<_>>(),
    ));
    Ok((DataFrame::new(height, columns)?, names))
}

/// The row numbers that a frame is left with.
pub(crate) fn rows_of(frame: &DataFrame) -> Result<Vec<usize>, RelationError> {
    let rows = frame.column(ROW)?.u64()?;
    Ok(rows.iter().flatten().map(|row| row as usize).collect())
}
