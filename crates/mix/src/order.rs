//! The one order of a source: every mix takes rows from its beginning, so larger mixes hold smaller ones.

use numeric::{Seed, keyed_hash};
use relation::{Key, RelationError, order_by};

/// To which stratum, such as a label, each row belongs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strata {
    /// Of each row, the place of its stratum among `names`.
    pub(crate) codes: Vec<u32>,
    pub(crate) names: Vec<String>,
}

/// The row numbers of a source in the order in which mixes take them.
///
/// Within a stratum the order is that of a keyed hash of the id. Strata are interleaved by the method
/// of Sainte-Laguë: the k-th row of a stratum with n rows stands at (2k − 1) / n, ties at the one
/// with more rows, then by name. So the first m rows hold of each stratum what that method gives it of
/// m, which is its share of the source to the nearest row or nearly so.
/// Where the rows lie in their file makes no difference.
pub(crate) fn stratified(
    ids: &[u128],
    strata: &Strata,
    seed: Seed,
    purpose: &str,
) -> Result<Vec<u32>, RelationError> {
    let shuffled = shuffled(ids, seed, purpose)?;
    let sizes = sizes(strata);
    let ranks = ranks(strata, &sizes);
    // Rows of the stratum that wins ties come first, since sorting by places leaves ties as they are.
    let mut arranged: Vec<Vec<u32>> = vec![Vec::new(); sizes.len()];
    for row in shuffled {
        let stratum = strata.codes[row as usize] as usize;
        arranged[ranks[stratum]].push(row);
    }
    let places: Vec<u64> = arranged
        .iter()
        .flat_map(|rows| (0..rows.len()).map(|earlier| place(earlier, rows.len())))
        .collect();
    let rows: Vec<u32> = arranged.into_iter().flatten().collect();
    let order = order_by(&[Key::Number(&places)])?;
    Ok(order.into_iter().map(|at| rows[at]).collect())
}

fn sizes(strata: &Strata) -> Vec<usize> {
    let mut sizes = vec![0; strata.names.len()];
    for code in &strata.codes {
        sizes[*code as usize] += 1;
    }
    sizes
}

/// Of each stratum its place among all, the one with most rows first, then by name.
fn ranks(strata: &Strata, sizes: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|stratum| (std::cmp::Reverse(sizes[*stratum]), &strata.names[*stratum]));
    let mut ranks = vec![0; order.len()];
    for (rank, stratum) in order.into_iter().enumerate() {
        ranks[stratum] = rank;
    }
    ranks
}

/// The row numbers in the order of a keyed hash of their ids; rows of one id as they stand.
pub(crate) fn shuffled(ids: &[u128], seed: Seed, purpose: &str) -> Result<Vec<u32>, RelationError> {
    let key = seed.key(purpose);
    let hashes: Vec<u64> = ids.iter().map(|id| hash(key, *id)).collect();
    let order = order_by(&[Key::Number(&hashes)])?;
    let mut order: Vec<u32> = order.into_iter().map(|row| row as u32).collect();
    for ties in order.chunk_by_mut(|one, next| hashes[*one as usize] == hashes[*next as usize]) {
        ties.sort_by_key(|row| ids[*row as usize]);
    }
    Ok(order)
}

/// The keyed hash of an id, as its 32 digits.
pub(crate) fn hash(key: u64, id: u128) -> u64 {
    let mut digits = [0; 32];
    for (at, digit) in digits.iter_mut().enumerate() {
        let value = (id >> (4 * (31 - at)) & 15) as u8;
        *digit = value + if value < 10 { b'0' } else { b'a' - 10 };
    }
    keyed_hash(key, &digits)
}

/// (2k − 1) / n as a number to sort by, where k − 1 rows come before.
///
/// The bits of floats from 0 are in the order of the floats; equal fractions round to equal floats,
/// and unequal ones to unequal floats below 2^26 rows a stratum.
pub(crate) fn place(earlier: usize, size: usize) -> u64 {
    ((2 * earlier + 1) as f64 / size as f64).to_bits()
}

/// How many of `total` things each of those with these weights gets by the method of Sainte-Laguë:
/// one after the other to the largest w / (2 s + 1), ties to the first.
pub(crate) fn apportioned(weights: &[f64], total: u64) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    // The method never strays from the quota by more than the number of parties; the rest is dealt one by one.
    let floor = |weight: &f64| {
        let quota = weight / sum * total as f64;
        (quota - weights.len() as f64).max(0.0).floor() as u64
    };
    let mut given: Vec<u64> = weights.iter().map(floor).collect();
    let quotient = |party: usize, given: &[u64]| weights[party] / (2 * given[party] + 1) as f64;
    for _ in given.iter().sum::<u64>()..total {
        let best = (1..weights.len()).fold(0, |best, party| {
            if quotient(party, &given) > quotient(best, &given) {
                party
            } else {
                best
            }
        });
        given[best] += 1;
    }
    given
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(labels: &[&str], seed: u64) -> Vec<usize> {
        let ids: Vec<u128> = (0..labels.len() as u128).collect();
        of(&ids, labels, seed)
    }

    fn of(ids: &[u128], labels: &[&str], seed: u64) -> Vec<usize> {
        let mut strata = Strata::default();
        for label in labels {
            let known = strata.names.iter().position(|name| name == label);
            let code = known.unwrap_or(strata.names.len());
            if known.is_none() {
                strata.names.push((*label).to_owned());
            }
            strata.codes.push(code as u32);
        }
        let order = stratified(ids, &strata, Seed::new(seed), "test").expect("an order");
        order.into_iter().map(|row| row as usize).collect()
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
        let labels: Vec<&str> = (0..50)
            .map(|row| if row % 3 == 0 { "x" } else { "y" })
            .collect();
        let told = |rows: &[usize]| {
            let ids: Vec<u128> = rows.iter().map(|row| *row as u128).collect();
            let labels: Vec<&str> = rows.iter().map(|row| labels[*row]).collect();
            let order = of(&ids, &labels, 5);
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

    #[test]
    fn an_id_is_hashed_as_its_digits() {
        let id = 0x467f_e96b_b64b_52f4_7ae7_b0cb_1b9d_f738;
        assert_eq!(hash(3, id), keyed_hash(3, format!("{id:032x}").as_bytes()));
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

        #[test]
        fn weights_get_what_sainte_lague_gives_and_never_less_of_more(
            weights in prop::collection::vec(1usize..500, 1..8), total in 0u64..3000,
        ) {
            let floats: Vec<f64> = weights.iter().map(|weight| *weight as f64).collect();
            let given = apportioned(&floats, total);
            prop_assert_eq!(given.iter().sum::<u64>(), total);
            let mut one_by_one = vec![0u64; weights.len()];
            for _ in 0..total {
                let quotient = |party: usize| floats[party] / (2 * one_by_one[party] + 1) as f64;
                let best = (1..weights.len()).fold(0, |best, party| if quotient(party) > quotient(best) { party } else { best });
                one_by_one[best] += 1;
            }
            prop_assert_eq!(&given, &one_by_one);
            let more = apportioned(&floats, total + 1);
            prop_assert!(given.iter().zip(&more).all(|(less, more)| less <= more));
        }
    }
}
