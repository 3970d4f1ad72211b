//! Products and distances of two sets of vectors in f64, a tile of the matrix at a time.

use numeric::{Vectors, dot_products, mean_vector};
use rayon::prelude::*;

/// A tile of a matrix has so many rows and columns.
pub(crate) const TILE: usize = 256;

/// Squared distances below this share of the squared lengths are taken from the differences, since
/// products leave little of them but rounding.
const CLOSE: f64 = 1e-9;

/// Vectors less a common centre, which no distance notices and every product's rounding does.
#[derive(Debug)]
pub(crate) struct Centred {
    values: Vec<f64>,
    squares: Vec<f64>,
    dim: usize,
}

/// Some rows and columns of a matrix.
#[derive(Debug)]
pub(crate) struct Tile {
    /// Which rows it has: `first` and the following.
    pub(crate) first: usize,
    /// Which columns it has: `second` and the following.
    pub(crate) second: usize,
    /// How many columns it has.
    pub(crate) width: usize,
    /// Its elements, row after row.
    pub(crate) values: Vec<f64>,
}

impl Tile {
    /// Its rows, each with its place in the whole matrix.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        (self.first..).zip(self.values.chunks_exact(self.width))
    }

    /// The same, to be changed.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = (usize, &mut [f64])> {
        (self.first..).zip(self.values.chunks_exact_mut(self.width))
    }

    /// Whether its rows are its columns.
    pub(crate) fn is_diagonal(&self) -> bool {
        self.first == self.second
    }

    /// The part of row i that lies right of the diagonal of the whole matrix.
    pub(crate) fn above_diagonal<'r>(&self, i: usize, row: &'r [f64]) -> &'r [f64] {
        &row[(i + 1).saturating_sub(self.second).min(row.len())..]
    }
}

impl Centred {
    /// The vectors less `centre`.
    pub(crate) fn new(vectors: &Vectors, centre: &[f64]) -> Self {
        let dim = vectors.dim();
        let less = |vector: &[f32]| -> Vec<f64> {
            let components = vector.iter().zip(centre);
            components.map(|(x, c)| f64::from(*x) - c).collect()
        };
        let values: Vec<f64> = vectors.rows().flat_map(less).collect();
        let square = |vector: &[f64]| vector.iter().map(|x| x * x).sum();
        let squares = values.chunks_exact(dim).map(square).collect();
        Self {
            values,
            squares,
            dim,
        }
    }

    /// Both sets less the mean of the first.
    pub(crate) fn both(reference: &Vectors, other: &Vectors) -> (Self, Self) {
        let centre = mean_vector(reference);
        (Self::new(reference, &centre), Self::new(other, &centre))
    }

    /// How many vectors there are.
    pub(crate) fn len(&self) -> usize {
        self.squares.len()
    }

    /// The squared lengths.
    pub(crate) fn squares(&self) -> &[f64] {
        &self.squares
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.dim..][..self.dim]
    }

    /// Up to [`TILE`] vectors from `start` on.
    fn rows_from(&self, start: usize) -> &[f64] {
        let end = (start + TILE).min(self.len());
        &self.values[start * self.dim..end * self.dim]
    }

    /// The products of up to [`TILE`] vectors from `first` on with those of `other` from `second` on.
    pub(crate) fn products(&self, other: &Self, first: usize, second: usize) -> Tile {
        let (left, right) = (self.rows_from(first), other.rows_from(second));
        let width = right.len() / self.dim;
        let mut values = vec![0.0; left.len() / self.dim * width];
        dot_products(left, right, self.dim, &mut values);
        Tile {
            first,
            second,
            width,
            values,
        }
    }

    /// Their squared distances; of equal vectors it is exactly 0.
    pub(crate) fn distances(&self, other: &Self, first: usize, second: usize) -> Tile {
        let mut tile = self.products(other, first, second);
        for (i, row) in tile.rows_mut() {
            let square = self.squares[i];
            for (value, of_other) in row.iter_mut().zip(&other.squares[second..]) {
                *value = square + of_other - 2.0 * *value;
            }
            for (j, value) in (second..).zip(row) {
                if *value <= CLOSE * (square + other.squares[j]) {
                    let differences = self.row(i).iter().zip(other.row(j));
                    *value = differences.map(|(a, b)| (a - b) * (a - b)).sum();
                }
            }
        }
        tile
    }

    /// What `visit` makes of each tile of the squared distances from `other`, in the order of the
    /// tiles: a stripe of rows after the other, and in it from left to right.
    pub(crate) fn map_distances<T: Send>(
        &self,
        other: &Self,
        visit: impl Fn(Tile) -> T + Sync,
    ) -> Vec<T> {
        tiles(self.len(), other.len())
            .into_par_iter()
            .map(|(first, second)| visit(self.distances(other, first, second)))
            .collect()
    }
}

/// Where the tiles of a matrix of shape (n, m) begin.
pub(crate) fn tiles(n: usize, m: usize) -> Vec<(usize, usize)> {
    let columns = || (0..m).step_by(TILE);
    (0..n)
        .step_by(TILE)
        .flat_map(|i| columns().map(move |j| (i, j)))
        .collect()
}

/// The same of a symmetric matrix, those on and above the diagonal.
pub(crate) fn upper_tiles(n: usize) -> Vec<(usize, usize)> {
    let all = tiles(n, n).into_iter();
    all.filter(|(first, second)| first <= second).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use numeric::Seed;

    #[test]
    fn distances_are_those_of_the_differences() {
        let mut stream = Seed::new(1).stream("vectors");
        let mut cloud = |n: usize| {
            let values = (0..n * 3).map(|_| stream.normal() as f32 + 9.0).collect();
            Vectors::new(values, 3).expect("whole rows")
        };
        let (one, other) = (cloud(300), cloud(20));
        let (x, y) = Centred::both(&one, &other);
        let tiles = x.map_distances(&y, |tile| tile);
        assert_eq!((tiles.len(), tiles[1].first), (2, TILE));
        for (i, row) in tiles.iter().flat_map(Tile::rows) {
            for (j, found) in row.iter().enumerate() {
                let pairs = one.row(i).iter().zip(other.row(j));
                let exact: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
                assert!((found - exact).abs() < 1e-5 * exact, "{found} {exact}");
            }
        }
    }

    #[test]
    fn equal_vectors_are_at_distance_0() {
        let vectors = Vectors::new([0.1, 0.7, -3.3].repeat(9), 3).expect("whole rows");
        let centred = Centred::new(&vectors, &[0.3, 0.2, 0.1]);
        let tile = centred.distances(&centred, 0, 0);
        assert!(tile.is_diagonal() && tile.values.iter().all(|value| *value == 0.0));
    }

    #[test]
    fn the_upper_tiles_hold_every_pair_once() {
        assert_eq!(upper_tiles(2 * TILE + 1).len(), 6);
        let vectors = Vectors::new((0..300).map(|x| x as f32).collect(), 1).expect("whole rows");
        let centred = Centred::new(&vectors, &[0.0]);
        let pairs = |(first, second): (usize, usize)| {
            let tile = centred.distances(&centred, first, second);
            let pairs = tile
                .rows()
                .map(|(i, row)| tile.above_diagonal(i, row).len());
            pairs.sum::<usize>()
        };
        assert_eq!(
            upper_tiles(300).into_iter().map(pairs).sum::<usize>(),
            300 * 299 / 2
        );
    }
}
