//! Intervals for measures of a whole set: leave one group of rows out at a time.
//!
//! A bootstrap draws rows with replacement and so makes duplicates, which is the very thing that a
//! diversity measure counts; leaving rows out makes none.

use std::collections::BTreeMap;

use crate::{Seed, keyed_hash, mean, sum};

/// How many groups the rows are put into.
pub const GROUPS: usize = 20;

/// The 0.975 quantile of Student's t with `GROUPS` − 1 = 19 degrees of freedom.
const STUDENT_T: f64 = 2.093_024_054_408_263;

/// Which rows are left out together: [`GROUPS`] groups of about equal size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    group_of_row: Vec<usize>,
    members: usize,
}

impl Groups {
    /// Groups by key: rows of one key, such as those made from one parent, stay together.
    ///
    /// The keys are put in an order that follows from `seed` and their content, and dealt out in
    /// turn; the order of the rows does not matter.
    pub fn by_key<K: AsRef<[u8]>>(keys: &[K], seed: Seed) -> Self {
        let hash_key = seed.key("jackknife");
        let place = |key: &K| (keyed_hash(hash_key, key.as_ref()), key.as_ref().to_vec());
        let mut order: BTreeMap<(u64, Vec<u8>), usize> =
            keys.iter().map(|key| (place(key), 0)).collect();
        for (at, group) in order.values_mut().enumerate() {
            *group = at % GROUPS;
        }
        Self {
            group_of_row: keys.iter().map(|key| order[&place(key)]).collect(),
            members: order.len(),
        }
    }

    /// Groups of `n` rows that have no keys: each row is on its own, named by its index.
    pub fn of_rows(n: usize, seed: Seed) -> Self {
        let keys: Vec<[u8; 8]> = (0..n as u64).map(u64::to_le_bytes).collect();
        Self::by_key(&keys, seed)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.group_of_row.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.group_of_row.is_empty()
    }

    /// Whether there are too few keys to fill every group, so that there is no interval.
    pub fn are_too_few(&self) -> bool {
        self.members < GROUPS
    }

    /// The rows that are left when `group` is left out, ascending.
    pub fn without(&self, group: usize) -> Vec<usize> {
        let rows = self.group_of_row.iter().enumerate();
        rows.filter(|(_, of_row)| **of_row != group)
            .map(|(row, _)| row)
            .collect()
    }
}

/// The 95 % interval around `value` from the values without each group: (low, high).
///
/// Delete-group jackknife: variance (g − 1)/g Σ (θ₍ₖ₎ − θ̄)², Student's t with g − 1 degrees of
/// freedom (Kott 2001, "The delete-a-group jackknife").
pub fn jackknife_95(value: f64, without_group: &[f64; GROUPS]) -> (f64, f64) {
    let centre = mean(without_group).unwrap_or(value);
    let squares = sum(without_group.iter().map(|left| (left - centre).powi(2)));
    let groups = GROUPS as f64;
    let half_width = STUDENT_T * ((groups - 1.0) / groups * squares).sqrt();
    (value - half_width, value + half_width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_of_equal_size_and_follow_the_seed() {
        let groups = Groups::of_rows(100, Seed::new(1));
        for group in 0..GROUPS {
            assert_eq!(groups.without(group).len(), 95);
        }
        assert_eq!(groups, Groups::of_rows(100, Seed::new(1)));
        assert_ne!(groups, Groups::of_rows(100, Seed::new(2)));
        assert!(!groups.are_too_few());
    }

    #[test]
    fn rows_of_one_key_are_left_out_together() {
        let keys: Vec<String> = (0..200).map(|row| (row % 40).to_string()).collect();
        let groups = Groups::by_key(&keys, Seed::new(3));
        for group in 0..GROUPS {
            let left = groups.without(group);
            // 2 of 40 keys, 5 rows each.
            assert_eq!(left.len(), 190);
            assert!((0..200).all(|row| left.contains(&row) == left.contains(&(row % 40))));
        }
    }

    #[test]
    fn too_few_keys_have_no_interval() {
        assert!(Groups::by_key(&["one parent"; 500], Seed::new(4)).are_too_few());
        assert!(Groups::of_rows(19, Seed::new(4)).are_too_few());
    }

    #[test]
    fn the_interval_of_a_mean_is_the_classical_one() {
        // With one row a group the jackknife variance of a mean is s²/n exactly: rows 1..=20 have
        // mean 10.5 and s² = 35, so the half width is t · √(35/20) = 2.093024 · 1.322876.
        let total = 210.0;
        let without = std::array::from_fn(|row| (total - (row + 1) as f64) / 19.0);
        let (low, high) = jackknife_95(10.5, &without);
        assert!((high - 10.5 - 2.768_811).abs() < 1e-6, "{high}");
        assert!((10.5 - low - 2.768_811).abs() < 1e-6, "{low}");
    }
}
