//! Rows of different lengths in two flat vectors, so that a million rows are two allocations.

use rayon::prelude::*;

/// A list of rows, each a run of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    values: Vec<T>,
    ends: Vec<usize>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl<T> Rows<T> {
    /// The rows that end at `ends`, ascending, the last of which is the number of values.
    pub(crate) fn from_parts(values: Vec<T>, ends: Vec<usize>) -> Self {
        debug_assert!(ends.is_sorted(), "rows end in order");
        debug_assert_eq!(ends.last().copied().unwrap_or(0), values.len());
        Self { values, ends }
    }

    /// Adds one row at the end.
    pub fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.values.extend(row);
        self.ends.push(self.values.len());
    }

    /// Adds the rows of `other` after these.
    pub(crate) fn append(&mut self, mut other: Self) {
        let before = self.values.len();
        self.values.append(&mut other.values);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The `index`-th row.
    pub fn row(&self, index: usize) -> &[T] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start..self.ends[index]]
    }

    /// The rows, first to last.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// The values of all rows, one after the other.
    pub fn values(&self) -> &[T] {
        &self.values
    }
}

impl<T: Copy + Ord + Send + Sync> Rows<T> {
    /// The same rows, the values of each in ascending order.
    #[must_use]
    pub fn sorted(&self) -> Self {
        let mut sorted = Self {
            values: self.values.clone(),
            ends: self.ends.clone(),
        };
        let mut rest = &mut *sorted.values;
        let mut rows = Vec::with_capacity(self.len());
        for row in self.iter() {
            let (own, behind) = rest.split_at_mut(row.len());
            rows.push(own);
            rest = behind;
        }
        rows.into_par_iter().for_each(<[T]>::sort_unstable);
        sorted
    }
}

impl<T, R: IntoIterator<Item = T>> FromIterator<R> for Rows<T> {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_stays_within_the_rows() {
        let rows: Rows<u8> = [vec![3, 1, 2], vec![], vec![5, 4]].into_iter().collect();
        let sorted = rows.sorted();
        assert_eq!(
            sorted.iter().collect::<Vec<_>>(),
            [&[1, 2, 3][..], &[], &[4, 5]]
        );
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let mut rows = Rows::default();
        rows.push([1, 2]);
        rows.push([]);
        let mut more = Rows::default();
        more.push([3]);
        rows.append(more);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [&[1, 2][..], &[], &[3]]);
        assert_eq!((rows.len(), rows.values().len()), (3, 3));
    }
}
