//! Runs of successive things, counted: what ROUGE and BLEU both compare.

use std::collections::BTreeMap;

/// How often each run of `n` successive items is there.
pub(super) fn grams<T: Ord>(items: &[T], n: usize) -> BTreeMap<&[T], u64> {
    let mut counts = BTreeMap::new();
    for gram in items.windows(n) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// How many runs are in both, each as often as in the one that has it less often.
pub(super) fn shared<T: Ord>(one: &BTreeMap<&[T], u64>, other: &BTreeMap<&[T], u64>) -> u64 {
    one.iter()
        .map(|(gram, count)| *count.min(other.get(gram).unwrap_or(&0)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_shared_as_often_as_both_have_it() {
        let (one, other) = (["a", "b", "a", "b"], ["a", "b", "c"]);
        assert_eq!(grams(&one, 2)[&["a", "b"][..]], 2);
        assert_eq!(shared(&grams(&one, 1), &grams(&other, 1)), 2);
        assert_eq!(shared(&grams(&one, 2), &grams(&other, 2)), 1);
        assert!(grams(&one, 5).is_empty());
    }
}
