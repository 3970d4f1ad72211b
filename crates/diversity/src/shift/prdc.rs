//! How much of each set lies where the other is: precision, recall, density and coverage.
//!
//! # Definition
//!
//! The ball of a vector reaches to its 5th nearest other vector of its own set; a vector is in it if
//! it is nearer than that (strictly), by Euclidean distance of the vectors as they are.
//!
//! - precision: the share of the set that is in any ball of the reference;
//! - recall: the share of the reference that is in any ball of the set;
//! - density: how many balls of the reference a vector of the set is in, on average, over 5;
//! - coverage: the share of the reference's balls with any vector of the set in it.
//!
//! # Range
//!
//! 0 to 1, density from 0 upwards and 1 on average for one source. Lower is farther: precision and
//! density fall as the set leaves where the reference is, recall and coverage as it leaves parts of
//! it out. All depend on n: compare only at equal n, beside the value between two halves of the
//! reference.
//!
//! # Cost
//!
//! O((n + m)² d) time, a quarter of it saved by symmetry, and O((n + m) d) memory: distances are
//! made and used a tile at a time.
//!
//! # Source
//!
//! Kynkäänniemi et al. 2019 (arXiv 1904.06991) for precision and recall, Naeem et al. 2020 (ICML,
//! arXiv 2002.09797) for density and coverage; the values of `prdc` 0.2, which holds all distances
//! at once.

use numeric::Vectors;
use rayon::prelude::*;

use crate::distances::{Centred, TILE, Tile};
use crate::{Compare, Context, Direction, MeasureError, Measured, Param, Preset, Shift};

/// Which neighbour a ball reaches to.
const K: usize = 5;
const PARAMS: &[Param] = &[
    Param::integer("k", K as u64),
    Param::text("distance", "euclidean"),
];

pub(super) static PRECISION_5: Shift = Shift {
    name: "precision_5",
    family: "prdc",
    unit: "share",
    direction: Direction::LowerIsFarther,
    about: "share of the set that lies where the reference does",
    params: PARAMS,
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        shared(reference, other, context, |found| found.precision)
    }),
};

pub(super) static RECALL_5: Shift = Shift {
    name: "recall_5",
    family: "prdc",
    unit: "share",
    direction: Direction::LowerIsFarther,
    about: "share of the reference that lies where the set does",
    params: PARAMS,
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        shared(reference, other, context, |found| found.recall)
    }),
};

pub(super) static DENSITY_5: Shift = Shift {
    name: "density_5",
    family: "prdc",
    unit: "balls a vector, over k",
    direction: Direction::LowerIsFarther,
    about: "how densely the reference lies around the set, 1 on average for one source",
    params: PARAMS,
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        shared(reference, other, context, |found| found.density)
    }),
};

pub(super) static COVERAGE_5: Shift = Shift {
    name: "coverage_5",
    family: "prdc",
    unit: "share",
    direction: Direction::LowerIsFarther,
    about: "share of the reference's neighbourhoods that the set reaches",
    params: PARAMS,
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        shared(reference, other, context, |found| found.coverage)
    }),
};

/// Precision, recall, density and coverage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prdc {
    /// The share of the set in any ball of the reference.
    pub precision: f64,
    /// The share of the reference in any ball of the set.
    pub recall: f64,
    /// The mean number of the reference's balls that a vector of the set is in, over k.
    pub density: f64,
    /// The share of the reference's balls with a vector of the set in it.
    pub coverage: f64,
}

fn shared(
    reference: &Vectors,
    other: &Vectors,
    context: &Context,
    value: impl Fn(&Prdc) -> f64,
) -> Measured {
    let found = context.shared("prdc_5", || prdc(reference, other, K));
    Ok(value(found.as_ref().as_ref().map_err(Clone::clone)?).into())
}

/// All four with balls that reach to the `k`-th neighbour.
pub fn prdc(reference: &Vectors, other: &Vectors, k: usize) -> Result<Prdc, MeasureError> {
    MeasureError::check("vectors", k + 1, reference.len().min(other.len()))?;
    let (x, y) = Centred::both(reference, other);
    let (radii_x, radii_y) = (squared_radii(&x, k), squared_radii(&y, k));
    let tiles = x.map_distances(&y, |tile| InBalls::new(&tile, &radii_x, &radii_y));
    let mut balls_of_y = vec![0u64; y.len()];
    let (mut x_in_any, mut x_has_any) = (vec![false; x.len()], vec![false; x.len()]);
    for tile in tiles {
        let counts = balls_of_y[tile.second..].iter_mut();
        counts
            .zip(&tile.balls)
            .for_each(|(sum, balls)| *sum += u64::from(*balls));
        for (row, (is_in, has)) in (tile.first..).zip(tile.rows) {
            x_in_any[row] |= is_in;
            x_has_any[row] |= has;
        }
    }
    let share = |is: &[bool]| is.iter().filter(|is| **is).count() as f64 / is.len() as f64;
    let covered = balls_of_y.iter().filter(|balls| **balls > 0).count();
    let m = y.len() as f64;
    Ok(Prdc {
        precision: covered as f64 / m,
        recall: share(&x_in_any),
        density: balls_of_y.iter().sum::<u64>() as f64 / (k as f64 * m),
        coverage: share(&x_has_any),
    })
}

/// What one tile of the distances says: rows are the reference.
struct InBalls {
    first: usize,
    second: usize,
    /// For each column, how many balls of these rows it is in.
    balls: Vec<u32>,
    /// For each row, whether it is in any ball of these columns, and whether any is in its ball.
    rows: Vec<(bool, bool)>,
}

impl InBalls {
    fn new(tile: &Tile, radii_of_rows: &[f64], radii_of_columns: &[f64]) -> Self {
        let mut balls = vec![0u32; tile.width];
        let radii_of_columns = &radii_of_columns[tile.second..];
        let rows = tile.rows().map(|(i, row)| {
            let (radius, mut is_in, mut has) = (radii_of_rows[i], false, false);
            for ((square, of_column), balls) in row.iter().zip(radii_of_columns).zip(&mut balls) {
                is_in |= square < of_column;
                has |= *square < radius;
                *balls += u32::from(*square < radius);
            }
            (is_in, has)
        });
        Self {
            first: tile.first,
            second: tile.second,
            rows: rows.collect(),
            balls,
        }
    }
}

/// The squared distance of each vector from its `k`-th nearest other.
fn squared_radii(set: &Centred, k: usize) -> Vec<f64> {
    let mut nearest = vec![Nearest::new(k); set.len()];
    // A stripe at a time, so that what the tiles found is never much.
    for first in (0..set.len()).step_by(TILE) {
        let stripe = (first..set.len()).into_par_iter().step_by(TILE);
        let found: Vec<(usize, Vec<Nearest>, Vec<Nearest>)> = stripe
            .map(|second| {
                let tile = set.distances(set, first, second);
                let (rows, columns) = nearest_of_tile(&tile, k);
                (second, rows, columns)
            })
            .collect();
        for (second, rows, columns) in found {
            let merged = nearest[first..].iter_mut().zip(&rows);
            merged.for_each(|(all, some)| all.merge(some));
            let merged = nearest[second..].iter_mut().zip(&columns);
            merged.for_each(|(all, some)| all.merge(some));
        }
    }
    nearest
        .into_iter()
        .map(|nearest| nearest.farthest())
        .collect()
}

/// The nearest of each row among the columns and, off the diagonal, of each column among the rows.
fn nearest_of_tile(tile: &Tile, k: usize) -> (Vec<Nearest>, Vec<Nearest>) {
    let mut columns = vec![Nearest::new(k); if tile.is_diagonal() { 0 } else { tile.width }];
    let rows = tile.rows().map(|(i, row)| {
        let mut nearest = Nearest::new(k);
        for (j, square) in (tile.second..).zip(row) {
            if i != j {
                nearest.add(*square);
            }
        }
        for (column, square) in columns.iter_mut().zip(row) {
            column.add(*square);
        }
        nearest
    });
    (rows.collect(), columns)
}

/// The k smallest of the numbers seen, ascending.
#[derive(Clone, Debug)]
struct Nearest(Vec<f64>);

impl Nearest {
    fn new(k: usize) -> Self {
        Self(vec![f64::INFINITY; k])
    }

    fn farthest(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::INFINITY)
    }

    fn add(&mut self, square: f64) {
        let Some(last) = self.0.len().checked_sub(1) else {
            return;
        };
        if square >= self.0[last] {
            return;
        }
        let mut at = last;
        while at > 0 && self.0[at - 1] > square {
            self.0[at] = self.0[at - 1];
            at -= 1;
        }
        self.0[at] = square;
    }

    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|square| self.add(*square));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numeric::Seed;

    fn line(values: &[f32]) -> Vectors {
        Vectors::new(values.to_vec(), 1).expect("whole rows")
    }

    #[test]
    fn values_of_a_worked_example() {
        // k = 1. Reference 0, 1, 10: balls of radius 1, 1, 9. Set 0.5, 2, 30: radii 1.5, 1.5, 28.
        // 0.5 is in the balls of 0, 1 (and not of 10: 9.5), 2 in that of 10 alone (8 < 9), 30 in
        // none: precision 2/3, density 3/3, coverage 3/3. 0 and 1 are in the ball of 0.5, and 10 in
        // that of 30 (20 < 28): recall 3/3.
        let found = prdc(&line(&[0.0, 1.0, 10.0]), &line(&[0.5, 2.0, 30.0]), 1).expect("enough");
        let expected = Prdc {
            precision: 2.0 / 3.0,
            recall: 1.0,
            density: 1.0,
            coverage: 1.0,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_set_lies_where_it_is_itself() {
        let mut stream = Seed::new(1).stream("cloud");
        let values = (0..700 * 4).map(|_| stream.normal() as f32).collect();
        let cloud = Vectors::new(values, 4).expect("whole rows");
        let found = prdc(&cloud, &cloud, 5).expect("enough");
        assert_eq!(
            (found.precision, found.recall, found.coverage),
            (1.0, 1.0, 1.0)
        );
    }

    #[test]
    fn sets_apart_have_nothing_in_common() {
        let (near, far) = (line(&[0.0, 1.0, 2.0]), line(&[50.0, 51.0, 52.0]));
        let found = prdc(&near, &far, 2).expect("enough");
        assert_eq!(
            (found.precision, found.recall, found.density),
            (0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn a_ball_of_no_extent_holds_nothing() {
        let copies = line(&[3.0; 4]);
        let found = prdc(&copies, &copies, 2).expect("enough");
        assert_eq!((found.precision, found.coverage), (0.0, 0.0));
    }

    #[test]
    fn radii_are_those_of_sorted_distances() {
        let mut stream = Seed::new(2).stream("line");
        let values: Vec<f32> = (0..600).map(|_| stream.unit() as f32).collect();
        let vectors = line(&values);
        let radii = squared_radii(&Centred::new(&vectors, &[0.5]), 3);
        for (at, radius) in radii.iter().enumerate() {
            let others = values.iter().enumerate().filter(|(other, _)| *other != at);
            let mut squares: Vec<f64> = others
                .map(|(_, x)| (f64::from(*x) - f64::from(values[at])).powi(2))
                .collect();
            squares.sort_by(f64::total_cmp);
            assert!((radius - squares[2]).abs() < 1e-14);
        }
    }

    #[test]
    fn fewer_vectors_than_neighbours_are_refused() {
        let error = prdc(&line(&[0.0; 5]), &line(&[0.0; 9]), 5).expect_err("5 of 6");
        assert_eq!(
            error.to_string(),
            "the set has 5 vectors, and at least 6 are needed"
        );
    }
}
