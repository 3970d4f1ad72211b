//! The longest common subsequence of two token sequences, and ROUGE-L, which is made of it.

use crate::hasher::FastMap;

/// The positions of every token in one sequence, as bits, against which many others are compared.
///
/// O(n · m / 64) time a comparison (Hyyrö 2004, "Bit-parallel LCS-length computation revisited").
#[derive(Clone, Debug)]
pub struct Lcs {
    masks: FastMap<u32, Vec<u64>>,
    len: usize,
}

impl Lcs {
    /// Prepares one sequence.
    pub fn new(tokens: &[u32]) -> Self {
        let words = tokens.len().div_ceil(64);
        let mut masks: FastMap<u32, Vec<u64>> = FastMap::default();
        for (at, token) in tokens.iter().enumerate() {
            let mask = masks.entry(*token).or_insert_with(|| vec![0; words]);
            mask[at / 64] |= 1 << (at % 64);
        }
        Self {
            masks,
            len: tokens.len(),
        }
    }

    /// How many tokens the sequence has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the sequence has no token.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The length of the longest sequence of tokens that stand in both in this order, not
    /// necessarily side by side.
    pub fn with(&self, other: &[u32]) -> usize {
        let words = self.len.div_ceil(64);
        // A bit is 0 where the row of the dynamic programme grows by one.
        let mut row = vec![u64::MAX; words];
        for token in other {
            let Some(mask) = self.masks.get(token) else {
                continue;
            };
            let mut carry = false;
            for (bits, mask) in row.iter_mut().zip(mask) {
                let both = *bits & mask;
                let (sum, first) = bits.overflowing_add(both);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                carry = first || second;
                *bits = sum | (*bits & !mask);
            }
        }
        let zeros: usize = row.iter().map(|bits| bits.count_zeros() as usize).sum();
        // The bits behind the end of the sequence are never in a mask, and a carry cannot clear
        // them for good: they are counted out.
        zeros.saturating_sub(self.zeros_behind_the_end(&row))
    }

    fn zeros_behind_the_end(&self, row: &[u64]) -> usize {
        match (row.last(), self.len % 64) {
            (Some(last), used) if used > 0 => (last | ((1 << used) - 1)).count_zeros() as usize,
            _ => 0,
        }
    }

    /// ROUGE-L, as the harmonic mean of the shares of both sequences that are in the longest common
    /// one (Lin 2004, with beta 1): 2 · LCS / (n + m), and 0 where both are empty.
    pub fn rouge_l(&self, other: &[u32]) -> f64 {
        let tokens = self.len + other.len();
        if tokens == 0 {
            return 0.0;
        }
        2.0 * self.with(other) as f64 / tokens as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook's dynamic programme.
    fn slow(a: &[u32], b: &[u32]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut diagonal = 0;
            for (at, y) in b.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if x == y {
                    diagonal + 1
                } else {
                    row[at + 1].max(row[at])
                };
                diagonal = above;
            }
        }
        row[b.len()]
    }

    #[test]
    fn value_of_a_worked_example() {
        // a b c b d a b and b d c a b a have b c b a in common.
        let lcs = Lcs::new(&[0, 1, 2, 1, 3, 0, 1]);
        assert_eq!(lcs.with(&[1, 3, 2, 0, 1, 0]), 4);
        assert_eq!(lcs.rouge_l(&[1, 3, 2, 0, 1, 0]), 8.0 / 13.0);
    }

    #[test]
    fn a_sequence_is_all_of_itself_and_nothing_of_another_s() {
        let tokens: Vec<u32> = (0..200).collect();
        let lcs = Lcs::new(&tokens);
        assert_eq!((lcs.with(&tokens), lcs.rouge_l(&tokens)), (200, 1.0));
        assert_eq!(lcs.with(&[999; 70]), 0);
        assert_eq!(Lcs::new(&[]).rouge_l(&[]), 0.0);
        assert_eq!(Lcs::new(&[]).with(&[1]), 0);
    }

    proptest! {
        #[test]
        fn it_is_what_the_textbook_finds(
            a in prop::collection::vec(0u32..5, 0..200),
            b in prop::collection::vec(0u32..5, 0..200),
        ) {
            prop_assert_eq!(Lcs::new(&a).with(&b), slow(&a, &b));
            prop_assert_eq!(Lcs::new(&a).with(&b), Lcs::new(&b).with(&a));
        }
    }
}
