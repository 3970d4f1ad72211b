//! Pairs of texts that may be near-duplicates, found without comparing all pairs: `MinHash` and LSH.
//!
//! Two sets of Jaccard similarity s agree in one minimum of a random permutation with probability s
//! (Broder 1997), and so in at least one of `bands` bands of `rows` minima each with probability
//! 1 − (1 − s^rows)^bands. Candidates are to be verified with [`jaccard`]; [`MinHash::similar_pairs`] does so.

use numeric::{Seed, Share};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::hasher::{FastMap, mix};
use crate::shingle::jaccard;
use crate::{Key, Rows};

/// The chance with which a pair right at the threshold must become a candidate.
const RECALL: f64 = 0.995;
/// Sets of this many are hashed together.
const CHUNK: usize = 1024;

/// Random permutations in bands, chosen for one similarity threshold.
#[derive(Clone, Debug)]
pub struct MinHash {
    bands: usize,
    rows: usize,
    permutations: Vec<Permutation>,
}

/// x ↦ (multiplier · x + offset) mod 2^64, of which the upper half is kept; multiplier is odd.
#[derive(Clone, Copy, Debug)]
struct Permutation {
    multiplier: u64,
    offset: u64,
}

/// Two sets that are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimilarPair {
    /// The index of the first set.
    pub first: usize,
    /// The index of the second set, above the first.
    pub second: usize,
    /// Their exact Jaccard similarity.
    pub similarity: f64,
}

impl MinHash {
    /// The bands for pairs of at least this similarity, from at most `permutations` permutations.
    ///
    /// Takes as many rows a band as a recall of 0.995 at the threshold allows: more rows are fewer
    /// false candidates.
    pub fn new(threshold: Share, permutations: usize, seed: Seed) -> Self {
        let permutations = permutations.max(1);
        let caught = |rows: usize| {
            let same_band = threshold.fraction().powi(rows as i32);
            1.0 - (1.0 - same_band).powi((permutations / rows) as i32)
        };
        let fits = |rows: &usize| caught(*rows) >= RECALL;
        let rows = (1..=permutations).rev().find(fits).unwrap_or(1);
        let bands = permutations / rows;
        let mut stream = seed.stream("minhash");
        let permutation = |_| Permutation {
            multiplier: stream.bits() | 1,
            offset: stream.bits(),
        };
        Self {
            bands,
            rows,
            permutations: (0..bands * rows).map(permutation).collect(),
        }
    }

    /// How many bands there are.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// How many minima make a band.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The least value of each permutation over `set`, band after band.
    pub fn signature(&self, set: &[u64]) -> Vec<u32> {
        let mut minima = vec![u32::MAX; self.permutations.len()];
        for member in set {
            for (least, permutation) in minima.iter_mut().zip(&self.permutations) {
                let image = permutation.multiplier.wrapping_mul(*member);
                *least = (*least).min((image.wrapping_add(permutation.offset) >> 32) as u32);
            }
        }
        minima
    }

    /// One number a band, equal where the whole band is equal.
    fn band_keys(&self, set: &[u64]) -> Vec<u32> {
        let signature = self.signature(set);
        let bytes: Vec<u8> = signature
            .iter()
            .flat_map(|least| least.to_le_bytes())
            .collect();
        let band = |bytes: &[u8]| (xxh3_64(bytes) >> 32) as u32;
        bytes.chunks_exact(4 * self.rows).map(band).collect()
    }

    /// A key a band, for a [`Join`](crate::Join): another band has other keys.
    pub fn keys(&self, set: &[u64], keys: &mut Vec<Key>) {
        let bands = self.band_keys(set);
        keys.extend(bands.into_iter().zip(0u64..).map(|(key, band)| Key {
            hash: mix(u64::from(key) | band << 32),
            place: 0,
        }));
    }

    /// The pairs (i, j), i < j, that share a band, ascending.
    ///
    /// Of sets that are equal, the first stands for all: the others are paired with it alone. What
    /// is alike to one of them is alike to the first, and a thousand copies make no million pairs.
    pub fn candidate_pairs(&self, sets: &Rows<u64>) -> Vec<(usize, usize)> {
        let (firsts, copies) = first_of_equals(sets);
        let keys: Vec<Vec<u32>> = firsts
            .par_chunks(CHUNK)
            .flat_map_iter(|chunk| chunk.iter().map(|index| self.band_keys(sets.row(*index))))
            .collect();
        let of_band = |band| pairs_of_band(&firsts, |place| keys[place][band]);
        let mut pairs: Vec<_> = (0..self.bands)
            .into_par_iter()
            .flat_map_iter(of_band)
            .collect();
        pairs.extend(copies);
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }

    /// The candidate pairs whose exact Jaccard similarity is at least `threshold`, ascending.
    pub fn similar_pairs(&self, sets: &Rows<u64>, threshold: Share) -> Vec<SimilarPair> {
        let verify = |(first, second): (usize, usize)| SimilarPair {
            first,
            second,
            similarity: jaccard(sets.row(first), sets.row(second)),
        };
        self.candidate_pairs(sets)
            .into_par_iter()
            .map(verify)
            .filter(|pair| pair.similarity >= threshold.fraction())
            .collect()
    }
}

/// The index of the first of each group of equal sets, and the pairs (first, copy).
fn first_of_equals(sets: &Rows<u64>) -> (Vec<usize>, Vec<(usize, usize)>) {
    let (mut firsts, mut copies) = (Vec::new(), Vec::new());
    let mut known: FastMap<&[u64], usize> = FastMap::default();
    for (index, set) in sets.iter().enumerate() {
        let first = *known.entry(set).or_insert(index);
        if first == index {
            firsts.push(index);
        } else {
            copies.push((first, index));
        }
    }
    (firsts, copies)
}

/// All pairs among the sets that have the same key in one band.
fn pairs_of_band(firsts: &[usize], key: impl Fn(usize) -> u32) -> Vec<(usize, usize)> {
    let mut keyed: Vec<(u32, usize)> = (0..firsts.len()).map(|place| (key(place), place)).collect();
    keyed.sort_unstable();
    let mut pairs = Vec::new();
    for group in keyed
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
    {
        for (at, (_, place)) in group.iter().enumerate() {
            let later = group[at + 1..].iter();
            pairs.extend(later.map(|(_, other)| (firsts[*place], firsts[*other])));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shingle;

    fn share(fraction: f64) -> Share {
        Share::new(fraction).expect("a fraction")
    }

    #[test]
    fn bands_follow_the_threshold() {
        // 0.7: 5 rows in 25 bands catch 1 − (1 − 0.7^5)^25 = 0.98995, 4 in 32 catch 0.99985.
        let minhash = MinHash::new(share(0.7), 128, Seed::new(1));
        assert_eq!((minhash.bands(), minhash.rows()), (32, 4));
        let identical = MinHash::new(Share::ONE, 128, Seed::new(1));
        assert_eq!((identical.bands(), identical.rows()), (1, 128));
    }

    #[test]
    fn minima_agree_as_often_as_the_sets_are_alike() {
        // Two sets of 600 that share 400: 400 of 800 is 1/2.
        let minhash = MinHash::new(share(0.01), 4096, Seed::new(2));
        let set = |range: std::ops::Range<u64>| {
            let mut set: Vec<u64> = range.map(|i| xxh3_64(&i.to_le_bytes())).collect();
            set.sort_unstable();
            set
        };
        let (a, b) = (set(0..600), set(200..800));
        let pairs = minhash.signature(&a).into_iter().zip(minhash.signature(&b));
        let agree = pairs.filter(|(x, y)| x == y).count() as f64;
        let rate = agree / (minhash.bands() * minhash.rows()) as f64;
        // Five standard errors of a coin tossed 4096 times: 5 · 0.5 / 64 = 0.039.
        assert!((rate - 0.5).abs() < 0.039, "{rate}");
    }

    #[test]
    fn near_duplicates_are_found_and_others_are_not() {
        let near: Vec<String> = (0..400)
            .map(|i| {
                format!(
                    "row {} of a set where every {} has words of its own {}",
                    i / 2,
                    i / 2,
                    i
                )
            })
            .collect();
        let texts: Vec<&str> = near.iter().map(String::as_str).collect();
        let sets = Shingle::Chars(3.try_into().expect("not 0")).sets(&texts);
        let threshold = share(0.8);
        let found = MinHash::new(threshold, 128, Seed::new(3)).similar_pairs(&sets, threshold);
        let mut expected = Vec::new();
        for first in 0..400 {
            for second in first + 1..400 {
                let similarity = jaccard(sets.row(first), sets.row(second));
                if similarity >= 0.8 {
                    expected.push(SimilarPair {
                        first,
                        second,
                        similarity,
                    });
                }
            }
        }
        assert!(expected.len() >= 200);
        assert!(found.len() as f64 >= 0.99 * expected.len() as f64);
        assert!(found.iter().all(|pair| expected.contains(pair)));
    }

    #[test]
    fn copies_are_paired_with_their_first_alone() {
        let sets = Shingle::Words(1.try_into().expect("not 0")).sets(&["a", "b", "a", "a", "b"]);
        let minhash = MinHash::new(share(0.9), 64, Seed::new(4));
        assert_eq!(minhash.candidate_pairs(&sets), [(0, 2), (0, 3), (1, 4)]);
    }
}
