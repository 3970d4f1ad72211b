//! chrF as sacrebleu computes it: runs of up to six characters, recall weighing twice as much.
//!
//! Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation". White space does not
//! count. The signature of sacrebleu is `case:mixed|eff:yes|nc:6|nw:0|space:no`.

use super::grams::{grams, shared};

/// The longest run of characters that is counted.
const ORDERS: usize = 6;
/// How many counts [`counts`] gives: three of each order.
pub(crate) const COUNTS: usize = 3 * ORDERS;
/// β²: how many times as much recall weighs as precision.
const RECALL: f64 = 4.0;

/// The counts of one text against the reference that suits it best: for each order the runs that
/// it has, those of the reference, and those of both.
pub(crate) fn counts(written: &str, references: &[&str]) -> [u64; COUNTS] {
    let written = characters(written);
    let mut best: Option<(f64, [u64; COUNTS])> = None;
    for reference in references {
        let counts = of_pair(&written, &characters(reference));
        let value = score(&counts.map(|count| count as f64));
        if best.is_none_or(|(known, _)| value > known) {
            best = Some((value, counts));
        }
    }
    best.map_or([0; COUNTS], |(_, counts)| counts)
}

/// chrF, from 0 to 100, of the counts of all texts added up.
pub(crate) fn score(counts: &[f64; COUNTS]) -> f64 {
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for order in counts.chunks_exact(3) {
        if order[0] > 0.0 && order[1] > 0.0 {
            precision += order[2] / order[0];
            recall += order[2] / order[1];
            orders += 1.0;
        }
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    (precision, recall) = (precision / orders, recall / orders);
    100.0 * (1.0 + RECALL) * precision * recall / (RECALL * precision + recall)
}

fn of_pair(written: &[char], reference: &[char]) -> [u64; COUNTS] {
    let mut counts = [0; COUNTS];
    for (order, counts) in counts.chunks_exact_mut(3).enumerate() {
        let runs = |characters: &[char]| characters.len().saturating_sub(order) as u64;
        let there = runs(reference);
        // As sacrebleu has it, a text has no runs of an order that the reference has none of.
        counts[0] = if there > 0 { runs(written) } else { 0 };
        counts[1] = there;
        counts[2] = shared(&grams(written, order + 1), &grams(reference, order + 1));
    }
    counts
}

fn characters(text: &str) -> Vec<char> {
    text::whitespace_tokens(text).flat_map(str::chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chrf(written: &str, references: &[&str]) -> f64 {
        score(&counts(written, references).map(|count| count as f64))
    }

    #[test]
    fn the_same_text_is_100_whatever_its_spaces() {
        assert!((chrf("a b c", &["abc"]) - 100.0).abs() < 1e-9);
        assert_eq!(chrf("xyz", &["abc"]), 0.0);
        assert_eq!(chrf("", &["abc"]), 0.0);
    }

    #[test]
    fn recall_weighs_twice_as_much() {
        // ab against abcd: 2 of 2 characters of 4, 1 of 1 pair of 3, longer ones count for nothing:
        // precision 1, recall (1/2 + 1/3) / 2 = 5/12; 5 · 5/12 / (4 + 5/12).
        let expected = 100.0 * 5.0 * (5.0 / 12.0) / (4.0 + 5.0 / 12.0);
        assert!((chrf("ab", &["abcd"]) - expected).abs() < 1e-9);
    }

    #[test]
    fn the_best_reference_counts() {
        assert_eq!(chrf("abc", &["xyz", "abc"]), chrf("abc", &["abc"]));
    }
}
