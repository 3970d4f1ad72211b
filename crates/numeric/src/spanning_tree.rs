//! The shortest tree that connects all points, without ever holding all their distances.

use crate::Points;

/// How many neighbours of a point are known at a time.
const KNOWN: usize = 8;

/// An edge: its squared length and its two ends, the one that comes first in the set first.
type Edge = (f64, u32, u32);

impl Points<'_> {
    /// The lengths of the n − 1 edges of a shortest spanning tree, in the order in which they were
    /// found; none of fewer than two points.
    ///
    /// Each round connects every group of points but the largest with what is nearest to it
    /// (Borůvka 1926). The nearest points of other groups are looked up among known neighbours, and
    /// only those points whose known neighbours are all of their own group, and that might still
    /// hold the shortest way out, are compared with all others again. O(n² d) time a round at
    /// most, O(n) memory.
    pub fn spanning_tree(&self) -> Vec<f64> {
        let mut lists = self.lists();
        let mut groups = Groups::new(self.len());
        let mut lengths = Vec::with_capacity(self.len().saturating_sub(1));
        while groups.count > 1 {
            let group_of: Vec<u32> = (0..self.len() as u32).map(|at| groups.of(at)).collect();
            for (squared, one, other) in self.ways_out(&mut lists, &group_of) {
                if groups.join(one, other) {
                    lengths.push(squared.sqrt());
                }
            }
        }
        lengths
    }

    /// The nearest others of each point, nearest first.
    fn lists(&self) -> Vec<Vec<(f64, u32)>> {
        let everyone: Vec<u32> = (0..self.len() as u32).collect();
        self.nearest(&everyone, KNOWN, |point, other| point != other)
    }

    /// The shortest edge out of each group but the largest, by the group's first point.
    fn ways_out(&self, lists: &mut [Vec<(f64, u32)>], group_of: &[u32]) -> Vec<Edge> {
        let mut best: Vec<Option<Edge>> = vec![None; self.len()];
        let largest = largest(group_of);
        let mut exhausted = Vec::new();
        for (point, list) in lists.iter_mut().enumerate() {
            let group = group_of[point];
            let bound = list.last().map_or(0.0, |(squared, _)| *squared);
            list.retain(|(_, other)| group_of[*other as usize] != group);
            match list.first() {
                Some((squared, other)) => {
                    shorten(&mut best[group as usize], (*squared, point as u32, *other));
                }
                None if group != largest => exhausted.push((point as u32, bound)),
                None => {}
            }
        }
        // A point whose known neighbours are all at home has its next one no nearer than they are.
        exhausted.retain(|(point, bound)| {
            best[group_of[*point as usize] as usize].is_none_or(|(squared, ..)| *bound < squared)
        });
        let asking: Vec<u32> = exhausted.into_iter().map(|(point, _)| point).collect();
        let foreign = |point: u32, other: u32| group_of[point as usize] != group_of[other as usize];
        for (point, list) in asking.iter().zip(self.nearest(&asking, KNOWN, foreign)) {
            if let Some((squared, other)) = list.first() {
                let group = group_of[*point as usize];
                shorten(&mut best[group as usize], (*squared, *point, *other));
            }
            lists[*point as usize] = list;
        }
        best.into_iter().flatten().collect()
    }
}

/// The group with the most points, the first of equally large ones.
fn largest(group_of: &[u32]) -> u32 {
    let mut sizes = vec![0u32; group_of.len()];
    group_of
        .iter()
        .for_each(|group| sizes[*group as usize] += 1);
    let by_size = sizes.iter().enumerate();
    by_size
        .fold((0, 0), |best, (group, size)| {
            if *size > best.1 {
                (group as u32, *size)
            } else {
                best
            }
        })
        .0
}

/// Keeps the shorter edge; of equally long ones that with the earlier ends, so that two groups
/// never choose two different edges of one length between them.
fn shorten(best: &mut Option<Edge>, (squared, one, other): Edge) {
    let edge = (squared, one.min(other), one.max(other));
    let is_shorter = |known: &Edge| {
        let ends = (edge.1, edge.2).cmp(&(known.1, known.2));
        edge.0.total_cmp(&known.0).then(ends).is_lt()
    };
    if best.as_ref().is_none_or(is_shorter) {
        *best = Some(edge);
    }
}

/// Which points are connected.
struct Groups {
    parents: Vec<u32>,
    count: usize,
}

impl Groups {
    fn new(points: usize) -> Self {
        Self {
            parents: (0..points as u32).collect(),
            count: points,
        }
    }

    /// The first point of the group of a point.
    fn of(&mut self, point: u32) -> u32 {
        let mut root = point;
        while self.parents[root as usize] != root {
            let parent = self.parents[root as usize];
            self.parents[root as usize] = self.parents[parent as usize];
            root = parent;
        }
        root
    }

    /// Makes one group of those of two points; false where they were one already.
    fn join(&mut self, one: u32, other: u32) -> bool {
        let (one, other) = (self.of(one), self.of(other));
        if one == other {
            return false;
        }
        self.parents[one.max(other) as usize] = one.min(other);
        self.count -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, Vectors, sum};

    /// Prim's algorithm over all distances.
    fn by_prim(points: &Points<'_>) -> f64 {
        let n = points.len();
        let mut nearest: Vec<f64> = (0..n).map(|at| points.squared_distance(0, at)).collect();
        let mut is_in = vec![false; n];
        is_in[0] = true;
        let mut total = 0.0;
        for _ in 1..n {
            let outside = (0..n).filter(|at| !is_in[*at]);
            let next = outside.min_by(|a, b| nearest[*a].total_cmp(&nearest[*b]));
            let next = next.expect("one is outside");
            total += nearest[next].sqrt();
            is_in[next] = true;
            for (at, nearest) in nearest.iter_mut().enumerate() {
                *nearest = nearest.min(points.squared_distance(next, at));
            }
        }
        total
    }

    /// Clusters of clusters, some of them copies, so that known neighbours run out.
    fn clusters(n: usize) -> Vectors {
        let mut stream = Seed::new(5).stream("points");
        let values = (0..n).flat_map(|row| {
            let centre = [(row % 3) as f32 * 40.0, (row % 21) as f32];
            let spread = if row % 5 == 0 { 0.0 } else { 0.1 };
            centre.map(|x| x + spread * stream.normal() as f32)
        });
        Vectors::new(values.collect(), 2).expect("whole rows")
    }

    #[test]
    fn it_is_as_long_as_that_of_prim() {
        for n in [2, 3, 50, 700] {
            let vectors = clusters(n);
            let points = Points::at(&vectors);
            let lengths = points.spanning_tree();
            assert_eq!(lengths.len(), n - 1);
            let (found, expected) = (sum(lengths), by_prim(&points));
            assert!(
                (found - expected).abs() < 1e-9 * expected,
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn the_tree_of_a_line_is_the_line() {
        let line = Vectors::new(vec![7.0, 0.0, 3.0, 1.0], 1).expect("whole rows");
        assert_eq!(sum(Points::at(&line).spanning_tree()), 7.0);
    }

    #[test]
    fn copies_are_no_length_apart_and_one_point_has_no_edge() {
        let copies = Vectors::new([1.0, 2.0].repeat(300), 2).expect("whole rows");
        assert_eq!(sum(Points::at(&copies).spanning_tree()), 0.0);
        let one = Vectors::new(vec![1.0], 1).expect("one row");
        assert!(Points::at(&one).spanning_tree().is_empty());
    }
}
