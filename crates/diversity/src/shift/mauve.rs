//! How much of each set's weight lies where the other's does, over clusters of both: MAUVE.
//!
//! # Definition
//!
//! The vectors of both sets are brought to length 1 and projected to as many principal components
//! as hold 90 % of their variance. k-means puts them into k = n / 10 clusters, n the size of the
//! smaller set (rounded half to even, at least 2), from k different vectors that are drawn by a hash;
//! of five runs of at most 100 iterations the one with the least inertia counts. p and q are the
//! shares of the clusters in the reference and in the set.
//!
//! - `mauve`: for r = w p + (1 − w) q with 25 weights w from 10⁻⁶ to 1 − 10⁻⁶, the points
//!   (exp(−5 KL(q ‖ r)), exp(−5 KL(p ‖ r))) with (0, 1) and (1, 0) make a curve; the value is the
//!   area below it.
//! - `mauve_star`: the same with ½ added to every count.
//! - `frontier_integral`: 2 Σ [(p + q) / 4 − ½ p q (ln p − ln q) / (p − q)].
//!
//! Beside the value stand k and the least and the largest value of the five runs.
//!
//! # Range
//!
//! MAUVE: 0 to 1 (the same shares), lower is farther; the frontier integral: 0 to 1, higher is
//! farther. MAUVE is a matter of the draw (0.35 to 0.44 on the same two sets) and of n, since k
//! follows from n: compare at equal n only, best with 5000 rows and more, beside the value between
//! two halves of the reference.
//!
//! # Cost
//!
//! O((n + m) k d) time an iteration and O((n + m) d + d²) memory.
//!
//! # Source
//!
//! Pillutla et al. 2021 (NeurIPS, arXiv 2102.01454) and 2023 (JMLR); Liu et al. 2021 (NeurIPS,
//! arXiv 2106.07898) for the frontier integral. As a function of the counts the values are those of
//! `mauve-text` 0.4.0, whose clusters are those of another k-means.

use std::sync::Arc;

use numeric::{Clusters, Seed, Vectors, dot_products, keyed_hash, mean_and_covariance, sum};
use rayon::prelude::*;

use crate::{Compare, Context, Direction, Figure, MeasureError, Measured, Param, Preset, Shift};

/// c: how fast a difference takes away from the value.
const SCALING: f64 = 5.0;
/// How many mixtures the curve has.
const WEIGHTS: u32 = 25;
/// How many rows of the smaller set there are to a cluster.
const ROWS_A_CLUSTER: usize = 10;
/// What share of the variance the components hold.
const VARIANCE: f64 = 0.9;
const RUNS: u64 = 5;
const ITERATIONS: usize = 100;
/// Vectors of this many are projected together.
const BLOCK: usize = 512;

const PARAMS: &[Param] = &[
    Param::real("scaling", SCALING),
    Param::text("clusters", "n / 10"),
    Param::real("variance", VARIANCE),
    Param::integer("runs", RUNS),
];

pub(super) static MAUVE: Shift = Shift {
    name: "mauve",
    family: "mauve",
    unit: "area, 0 to 1",
    direction: Direction::LowerIsFarther,
    about: "area under the curve of what each set has that the other lacks",
    params: PARAMS,
    preset: Preset::All,
    jackknife: false,
    compute: Compare::Vectors(|reference, other, context| {
        measured(reference, other, context, |histograms| {
            histograms.mauve(SCALING)
        })
    }),
};

pub(super) static MAUVE_STAR: Shift = Shift {
    name: "mauve_star",
    family: "mauve",
    unit: "area, 0 to 1",
    direction: Direction::LowerIsFarther,
    about: "MAUVE with a half added to every count",
    params: PARAMS,
    preset: Preset::All,
    jackknife: false,
    compute: Compare::Vectors(|reference, other, context| {
        let value = |histograms: &Histograms| histograms.smoothed().mauve(SCALING);
        measured(reference, other, context, value)
    }),
};

pub(super) static FRONTIER_INTEGRAL: Shift = Shift {
    name: "frontier_integral",
    family: "mauve",
    unit: "nats, 0 to 1",
    direction: Direction::HigherIsFarther,
    about: "what each set has that the other lacks, averaged over mixtures of both",
    params: PARAMS,
    preset: Preset::All,
    jackknife: false,
    compute: Compare::Vectors(|reference, other, context| {
        measured(reference, other, context, Histograms::frontier_integral)
    }),
};

/// How many rows of each set are in each cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Histograms<C = u64> {
    /// Of the reference.
    pub reference: Vec<C>,
    /// Of the other set.
    pub other: Vec<C>,
}

impl Histograms {
    /// The same with ½ added to every count (Krichevsky and Trofimov 1981).
    pub fn smoothed(&self) -> Histograms<f64> {
        let add = |counts: &[u64]| counts.iter().map(|count| *count as f64 + 0.5).collect();
        Histograms {
            reference: add(&self.reference),
            other: add(&self.other),
        }
    }

    fn exact(&self) -> Histograms<f64> {
        let as_is = |counts: &[u64]| counts.iter().map(|count| *count as f64).collect();
        Histograms {
            reference: as_is(&self.reference),
            other: as_is(&self.other),
        }
    }

    /// The area under the divergence curve, with c = `scaling`.
    pub fn mauve(&self, scaling: f64) -> f64 {
        self.exact().mauve(scaling)
    }

    /// The frontier integral.
    pub fn frontier_integral(&self) -> f64 {
        let [p, q] = self.exact().shares();
        let terms = p.iter().zip(&q).map(|(p, q)| {
            let (p, q) = (*p, *q);
            let both = if p == q {
                p
            } else if p == 0.0 || q == 0.0 {
                0.0
            } else {
                p * q * (p.ln() - q.ln()) / (p - q)
            };
            (p + q) / 4.0 - both / 2.0
        });
        2.0 * sum(terms)
    }
}

impl Histograms<f64> {
    fn shares(&self) -> [Vec<f64>; 2] {
        [&self.reference, &self.other].map(|counts| {
            let total = sum(counts.iter().copied());
            counts.iter().map(|count| count / total).collect()
        })
    }

    /// The area under the divergence curve, with c = `scaling`.
    pub fn mauve(&self, scaling: f64) -> f64 {
        let [p, q] = self.shares();
        let mut points = vec![(0.0, 1.0), (1.0, 0.0)];
        points.extend((0..WEIGHTS).map(|at| {
            let step = f64::from(at) / f64::from(WEIGHTS - 1);
            let weight = 1e-6 + step * (1.0 - 2e-6);
            let mixture: Vec<f64> = p
                .iter()
                .zip(&q)
                .map(|(p, q)| weight * p + (1.0 - weight) * q)
                .collect();
            let closeness = |shares: &[f64]| (-scaling * kl(shares, &mixture)).exp();
            (closeness(&q), closeness(&p))
        }));
        let turned: Vec<(f64, f64)> = points.iter().map(|(x, y)| (*y, *x)).collect();
        // Rounding makes a little more of 1.
        f64::midpoint(area(points), area(turned)).min(1.0)
    }
}

/// KL(p ‖ r) in nats; r is 0 only where p is.
fn kl(p: &[f64], r: &[f64]) -> f64 {
    let terms = p.iter().zip(r).filter(|(p, _)| **p > 0.0);
    sum(terms.map(|(p, r)| p * (p / r).ln()))
}

/// The area under the points, by trapezoids from left to right; of one x the higher point first.
fn area(mut points: Vec<(f64, f64)>) -> f64 {
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let pairs = points.windows(2);
    sum(pairs.map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1)))
}

fn measured(
    reference: &Vectors,
    other: &Vectors,
    context: &Context,
    value: impl Fn(&Histograms) -> f64,
) -> Measured {
    let runs: Arc<Result<Vec<Histograms>, MeasureError>> =
        context.shared("mauve", || histograms(reference, other, context.seed()));
    let runs = runs.as_ref().as_ref().map_err(Clone::clone)?;
    let values: Vec<f64> = runs.iter().map(value).collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(Figure::from(values[0])
        .with(Param::integer("k", runs[0].reference.len() as u64))
        .with(Param::real("least_of_runs", least))
        .with(Param::real("largest_of_runs", largest)))
}

/// The histograms of each run of k-means, the run with the least inertia first.
fn histograms(
    reference: &Vectors,
    other: &Vectors,
    seed: Seed,
) -> Result<Vec<Histograms>, MeasureError> {
    let smaller = reference.len().min(other.len());
    MeasureError::check("vectors", 2 * ROWS_A_CLUSTER, smaller)?;
    let k = (smaller as f64 / ROWS_A_CLUSTER as f64).round_ties_even() as usize;
    let all = Vectors::new(
        [reference.values(), other.values()].concat(),
        reference.dim(),
    )?;
    let components = principal_components(&all.normalized()?)?;
    let mut runs: Vec<(f64, Histograms)> = Vec::new();
    for run in 0..RUNS {
        let starts = starts(&components, k, seed.child("mauve", run));
        MeasureError::check("different vectors", 2, starts.len())?;
        let clusters = Clusters::from_starts(&components, &starts, ITERATIONS);
        let mut counts = [vec![0; starts.len()], vec![0; starts.len()]];
        for (row, label) in clusters.labels.iter().enumerate() {
            counts[usize::from(row >= reference.len())][*label as usize] += 1;
        }
        let [reference, other] = counts;
        runs.push((clusters.inertia, Histograms { reference, other }));
    }
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(runs.into_iter().map(|(_, histograms)| histograms).collect())
}

/// The vectors less their mean, in as many principal components as hold [`VARIANCE`].
fn principal_components(vectors: &Vectors) -> Result<Vectors, MeasureError> {
    let (mean, covariance) = mean_and_covariance(vectors);
    let (values, basis) = covariance.eigenvectors()?;
    let total = sum(values.iter().map(|value| value.max(0.0)));
    if total <= 0.0 {
        return Err(MeasureError::Undefined("all vectors have one direction"));
    }
    let mut held = 0.0;
    let mut kept = 0;
    for value in values.iter().rev() {
        held += value.max(0.0);
        kept += 1;
        if held >= VARIANCE * total {
            break;
        }
    }
    // The eigenvalues ascend, so that the last rows of the basis are the first components.
    let basis = &basis[(values.len() - kept) * vectors.dim()..];
    let mut projected = vec![0.0f32; vectors.len() * kept];
    let blocks = projected.par_chunks_mut(BLOCK * kept).enumerate();
    blocks.for_each(|(block, into)| {
        let rows = into.len() / kept;
        let mut centred = Vec::with_capacity(rows * vectors.dim());
        for row in block * BLOCK..block * BLOCK + rows {
            let components = vectors.row(row).iter().zip(&mean);
            centred.extend(components.map(|(x, mean)| f64::from(*x) - mean));
        }
        let mut products = vec![0.0; into.len()];
        dot_products(&centred, basis, vectors.dim(), &mut products);
        into.iter_mut()
            .zip(products)
            .for_each(|(into, x)| *into = x as f32);
    });
    Ok(Vectors::new(projected, kept)?)
}

/// The places of up to `k` different vectors, drawn by a hash of their bytes.
pub(super) fn starts(vectors: &Vectors, k: usize, seed: Seed) -> Vec<usize> {
    let key = seed.key("starts");
    let hash = |vector: &[f32]| {
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        keyed_hash(key, &bytes)
    };
    let mut order: Vec<(u64, usize)> = vectors.rows().map(hash).zip(0..).collect();
    order.sort_unstable();
    order.dedup_by_key(|(hash, _)| *hash);
    order.into_iter().take(k).map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histograms_of(reference: &[u64], other: &[u64]) -> Histograms {
        Histograms {
            reference: reference.to_vec(),
            other: other.to_vec(),
        }
    }

    #[test]
    fn equal_shares_score_1() {
        let equal = histograms_of(&[3, 1, 0, 6], &[6, 2, 0, 12]);
        assert!((equal.mauve(SCALING) - 1.0).abs() < 1e-12);
        assert!(equal.frontier_integral().abs() < 1e-12);
    }

    #[test]
    fn nothing_in_common_has_a_closed_form() {
        // KL(q ‖ r) = −ln(1 − w) and KL(p ‖ r) = −ln w: with c = 1 the points (1 − w, w) are a line,
        // with area ½; with c = 5 it is near 5 B(6, 5) = 1 / 252.
        let apart = histograms_of(&[7, 0], &[0, 3]);
        assert!(
            (apart.mauve(1.0) - 0.5).abs() < 1e-5,
            "{}",
            apart.mauve(1.0)
        );
        assert!((apart.mauve(5.0) - 1.0 / 252.0).abs() < 1e-3);
        assert!((apart.frontier_integral() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_half_is_added_to_every_count() {
        let smoothed = histograms_of(&[1, 0], &[0, 3]).smoothed();
        assert_eq!(smoothed.shares(), [vec![0.75, 0.25], vec![0.125, 0.875]]);
    }

    #[test]
    fn components_hold_the_variance_and_no_more_are_kept() {
        // Along (1, 1, 0) alone but for a little: one component, with the distances along it.
        let values = (0..50).flat_map(|row| [row as f32, row as f32, (row % 2) as f32 * 0.1]);
        let vectors = Vectors::new(values.collect(), 3).expect("whole rows");
        let components = principal_components(&vectors).expect("a variance");
        assert_eq!(components.dim(), 1);
        let step = (components.row(8)[0] - components.row(6)[0]).abs();
        assert!((f64::from(step) - 2.0 * 2f64.sqrt()).abs() < 1e-4, "{step}");
    }

    #[test]
    fn starts_are_different_vectors() {
        let vectors = Vectors::new(vec![1.0, 2.0, 1.0, 2.0, 3.0], 1).expect("whole rows");
        assert_eq!(starts(&vectors, 5, Seed::new(1)).len(), 3);
        assert_eq!(starts(&vectors, 2, Seed::new(1)).len(), 2);
    }

    #[test]
    fn too_few_rows_and_one_direction_are_refused() {
        let same = Vectors::new(vec![1.0; 60], 2).expect("whole rows");
        let few = Vectors::new(vec![1.0; 38], 2).expect("whole rows");
        assert!(histograms(&same, &few, Seed::new(1)).is_err());
        assert!(histograms(&same, &same, Seed::new(1)).is_err());
    }
}
