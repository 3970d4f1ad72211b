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
//! candidate is looked at again; O(n d) memory. A candidate is looked at again only when its rise at
//! an earlier look, which it can never exceed, is the largest that is left.
//!
//! # Source
//!
//! Nemhauser, Wolsey and Fisher 1978: the greedy choice reaches 1 − 1/e of the best. Minoux 1978: the
//! lazy one is the same choice.

use numeric::{Points, Tile, Vectors, inverse_lengths, sum};

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

/// The mean largest cosine of all vectors with `k` of them.
pub(super) fn facility_location(vectors: &Vectors, k: usize) -> Result<f64, MeasureError> {
    MeasureError::check("vectors", k, vectors.len())?;
    let scales = inverse_lengths(vectors)?;
    let mut rises = rises_of_the_first(&Points::directions(vectors)?);
    // What was chosen, and how often a rise was looked at: after so many choices.
    let mut looked_at = vec![0; vectors.len()];
    let mut covered = vec![0.0f64; vectors.len()];
    for chosen in 0..k {
        loop {
            let best = first_largest(&rises);
            let cosines = cosines_with(vectors, &scales, best);
            if looked_at[best] == chosen {
                covered
                    .iter_mut()
                    .zip(cosines)
                    .for_each(|(covered, cosine)| *covered = covered.max(cosine));
                rises[best] = f64::NEG_INFINITY;
                break;
            }
            let risen = covered
                .iter()
                .zip(cosines)
                .map(|(covered, cosine)| (cosine - covered).max(0.0));
            rises[best] = sum(risen);
            looked_at[best] = chosen;
        }
    }
    Ok(sum(covered) / vectors.len() as f64)
}

fn first_largest(rises: &[f64]) -> usize {
    let by_place = rises.iter().enumerate();
    by_place
        .fold((0, f64::NEG_INFINITY), |best, (at, rise)| {
            if *rise > best.1 { (at, *rise) } else { best }
        })
        .0
}

/// The cosines of all vectors with the one at `place`.
fn cosines_with<'v>(
    vectors: &'v Vectors,
    scales: &'v [f64],
    place: usize,
) -> impl Iterator<Item = f64> + 'v {
    let chosen = vectors.row(place);
    vectors.rows().zip(scales).map(move |(row, scale)| {
        let product: f64 = row
            .iter()
            .zip(chosen)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum();
        product * scale * scales[place]
    })
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
        let values = (0..60 * 4)
            .map(|x| ((x * x + 3 * x) % 23) as f32 - 9.0)
            .collect();
        let vectors = Vectors::new(values, 4).expect("whole rows");
        let scales = inverse_lengths(&vectors).expect("not zero");
        let mut covered = vec![0.0f64; 60];
        for _ in 0..7 {
            let with = |place| {
                let cosines = cosines_with(&vectors, &scales, place).zip(&covered);
                cosines
                    .map(|(cosine, covered)| covered.max(cosine))
                    .collect::<Vec<f64>>()
            };
            let choices = (0..60).map(with);
            covered = choices
                .max_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum()))
                .expect("sixty choices");
        }
        let found = facility_location(&vectors, 7).expect("enough vectors");
        assert!((found - sum(covered) / 60.0).abs() < 1e-9);
    }

    #[test]
    fn fewer_vectors_than_facilities_are_refused() {
        assert!(facility_location(&equicorrelated(9, 0.0), 10).is_err());
    }
}
