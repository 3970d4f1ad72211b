//! Rows that have the same key.

use polars::prelude::GroupsIndicator;

use crate::keys::{Key, RelationError, frame};

/// The rows that have one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their numbers, ascending; at least one.
    pub rows: Vec<usize>,
}

impl Group {
    /// The first row that has the key.
    pub fn first(&self) -> usize {
        self.rows[0]
    }
}

/// The rows by key, keys in the order in which they first appear.
pub fn groups(key: Key<'_>) -> Result<Vec<Group>, RelationError> {
    let (frame, names) = frame(&[key])?;
    let found = frame.group_by_stable(names)?.into_groups();
    let mut groups: Vec<Group> = found
        .iter()
        .map(|group| Group { rows: rows(&group) })
        .collect();
    groups.sort_unstable_by_key(Group::first);
    Ok(groups)
}

fn rows(group: &GroupsIndicator<'_>) -> Vec<usize> {
    let mut rows: Vec<usize> = match group {
        GroupsIndicator::Idx((_, all)) => all.iter().map(|row| *row as usize).collect(),
        GroupsIndicator::Slice([first, length]) => {
            (*first..first + length).map(|row| row as usize).collect()
        }
    };
    rows.sort_unstable();
    rows
}

/// For each row, the first row that has its key: itself, where it is the first.
pub fn first_of_each(key: Key<'_>) -> Result<Vec<usize>, RelationError> {
    by_row(key, |group, _| group.first())
}

/// For each row, how many rows before it have its key.
pub fn occurrences(key: Key<'_>) -> Result<Vec<usize>, RelationError> {
    by_row(key, |_, earlier| earlier)
}

/// For each row, how many rows have its key, itself among them.
pub fn group_sizes(key: Key<'_>) -> Result<Vec<usize>, RelationError> {
    by_row(key, |group, _| group.rows.len())
}

/// What `figure` says of each row, given its group and its place in it.
fn by_row(
    key: Key<'_>,
    figure: impl Fn(&Group, usize) -> usize,
) -> Result<Vec<usize>, RelationError> {
    let mut figures = vec![0; key.len()];
    for group in groups(key)? {
        for (place, row) in group.rows.iter().enumerate() {
            figures[*row] = figure(&group, place);
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const LABELS: Key<'static> = Key::Text(&["b", "a", "b", "b", "c"]);

    #[test]
    fn keys_come_in_the_order_in_which_they_first_appear() {
        let rows: Vec<_> = groups(LABELS)
            .expect("groups")
            .into_iter()
            .map(|group| group.rows)
            .collect();
        assert_eq!(rows, [vec![0, 2, 3], vec![1], vec![4]]);
    }

    #[test]
    fn each_row_knows_its_first_its_place_and_its_number() {
        assert_eq!(first_of_each(LABELS).expect("firsts"), [0, 1, 0, 0, 4]);
        assert_eq!(occurrences(LABELS).expect("places"), [0, 0, 1, 2, 0]);
        assert_eq!(group_sizes(LABELS).expect("sizes"), [3, 1, 3, 3, 1]);
    }

    #[test]
    fn no_rows_are_no_groups() {
        assert!(groups(Key::Text(&[])).expect("groups").is_empty());
    }

    proptest! {
        #[test]
        fn the_first_of_each_is_that_of_a_plain_map(keys in prop::collection::vec(0u64..20, 0..200)) {
            let mut firsts = HashMap::new();
            let expected: Vec<usize> =
                keys.iter().enumerate().map(|(row, key)| *firsts.entry(*key).or_insert(row)).collect();
            prop_assert_eq!(first_of_each(Key::Number(&keys)).expect("firsts"), expected);
        }
    }
}
