//! How much two sets of given sizes must share to reach a threshold, and how many members of a set it takes to see that.

/// A hair below 1: thresholds such as 0.7 are not exact in binary, and a bound that is too strict
/// by rounding would lose a pair, while one that is too lax costs one comparison.
const SLACK: f64 = 1.0 - 1e-12;

/// The least number of members that sets of `a` and `b` members share if their Jaccard similarity is
/// at least `threshold`: o / (a + b − o) ≥ t, so o ≥ t (a + b) / (1 + t).
pub(super) fn least_shared(a: usize, b: usize, threshold: f64) -> usize {
    let shared = threshold / (1.0 + threshold) * (a + b) as f64;
    (shared * SLACK).ceil() as usize
}

/// Of how many members, the first in an order common to all sets, any similar set has at least one:
/// a − ⌈t a⌉ + 1, since ⌈t a⌉ must be shared.
pub(super) fn prefix(a: usize, threshold: f64) -> usize {
    let shared = (threshold * a as f64 * SLACK).ceil() as usize;
    (a + 1).saturating_sub(shared.max(1)).min(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_a_worked_example() {
        // At 0.6, sets of 5 and 5 share at least 0.6 · 10 / 1.6 = 3.75, so 4: 4 / 6 = 0.67.
        assert_eq!(least_shared(5, 5, 0.6), 4);
        // 3 of 5 must be shared, so of any 3 at least one is.
        assert_eq!(prefix(5, 0.6), 3);
        assert_eq!((prefix(1, 0.9), prefix(4, 1.0), prefix(4, 1e-9)), (1, 1, 4));
    }

    #[test]
    fn a_bound_never_excludes_what_reaches_the_threshold() {
        for threshold in [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0] {
            for a in 1..40 {
                for b in 1..40 {
                    for shared in 1..=a.min(b) {
                        let similar = shared as f64 / (a + b - shared) as f64 >= threshold;
                        let allowed = shared >= least_shared(a, b, threshold);
                        assert!(
                            allowed || !similar,
                            "{shared} of {a} and {b} at {threshold}"
                        );
                        // Those that are not shared fit behind the prefix only if it is long enough.
                        assert!(!similar || a - shared < prefix(a, threshold));
                    }
                }
            }
        }
    }
}
