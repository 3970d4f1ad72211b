//! Rows that are chosen together, by their unit vectors: greedy methods, ties to the first row.

mod importance;

pub(crate) use importance::Importance;

use numeric::Vectors;
use rayon::prelude::*;

/// Rows of this many are worked on together.
const CHUNK: usize = 512;

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let products = one
        .iter()
        .zip(other)
        .map(|(x, y)| f64::from(*x) * f64::from(*y));
    products.sum()
}

/// The cosine of every row with `vector`.
fn cosines(vectors: &Vectors, vector: &[f32]) -> Vec<f64> {
    let rows = (0..vectors.len()).into_par_iter().with_min_len(CHUNK);
    rows.map(|row| cosine(vectors.row(row), vector)).collect()
}

/// The first row with the greatest figure among those not yet chosen.
fn greatest(figures: impl Iterator<Item = f64>, chosen: &[bool]) -> Option<(usize, f64)> {
    let left = figures.enumerate().filter(|(row, _)| !chosen[*row]);
    left.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// The mean direction of all rows, as f32.
fn mean(vectors: &Vectors) -> Vec<f32> {
    let mean = numeric::mean_vector(vectors);
    mean.into_iter().map(|value| value as f32).collect()
}

/// The row nearest to the mean, and then always the one whose nearest chosen row is farthest.
pub(crate) fn farthest(vectors: &Vectors, n: usize) -> Vec<usize> {
    let mut taken = vec![false; vectors.len()];
    let mut nearest = vec![f64::NEG_INFINITY; vectors.len()];
    let mut next = greatest(cosines(vectors, &mean(vectors)).into_iter(), &taken);
    let mut chosen = Vec::with_capacity(n);
    while let Some((row, _)) = next.filter(|_| chosen.len() < n) {
        taken[row] = true;
        chosen.push(row);
        let to_it = cosines(vectors, vectors.row(row));
        let both = nearest.iter_mut().zip(to_it);
        both.for_each(|(nearest, cosine)| *nearest = nearest.max(cosine));
        next = greatest(nearest.iter().map(|cosine| -cosine), &taken);
    }
    chosen
}

/// Greedily the rows that raise Σ_i max_j max(cos(i, j), 0) most, j over those chosen.
///
/// Gains only fall as rows are chosen, so a gain is made anew only where an old one is the
/// greatest (lazy greedy; Minoux 1978). Time is O(N²d) at the beginning.
pub(crate) fn facility_location(vectors: &Vectors, n: usize) -> Vec<usize> {
    let mut best = vec![0.0f64; vectors.len()];
    let gain = |row: usize, best: &[f64]| -> f64 {
        let vector = vectors.row(row);
        let rows = vectors.rows().zip(best);
        rows.map(|(other, best)| (cosine(vector, other) - best).max(0.0))
            .sum()
    };
    let mut gains: Vec<f64> = (0..vectors.len())
        .into_par_iter()
        .map(|row| gain(row, &best))
        .collect();
    let mut taken = vec![false; vectors.len()];
    let mut chosen = Vec::with_capacity(n);
    while chosen.len() < n {
        let Some((row, old)) = greatest(gains.iter().copied(), &taken) else {
            break;
        };
        let new = gain(row, &best);
        if new < old {
            gains[row] = new;
            continue;
        }
        taken[row] = true;
        chosen.push(row);
        let to_it = cosines(vectors, vectors.row(row));
        best.iter_mut()
            .zip(to_it)
            .for_each(|(best, cosine)| *best = best.max(cosine));
    }
    chosen
}

/// Greedily the rows that raise the determinant of L = q_i cos(i, j) q_j over those chosen most
/// (Chen et al. 2018, algorithm 1); fewer, where all others lie in the span of those.
pub(crate) fn dpp(vectors: &Vectors, quality: Option<&[f64]>, n: usize) -> Vec<usize> {
    let rows = vectors.len();
    let weight = |row: usize| quality.map_or(1.0, |quality| quality[row]);
    let mut left: Vec<f64> = (0..rows).map(|row| weight(row).powi(2)).collect();
    let whole = left.clone();
    // Of each row its components along the directions of those chosen, one list a direction.
    let mut directions: Vec<Vec<f64>> = Vec::new();
    let mut taken = vec![false; rows];
    let mut chosen = Vec::with_capacity(n);
    while chosen.len() < n {
        let Some((row, volume)) = greatest(left.iter().copied(), &taken) else {
            break;
        };
        // What is left of a row in the span is rounding: vectors have 24 bits.
        if volume <= whole[row] * 1e-6 {
            break;
        }
        taken[row] = true;
        chosen.push(row);
        let to_it = cosines(vectors, vectors.row(row));
        let root = volume.sqrt();
        let component = |other: usize| {
            let along: f64 = directions
                .iter()
                .map(|direction| direction[row] * direction[other])
                .sum();
            (weight(row) * weight(other) * to_it[other] - along) / root
        };
        let direction: Vec<f64> = (0..rows).into_par_iter().map(component).collect();
        left.iter_mut()
            .zip(&direction)
            .for_each(|(left, component)| *left -= component * component);
        directions.push(direction);
    }
    chosen
}

/// Greedily the rows with the greatest w q − (1 − w) max_j cos(i, j), j over those chosen; q is the
/// quality scaled to [0, 1], or the cosine to the mean.
pub(crate) fn marginal_relevance(
    vectors: &Vectors,
    quality: Option<&[f64]>,
    weight: f64,
    n: usize,
) -> Vec<usize> {
    let quality = match quality {
        Some(quality) => scaled(quality),
        None => cosines(vectors, &mean(vectors)),
    };
    let mut taken = vec![false; vectors.len()];
    let mut nearest: Vec<Option<f64>> = vec![None; vectors.len()];
    let mut chosen = Vec::with_capacity(n);
    while chosen.len() < n {
        let figure = |(quality, nearest): (&f64, &Option<f64>)| {
            weight * quality - (1.0 - weight) * nearest.unwrap_or(0.0)
        };
        let figures = quality.iter().zip(&nearest).map(figure);
        let Some((row, _)) = greatest(figures, &taken) else {
            break;
        };
        taken[row] = true;
        chosen.push(row);
        let to_it = cosines(vectors, vectors.row(row));
        for (nearest, cosine) in nearest.iter_mut().zip(to_it) {
            *nearest = Some(nearest.map_or(cosine, |before| before.max(cosine)));
        }
    }
    chosen
}

/// The figures from 0 to 1; all 0 where they are all alike.
fn scaled(figures: &[f64]) -> Vec<f64> {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if most > least { most - least } else { 1.0 };
    figures
        .iter()
        .map(|figure| (figure - least) / range)
        .collect()
}

/// The best rows first, each unless its cosine to one chosen before is above `most`.
pub(crate) fn unlike(vectors: &Vectors, quality: &[f64], most: f64, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    order.sort_by(|one, other| {
        quality[*other]
            .total_cmp(&quality[*one])
            .then(one.cmp(other))
    });
    let mut chosen: Vec<usize> = Vec::with_capacity(n);
    for row in order {
        if chosen.len() == n {
            break;
        }
        let vector = vectors.row(row);
        let like = chosen
            .par_iter()
            .any(|before| cosine(vector, vectors.row(*before)) > most);
        if !like {
            chosen.push(row);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Unit vectors at these angles of the plane, in degrees.
    fn at(angles: &[f64]) -> Vectors {
        let values = angles.iter().flat_map(|angle| {
            let angle = angle.to_radians();
            [angle.cos() as f32, angle.sin() as f32]
        });
        Vectors::new(values.collect(), 2).expect("vectors")
    }

    #[test]
    fn the_farthest_come_after_the_middle() {
        // The mean of 0, 10, 50 and 90 is nearest to 50; then 0 is 50 away, then 90 is 40 away.
        assert_eq!(farthest(&at(&[0.0, 10.0, 50.0, 90.0]), 3), [2, 0, 3]);
    }

    #[test]
    fn each_group_has_a_facility() {
        let chosen = facility_location(&at(&[0.0, 5.0, 10.0, 80.0, 85.0, 90.0]), 2);
        let mut chosen = chosen;
        chosen.sort_unstable();
        assert_eq!(chosen.len(), 2);
        assert!(chosen[0] < 3 && chosen[1] >= 3, "{chosen:?}");
    }

    #[test]
    fn the_largest_volume_is_that_of_right_angles_and_ends_with_the_plane() {
        assert_eq!(dpp(&at(&[0.0, 10.0, 90.0, 45.0]), None, 2), [0, 2]);
        assert_eq!(dpp(&at(&[0.0, 10.0, 90.0, 45.0]), None, 3).len(), 2);
        // A better row comes first.
        assert_eq!(dpp(&at(&[0.0, 10.0, 90.0]), Some(&[1.0, 2.0, 1.0]), 1), [1]);
    }

    #[test]
    fn quality_and_variety_are_weighed() {
        let vectors = at(&[0.0, 1.0, 90.0]);
        let quality = [1.0, 0.9, 0.0];
        assert_eq!(marginal_relevance(&vectors, Some(&quality), 1.0, 2), [0, 1]);
        assert_eq!(marginal_relevance(&vectors, Some(&quality), 0.4, 2), [0, 2]);
    }

    #[test]
    fn what_is_too_like_a_better_one_is_left_out() {
        let vectors = at(&[0.0, 1.0, 90.0]);
        assert_eq!(unlike(&vectors, &[0.5, 0.9, 0.1], 0.9, 3), [1, 2]);
    }

    proptest! {
        #[test]
        fn lazy_gains_choose_what_all_gains_do(angles in prop::collection::vec(0.0f64..360.0, 3..14), n in 1usize..4) {
            let vectors = at(&angles);
            let mut chosen: Vec<usize> = Vec::new();
            for _ in 0..n {
                let value = |with: usize| -> f64 {
                    (0..vectors.len()).map(|row| {
                        let all = chosen.iter().chain([&with]);
                        all.map(|other| cosine(vectors.row(row), vectors.row(*other))).fold(0.0, f64::max)
                    }).sum()
                };
                let left = (0..vectors.len()).filter(|row| !chosen.contains(row));
                let best = left.map(|row| (row, value(row))).reduce(|best, next| if next.1 > best.1 + 1e-9 { next } else { best });
                chosen.extend(best.map(|best| best.0));
            }
            let lazy = facility_location(&vectors, n);
            let total = |rows: &[usize]| -> f64 {
                (0..vectors.len()).map(|row| rows.iter().map(|other| cosine(vectors.row(row), vectors.row(*other))).fold(0.0, f64::max)).sum()
            };
            prop_assert!((total(&lazy) - total(&chosen)).abs() < 1e-6);
        }
    }
}
