//! Which pairs of rows a measure over all pairs looks at: all of them, or as many as are drawn.

use numeric::Seed;

/// Up to this many pairs all are looked at, which is so up to 2000 rows; beyond, as many are drawn.
pub(crate) const MOST_PAIRS: usize = 2_000_000;

/// The unordered pairs (first < second) of `rows` rows that are looked at, ascending.
///
/// Drawn ones are independent of one another, so that a pair may come twice.
pub(crate) fn pairs(rows: usize, most: usize, seed: Seed) -> Vec<(u32, u32)> {
    let number = |row: usize| u32::try_from(row).expect("fewer rows than 2^32");
    let all = rows.saturating_sub(1).saturating_mul(rows) / 2;
    if all <= most {
        let seconds = |first| (first + 1..rows).map(move |second| (number(first), number(second)));
        return (0..rows).flat_map(seconds).collect();
    }
    let mut stream = seed.stream("pairs");
    let mut draw = || {
        let one = stream.below(rows);
        let other = stream.below(rows - 1);
        let other = other + usize::from(other >= one);
        (number(one.min(other)), number(one.max(other)))
    };
    let mut drawn: Vec<_> = (0..most).map(|_| draw()).collect();
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_give_all_pairs() {
        assert_eq!(pairs(3, 3, Seed::new(1)), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(pairs(1, 3, Seed::new(1)), []);
        assert_eq!(pairs(0, 3, Seed::new(1)), []);
    }

    #[test]
    fn many_rows_give_as_many_pairs_as_are_wanted() {
        let drawn = pairs(100, 1000, Seed::new(1));
        assert_eq!(drawn.len(), 1000);
        assert!(drawn.iter().all(|(one, other)| one < other && *other < 100));
        assert_eq!(drawn, pairs(100, 1000, Seed::new(1)));
        assert_ne!(drawn, pairs(100, 1000, Seed::new(2)));
        // A row is in 1 of 50 pairs: 20 ± 4.5 of a thousand.
        let with = |row| {
            drawn
                .iter()
                .filter(|pair| pair.0 == row || pair.1 == row)
                .count()
        };
        assert!((5..40).contains(&with(0)) && (5..40).contains(&with(99)));
    }
}
