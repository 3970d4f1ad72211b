//! Which of the sets that are alike stays, and which ones go for its sake.

use numeric::Share;
use rayon::prelude::*;

use super::join::Join;
use super::overlap::least_shared;
use crate::Rows;
use crate::hasher::FastMap;
use crate::shingle::jaccard;

/// Rows of this many are compared together with those before them.
const BLOCK: usize = 2048;
/// Rows of this many are one task.
const TASK: usize = 64;

/// What a group of sets that are alike is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cluster {
    /// One that stays, and those that are like it: each dropped one is like the one it gave way to.
    #[default]
    Star,
    /// All that a chain of sets, each like the next, connects: of each chain one stays.
    Components,
}

/// How groups are made.
#[derive(Clone, Copy, Debug)]
pub struct Clustering {
    /// The least exact Jaccard similarity of sets that are alike.
    pub threshold: Share,
    /// What a group is.
    pub cluster: Cluster,
    /// How many different sets a group has at most; one that would be too many stays.
    pub most: Option<usize>,
}

/// A set that gives way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duplicate {
    /// The place in [`Join::rows`] of the set that stays for it.
    pub of: usize,
    /// The exact Jaccard similarity of the two.
    pub similarity: f64,
}

impl Join {
    /// For each of [`rows`](Self::rows), whose sets are `sets`, the one that it gives way to; `None`
    /// where it stays.
    ///
    /// `order` names the places of all rows, those that rather stay first: a set gives way only to
    /// one before it, to the most similar where there are several, and to the first of those.
    /// Equal sets are one set: they are never kept side by side.
    pub fn duplicates(
        &self,
        sets: &Rows<u64>,
        order: &[usize],
        how: &Clustering,
    ) -> Vec<Option<Duplicate>> {
        let ranked = Ranked::new(self, sets, order, how.threshold.fraction());
        let found = match how.cluster {
            Cluster::Star => ranked.stars(how.most),
            Cluster::Components => ranked.components(how.most),
        };
        let mut duplicates = vec![None; order.len()];
        for (rank, (of, similarity)) in found
            .into_iter()
            .enumerate()
            .filter_map(|(rank, found)| found.map(|found| (rank, found)))
        {
            let of = order[of as usize];
            duplicates[order[rank]] = Some(Duplicate { of, similarity });
        }
        duplicates
    }
}

/// A set and how similar it is.
type Match = (u32, f64);

/// The sets by their rank in the order in which they rather stay.
struct Ranked<'a> {
    join: &'a Join,
    sets: &'a Rows<u64>,
    order: &'a [usize],
    threshold: f64,
    /// Of equal sets, the rank of the first.
    first: Vec<u32>,
}

/// The ranks of the sets that have a key, group after group, as far as they were added.
struct Postings<'a> {
    ends: &'a [usize],
    filled: Vec<u32>,
    entries: Vec<(u32, u32)>,
}

impl Postings<'_> {
    fn start(&self, group: usize) -> usize {
        group.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn of(&self, group: u32) -> &[(u32, u32)] {
        let start = self.start(group as usize);
        &self.entries[start..start + self.filled[group as usize] as usize]
    }
}

impl<'a> Ranked<'a> {
    fn new(join: &'a Join, sets: &'a Rows<u64>, order: &'a [usize], threshold: f64) -> Self {
        let mut known: FastMap<&[u64], u32> = FastMap::default();
        let places = order.iter().zip(0..);
        let first = places
            .map(|(place, rank)| *known.entry(sets.row(*place)).or_insert(rank))
            .collect();
        Self {
            join,
            sets,
            order,
            threshold,
            first,
        }
    }

    fn set(&self, rank: u32) -> &'a [u64] {
        self.sets.row(self.order[rank as usize])
    }

    fn postings(&self) -> Postings<'a> {
        Postings {
            ends: &self.join.ends,
            filled: vec![0; self.join.ends.len()],
            entries: vec![(0, 0); self.join.ends.last().copied().unwrap_or(0)],
        }
    }

    fn insert(&self, rank: u32, postings: &mut Postings<'_>) {
        for key in self.join.keys.row(self.order[rank as usize]) {
            let group = key.group as usize;
            let at = postings.start(group) + postings.filled[group] as usize;
            postings.entries[at] = (rank, key.place);
            postings.filled[group] += 1;
        }
    }

    /// The sets among `postings` from rank `from` on that are like that of `rank`, by their ranks.
    fn matches(&self, rank: u32, postings: &Postings<'_>, from: u32) -> Vec<Match> {
        let set = self.set(rank);
        let mut candidates: Vec<(u32, usize)> = Vec::new();
        for key in self.join.keys.row(self.order[rank as usize]) {
            let later = postings.of(key.group).iter().rev();
            let later = later.take_while(|(other, _)| *other >= from);
            candidates.extend(later.filter_map(|(other, place)| {
                let other_size = self.set(*other).len();
                // Nothing before the first key in common is shared.
                let most = (set.len() - key.place as usize).min(other_size - *place as usize);
                let least = least_shared(set.len(), other_size, self.threshold);
                (most >= least).then_some((*other, most))
            }));
        }
        candidates.sort_unstable();
        candidates.dedup_by_key(|(other, _)| *other);
        let similarity = |(other, _): &(u32, usize)| (*other, jaccard(set, self.set(*other)));
        let all = candidates.iter().map(similarity);
        all.filter(|(_, similarity)| *similarity >= self.threshold)
            .collect()
    }

    /// Hands every set that is the first of its equals to `settle` in the order of ranks, with its
    /// matches among those for which `settle` said that they can be matched.
    ///
    /// Blocks are compared with what is before them by all threads, and within themselves by one.
    fn settle_each(&self, mut settle: impl FnMut(u32, &[Match]) -> bool) {
        let mut postings = self.postings();
        for from in (0..self.order.len()).step_by(BLOCK) {
            let block: Vec<u32> = (from..(from + BLOCK).min(self.order.len()))
                .map(|rank| rank as u32)
                .filter(|rank| self.first[*rank as usize] == *rank)
                .collect();
            let before: Vec<Vec<Match>> = block
                .par_chunks(TASK)
                .flat_map_iter(|ranks| ranks.iter().map(|rank| self.matches(*rank, &postings, 0)))
                .collect();
            for (rank, mut matches) in block.into_iter().zip(before) {
                matches.extend(self.matches(rank, &postings, from as u32));
                if settle(rank, &matches) {
                    self.insert(rank, &mut postings);
                }
            }
        }
    }

    fn stars(&self, most: Option<usize>) -> Vec<Option<Match>> {
        let mut found: Vec<Option<Match>> = vec![None; self.order.len()];
        let mut sizes = vec![1usize; self.order.len()];
        let most = most.unwrap_or(usize::MAX);
        self.settle_each(|rank, matches| {
            let room = matches
                .iter()
                .filter(|(kept, _)| sizes[*kept as usize] < most);
            let best = room.copied().reduce(more_similar);
            if let Some((kept, _)) = best {
                sizes[kept as usize] += 1;
            }
            found[rank as usize] = best;
            best.is_none()
        });
        self.with_copies(found)
    }

    fn components(&self, most: Option<usize>) -> Vec<Option<Match>> {
        let mut forest = Forest::new(self.order.len(), most.unwrap_or(usize::MAX));
        self.settle_each(|rank, matches| {
            let mut matches = matches.to_vec();
            matches.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            for (other, _) in matches {
                forest.join(rank, other);
            }
            true
        });
        let roots: Vec<u32> = (0..self.order.len() as u32)
            .map(|rank| forest.root(rank))
            .collect();
        let of = |rank: u32| {
            let root = roots[rank as usize];
            (root != rank).then(|| (root, jaccard(self.set(rank), self.set(root))))
        };
        let found = (0..self.order.len() as u32).into_par_iter().map(of);
        self.with_copies(found.collect())
    }

    /// What holds of the first of equal sets holds of the others, which it stands for if it stays.
    fn with_copies(&self, mut found: Vec<Option<Match>>) -> Vec<Option<Match>> {
        for rank in 0..found.len() {
            let first = self.first[rank];
            if first as usize != rank {
                found[rank] = found[first as usize].or(Some((first, 1.0)));
            }
        }
        found
    }
}

/// The more similar of two, the first of equals.
fn more_similar(best: Match, next: Match) -> Match {
    if next.1 > best.1 { next } else { best }
}

/// Groups that grow together; the root of each is its least rank.
struct Forest {
    parents: Vec<u32>,
    sizes: Vec<usize>,
    most: usize,
}

impl Forest {
    fn new(n: usize, most: usize) -> Self {
        Self {
            parents: (0..n as u32).collect(),
            sizes: vec![1; n],
            most,
        }
    }

    fn root(&mut self, mut rank: u32) -> u32 {
        while self.parents[rank as usize] != rank {
            let above = self.parents[rank as usize];
            self.parents[rank as usize] = self.parents[above as usize];
            rank = above;
        }
        rank
    }

    /// Makes the groups of two ranks one, unless it had too many members.
    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        let size = self.sizes[one as usize] + self.sizes[other as usize];
        if one != other && size <= self.most {
            let (root, leaf) = (one.min(other), one.max(other));
            self.parents[leaf as usize] = root;
            self.sizes[root as usize] = size;
        }
    }
}

#[cfg(test)]
mod tests;
