//! Groups by worked examples, and against a program that compares all pairs.

use numeric::Seed;
use proptest::prelude::*;

use super::*;
use crate::similar::{JoinBuilder, Rarity};
use crate::{MinHash, Shingle};

fn how(threshold: f64, cluster: Cluster, most: Option<usize>) -> Clustering {
    let threshold = Share::new(threshold).expect("a fraction");
    Clustering {
        threshold,
        cluster,
        most,
    }
}

fn sets(texts: &[&str]) -> Rows<u64> {
    "words:1".parse::<Shingle>().expect("known").sets(texts)
}

fn join(sets: &Rows<u64>, threshold: f64) -> Join {
    let all: Vec<usize> = (0..sets.len()).collect();
    let rarity = Rarity::new(sets.values().len());
    rarity.add(sets, &all);
    let (mut builder, mut keys) = (JoinBuilder::default(), Vec::new());
    for row in all {
        keys.clear();
        rarity.keys(sets.row(row), threshold, &mut keys);
        builder.add(row as u32, &keys);
    }
    builder.finish()
}

/// What each set gives way to, sets in the order `order`.
fn found(sets: &Rows<u64>, order: &[usize], how: &Clustering) -> Vec<Option<(usize, f64)>> {
    let join = join(sets, how.threshold.fraction());
    let mut some = Rows::default();
    let mut places = vec![None; sets.len()];
    for (place, row) in join.rows().iter().enumerate() {
        some.push(sets.row(*row as usize).iter().copied());
        places[*row as usize] = Some(place);
    }
    let order: Vec<usize> = order.iter().filter_map(|row| places[*row]).collect();
    let duplicates = join.duplicates(&some, &order, how);
    let mut found = vec![None; sets.len()];
    for (place, duplicate) in duplicates.into_iter().enumerate() {
        found[join.rows()[place] as usize] =
            duplicate.map(|found| (join.rows()[found.of] as usize, found.similarity));
    }
    found
}

fn in_order(texts: &[&str], how: &Clustering) -> Vec<Option<(usize, f64)>> {
    found(&sets(texts), &(0..texts.len()).collect::<Vec<_>>(), how)
}

// Of {a b c d}, {b c d e} and {c d e f}, neighbours share 3 of 5, the ends 2 of 6.
const CHAIN: &[&str] = &["a b c d", "b c d e", "c d e f"];

#[test]
fn of_a_star_the_first_stays_and_of_a_chain_one() {
    let star = in_order(CHAIN, &how(0.6, Cluster::Star, None));
    assert_eq!(star, [None, Some((0, 0.6)), None]);
    let chain = in_order(CHAIN, &how(0.6, Cluster::Components, None));
    assert_eq!(chain, [None, Some((0, 0.6)), Some((0, 2.0 / 6.0))]);
}

#[test]
fn the_one_that_rather_stays_is_first_in_the_order() {
    let star = found(&sets(CHAIN), &[1, 0, 2], &how(0.6, Cluster::Star, None));
    assert_eq!(star, [Some((1, 0.6)), None, Some((1, 0.6))]);
}

#[test]
fn a_group_is_no_larger_than_it_may_be() {
    let texts = ["a b c d", "a b c e", "a b c f", "a b c g", "a b c d"];
    let star = in_order(&texts, &how(0.6, Cluster::Star, Some(2)));
    let kept = [None, Some((0, 0.6)), None, Some((2, 0.6)), Some((0, 1.0))];
    assert_eq!(star, kept);
    let chain = in_order(&texts, &how(0.6, Cluster::Components, Some(3)));
    assert_eq!(chain[3], None);
    assert_eq!(chain[4], Some((0, 1.0)));
}

/// The same by comparing all pairs, one after the other.
fn brute_force(sets: &Rows<u64>, order: &[usize], threshold: f64) -> Vec<Option<(usize, f64)>> {
    let mut found: Vec<Option<(usize, f64)>> = vec![None; sets.len()];
    for (rank, row) in order.iter().enumerate() {
        let before = &order[..rank];
        let equal = before
            .iter()
            .find(|other| sets.row(**other) == sets.row(*row));
        found[*row] = match equal {
            Some(first) => found[*first].or(Some((*first, 1.0))),
            None => before
                .iter()
                .filter(|other| found[**other].is_none())
                .map(|other| (*other, jaccard(sets.row(*row), sets.row(*other))))
                .filter(|(_, similarity)| *similarity >= threshold)
                .reduce(|best, next| if next.1 > best.1 { next } else { best }),
        };
    }
    found
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-f]( [a-f]){0,5}", 1..60)
}

proptest! {
    #[test]
    fn stars_are_those_of_brute_force(
        texts in texts(), seed in 0u64..50, threshold in prop::sample::select(vec![0.2, 0.5, 0.6, 0.75, 1.0]),
    ) {
        let sets = sets(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut order: Vec<usize> = (0..sets.len()).collect();
        Seed::new(seed).stream("order").shuffle(&mut order);
        let stars = found(&sets, &order, &how(threshold, Cluster::Star, None));
        prop_assert_eq!(stars, brute_force(&sets, &order, threshold));
    }

    #[test]
    fn components_are_what_chains_connect(texts in texts(), threshold in prop::sample::select(vec![0.4, 0.6, 0.8])) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let sets = sets(&texts);
        let mut root: Vec<usize> = (0..sets.len()).collect();
        for _ in 0..sets.len() {
            for (i, j) in (0..sets.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
                if jaccard(sets.row(i), sets.row(j)) >= threshold {
                    let least = root[i].min(root[j]);
                    (root[i], root[j]) = (least, least);
                }
            }
        }
        let components = in_order(&texts, &how(threshold, Cluster::Components, None));
        let roots: Vec<usize> = components.iter().enumerate().map(|(row, found)| found.map_or(row, |found| found.0)).collect();
        prop_assert_eq!(roots, root);
    }
}

#[test]
fn bands_find_nearly_all_that_comparing_all_pairs_does() {
    let mut stream = Seed::new(9).stream("texts");
    let texts: Vec<String> = (0..600)
        .map(|row| {
            let word = |at: usize, changed: bool| match changed {
                true => format!("x{row}y{at}"),
                false => format!("w{}v{at}", row / 3),
            };
            // One word of its own, since of equal sets only the first is paired with others.
            let words = (0..20).map(|at| word(at, stream.unit() < 0.05));
            format!("{} only{row}", words.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let sets = sets(&texts);
    let threshold = Share::new(0.7).expect("a fraction");
    let pairs = (0..sets.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
    let alike = |(i, j): &(usize, usize)| jaccard(sets.row(*i), sets.row(*j)) >= 0.7;
    let expected: Vec<(usize, usize)> = pairs.filter(alike).collect();
    let found = MinHash::new(threshold, 128, Seed::new(0)).similar_pairs(&sets, threshold);
    let found: Vec<(usize, usize)> = found.iter().map(|pair| (pair.first, pair.second)).collect();
    let recalled = expected.iter().filter(|pair| found.contains(pair)).count();
    assert!(expected.len() > 200, "{}", expected.len());
    assert!(recalled as f64 >= 0.99 * expected.len() as f64);
}
