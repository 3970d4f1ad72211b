//! The one order of a source: every mix takes rows from its beginning, so larger mixes hold smaller ones.

use numeric::{Seed, keyed_hash};
use relation::{Key, RelationError, group_sizes, occurrences, order_by};

/// The row numbers of a source in the order in which mixes take them.
///
/// Within a label the order is that of a keyed hash of the id. Labels are interleaved by the method
/// of Sainte-Laguë: the k-th row of a label with n rows stands at (2k − 1) / n, ties at the label
/// with more rows, then by name. So the first m rows hold of each label what that method gives it of
/// m, which is its share of the source to the nearest row or nearly so.
/// Where the rows lie in their file makes no difference.
pub(crate) fn stratified(
    ids: &[&str],
    labels: &[&str],
    seed: Seed,
    purpose: &str,
) -> Result<Vec<usize>, RelationError> {
    let shuffled = shuffled(ids, seed, purpose)?;
    let labels: Vec<&str> = shuffled.iter().map(|row| labels[*row]).collect();
    let earlier = occurrences(Key::Text(&labels))?;
    let sizes = group_sizes(Key::Text(&labels))?;
    let places: Vec<u64> = earlier
        .iter()
        .zip(&sizes)
        .map(|(earlier, size)| place(*earlier, *size))
        .collect();
    let rarer: Vec<u64> = sizes.iter().map(|size| u64::MAX - *size as u64).collect();
    let order = order_by(&[
        Key::Number(&places),
        Key::Number(&rarer),
        Key::Text(&labels),
    ])?;
    Ok(order.into_iter().map(|at| shuffled[at]).collect())
}

/// The row numbers in the order of a keyed hash of their ids.
pub(crate) fn shuffled(
    ids: &[&str],
    seed: Seed,
    purpose: &str,
) -> Result<Vec<usize>, RelationError> {
    let key = seed.key(purpose);
    let hashes: Vec<u64> = ids
        .iter()
        .map(|id| keyed_hash(key, id.as_bytes()))
        .collect();
    order_by(&[Key::Number(&hashes), Key::Text(ids)])
}

/// (2k − 1) / n as a number to sort by, where k − 1 rows come before.
///
/// The bits of floats from 0 are in the order of the floats; equal fractions round to equal floats,
/// and unequal ones to unequal floats below 2^26 rows a label.
fn place(earlier: usize, size: usize) -> u64 {
    ((2 * earlier + 1) as f64 / size as f64).to_bits()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|row| format!("{row:032x}")).collect()
    }

    fn order(labels: &[&str], seed: u64) -> Vec<usize> {
        let ids = ids(labels.len());
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        stratified(&ids, labels, Seed::new(seed), "test").expect("an order")
    }

    /// Seats one after the other, each to the label with the largest n / (2 s + 1).
    fn sainte_lague(sizes: &[usize], seats: usize) -> Vec<usize> {
        let mut given = vec![0; sizes.len()];
        for _ in 0..seats {
            // n_i / (2 s_i + 1) > n_j / (2 s_j + 1), cross-multiplied; ties to the larger n.
            let better = |i: usize, j: usize| {
                let (left, right) = (sizes[i] * (2 * given[j] + 1), sizes[j] * (2 * given[i] + 1));
                left > right || (left == right && sizes[i] > sizes[j])
            };
            let next = (1..sizes.len()).fold(0, |best, i| if better(i, best) { i } else { best });
            given[next] += 1;
        }
        given
    }

    #[test]
    fn labels_alternate_as_their_shares_have_it() {
        // Places of a (4 rows): 1/4, 3/4, 5/4, 7/4; of b (2 rows): 1/2, 3/2.
        let labels = ["b", "a", "a", "b", "a", "a"];
        let taken: Vec<_> = order(&labels, 1)
            .into_iter()
            .map(|row| labels[row])
            .collect();
        assert_eq!(taken, ["a", "b", "a", "a", "b", "a"]);
    }

    #[test]
    fn the_order_of_the_file_makes_no_difference() {
        let ids = ids(50);
        let labels: Vec<&str> = (0..50)
            .map(|row| if row % 3 == 0 { "x" } else { "y" })
            .collect();
        let told = |rows: &[usize]| {
            let ids: Vec<&str> = rows.iter().map(|row| ids[*row].as_str()).collect();
            let labels: Vec<&str> = rows.iter().map(|row| labels[*row]).collect();
            let order = stratified(&ids, &labels, Seed::new(5), "test").expect("an order");
            order.into_iter().map(|at| rows[at]).collect::<Vec<_>>()
        };
        let forth: Vec<usize> = (0..50).collect();
        let back: Vec<usize> = (0..50).rev().collect();
        assert_eq!(told(&forth), told(&back));
    }

    #[test]
    fn another_seed_is_another_order() {
        let labels = vec![""; 40];
        assert_eq!(order(&labels, 1), order(&labels, 1));
        assert_ne!(order(&labels, 1), order(&labels, 2));
    }

    proptest! {
        #[test]
        fn every_prefix_has_the_labels_that_sainte_lague_gives(
            sizes in prop::collection::vec(1usize..20, 1..6), seed in 0u64..100,
        ) {
            let names = ["a", "b", "c", "d", "e"];
            let labels: Vec<&str> = sizes.iter().zip(names).flat_map(|(n, name)| vec![name; *n]).collect();
            let order = order(&labels, seed);
            let mut seen = vec![0; sizes.len()];
            for (taken, row) in order.iter().enumerate() {
                let label = names.iter().position(|name| *name == labels[*row]).expect("a label");
                seen[label] += 1;
                prop_assert_eq!(&seen, &sainte_lague(&sizes, taken + 1));
            }
            let mut all = order;
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        }
    }
}
