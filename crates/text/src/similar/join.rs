//! Which sets share a key, and are therefore worth a comparison.

use rayon::prelude::*;

use crate::Rows;

/// Something that similar sets have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Equal where sets share it.
    pub hash: u64,
    /// How many members of the set come before it in the order common to all sets; 0 where
    /// keys have no order.
    pub place: u32,
}

/// One key of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u64,
    row: u32,
    place: u32,
}

/// Collects the keys of rows.
#[derive(Debug, Default)]
pub struct JoinBuilder {
    entries: Vec<Entry>,
}

/// A key that at least two rows have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared {
    /// Which one, from 0.
    pub(super) group: u32,
    /// As [`Key::place`].
    pub(super) place: u32,
}

/// The rows that share a key with another one.
#[derive(Debug)]
pub struct Join {
    /// Their numbers, ascending.
    rows: Vec<u32>,
    /// Their keys, in the order of their places.
    pub(super) keys: Rows<Shared>,
    /// Where the rows of each group end, were they stored one group after the other.
    pub(super) ends: Vec<usize>,
}

impl JoinBuilder {
    /// Adds the keys of the row with this number; each row is added once.
    pub fn add(&mut self, row: u32, keys: &[Key]) {
        self.entries.extend(keys.iter().map(|key| Entry {
            hash: key.hash,
            row,
            place: key.place,
        }));
    }

    /// Leaves out what no two rows share.
    pub fn finish(mut self) -> Join {
        self.entries.par_sort_unstable();
        let mut ends = Vec::new();
        let mut shared: Vec<(u32, Shared)> = Vec::new();
        for entries in self.entries.chunk_by(|one, next| one.hash == next.hash) {
            if entries.len() < 2 {
                continue;
            }
            let group = ends.len() as u32;
            shared.extend(entries.iter().map(|entry| {
                let place = entry.place;
                (entry.row, Shared { group, place })
            }));
            ends.push(shared.len());
        }
        drop(self.entries);
        shared.par_sort_unstable_by_key(|(row, key)| (*row, key.place, key.group));
        let (mut rows, mut keys) = (Vec::new(), Rows::default());
        for of_row in shared.chunk_by(|one, next| one.0 == next.0) {
            rows.push(of_row[0].0);
            keys.push(of_row.iter().map(|(_, key)| *key));
        }
        Join { rows, keys, ends }
    }
}

impl Join {
    /// The numbers of the rows that share a key with another, ascending: all others are like none.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_share_a_key_are_left() {
        let mut builder = JoinBuilder::default();
        let key = |hash, place| Key { hash, place };
        builder.add(7, &[key(10, 0), key(11, 1)]);
        builder.add(2, &[key(11, 0)]);
        builder.add(5, &[key(12, 0)]);
        let join = builder.finish();
        assert_eq!(join.rows(), [2, 7]);
        assert_eq!((join.ends.len(), join.keys.row(1).len()), (1, 1));
        assert_eq!(join.keys.row(1)[0].place, 1);
    }
}
