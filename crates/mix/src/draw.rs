//! From an amount to the rows of a source that make it up: the first of its order, again and again where that is allowed.

/// How long the rows of a source are, in its order.
#[derive(Debug)]
pub(crate) struct Lengths {
    /// Of each row, how much it and those before it are together.
    ends: Vec<u64>,
}

/// The rows that are taken of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The place in the order of the first row that may be taken.
    pub(crate) from: usize,
    /// How many rows there are from there on.
    pub(crate) there: usize,
    /// How often all of them are taken.
    pub(crate) whole: usize,
    /// How many of them, the first ones, are taken once more.
    pub(crate) rest: usize,
    /// How much that is together.
    pub(crate) amount: u64,
}

/// An amount that a source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) asked: u64,
    /// As much as there is, if every row is taken as often as it may be.
    pub(crate) there: u64,
}

impl Lengths {
    /// Rows of which each counts as one.
    pub(crate) fn ones(n: usize) -> Self {
        Self::of(std::iter::repeat_n(1, n))
    }

    /// Rows of these lengths.
    pub(crate) fn of(lengths: impl Iterator<Item = u64>) -> Self {
        let ends = lengths.scan(0, |sum, length| {
            *sum += length;
            Some(*sum)
        });
        Self {
            ends: ends.collect(),
        }
    }

    /// Forgets all but the first `rows` rows.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
    }

    /// How much the first `rows` rows are.
    pub(crate) fn first(&self, rows: usize) -> u64 {
        rows.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    /// How much all rows are.
    pub(crate) fn total(&self) -> u64 {
        self.first(self.ends.len())
    }

    /// How many rows come nearest to `amount`, the fewest of several.
    pub(crate) fn nearest(&self, amount: u64) -> usize {
        let below = self.ends.partition_point(|end| *end < amount);
        let after = (below + 1).min(self.ends.len());
        let over = self.first(after).abs_diff(amount);
        let under = self.first(below).abs_diff(amount);
        if over < under { after } else { below }
    }

    /// The rows that come nearest to `amount`, none before the place `from` in the order and none
    /// more than `most` times.
    pub(crate) fn take(&self, amount: u64, from: usize, most: usize) -> Result<Taken, Shortage> {
        let from = from.min(self.ends.len());
        let (there, before) = (self.ends.len() - from, self.first(from));
        let once = self.total() - before;
        let all = once.saturating_mul(most as u64);
        if amount > all {
            return Err(Shortage {
                asked: amount,
                there: all,
            });
        }
        let whole = amount.checked_div(once).unwrap_or(0);
        let rest = self.nearest(before + (amount - whole * once)).max(from) - from;
        Ok(Taken {
            from,
            there,
            whole: whole as usize,
            rest,
            amount: whole * once + self.first(from + rest) - before,
        })
    }
}

impl Taken {
    /// How many rows are taken, those taken again counted again.
    pub(crate) fn rows(&self) -> usize {
        self.whole * self.there + self.rest
    }

    /// How many different rows are taken.
    pub(crate) fn chosen(&self) -> usize {
        if self.whole > 0 {
            self.there
        } else {
            self.rest
        }
    }

    /// The places in the order of the rows that are taken, each with how often it was taken before.
    pub(crate) fn picks(&self) -> impl Iterator<Item = (usize, u32)> {
        let passes = (0..self.whole).map(|pass| (pass, self.there));
        let passes = passes.chain([(self.whole, self.rest)]);
        let from = self.from;
        passes.flat_map(move |(pass, rows)| {
            (from..from + rows).map(move |place| (place, pass as u32))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_rows_are_taken_and_all_before_any_again() {
        let rows = Lengths::ones(4);
        let taken = rows.take(3, 0, 1).expect("3 of 4");
        assert_eq!((taken.rows(), taken.chosen()), (3, 3));
        let again = rows.take(10, 0, 3).expect("10 of 12");
        assert_eq!(
            (again.rows(), again.chosen(), again.whole, again.rest),
            (10, 4, 2, 2)
        );
        let picks: Vec<_> = again.picks().collect();
        assert_eq!(picks[7..], [(3, 1), (0, 2), (1, 2)]);
        assert_eq!(rows.take(5, 0, 1), Err(Shortage { asked: 5, there: 4 }));
    }

    #[test]
    fn tokens_come_as_near_as_whole_rows_can() {
        // Ends 5, 8, 18: 6 is nearer to 5 than to 8, 13 as near to 8 as to 18.
        let rows = Lengths::of([5, 3, 10].into_iter());
        let taken = |amount| {
            rows.take(amount, 0, 1)
                .map(|taken| (taken.rest, taken.amount))
        };
        assert_eq!(taken(6), Ok((1, 5)));
        assert_eq!(taken(7), Ok((2, 8)));
        assert_eq!(taken(13), Ok((2, 8)));
        assert_eq!(taken(0), Ok((0, 0)));
    }

    #[test]
    fn rows_before_a_place_are_left_alone() {
        let taken = Lengths::ones(10).take(3, 6, 1).expect("3 of 4");
        assert_eq!(
            taken.picks().map(|(place, _)| place).collect::<Vec<_>>(),
            [6, 7, 8]
        );
        assert!(Lengths::ones(10).take(5, 6, 1).is_err());
    }

    #[test]
    fn nothing_of_nothing_is_nothing() {
        assert_eq!(Lengths::ones(0).take(0, 0, 1).expect("nothing").rows(), 0);
        assert!(Lengths::ones(0).take(1, 0, 9).is_err());
    }

    proptest! {
        #[test]
        fn a_larger_amount_holds_a_smaller_one_and_is_near(
            lengths in prop::collection::vec(0u64..20, 1..40), amounts in prop::collection::vec(0u64..600, 2),
        ) {
            let rows = Lengths::of(lengths.iter().copied());
            let (less, more) = (amounts[0].min(amounts[1]), amounts[0].max(amounts[1]));
            if let (Ok(less_taken), Ok(more_taken)) = (rows.take(less, 0, 3), rows.take(more, 0, 3)) {
                prop_assert!(less_taken.rows() <= more_taken.rows());
                prop_assert!(more_taken.amount.abs_diff(more) <= 10);
                let sum: u64 = more_taken.picks().map(|(place, _)| lengths[place]).sum();
                prop_assert_eq!(sum, more_taken.amount);
            }
        }
    }
}
