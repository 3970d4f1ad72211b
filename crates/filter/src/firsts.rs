//! The first of the rows that have one content, in 5 to 10 bytes a row beside the keys.

use xxhash_rust::xxh3::xxh3_128;

/// 128 bits that stand for a content: among 10 million different ones the chance that any two share
/// them is below 10^-24.
pub(crate) fn content_key(content: &[u8]) -> u128 {
    xxh3_128(content)
}

/// A slot that no row is in.
const FREE: u32 = u32::MAX;

/// A hash table of row numbers, which looks their keys up in a slice.
pub(crate) struct Firsts<'a> {
    keys: &'a [u128],
    slots: Vec<u32>,
}

impl<'a> Firsts<'a> {
    /// For rows that have these keys.
    pub(crate) fn new(keys: &'a [u128]) -> Self {
        let slots = (keys.len() + keys.len() / 4 + 1).next_power_of_two();
        Self {
            keys,
            slots: vec![FREE; slots],
        }
    }

    /// The first row that was asked about and has the key of `row`; `row` itself, if it is the first.
    pub(crate) fn first(&mut self, row: usize) -> usize {
        let key = self.keys[row];
        let mut slot = key as usize;
        loop {
            slot &= self.slots.len() - 1;
            match self.slots[slot] {
                FREE => {
                    self.slots[slot] = row as u32;
                    return row;
                }
                other if self.keys[other as usize] == key => return other as usize,
                _ => slot += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn firsts_are_those_of_a_plain_map(contents in prop::collection::vec("[a-d]{0,2}", 0..200)) {
            let keys: Vec<u128> = contents.iter().map(|content| content_key(content.as_bytes())).collect();
            let (mut firsts, mut known) = (Firsts::new(&keys), HashMap::new());
            for (row, content) in contents.iter().enumerate() {
                prop_assert_eq!(firsts.first(row), *known.entry(content).or_insert(row));
            }
        }
    }

    #[test]
    fn keys_that_fall_into_one_slot_are_told_apart() {
        let keys = [8, 16, 8, 1 << 64, 16];
        let mut firsts = Firsts::new(&keys);
        let found: Vec<usize> = (0..5).map(|row| firsts.first(row)).collect();
        assert_eq!(found, [0, 1, 0, 3, 1]);
    }
}
