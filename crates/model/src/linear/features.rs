//! Numbers that describe texts, row after row, where most are zero.

use numeric::Vectors;

/// A sparse matrix, row after row; columns ascend within a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
    width: usize,
}

impl Features {
    /// No rows yet, of `width` columns.
    pub fn new(width: usize) -> Self {
        Self {
            starts: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
            width,
        }
    }

    /// The components of vectors as features.
    pub fn dense(vectors: &Vectors) -> Self {
        let mut features = Self::new(vectors.dim());
        for vector in vectors.rows() {
            let entries = vector
                .iter()
                .enumerate()
                .filter(|(_, value)| **value != 0.0);
            features.push(entries.map(|(column, value)| (column as u32, f64::from(*value))));
        }
        features
    }

    /// Appends a row.
    pub(super) fn push(&mut self, entries: impl IntoIterator<Item = (u32, f64)>) {
        for (column, value) in entries {
            self.columns.push(column);
            self.values.push(value);
        }
        self.starts.push(self.columns.len());
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The entries of a row that are not zero: column and value.
    pub fn row(&self, index: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.starts[index]..self.starts[index + 1];
        let columns = self.columns[range.clone()]
            .iter()
            .map(|column| *column as usize);
        columns.zip(self.values[range].iter().copied())
    }

    /// Columns as rows; entries keep the order of the rows they came from.
    pub(super) fn transposed(&self) -> Self {
        let mut starts = vec![0; self.width + 1];
        for column in &self.columns {
            starts[*column as usize + 1] += 1;
        }
        for column in 0..self.width {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; self.columns.len()];
        let mut values = vec![0.0; self.values.len()];
        for row in 0..self.len() {
            for (column, value) in self.row(row) {
                let at = next[column];
                (columns[at], values[at]) = (row as u32, value);
                next[column] += 1;
            }
        }
        Self {
            starts,
            columns,
            values,
            width: self.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_twice_changes_nothing() {
        let mut features = Features::new(3);
        features.push([(0, 1.0), (2, 2.0)]);
        features.push([]);
        features.push([(2, 3.0)]);
        let transposed = features.transposed();
        assert_eq!(transposed.row(2).collect::<Vec<_>>(), [(0, 2.0), (2, 3.0)]);
        assert_eq!(transposed.transposed(), features);
    }

    #[test]
    fn a_dense_vector_keeps_its_components() {
        let vectors = Vectors::new(vec![0.5, 0.0, -1.0, 2.0], 2).expect("two rows");
        let features = Features::dense(&vectors);
        assert_eq!(features.row(0).collect::<Vec<_>>(), [(0, 0.5)]);
        assert_eq!(features.row(1).collect::<Vec<_>>(), [(0, -1.0), (1, 2.0)]);
    }
}
