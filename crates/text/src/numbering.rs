//! Equal pairs get equal numbers: split by hash first, so that each table of pairs fits a cache.

use rayon::prelude::*;

use crate::Rows;
use crate::hasher::{FastMap, mix};

/// About how many pairs one table numbers: with 16 bytes each, a table of half a megabyte.
const PAIRS_A_TABLE: usize = 1 << 15;
/// More tables than this would make splitting slow, since each is an open place in memory.
const MOST_TABLES: usize = 1 << 10;
/// About how many pairs are split together; fixed, so that ids do not depend on the thread count.
const PAIRS_A_CHUNK: usize = 1 << 19;

/// Numbers the pairs (i-th head of a row, token i + `order` of the row), from 0 and without gaps.
///
/// Gives the rows of their numbers, and how many distinct pairs there are.
pub(crate) fn number(heads: &Rows<u32>, tokens: &Rows<u32>, order: usize) -> (Rows<u32>, usize) {
    let ends = ends(tokens, order);
    let total = ends.last().copied().unwrap_or(0);
    let tables = (total / PAIRS_A_TABLE).next_power_of_two().min(MOST_TABLES);
    let chunks: Vec<Split> = row_chunks(&ends)
        .into_par_iter()
        .map(|(first, last)| {
            let pairs = (first..last).flat_map(|row| pairs(heads.row(row), tokens.row(row), order));
            Split::new(pairs, tables)
        })
        .collect();
    let numbered: Vec<(Vec<u32>, usize)> = (0..tables)
        .into_par_iter()
        .map(|table| number_table(&chunks, table))
        .collect();
    let firsts = exclusive_sums(numbered.iter().map(|(_, kinds)| *kinds));
    let kinds = numbered.iter().map(|(_, kinds)| kinds).sum();
    (
        Rows::from_parts(put_back(chunks, &numbered, &firsts, total), ends),
        kinds,
    )
}

/// Where each row of longer n-grams ends.
fn ends(tokens: &Rows<u32>, order: usize) -> Vec<usize> {
    let lengths = tokens.iter().map(|row| row.len().saturating_sub(order));
    lengths
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect()
}

/// Runs of rows (first, behind the last) with about as many pairs each.
fn row_chunks(ends: &[usize]) -> Vec<(usize, usize)> {
    let (mut chunks, mut first, mut from) = (Vec::new(), 0, 0);
    for (row, end) in ends.iter().enumerate() {
        if end - from >= PAIRS_A_CHUNK || row + 1 == ends.len() {
            chunks.push((first, row + 1));
            (first, from) = (row + 1, *end);
        }
    }
    chunks
}

fn pairs<'a>(heads: &'a [u32], tokens: &'a [u32], order: usize) -> impl Iterator<Item = u64> + 'a {
    let lasts = tokens.iter().skip(order);
    heads
        .iter()
        .zip(lasts)
        .map(|(head, last)| u64::from(*head) << 32 | u64::from(*last))
}

/// The pairs of some rows, brought together by table.
struct Split {
    /// The pairs, those of table 0 first.
    pairs: Vec<u64>,
    /// Where each of them came from, within the chunk.
    places: Vec<u32>,
    /// Where the pairs of each table end.
    ends: Vec<usize>,
}

impl Split {
    fn new(pairs: impl Iterator<Item = u64>, tables: usize) -> Self {
        let given: Vec<u64> = pairs.collect();
        let mut next = vec![0; tables];
        for pair in &given {
            next[table_of(*pair, tables)] += 1;
        }
        let mut next = exclusive_sums(next.into_iter());
        let mut split = Self {
            pairs: vec![0; given.len()],
            places: vec![0; given.len()],
            ends: Vec::new(),
        };
        for (place, pair) in given.iter().enumerate() {
            let to = &mut next[table_of(*pair, tables)];
            split.pairs[*to] = *pair;
            split.places[*to] = u32::try_from(place).expect("a row has fewer tokens than 2^32");
            *to += 1;
        }
        split.ends = next;
        split
    }

    /// Where the pairs of a table are.
    fn range(&self, table: usize) -> std::ops::Range<usize> {
        let start = table.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[table]
    }
}

fn table_of(pair: u64, tables: usize) -> usize {
    // The upper half: the lower one places the pair within its table.
    (((mix(pair) >> 32) * tables as u64) >> 32) as usize
}

/// Numbers the pairs of one table, chunk after chunk, and says how many distinct ones there are.
fn number_table(chunks: &[Split], table: usize) -> (Vec<u32>, usize) {
    let of_chunks = chunks.iter().map(|chunk| &chunk.pairs[chunk.range(table)]);
    let total = of_chunks.clone().map(<[u64]>::len).sum();
    let mut known: FastMap<u64, u32> = FastMap::default();
    known.reserve(total);
    let mut numbers = Vec::with_capacity(total);
    for pair in of_chunks.flatten() {
        let next = u32::try_from(known.len()).expect("fewer distinct n-grams than 2^32");
        numbers.push(*known.entry(*pair).or_insert(next));
    }
    (numbers, known.len())
}

/// The numbers in the order in which the pairs came.
fn put_back(
    chunks: Vec<Split>,
    numbered: &[(Vec<u32>, usize)],
    firsts: &[usize],
    total: usize,
) -> Vec<u32> {
    let mut read = vec![0; numbered.len()];
    let starts: Vec<Vec<usize>> = chunks
        .iter()
        .map(|chunk| {
            let before = read.clone();
            let of_tables = read.iter_mut().enumerate();
            of_tables.for_each(|(table, read)| *read += chunk.range(table).len());
            before
        })
        .collect();
    let parts: Vec<Vec<u32>> = chunks
        .into_par_iter()
        .zip(starts)
        .map(|(chunk, starts)| {
            let mut numbers = vec![0; chunk.places.len()];
            for (table, start) in starts.into_iter().enumerate() {
                let own = chunk.places[chunk.range(table)].iter();
                let first = u32::try_from(firsts[table]).expect("fewer distinct n-grams than 2^32");
                for (place, number) in own.zip(&numbered[table].0[start..]) {
                    numbers[*place as usize] = first + number;
                }
            }
            numbers
        })
        .collect();
    let mut all = Vec::with_capacity(total);
    parts.into_iter().for_each(|part| all.extend(part));
    all
}

/// For each number the sum of those before it.
fn exclusive_sums(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    numbers
        .scan(0, |sum, number| Some(std::mem::replace(sum, *sum + number)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Whether two rows of numbers make the same places equal.
    fn assert_same_classes(numbers: &[u32], pairs: &[(u32, u32)], kinds: usize) {
        let mut of_pairs = BTreeMap::new();
        for (number, pair) in numbers.iter().zip(pairs) {
            assert_eq!(of_pairs.entry(*pair).or_insert(*number), number);
        }
        let mut distinct: Vec<u32> = of_pairs.into_values().collect();
        distinct.sort_unstable();
        assert_eq!(distinct, (0..kinds as u32).collect::<Vec<_>>());
    }

    fn windows(tokens: &Rows<u32>) -> Vec<(u32, u32)> {
        let of_row = |row: &[u32]| row.windows(2).map(|pair| (pair[0], pair[1])).collect();
        tokens
            .iter()
            .flat_map(|row| -> Vec<_> { of_row(row) })
            .collect()
    }

    #[test]
    fn many_tables_and_chunks_number_what_one_map_numbers() {
        let value = |i: u64| (mix(i) % 997) as u32;
        let row = |row: u64| (0..row % 100).map(move |at| value(row * 100 + at));
        let tokens: Rows<u32> = (0..30_000).map(row).collect();
        let (numbers, kinds) = number(&tokens, &tokens, 1);
        assert!(tokens.values().len() > 2 * PAIRS_A_CHUNK);
        assert_same_classes(numbers.values(), &windows(&tokens), kinds);
        assert_eq!(numbers.row(99).len(), 98);
    }

    proptest! {
        #[test]
        fn equal_pairs_and_only_those_have_equal_numbers(
            texts in prop::collection::vec(prop::collection::vec(0u32..5, 0..9), 0..9)
        ) {
            let tokens: Rows<u32> = texts.into_iter().collect();
            let (numbers, kinds) = number(&tokens, &tokens, 1);
            assert_same_classes(numbers.values(), &windows(&tokens), kinds);
        }
    }
}
