//! k-means by Lloyd's iterations from given starting centres.

use rayon::prelude::*;

use crate::linalg::{add_scaled, dot_products};
use crate::simd::squared_distance;
use crate::{Points, Vectors, sum};

/// How many rows are compared with the centres at a time.
const ROWS: usize = 512;

/// A partition of vectors into clusters around their means.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// Which cluster each vector is in, from 0.
    pub labels: Vec<u32>,
    /// How many vectors each cluster has; 0 only where there are fewer different vectors.
    pub sizes: Vec<usize>,
    /// The means of the clusters, row after row.
    pub centres: Vec<f64>,
    /// The sum of the squared distances of the vectors from the means of their clusters.
    pub inertia: f64,
    /// How many times the centres were moved.
    pub iterations: usize,
}

impl Clusters {
    /// Clusters that start around the vectors at the places `starts`, until no vector changes its
    /// cluster or after `most_iterations` (Lloyd 1982, as `scikit-learn` does it at tolerance 0).
    ///
    /// A cluster that runs empty starts again at the vector that is farthest from its centre.
    /// O(n k d) time an iteration. Which centre is nearest is decided in f32 around the mean of the
    /// vectors, all else is f64.
    pub fn from_starts(vectors: &Vectors, starts: &[usize], most_iterations: usize) -> Self {
        let points = Points::at(vectors);
        let mut lloyd = Lloyd::new(&points, starts);
        let mut iterations = 0;
        while iterations < most_iterations {
            iterations += 1;
            if !lloyd.step() {
                break;
            }
        }
        Self::of_labels(vectors, lloyd.labels, starts.len(), iterations)
    }

    /// The clusters that `labels` say, with means and inertia in f64.
    fn of_labels(vectors: &Vectors, labels: Vec<u32>, k: usize, iterations: usize) -> Self {
        let dim = vectors.dim();
        let mut sizes = vec![0; k];
        let mut centres = vec![0.0; k * dim];
        for (row, label) in vectors.rows().zip(&labels) {
            let cluster = *label as usize;
            sizes[cluster] += 1;
            add_scaled(&mut centres[cluster * dim..][..dim], row, 1.0);
        }
        for (centre, size) in centres.chunks_exact_mut(dim).zip(&sizes) {
            let size = (*size).max(1) as f64;
            centre.iter_mut().for_each(|x| *x /= size);
        }
        let squares = vectors
            .rows()
            .zip(&labels)
            .map(|(row, label)| squared_distance(row, &centres[*label as usize * dim..][..dim]));
        Self {
            inertia: sum(squares),
            labels,
            sizes,
            centres,
            iterations,
        }
    }
}

/// One run of Lloyd's iterations, over the points as their products see them.
struct Lloyd<'p> {
    points: &'p Points<'p>,
    /// Of shape (k, d), as are the sums.
    centres: Vec<f64>,
    sums: Vec<f64>,
    sizes: Vec<usize>,
    labels: Vec<u32>,
}

impl<'p> Lloyd<'p> {
    fn new(points: &'p Points<'p>, starts: &[usize]) -> Self {
        let starts = starts.iter().flat_map(|at| points.rounded(*at, at + 1));
        let centres: Vec<f64> = starts.map(|x| f64::from(*x)).collect();
        let k = centres.len() / points.dim();
        Self {
            sums: vec![0.0; centres.len()],
            sizes: vec![0; k],
            labels: vec![u32::MAX; points.len()],
            centres,
            points,
        }
    }

    /// Puts every point to its nearest centre and moves the centres; false where nothing changed.
    fn step(&mut self) -> bool {
        let labels = self.nearest_centres();
        if labels == self.labels {
            return false;
        }
        let dim = self.points.dim();
        let changed = labels.iter().zip(&mut self.labels).enumerate();
        for (point, (new, old)) in changed.filter(|(_, (new, old))| *new != &**old) {
            let row = self.points.rounded(point, point + 1);
            if *old != u32::MAX {
                add_scaled(&mut self.sums[*old as usize * dim..][..dim], row, -1.0);
                self.sizes[*old as usize] -= 1;
            }
            add_scaled(&mut self.sums[*new as usize * dim..][..dim], row, 1.0);
            self.sizes[*new as usize] += 1;
            *old = *new;
        }
        self.move_centres();
        true
    }

    /// The nearest centre of every point, the first of equally near ones.
    fn nearest_centres(&self) -> Vec<u32> {
        let dim = self.points.dim();
        let centres: Vec<f32> = self.centres.iter().map(|x| *x as f32).collect();
        let halves = self.centres.chunks_exact(dim).map(|centre| {
            let squares: f64 = centre.iter().map(|x| x * x).sum();
            (squares / 2.0) as f32
        });
        let halves: Vec<f32> = halves.collect();
        let mut labels = vec![0; self.points.len()];
        let blocks = labels.par_chunks_mut(ROWS).enumerate();
        blocks.for_each(|(block, labels)| {
            let start = block * ROWS;
            let rows = self.points.rounded(start, start + labels.len());
            let mut products = vec![0.0f32; labels.len() * halves.len()];
            dot_products(rows, &centres, dim, &mut products);
            for (label, products) in labels.iter_mut().zip(products.chunks_exact(halves.len())) {
                *label = nearest(products, &halves);
            }
        });
        labels
    }

    /// The centres are the means of their points; one without points goes to the farthest point.
    fn move_centres(&mut self) {
        let dim = self.points.dim();
        let empty: Vec<usize> = (0..self.sizes.len())
            .filter(|at| self.sizes[*at] == 0)
            .collect();
        let farthest = if empty.is_empty() {
            Vec::new()
        } else {
            self.farthest(empty.len())
        };
        let (mut sums, mut sizes) = (self.sums.clone(), self.sizes.clone());
        for (cluster, point) in empty.into_iter().zip(farthest) {
            let row = self.points.rounded(point, point + 1);
            let from = self.labels[point] as usize;
            add_scaled(&mut sums[from * dim..][..dim], row, -1.0);
            sums[cluster * dim..][..dim].fill(0.0);
            add_scaled(&mut sums[cluster * dim..][..dim], row, 1.0);
            sizes[from] -= 1;
            sizes[cluster] = 1;
        }
        let moved = self
            .centres
            .chunks_exact_mut(dim)
            .zip(sums.chunks_exact(dim))
            .zip(&sizes);
        for ((centre, sum), size) in moved.filter(|(_, size)| **size > 0) {
            let size = *size as f64;
            centre
                .iter_mut()
                .zip(sum)
                .for_each(|(centre, sum)| *centre = sum / size);
        }
    }

    /// The points that are farthest from their centres, farthest first.
    fn farthest(&self, count: usize) -> Vec<usize> {
        let dim = self.points.dim();
        let distance = |point: usize| {
            let centre = &self.centres[self.labels[point] as usize * dim..][..dim];
            squared_distance(self.points.rounded(point, point + 1), centre)
        };
        let mut by_distance: Vec<(f64, usize)> = (0..self.points.len())
            .map(|point| (distance(point), point))
            .collect();
        by_distance.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        by_distance
            .into_iter()
            .take(count)
            .map(|(_, point)| point)
            .collect()
    }
}

/// The centre with the largest x · c − |c|² / 2, the first of equal ones.
fn nearest(products: &[f32], halves: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (at, (product, half)) in products.iter().zip(halves).enumerate() {
        let closeness = product - half;
        if closeness > best.1 {
            best = (at as u32, closeness);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    fn line(values: &[f32]) -> Vectors {
        Vectors::new(values.to_vec(), 1).expect("whole rows")
    }

    #[test]
    fn clusters_of_a_worked_example() {
        // 0 and 1 around 0.5, 10 and 14 around 12: squares 0.25 + 0.25 + 4 + 4.
        let clusters = Clusters::from_starts(&line(&[0.0, 10.0, 1.0, 14.0]), &[0, 1], 300);
        assert_eq!(clusters.labels, [0, 1, 0, 1]);
        assert_eq!(
            (clusters.sizes, clusters.centres),
            (vec![2, 2], vec![0.5, 12.0])
        );
        assert_eq!(clusters.inertia, 8.5);
    }

    #[test]
    fn an_empty_cluster_starts_again_at_the_farthest_point() {
        // Both start at 0, so that the second gets nothing, and is put to 9.
        let clusters = Clusters::from_starts(&line(&[0.0, 0.0, 1.0, 9.0]), &[0, 1], 300);
        assert_eq!(clusters.labels, [0, 0, 0, 1]);
    }

    #[test]
    fn as_many_clusters_as_vectors_leave_no_distance() {
        let clusters = Clusters::from_starts(&line(&[3.0, 5.0, 9.0]), &[0, 1, 2], 300);
        assert_eq!((clusters.inertia, clusters.sizes), (0.0, vec![1, 1, 1]));
    }

    #[test]
    fn equal_vectors_are_one_cluster() {
        let clusters = Clusters::from_starts(&line(&[2.0; 9]), &[0, 1, 2], 300);
        assert_eq!(clusters.inertia, 0.0);
        assert_eq!(clusters.sizes.iter().sum::<usize>(), 9);
    }

    #[test]
    fn more_iterations_never_have_a_higher_inertia() {
        let mut stream = Seed::new(8).stream("points");
        let values = (0..2000 * 7)
            .map(|_| stream.normal() as f32 + 100.0)
            .collect();
        let vectors = Vectors::new(values, 7).expect("whole rows");
        let starts: Vec<usize> = (0..10).collect();
        let inertia = |most| Clusters::from_starts(&vectors, &starts, most).inertia;
        let falling = [1, 2, 4, 8, 300].map(inertia);
        assert!(
            falling.windows(2).all(|pair| pair[1] <= pair[0]),
            "{falling:?}"
        );
    }
}
