//! How surely each vector picks itself among all: `DCScore`.
//!
//! # Definition
//!
//! Σᵢ Pᵢᵢ with P the row-wise softmax of K / τ, where K of shape (n, n) holds a similarity of every
//! pair: Pᵢᵢ = 1 / Σⱼ exp((Kᵢⱼ − Kᵢᵢ) / τ). The similarity is the cosine, exp(−γ |x − y|²) (rbf),
//! exp(−γ |x − y|₁) (laplacian) or (x · y / d + 1)^degree (polynomial). The cosine sees directions
//! alone; the others take the vectors as they are.
//!
//! # Range
//!
//! 1 (all the same direction) to n, higher is more varied. With similarities of 0 or more and of 1
//! with itself it cannot exceed n e^(1/τ) / (e^(1/τ) + n − 1), its ceiling: at τ = 1 that is below e
//! whatever the set, at τ = 0.1 it can come near n. Repeating the whole set changes nothing. Compare
//! only at equal n and τ.
//!
//! # Cost
//!
//! O(n² d) time, half of it saved by symmetry, and O(n d) memory: K is made and used a tile at a
//! time.
//!
//! # Source
//!
//! Zhu et al. 2025 (ICML, arXiv 2502.08512), "Measuring Diversity in Synthetic Datasets". Their
//! code (`BlueWhaleLab/DCScore` at eab8bf4) has τ = 1 by default and leaves vectors as they are when
//! handed vectors; here the cosine always brings them to length 1, as it does with texts. For the
//! other kernels it takes its τ for γ or for the degree, and 1 for the temperature. The products are
//! f32, the exponentials and sums f64.

use numeric::{Points, Tile, Vectors, exp_in_place, sum};

use crate::{Compute, Direction, Figure, MeasureError, Measured, Metric, Param, Preset};

pub(super) static DCSCORE_COSINE_TAU0_1: Metric = Metric {
    name: "dcscore_cosine_tau0.1",
    family: "dcscore",
    unit: "effective vectors",
    direction: Direction::HigherIsMoreVaried,
    about: "effective number of vectors, by how surely each picks itself",
    params: &[
        Param::text("kernel", "cosine"),
        Param::text("normalised", "yes"),
        Param::real("tau", 0.1),
    ],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Vectors(|vectors, _| scored(vectors, Kernel::Cosine, 0.1)),
};

pub(super) static DCSCORE_COSINE_TAU1: Metric = Metric {
    name: "dcscore_cosine_tau1",
    about: "the same at temperature 1, where no set exceeds e",
    params: &[
        Param::text("kernel", "cosine"),
        Param::text("normalised", "yes"),
        Param::real("tau", 1.0),
    ],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, _| scored(vectors, Kernel::Cosine, 1.0)),
    ..DCSCORE_COSINE_TAU0_1
};

pub(super) static DCSCORE_RBF_GAMMA1: Metric = Metric {
    name: "dcscore_rbf_gamma1",
    about: "the same by the Gaussian kernel of the squared distances, at temperature 1",
    params: &[
        Param::text("kernel", "rbf"),
        Param::text("normalised", "no"),
        Param::real("gamma", 1.0),
        Param::real("tau", 1.0),
    ],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, _| scored(vectors, Kernel::Rbf { gamma: 1.0 }, 1.0)),
    ..DCSCORE_COSINE_TAU0_1
};

pub(super) static DCSCORE_LAPLACIAN_GAMMA1: Metric = Metric {
    name: "dcscore_laplacian_gamma1",
    about: "the same by the exponential kernel of the sums of absolute differences, at temperature 1",
    params: &[
        Param::text("kernel", "laplacian"),
        Param::text("normalised", "no"),
        Param::real("gamma", 1.0),
        Param::real("tau", 1.0),
    ],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, _| scored(vectors, Kernel::Laplacian { gamma: 1.0 }, 1.0)),
    ..DCSCORE_COSINE_TAU0_1
};

pub(super) static DCSCORE_POLYNOMIAL_DEGREE1: Metric = Metric {
    name: "dcscore_polynomial_degree1",
    about: "the same by the products of the vectors over their dimension, at temperature 1",
    params: &[
        Param::text("kernel", "polynomial"),
        Param::text("normalised", "no"),
        Param::integer("degree", 1),
        Param::text("gamma", "1 / dimension"),
        Param::real("coef0", 1.0),
        Param::real("tau", 1.0),
    ],
    preset: Preset::All,
    compute: Compute::Vectors(|vectors, _| scored(vectors, Kernel::Polynomial { degree: 1 }, 1.0)),
    ..DCSCORE_COSINE_TAU0_1
};

/// How alike two vectors are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// Their cosine.
    Cosine,
    /// exp(−γ |x − y|²).
    Rbf {
        /// How fast likeness falls with the squared distance.
        gamma: f64,
    },
    /// exp(−γ |x − y|₁).
    Laplacian {
        /// How fast likeness falls with the sum of absolute differences.
        gamma: f64,
    },
    /// (x · y / d + 1)^degree.
    Polynomial {
        /// The power.
        degree: i32,
    },
}

/// The score, with the most that it could be where that is known.
fn scored(vectors: &Vectors, kernel: Kernel, tau: f64) -> Measured {
    let score = Figure::from(dcscore(vectors, kernel, tau)?);
    Ok(match kernel {
        Kernel::Polynomial { .. } => score,
        _ => score.with(Param::real("ceiling", ceiling(vectors.len(), tau))),
    })
}

/// `DCScore` with any kernel, at any temperature `tau` above 0.
pub fn dcscore(vectors: &Vectors, kernel: Kernel, tau: f64) -> Result<f64, MeasureError> {
    let chances = self_chances(vectors, kernel, tau)?;
    Ok(sum(chances))
}

/// The largest score of `n` vectors whose similarities are 0 or more, and 1 with themselves.
pub fn ceiling(n: usize, tau: f64) -> f64 {
    let n = n as f64;
    n / (1.0 + (n - 1.0) * (-1.0 / tau).exp())
}

/// How surely each vector picks itself, from 1 / n to 1: what each adds to the score.
pub fn self_chances(vectors: &Vectors, kernel: Kernel, tau: f64) -> Result<Vec<f64>, MeasureError> {
    MeasureError::check("vectors", 1, vectors.len())?;
    let points = match kernel {
        Kernel::Cosine => Points::directions(vectors)?,
        Kernel::Rbf { .. } | Kernel::Laplacian { .. } => Points::at(vectors),
        Kernel::Polynomial { .. } => Points::around_zero(vectors),
    };
    let similarity = Similarity {
        points: &points,
        vectors,
        kernel,
    };
    let mut row_sums = vec![0.0; vectors.len()];
    points.fold_tiles(
        |tile| similarity.weights(tile, tau),
        |weights| {
            weights
                .into_iter()
                .for_each(|(start, sums)| add(&mut row_sums[start..], &sums));
        },
    );
    Ok(row_sums.into_iter().map(f64::recip).collect())
}

fn add(totals: &mut [f64], sums: &[f64]) {
    totals
        .iter_mut()
        .zip(sums)
        .for_each(|(total, sum)| *total += sum);
}

/// K, of which a row of a tile is made at a time.
struct Similarity<'p> {
    points: &'p Points<'p>,
    vectors: &'p Vectors,
    kernel: Kernel,
}

impl Similarity<'_> {
    /// What a tile adds to Σⱼ exp((Kᵢⱼ − Kᵢᵢ) / τ) of its rows and, by symmetry, of its columns, and
    /// where those begin.
    fn weights(&self, tile: &Tile<'_>, tau: f64) -> Vec<(usize, Vec<f64>)> {
        let (mut of_rows, mut of_columns) = (vec![0.0; tile.height()], vec![0.0; tile.width]);
        let mut alike = vec![0.0; tile.width];
        let (mut weights, mut of_row) = (alike.clone(), alike.clone());
        let columns = tile.first_column..tile.first_column + tile.width;
        let of_themselves: Vec<f64> = columns.map(|point| self.with_itself(point)).collect();
        let is_one = !matches!(self.kernel, Kernel::Polynomial { .. });
        for (row, row_sum) in of_rows.iter_mut().enumerate() {
            self.row(tile, row, &mut alike);
            let own = self.with_itself(tile.first_row + row);
            exponents(&mut of_row, &alike, std::iter::repeat(&own), tau);
            if tile.is_diagonal() {
                of_row[row] = 0.0;
            }
            exp_in_place(&mut of_row);
            *row_sum = of_row.iter().sum();
            if is_one {
                add(&mut of_columns, &of_row);
            } else if !tile.is_diagonal() {
                exponents(&mut weights, &alike, &of_themselves, tau);
                exp_in_place(&mut weights);
                add(&mut of_columns, &weights);
            }
        }
        let mut made = vec![(tile.first_row, of_rows)];
        if !tile.is_diagonal() {
            made.push((tile.first_column, of_columns));
        }
        made
    }

    /// The similarity of a point with itself.
    fn with_itself(&self, point: usize) -> f64 {
        match self.kernel {
            Kernel::Polynomial { degree } => {
                self.polynomial(2.0 * self.points.half_square(point), degree)
            }
            _ => 1.0,
        }
    }

    /// The similarities of a row of a tile, of shape (width).
    fn row(&self, tile: &Tile<'_>, row: usize, into: &mut [f64]) {
        match self.kernel {
            // Rounding makes of a cosine of 1 a little more or less.
            Kernel::Cosine => {
                tile.products(row, into);
                into.iter_mut().for_each(|cosine| *cosine = cosine.min(1.0));
            }
            Kernel::Rbf { gamma } => {
                tile.squared_distances(row, into);
                into.iter_mut().for_each(|squared| *squared *= -gamma);
                exp_in_place(into);
            }
            Kernel::Laplacian { gamma } => {
                let from = self.vectors.row(tile.first_row + row);
                for (column, into) in into.iter_mut().enumerate() {
                    let to = self.vectors.row(tile.first_column + column);
                    *into = -gamma * sum_of_differences(from, to);
                }
                exp_in_place(into);
            }
            Kernel::Polynomial { degree } => {
                tile.products(row, into);
                into.iter_mut()
                    .for_each(|product| *product = self.polynomial(*product, degree));
            }
        }
    }

    fn polynomial(&self, product: f64, degree: i32) -> f64 {
        (product / self.vectors.dim() as f64 + 1.0).powi(degree)
    }
}

/// (K − of itself) / τ.
fn exponents<'a>(
    into: &mut [f64],
    alike: &[f64],
    of_itself: impl IntoIterator<Item = &'a f64>,
    tau: f64,
) {
    let pairs = into.iter_mut().zip(alike).zip(of_itself);
    pairs.for_each(|((into, alike), own)| *into = (alike - own) / tau);
}

/// Σ |x − y|, in eight sums side by side.
fn sum_of_differences(one: &[f32], other: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest = ones.remainder().iter().zip(others.remainder());
    let rest: f64 = rest
        .map(|(x, y)| (f64::from(*x) - f64::from(*y)).abs())
        .sum();
    for (xs, ys) in ones.zip(others) {
        for ((sum, x), y) in sums.iter_mut().zip(xs).zip(ys) {
            *sum += (f64::from(*x) - f64::from(*y)).abs();
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::equicorrelated;

    const KERNELS: [Kernel; 4] = [
        Kernel::Cosine,
        Kernel::Rbf { gamma: 0.7 },
        Kernel::Laplacian { gamma: 0.3 },
        Kernel::Polynomial { degree: 3 },
    ];

    #[test]
    fn equal_cosines_have_a_closed_form() {
        // Pᵢᵢ = e^(1/τ) / (e^(1/τ) + (n − 1) e^(c/τ)); 300 vectors make several tiles.
        for (tau, c) in [(0.1, 0.0), (0.1, 0.4), (1.0, 0.2), (0.05, 0.8), (0.1, 1.0)] {
            let n = 300.0;
            let itself = f64::exp(1.0 / tau);
            let expected = n * itself / (itself + (n - 1.0) * f64::exp(c / tau));
            let found = dcscore(&equicorrelated(300, c), Kernel::Cosine, tau).expect("finite");
            assert!(
                (found / expected - 1.0).abs() < 1e-5,
                "{tau} {c}: {found} {expected}"
            );
        }
    }

    #[test]
    fn every_kernel_is_that_of_its_formula() {
        // (1, 2), (3, 1), (0, 1) by the definition, without tiles.
        let rows = [[1.0f64, 2.0], [3.0, 1.0], [0.0, 1.0]];
        let dot = |a: &[f64; 2], b: &[f64; 2]| a[0] * b[0] + a[1] * b[1];
        let alike = |kernel, a: &[f64; 2], b: &[f64; 2]| -> f64 {
            let (x, y) = (a[0] - b[0], a[1] - b[1]);
            match kernel {
                Kernel::Cosine => dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
                Kernel::Rbf { gamma } => (-gamma * (x * x + y * y)).exp(),
                Kernel::Laplacian { gamma } => (-gamma * (x.abs() + y.abs())).exp(),
                Kernel::Polynomial { degree } => (dot(a, b) / 2.0 + 1.0).powi(degree),
            }
        };
        let values = rows.iter().flatten().map(|x| *x as f32).collect();
        let vectors = Vectors::new(values, 2).expect("whole rows");
        for (kernel, tau) in KERNELS
            .into_iter()
            .flat_map(|kernel| [(kernel, 1.0), (kernel, 0.3)])
        {
            let chance = |a| {
                let weight = |b| ((alike(kernel, a, b) - alike(kernel, a, a)) / tau).exp();
                rows.iter().map(weight).sum::<f64>().recip()
            };
            let expected: f64 = rows.iter().map(chance).sum();
            let found = dcscore(&vectors, kernel, tau).expect("finite");
            assert!(
                (found - expected).abs() < 1e-5,
                "{kernel:?} {tau}: {found} {expected}"
            );
        }
    }

    #[test]
    fn equal_vectors_score_1_by_every_kernel() {
        let vectors = Vectors::new([1.0, 2.0, 3.0].repeat(700), 3).expect("whole rows");
        for kernel in KERNELS {
            let found = dcscore(&vectors, kernel, 0.1).expect("finite");
            assert!((found - 1.0).abs() < 1e-4, "{kernel:?}: {found}");
        }
    }

    #[test]
    fn repeating_the_set_changes_nothing() {
        let vectors = Vectors::new((0..900).map(|x| (x * x % 71) as f32).collect(), 9);
        let vectors = vectors.expect("whole rows");
        let twice: Vec<usize> = (0..200).map(|row| row % 100).collect();
        for kernel in [
            KERNELS[0],
            Kernel::Rbf { gamma: 1e-4 },
            Kernel::Laplacian { gamma: 0.01 },
        ] {
            let once = dcscore(&vectors, kernel, 0.5).expect("finite");
            let repeated = dcscore(&vectors.select(&twice), kernel, 0.5).expect("finite");
            assert!(
                (once / repeated - 1.0).abs() < 1e-6,
                "{kernel:?}: {once} {repeated}"
            );
        }
    }

    #[test]
    fn orthogonal_vectors_reach_the_ceiling() {
        for (n, tau) in [(500, 1.0), (500, 0.1), (10, 0.05), (1, 0.1)] {
            let found = dcscore(&equicorrelated(n, 0.0), Kernel::Cosine, tau).expect("finite");
            assert!((found / ceiling(n, tau) - 1.0).abs() < 1e-6, "{found}");
        }
        assert!(ceiling(1_000_000, 1.0) < std::f64::consts::E);
    }

    #[test]
    fn long_vectors_do_not_overflow() {
        let vectors = Vectors::new(vec![1e20, 0.0, 0.0, 2e20, -3e20, 1e20], 2);
        let vectors = vectors.expect("whole rows");
        for kernel in KERNELS {
            let found = dcscore(&vectors, kernel, 0.1).expect("finite");
            assert!((0.0..=3.0 + 1e-9).contains(&found), "{kernel:?}: {found}");
        }
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        let vectors = Vectors::new(vec![1.0, 0.0, 0.0, 0.0], 2).expect("two rows");
        let error = dcscore(&vectors, Kernel::Cosine, 0.1).expect_err("zero");
        assert_eq!(
            error.to_string(),
            "vector 1 is all zeros and has no direction"
        );
    }
}
