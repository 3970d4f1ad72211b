//! How well ten of the vectors stand for all: the value of a greedy choice of facilities.
//!
//! # Definition
//!
//! The mean over all vectors of their largest cosine, or 0 where that is below, with k of them that
//! were chosen one after the other, each so that this mean rises most (of equal ones the first).
//!
//! # Range
//!
//! About k / n (all orthogonal) to 1 (at most k directions); lower is more varied, as k vectors then
//! stand for less of the set.
//!
//! # Cost
//!
//! O(n² d) time for the first choice, half of it saved by symmetry, and O(n d) for every time that a
//! candidate is looked at again; O(n d) memory. Candidates are looked at again, some at a time, only
//! while their rise at an earlier look, which it can never exceed, is the largest that is left.
//!
//! # Source
//!
//! Nemhauser, Wolsey and Fisher 1978: the greedy choice reaches 1 − 1/e of the best. Minoux 1978: the
//! lazy one is the same choice.

use numeric::{Points, Tile, Vectors, sum};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static FACILITY_LOCATION_10: Metric = Metric {
    name: "facility_location_10",
    family: "facility_location",
    unit: "cosine",
    direction: Direction::LowerIsMoreVaried,
    about: "mean largest cosine of the vectors with 10 of them, chosen greedily",
    params: &[Param::integer("k", 10), Param::text("kernel", "cosine")],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(facility_location(vectors, 10)?.into())),
};

/// How many candidates are looked at again at a time.
const AGAIN: usize = 128;

/// The mean largest cosine of all vectors with `k` of them.
pub(super) fn facility_location(vectors: &Vectors, k: usize) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", k, vectors.len())?;
    let points = Points::directions(vectors)?;
    let mut rises = rises_of_the_first(&points);
    let mut covered = vec![0.0f64; vectors.len()];
    for chosen in 0..k {
        let best = if chosen == 0 {
            first_largest(&rises)
        } else {
            look_again(&points, &covered, &mut rises)
        };
        rises[best] = f64::NEG_INFINITY;
        let cover = |_: usize, squared: &mut [f64]| {
            let cosines = squared.iter().map(|squared| 1.0 - squared / 2.0);
            let covered = covered.iter().zip(cosines);
            covered
                .map(|(covered, cosine)| covered.max(cosine))
                .collect()
        };
        covered = points.map_some_rows(&[best], cover).swap_remove(0);
    }
    Ok(sum(covered) / vectors.len() as f64)
}

/// The candidate with the largest rise now, the first of equal ones; `rises` holds what the rises
/// were at earlier looks, and what they are now where that mattered.
fn look_again(points: &Points<'_>, covered: &[f64], rises: &mut [f64]) -> usize {
    let mut order: Vec<usize> = (0..rises.len()).collect();
    order.sort_unstable_by(|a, b| rises[*b].total_cmp(&rises[*a]).then(a.cmp(b)));
    let mut best = (f64::NEG_INFINITY, 0);
    for some in order.chunks(AGAIN) {
        if rises[some[0]] < best.0 {
            break;
        }
        let rise = |_: usize, squared: &mut [f64]| {
            let cosines = squared.iter().map(|squared| 1.0 - squared / 2.0);
            let risen = covered.iter().zip(cosines);
            risen
                .map(|(covered, cosine)| (cosine - covered).max(0.0))
                .sum::<f64>()
        };
        let candidates = some
            .iter()
            .filter(|at| rises[**at] > f64::NEG_INFINITY)
            .copied();
        let candidates: Vec<usize> = candidates.collect();
        let found = points.map_some_rows(&candidates, rise);
        for (at, rise) in candidates.into_iter().zip(found) {
            rises[at] = rise;
            if rise > best.0 || (rise == best.0 && at < best.1) {
                best = (rise, at);
            }
        }
    }
    best.1
}

fn first_largest(rises: &[f64]) -> usize {
    let by_place = rises.iter().enumerate();
    let first = (0, f64::NEG_INFINITY);
    by_place
        .fold(
            first,
            |best, (at, rise)| if *rise > best.1 { (at, *rise) } else { best },
        )
        .0
}

/// Σ max(0, cosine) of every vector with all vectors, itself included.
fn rises_of_the_first(points: &Points<'_>) -> Vec<f64> {
    let mut rises = vec![1.0f64; points.len()];
    points.fold_tiles(sums_of_cosines, |tile| {
        for (start, of_tile) in tile {
            let into = rises[start..].iter_mut().zip(of_tile);
            into.for_each(|(sum, of_tile)| *sum += of_tile);
        }
    });
    rises
}

/// What the pairs of a tile add to the sums of its rows and of its columns, and where those begin.
fn sums_of_cosines(tile: &Tile<'_>) -> [(usize, Vec<f64>); 2] {
    let (mut of_rows, mut of_columns) = (vec![0.0; tile.height()], vec![0.0; tile.width]);
    let mut cosines = vec![0.0; tile.width];
    for (row, of_row) in of_rows.iter_mut().enumerate() {
        tile.products(row, &mut cosines);
        for column in tile.first_new_column(row)..tile.width {
            let cosine = cosines[column].max(0.0);
            *of_row += cosine;
            of_columns[column] += cosine;
        }
    }
    [(tile.first_row, of_rows), (tile.first_column, of_columns)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;
    use numeric::Seed;

    #[test]
    fn value_of_a_worked_example() {
        // East twice, north once, (3, 4) once. Sums of cosines: east 2 + 0 + 0.6, north 1 + 0.8,
        // (3, 4) 2 · 0.6 + 0.8 + 1 = 3, the first choice. East then adds 2 · 0.4, north 0.2.
        let values = vec![1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 3.0, 4.0];
        let vectors = Vectors::new(values, 2).expect("whole rows");
        let found = |k| facility_location(&vectors, k).expect("enough vectors");
        assert!((found(1) - 3.0 / 4.0).abs() < 1e-7);
        assert!((found(2) - 3.8 / 4.0).abs() < 1e-7);
        assert!((found(3) - 1.0).abs() < 1e-7);
    }

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // k stand for themselves, the others have cosine c.
        let found = facility_location(&equicorrelated(300, 0.25), 10).expect("enough vectors");
        assert!(
            (found - (10.0 + 290.0 * 0.25) / 300.0).abs() < 1e-6,
            "{found}"
        );
    }

    #[test]
    fn the_lazy_choice_is_the_greedy_one() {
        let mut stream = Seed::new(6).stream("vectors");
        let values = (0..300 * 4).map(|_| stream.normal() as f32).collect();
        let vectors = Vectors::new(values, 4).expect("whole rows");
        let points = Points::directions(&vectors).expect("not zero");
        let mut covered = vec![0.0f64; 300];
        for _ in 0..7 {
            let with = |place: usize| {
                let cosines = (0..300).map(|at| 1.0 - points.squared_distance(place, at) / 2.0);
                let covered = covered.iter().zip(cosines);
                covered
                    .map(|(covered, cosine)| covered.max(cosine))
                    .collect::<Vec<f64>>()
            };
            let choices = (0..300).map(with);
            covered = choices
                .max_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum()))
                .expect("many choices");
        }
        let found = facility_location(&vectors, 7).expect("enough vectors");
        assert!((found - sum(covered) / 300.0).abs() < 1e-6, "{found}");
    }

    #[test]
    fn fewer_vectors_than_facilities_are_refused() {
        assert!(facility_location(&equicorrelated(9, 0.0), 10).is_err());
    }
}
