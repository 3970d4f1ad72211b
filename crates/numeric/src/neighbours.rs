//! The nearest others of every point, exactly, in blocks of memory that do not grow with n².

use rayon::prelude::*;

use crate::Points;
use crate::linalg::dot_products;
use crate::simd::widest;

/// How many points look for their neighbours at a time, and among how many.
const ROWS: usize = 128;
const COLUMNS: usize = 1024;

/// How many more candidates are kept than neighbours are wanted, since products of f32 may put near
/// ones in the wrong order.
const SPARE: usize = 8;

/// The nearest others of every point, nearest first; of equally near ones the first in the set.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    k: usize,
    places: Vec<u32>,
    squared_distances: Vec<f64>,
}

impl Neighbours {
    /// How many neighbours each point has here.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The places of the neighbours of a point, of shape (k).
    pub fn places(&self, point: usize) -> &[u32] {
        &self.places[point * self.k..][..self.k]
    }

    /// The squared distances of the neighbours of a point, ascending, of shape (k).
    pub fn squared_distances(&self, point: usize) -> &[f64] {
        &self.squared_distances[point * self.k..][..self.k]
    }
}

impl Points<'_> {
    /// The `k` nearest others of every point, or all others where there are fewer.
    ///
    /// O(n² d) time and O(n k) memory. Distances are f64.
    pub fn neighbours(&self, k: usize) -> Neighbours {
        let everyone: Vec<u32> = (0..self.len() as u32).collect();
        let k = k.min(self.len().saturating_sub(1));
        let found = self.nearest(&everyone, k, |point, other| point != other);
        let mut neighbours = Neighbours {
            k,
            places: Vec::with_capacity(found.len() * k),
            squared_distances: Vec::with_capacity(found.len() * k),
        };
        for (squared, place) in found.into_iter().flatten() {
            neighbours.places.push(place);
            neighbours.squared_distances.push(squared);
        }
        neighbours
    }

    /// For each of the `asking` points, its up to `k` nearest points that `may_be` allows, as
    /// (squared distance, place), nearest first.
    pub(crate) fn nearest(
        &self,
        asking: &[u32],
        k: usize,
        may_be: impl Fn(u32, u32) -> bool + Sync,
    ) -> Vec<Vec<(f64, u32)>> {
        let blocks = asking.par_chunks(ROWS);
        blocks
            .flat_map_iter(|block| self.nearest_of_block(block, k, &may_be))
            .collect()
    }

    fn nearest_of_block(
        &self,
        block: &[u32],
        k: usize,
        may_be: &impl Fn(u32, u32) -> bool,
    ) -> Vec<Vec<(f64, u32)>> {
        let rows: Vec<f32> = block
            .iter()
            .flat_map(|point| self.rounded(*point as usize, *point as usize + 1))
            .copied()
            .collect();
        let mut candidates: Vec<Candidates> =
            block.iter().map(|_| Candidates::new(k + SPARE)).collect();
        let mut products = vec![0.0f32; block.len() * COLUMNS];
        for start in (0..self.len()).step_by(COLUMNS) {
            let end = (start + COLUMNS).min(self.len());
            let products = &mut products[..block.len() * (end - start)];
            dot_products(&rows, self.rounded(start, end), self.dim(), products);
            let halves = &self.halves()[start..end];
            let of_rows = products.chunks_exact_mut(end - start).zip(block);
            for ((products, point), candidates) in of_rows.zip(&mut candidates) {
                candidates.look_at(products, halves, start as u32, |place| {
                    may_be(*point, place)
                });
            }
        }
        let exact = block.iter().zip(candidates);
        exact
            .map(|(point, candidates)| self.exact(*point, &candidates.best, k))
            .collect()
    }

    /// The `k` nearest of the candidates by their distances in f64.
    fn exact(&self, point: u32, candidates: &[(f32, u32)], k: usize) -> Vec<(f64, u32)> {
        let squared = |place: u32| self.squared_distance(point as usize, place as usize);
        let mut exact: Vec<(f64, u32)> = candidates
            .iter()
            .map(|(_, place)| (squared(*place), *place))
            .collect();
        exact.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        exact.truncate(k);
        exact
    }
}

/// The nearest points seen so far, by x · y − |y|² / 2, which grows as the distance falls.
struct Candidates {
    /// Descending, at most `capacity`.
    best: Vec<(f32, u32)>,
    capacity: usize,
}

impl Candidates {
    fn new(capacity: usize) -> Self {
        let best = Vec::with_capacity(capacity + 1);
        Self { best, capacity }
    }

    /// What a point must exceed to be kept.
    fn threshold(&self) -> f32 {
        if self.best.len() < self.capacity {
            return f32::NEG_INFINITY;
        }
        self.best.last().map_or(f32::INFINITY, |last| last.0)
    }

    /// Looks at the points from `start` on, whose products are overwritten.
    fn look_at(
        &mut self,
        products: &mut [f32],
        halves: &[f64],
        start: u32,
        may_be: impl Fn(u32) -> bool,
    ) {
        widest(|| closeness(products, halves));
        let mut at = start;
        for chunk in products.chunks(64) {
            let threshold = self.threshold();
            if widest(|| any_above(chunk, threshold)) {
                for (offset, closeness) in chunk.iter().enumerate() {
                    let place = at + offset as u32;
                    if *closeness > self.threshold() && may_be(place) {
                        self.keep(*closeness, place);
                    }
                }
            }
            at += chunk.len() as u32;
        }
    }

    fn keep(&mut self, closeness: f32, place: u32) {
        let at = self.best.partition_point(|known| known.0 >= closeness);
        self.best.insert(at, (closeness, place));
        self.best.truncate(self.capacity);
    }
}

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn closeness(products: &mut [f32], halves: &[f64]) {
    for (product, half) in products.iter_mut().zip(halves) {
        *product -= *half as f32;
    }
}

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn any_above(values: &[f32], threshold: f32) -> bool {
    values
        .iter()
        .fold(0u32, |above, value| above | u32::from(*value > threshold))
        != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, Vectors};

    fn cloud(n: usize, dim: usize) -> Vectors {
        let mut stream = Seed::new(4).stream("points");
        let values = (0..n * dim).map(|_| stream.normal() as f32 + 2.0).collect();
        Vectors::new(values, dim).expect("whole rows")
    }

    fn by_hand(points: &Points<'_>, point: usize, k: usize) -> Vec<(f64, u32)> {
        let others = (0..points.len()).filter(|other| *other != point);
        let mut all: Vec<_> = others
            .map(|other| (points.squared_distance(point, other), other as u32))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(k);
        all
    }

    #[test]
    fn they_are_those_of_a_sort_of_all_distances() {
        let vectors = cloud(COLUMNS + 300, 5);
        for points in [
            Points::at(&vectors),
            Points::directions(&vectors).expect("not zero"),
        ] {
            let neighbours = points.neighbours(7);
            for point in 0..points.len() {
                let (squared, places): (Vec<f64>, Vec<u32>) =
                    by_hand(&points, point, 7).into_iter().unzip();
                assert_eq!(neighbours.places(point), places);
                assert_eq!(neighbours.squared_distances(point), squared);
            }
        }
    }

    #[test]
    fn neighbours_on_a_line() {
        // 0, 1, 3, 7: the nearest two of 3 are 1 and 0, 2 and 3 away.
        let line = Vectors::new(vec![0.0, 1.0, 3.0, 7.0], 1).expect("whole rows");
        let neighbours = Points::at(&line).neighbours(2);
        assert_eq!(
            (neighbours.places(2), neighbours.squared_distances(2)),
            (&[1, 0][..], &[4.0, 9.0][..])
        );
    }

    #[test]
    fn a_point_is_not_its_own_neighbour_but_its_copy_is() {
        let vectors = Vectors::new(vec![1.0, 1.0, 5.0], 1).expect("whole rows");
        let neighbours = Points::at(&vectors).neighbours(1);
        assert_eq!(
            (neighbours.places(0), neighbours.squared_distances(0)),
            (&[1][..], &[0.0][..])
        );
    }

    #[test]
    fn there_are_no_more_neighbours_than_others() {
        assert_eq!(Points::at(&cloud(3, 2)).neighbours(5).k(), 2);
        assert_eq!(Points::at(&cloud(1, 2)).neighbours(5).k(), 0);
    }
}
