//! How near the set's rows come to rows of the reference: novelty and copying by nearest neighbours.
//!
//! # Definition
//!
//! With x(y) the row of the reference that is nearest to y, by Euclidean distance of the vectors as
//! they are:
//!
//! - `nearest_reference_distance`: the mean over the set's rows y of |y − x(y)|;
//! - `nearest_set_distance`: the mean over the reference's rows x of the distance to the nearest row
//!   of the set;
//! - `authenticity`: the share of the set's rows y for which x(y) is nearer to another row of the
//!   reference than to y;
//! - `c_t`: of the reference one half is held out, by a hash of the vectors; z of the Mann-Whitney
//!   test of the distances from the set's rows to the other half against those from the rows held
//!   out, (U − n m / 2) / √(n m (n + m + 1) / 12), ties counting a half.
//!
//! # Range
//!
//! Distances from 0. Authenticity is 0 for a set of copies and about ½ for fresh rows of one source.
//! C_T is far below 0 where the set copies, around 0 for fresh rows, far above 0 where the set lies
//! elsewhere.
//!
//! # Cost
//!
//! O(n m d + n² d) time and O((n + m) d) memory.
//!
//! # Source
//!
//! Alaa et al. 2022 (ICML, arXiv 2102.08921) for authenticity (AuthPct); Meehan et al. 2020
//! (AISTATS, arXiv 2004.05675) for C_T, of which this is the form with one cell.

use numeric::{Seed, Vectors, keyed_hash, mean};
use rayon::prelude::*;

use crate::distances::{Centred, TILE};
use crate::{Compare, Context, Direction, MeasureError, Measured, Param, Preset, Shift};

const PARAMS: &[Param] = &[Param::text("distance", "euclidean")];

pub(super) static NEAREST_REFERENCE_DISTANCE: Shift = Shift {
    name: "nearest_reference_distance",
    family: "nearest",
    unit: "distance",
    direction: Direction::HigherIsFarther,
    about: "mean distance of the set's rows from the nearest row of the reference",
    params: PARAMS,
    preset: Preset::Standard,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        let found = shared(reference, other, context);
        Ok(mean_distance(&found.as_ref().as_ref().map_err(Clone::clone)?.to_reference)?.into())
    }),
};

pub(super) static NEAREST_SET_DISTANCE: Shift = Shift {
    name: "nearest_set_distance",
    family: "nearest",
    unit: "distance",
    direction: Direction::HigherIsFarther,
    about: "mean distance of the reference's rows from the nearest row of the set",
    params: PARAMS,
    preset: Preset::All,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, _| {
        let (x, y) = checked(reference, other)?;
        Ok(mean_distance(&nearest(&x, &y, false))?.into())
    }),
};

pub(super) static AUTHENTICITY: Shift = Shift {
    name: "authenticity",
    family: "nearest",
    unit: "share",
    direction: Direction::Neutral,
    about: "share of rows that are no copies, by the distances within the reference (AuthPct)",
    params: PARAMS,
    preset: Preset::All,
    jackknife: true,
    compute: Compare::Vectors(|reference, other, context| {
        let found = shared(reference, other, context);
        Ok(authenticity(found.as_ref().as_ref().map_err(Clone::clone)?).into())
    }),
};

pub(super) static C_T: Shift = Shift {
    name: "c_t",
    family: "nearest",
    unit: "standard deviations",
    direction: Direction::Neutral,
    about: "far below 0 where the set copies the reference, around 0 for fresh rows",
    params: &[
        Param::text("distance", "euclidean"),
        Param::integer("cells", 1),
    ],
    preset: Preset::All,
    jackknife: false,
    compute: Compare::Vectors(|reference, other, context| {
        copying(reference, other, context.seed())
    }),
};

/// The nearest rows that the measures of a pair share.
struct Found {
    /// For each row of the set the nearest of the reference, and for each of the reference the
    /// nearest other one.
    to_reference: Vec<Neighbour>,
    within_reference: Vec<Neighbour>,
}

/// The squared distance of the nearest row, and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbour {
    pub(crate) square: f64,
    pub(crate) place: usize,
}

fn shared(
    reference: &Vectors,
    other: &Vectors,
    context: &Context,
) -> std::sync::Arc<Result<Found, MeasureError>> {
    context.shared("nearest", || {
        let (x, y) = checked(reference, other)?;
        Ok(Found {
            to_reference: nearest(&y, &x, false),
            within_reference: nearest(&x, &x, true),
        })
    })
}

fn checked(reference: &Vectors, other: &Vectors) -> Result<(Centred, Centred), MeasureError> {
    MeasureError::check("vectors in its reference", 2, reference.len())?;
    MeasureError::check("vectors", 2, other.len())?;
    Ok(Centred::both(reference, other))
}

/// For each row of `from` the nearest of `to`, the first of equally near ones; itself left out if
/// they are one set.
pub(crate) fn nearest(from: &Centred, to: &Centred, is_one_set: bool) -> Vec<Neighbour> {
    let stripes = (0..from.len()).into_par_iter().step_by(TILE);
    let of_stripe = |first: usize| {
        let none = Neighbour {
            square: f64::INFINITY,
            place: 0,
        };
        let mut found = vec![none; TILE.min(from.len() - first)];
        for second in (0..to.len()).step_by(TILE) {
            let tile = from.distances(to, first, second);
            for ((i, row), found) in tile.rows().zip(&mut found) {
                for (place, square) in (second..).zip(row) {
                    let itself = is_one_set && i == place;
                    if *square < found.square && !itself {
                        let square = *square;
                        *found = Neighbour { square, place };
                    }
                }
            }
        }
        found
    };
    stripes.flat_map_iter(of_stripe).collect()
}

fn mean_distance(neighbours: &[Neighbour]) -> Result<f64, MeasureError> {
    let distances: Vec<f64> = neighbours.iter().map(|found| found.square.sqrt()).collect();
    mean(&distances).ok_or(MeasureError::Undefined("there is no row"))
}

fn authenticity(found: &Found) -> f64 {
    let is_authentic = |to: &&Neighbour| found.within_reference[to.place].square < to.square;
    let authentic = found.to_reference.iter().filter(is_authentic).count();
    authentic as f64 / found.to_reference.len() as f64
}

fn copying(reference: &Vectors, other: &Vectors, seed: Seed) -> Measured {
    MeasureError::check("vectors in its reference", 4, reference.len())?;
    let (seen, held_out) = halves(reference, seed);
    let (seen, held_out) = (reference.select(&seen), reference.select(&held_out));
    let (train, set) = checked(&seen, other)?;
    let test = Centred::new(&held_out, &numeric::mean_vector(&seen));
    let squares = |from: &Centred| -> Vec<f64> {
        let found = nearest(from, &train, false).into_iter();
        found.map(|found| found.square).collect()
    };
    Ok(mann_whitney_z(&squares(&test), &squares(&set)).into())
}

/// The places of two halves of the vectors, by a hash of their bytes, equal ones in one half as far
/// as that goes.
pub(crate) fn halves(vectors: &Vectors, seed: Seed) -> (Vec<usize>, Vec<usize>) {
    let key = seed.key("halves");
    let hash = |vector: &[f32]| {
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        keyed_hash(key, &bytes)
    };
    let mut order: Vec<(u64, usize)> = vectors.rows().map(hash).zip(0..).collect();
    order.sort_unstable();
    let mut places: Vec<usize> = order.into_iter().map(|(_, place)| place).collect();
    let mut later = places.split_off(places.len() / 2);
    places.sort_unstable();
    later.sort_unstable();
    (places, later)
}

/// z of the Mann-Whitney test: above 0 where `b` is larger than `a`.
fn mann_whitney_z(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let variance = n * m * (n + m + 1.0) / 12.0;
    (wins(a, b) - n * m / 2.0) / variance.sqrt()
}

/// How many pairs have the larger value in `b`; ties count a half.
pub(crate) fn wins(a: &[f64], b: &[f64]) -> f64 {
    let mut sorted = a.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let of_one = |b: &f64| {
        let below = sorted.partition_point(|a| a < b);
        let up_to = sorted.partition_point(|a| a <= b);
        (below + up_to) as f64 / 2.0
    };
    b.iter().map(of_one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn line(values: &[f32]) -> Vectors {
        Vectors::new(values.to_vec(), 1).expect("whole rows")
    }

    fn value(shift: &Shift, reference: &Vectors, other: &Vectors) -> f64 {
        let pair = crate::Pair::new(
            crate::Set::of_vectors(reference),
            crate::Set::of_vectors(other),
        );
        let context = Context::new(&Options::new(Seed::new(1)));
        shift.measure(&pair, &context).expect(shift.name).value
    }

    #[test]
    fn values_of_a_worked_example() {
        // Reference 0, 1, 10; set 2, 9. Nearest: 1 (at 1) and 10 (at 1), mean 1. Nearest of the set
        // to 0, 1, 10: 2, 1, 1, mean 4/3. 1 has 0 at 1, which is not nearer than 2 is; 10 has 1 at 9.
        let (reference, set) = (line(&[0.0, 1.0, 10.0]), line(&[2.0, 9.0]));
        assert_eq!(value(&NEAREST_REFERENCE_DISTANCE, &reference, &set), 1.0);
        let back = value(&NEAREST_SET_DISTANCE, &reference, &set);
        assert!((back - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!(value(&AUTHENTICITY, &reference, &set), 0.0);
        assert_eq!(value(&AUTHENTICITY, &reference, &line(&[3.0, 9.0])), 0.5);
    }

    #[test]
    fn wins_and_ties_of_a_worked_example() {
        // 2 beats 1, ties with 2; 3 beats all three of 1, 2, 2 … : 1 + ½ + ½ + 3.
        assert_eq!(wins(&[1.0, 2.0, 2.0], &[2.0, 3.0]), 5.0);
        assert_eq!(mann_whitney_z(&[1.0, 2.0], &[1.0, 2.0]), 0.0);
    }

    #[test]
    fn a_copy_of_the_reference_is_told_from_fresh_rows() {
        let mut stream = Seed::new(3).stream("cloud");
        let mut cloud = |n: usize, centre: f64| {
            let values = (0..n * 4).map(|_| (stream.normal() + centre) as f32);
            Vectors::new(values.collect(), 4).expect("whole rows")
        };
        let (reference, fresh, elsewhere) = (cloud(300, 0.0), cloud(200, 0.0), cloud(200, 3.0));
        let copies = value(&C_T, &reference, &reference);
        let fresh_z = value(&C_T, &reference, &fresh);
        assert!(copies < -5.0 && fresh_z.abs() < 4.0, "{copies} {fresh_z}");
        assert!(value(&C_T, &reference, &elsewhere) > 8.0);
        assert_eq!(value(&AUTHENTICITY, &reference, &reference), 0.0);
    }

    #[test]
    fn halves_depend_on_the_content_and_not_on_the_order() {
        let (vectors, turned) = (
            line(&[1.0, 2.0, 3.0, 4.0, 5.0]),
            line(&[5.0, 4.0, 3.0, 2.0, 1.0]),
        );
        let of = |vectors: &Vectors| {
            let (one, other) = halves(vectors, Seed::new(1));
            assert_eq!((one.len(), other.len()), (2, 3));
            let mut one = vectors.select(&one).values().to_vec();
            one.sort_by(f32::total_cmp);
            one
        };
        assert_eq!(of(&vectors), of(&turned));
    }
}
