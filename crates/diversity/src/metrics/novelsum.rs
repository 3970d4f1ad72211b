//! How new each vector is among its neighbours, where neighbours are few: `NovelSum`.
//!
//! # Definition
//!
//! The mean over all vectors i of σᵢ Σᵣ d₍ᵣ₎ r^(−α) / Σᵣ r^(−α), where d₍₁₎ ≤ d₍₂₎ ≤ … are the n values
//! 1 − cos of i with every vector, itself (0) the first of them, and σᵢ = (m + 1e-9)^(−β) with m the
//! mean squared Euclidean distance of i, as it is, from its k nearest different vectors. α = 1,
//! β = 0.5, k = 10.
//!
//! # Range
//!
//! 0 (all the same direction) upward, higher is more varied. It depends on the lengths of the
//! vectors through σ and falls slowly as n grows: compare only at equal n.
//!
//! # Cost
//!
//! O(n² d + n² log n) time and O(n d) memory beside the vectors.
//!
//! # Source
//!
//! Yang et al. 2025 (ACL, arXiv 2502.17184), "Measuring Data Diversity for Instruction Tuning", with
//! the parameters that they recommend. The paper weighs a distance by the density at its far end,
//! their code (`UmeanNever/NovelSum`, `novelsum.py`) by that at row i, and counts the distance 0 of a
//! row from itself; this is their code, with the set as its own reference of densities.

use std::collections::BTreeMap;

use numeric::{Neighbours, Points, Vectors, sum};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

/// Added to a mean squared distance.
const REGULARIZATION: f64 = 1e-9;

pub(super) static NOVELSUM: Metric = Metric {
    name: "novelsum",
    family: "novelsum",
    unit: "weighted cosine distance",
    direction: Direction::HigherIsMoreVaried,
    about: "mean distance of each vector to all others, near ones first, weighted by how few are near",
    params: &[
        Param::real("alpha", 1.0),
        Param::real("beta", 0.5),
        Param::integer("k", 10),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| Ok(novelsum(vectors, &NovelSum::default())?.into())),
};

/// The parameters of `NovelSum`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NovelSum {
    /// How fast the weight of a distance falls with its rank.
    pub alpha: f64,
    /// How much density counts.
    pub beta: f64,
    /// Of how many neighbours the density is made.
    pub k: usize,
}

impl Default for NovelSum {
    fn default() -> Self {
        Self {
            alpha: 1.0,
            beta: 0.5,
            k: 10,
        }
    }
}

/// `NovelSum` with any parameters.
pub fn novelsum(vectors: &Vectors, params: &NovelSum) -> Result<f64, MeasureError> {
    let densities = densities(vectors, params)?;
    let points = Points::directions(vectors)?;
    let ranks = (1..=vectors.len()).map(|rank| (rank as f64).powf(-params.alpha));
    let ranks: Vec<f64> = ranks.collect();
    let total = sum(ranks.iter().copied());
    let novelties = points.map_rows(|row, squared| {
        squared.sort_unstable_by(f64::total_cmp);
        let weighted = squared
            .iter()
            .zip(&ranks)
            .map(|(squared, rank)| squared / 2.0 * rank);
        densities[row] * weighted.sum::<f64>() / total
    });
    Ok(sum(novelties) / vectors.len() as f64)
}

/// σ of every vector.
fn densities(vectors: &Vectors, params: &NovelSum) -> Result<Vec<f64>, MeasureError> {
    let (different, place) = different(vectors);
    MeasureError::check("different vectors", params.k + 1, different.len())?;
    let neighbours = Points::at(&different).neighbours(params.k);
    let density = |place: &usize| density(&neighbours, *place, params);
    Ok(place.iter().map(density).collect())
}

fn density(neighbours: &Neighbours, place: usize, params: &NovelSum) -> f64 {
    let squared = neighbours.squared_distances(place);
    let mean = squared.iter().sum::<f64>() / squared.len() as f64;
    (mean + REGULARIZATION).powf(-params.beta)
}

/// The vectors without copies, and where each vector is among them.
fn different(vectors: &Vectors) -> (Vectors, Vec<usize>) {
    let mut firsts = Vec::new();
    let mut known = BTreeMap::new();
    let mut place = Vec::with_capacity(vectors.len());
    for (row, vector) in vectors.rows().enumerate() {
        // Adding 0 makes one zero of the two that there are.
        let bits: Vec<u32> = vector.iter().map(|x| (x + 0.0).to_bits()).collect();
        let at = *known.entry(bits).or_insert_with(|| {
            firsts.push(row);
            firsts.len() - 1
        });
        place.push(at);
    }
    (vectors.select(&firsts), place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    /// The definition, without blocks.
    fn by_definition(vectors: &Vectors, params: &NovelSum) -> f64 {
        let points = Points::directions(vectors).expect("not zero");
        let euclidean = Points::at(vectors);
        let n = vectors.len();
        let novelty = |row: usize| {
            let mut distances: Vec<f64> = (0..n)
                .map(|other| points.squared_distance(row, other) / 2.0)
                .collect();
            distances.sort_by(f64::total_cmp);
            let weights: Vec<f64> = (1..=n).map(|r| (r as f64).powf(-params.alpha)).collect();
            let weighted: f64 = distances.iter().zip(&weights).map(|(d, w)| d * w).sum();
            let mut squared: Vec<f64> = (0..n)
                .map(|other| euclidean.squared_distance(row, other))
                .collect();
            squared.sort_by(f64::total_cmp);
            let mean = squared[1..=params.k].iter().sum::<f64>() / params.k as f64;
            (mean + REGULARIZATION).powf(-params.beta) * weighted / weights.iter().sum::<f64>()
        };
        (0..n).map(novelty).sum::<f64>() / n as f64
    }

    #[test]
    fn it_is_the_definition_with_other_parameters_too() {
        let values = (0..300 * 5)
            .map(|x| ((x * x + 7 * x) % 101) as f32 - 30.0)
            .collect();
        let vectors = different(&Vectors::new(values, 5).expect("whole rows")).0;
        for (alpha, beta, k) in [(1.0, 0.5, 10), (0.0, 0.0, 5), (2.0, 1.0, 3)] {
            let params = NovelSum { alpha, beta, k };
            let found = novelsum(&vectors, &params).expect("enough vectors");
            let expected = by_definition(&vectors, &params);
            assert!(
                (found / expected - 1.0).abs() < 1e-6,
                "{params:?}: {found} {expected}"
            );
        }
    }

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // Squared distances 2 (1 − c), so σ = (2 (1 − c))^(−1/2); (1 − c) (1 − 1 / H) with H = Σ 1/r.
        let (n, c) = (40, 0.5);
        let harmonic: f64 = (1..=n).map(|r| 1.0 / r as f64).sum();
        let expected = (1.0 - c) * (1.0 - 1.0 / harmonic) / (2.0 * (1.0 - c)).sqrt();
        let found = novelsum(&equicorrelated(n, c), &NovelSum::default()).expect("enough");
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn copies_do_not_count_for_the_density() {
        let vectors = equicorrelated(12, 0.5);
        let copied = vectors.select(&(0..24).map(|row| row % 12).collect::<Vec<_>>());
        let found = densities(&copied, &NovelSum::default()).expect("enough vectors");
        let once = densities(&vectors, &NovelSum::default()).expect("enough vectors");
        assert_eq!(found[..12], once[..]);
        assert_eq!(found[12..], once[..]);
    }

    #[test]
    fn too_few_different_vectors_are_refused() {
        let same = Vectors::new([1.0, 2.0].repeat(40), 2).expect("whole rows");
        let error = novelsum(&same, &NovelSum::default())
            .expect_err("one")
            .to_string();
        assert_eq!(
            error,
            "the set has 1 different vectors, and at least 11 are needed"
        );
    }
}
