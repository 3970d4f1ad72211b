//! How well a classifier tells the two sets apart: the classifier two-sample test.
//!
//! # Definition
//!
//! Both sets are cut into two halves, by a hash of the vectors, so that equal vectors are in one
//! half. A logistic regression learns on one half which set a vector is of and orders the vectors of
//! the other half; the value is the area under the ROC curve there, averaged over both directions.
//! The regression is on components of mean 0 and variance 1 (those of the half it learns on), both
//! sets weigh the same, and |w|² / 2 is added to the sum of the losses.
//!
//! # Range
//!
//! About ½ (no difference to be seen) to 1, higher is farther; below ½ by chance alone. The interval
//! is that of Hanley and McNeil, of the rows that are ordered: another division into halves would
//! give a somewhat different value. What tells the sets apart may be trivial, such as the length of
//! the texts.
//!
//! # Cost
//!
//! O(n d² + d³) time a Newton step, of which there are at most 50, and O(n d + d²) memory.
//!
//! # Source
//!
//! Lopez-Paz and Oquab 2017 (ICLR, arXiv 1610.06545); Hanley and McNeil 1982 (Radiology).

use numeric::{Seed, Vectors, dot_products};

use super::nearest::{halves, wins};
use crate::{Compare, Direction, Figure, MeasureError, Measured, Param, Preset, Shift};

pub(super) static C2ST_AUC: Shift = Shift {
    name: "c2st_auc",
    family: "c2st_auc",
    unit: "area under the ROC curve",
    direction: Direction::HigherIsFarther,
    about: "how well a linear classifier tells the sets apart, 0.5 if it cannot",
    params: &[
        Param::text("classifier", "logistic regression"),
        Param::real("C", 1.0),
        Param::integer("folds", 2),
    ],
    preset: Preset::Standard,
    jackknife: false,
    compute: Compare::Vectors(|reference, other, context| {
        c2st_auc(reference, other, context.seed())
    }),
};

/// Newton's method is left after so many steps.
const STEPS: usize = 50;
/// It has arrived when no weight moves by more.
const TOLERANCE: f64 = 1e-8;
/// The 0.975 quantile of the normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

fn c2st_auc(reference: &Vectors, other: &Vectors, seed: Seed) -> Measured {
    MeasureError::check("vectors", 4, reference.len().min(other.len()))?;
    let ((x_1, x_2), (y_1, y_2)) = (halves(reference, seed), halves(other, seed));
    let half = |x: &[usize], y: &[usize]| (reference.select(x), other.select(y));
    let (one, two) = (half(&x_1, &y_1), half(&x_2, &y_2));
    let (forth, back) = rayon::join(|| auc(&one, &two), || auc(&two, &one));
    let ((forth, forth_variance), (back, back_variance)) = (forth?, back?);
    let value = f64::midpoint(forth, back);
    let half_width = NORMAL * (forth_variance + back_variance).sqrt() / 2.0;
    let (low, high) = ((value - half_width).max(0.0), (value + half_width).min(1.0));
    Ok(Figure::from(value).within(low, high, "hanley_mcneil_95"))
}

/// The AUC on one half of what was learnt on the other, and its variance.
fn auc(train: &(Vectors, Vectors), test: &(Vectors, Vectors)) -> Result<(f64, f64), MeasureError> {
    let classifier = Classifier::new(&train.0, &train.1)?;
    let (a, b) = (classifier.scores(&test.0), classifier.scores(&test.1));
    let (n, m) = (a.len() as f64, b.len() as f64);
    let auc = wins(&a, &b) / (n * m);
    let (one, two) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let squares = (m - 1.0) * (one - auc * auc) + (n - 1.0) * (two - auc * auc);
    Ok((auc, (auc * (1.0 - auc) + squares).max(0.0) / (n * m)))
}

/// A logistic regression over standardised components.
struct Classifier {
    /// Mean and one over the standard deviation of each component; 0 of one that never changes.
    scale: Vec<(f64, f64)>,
    /// A weight a component, and the intercept last.
    weights: Vec<f64>,
}

impl Classifier {
    fn new(zeros: &Vectors, ones: &Vectors) -> Result<Self, MeasureError> {
        let scale = scale(zeros, ones);
        let d = scale.len() + 1;
        let mut rows = standardised(zeros, &scale);
        rows.extend(standardised(ones, &scale));
        let (n, m) = (zeros.len() as f64, ones.len() as f64);
        // Both sets weigh half of all rows.
        let classes = [((n + m) / (2.0 * n), 0.0), ((n + m) / (2.0 * m), 1.0)];
        let of_row = |row: usize| classes[usize::from(row >= zeros.len())];
        let mut weights = vec![0.0; d];
        for _ in 0..STEPS {
            let step = newton_step(&rows, d, &weights, of_row)?;
            weights.iter_mut().zip(&step).for_each(|(w, s)| *w -= s);
            if step.iter().all(|s| s.abs() < TOLERANCE) {
                break;
            }
        }
        Ok(Self { scale, weights })
    }

    fn scores(&self, vectors: &Vectors) -> Vec<f64> {
        let rows = standardised(vectors, &self.scale);
        let rows = rows.chunks_exact(self.weights.len());
        rows.map(|row| dot(row, &self.weights)).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn scale(zeros: &Vectors, ones: &Vectors) -> Vec<(f64, f64)> {
    let (n, d) = ((zeros.len() + ones.len()) as f64, zeros.dim());
    let rows = || zeros.rows().chain(ones.rows());
    let mut means = vec![0.0; d];
    for row in rows() {
        means
            .iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += f64::from(*x));
    }
    means.iter_mut().for_each(|sum| *sum /= n);
    let mut squares = vec![0.0; d];
    for row in rows() {
        for ((square, x), mean) in squares.iter_mut().zip(row).zip(&means) {
            *square += (f64::from(*x) - mean).powi(2);
        }
    }
    let inverse = |square: f64| {
        if square > 0.0 {
            (n / square).sqrt()
        } else {
            0.0
        }
    };
    means
        .into_iter()
        .zip(squares)
        .map(|(mean, square)| (mean, inverse(square)))
        .collect()
}

/// The rows less their means, over their standard deviations, each with a 1 behind it.
fn standardised(vectors: &Vectors, scale: &[(f64, f64)]) -> Vec<f64> {
    let mut rows = Vec::with_capacity(vectors.len() * (scale.len() + 1));
    for row in vectors.rows() {
        let components = row.iter().zip(scale);
        rows.extend(components.map(|(x, (mean, inverse))| (f64::from(*x) - mean) * inverse));
        rows.push(1.0);
    }
    rows
}

/// H⁻¹ g of the penalised loss; `of_row` says how much a row weighs and which class it is of.
fn newton_step(
    rows: &[f64],
    d: usize,
    weights: &[f64],
    of_row: impl Fn(usize) -> (f64, f64),
) -> Result<Vec<f64>, MeasureError> {
    let n = rows.len() / d;
    let mut gradient = weights.to_vec();
    // The intercept is not penalised, but for what keeps the matrix definite.
    gradient[d - 1] = 0.0;
    let mut columns = vec![0.0; d * n]; // √h X transposed, of shape (d, n)
    for (at, row) in rows.chunks_exact(d).enumerate() {
        let (weight, class) = of_row(at);
        let p = 1.0 / (1.0 + (-dot(row, weights)).exp());
        let (slope, root) = (weight * (p - class), (weight * p * (1.0 - p)).sqrt());
        for (component, x) in row.iter().enumerate() {
            gradient[component] += slope * x;
            columns[component * n + at] = root * x;
        }
    }
    let mut hessian = vec![0.0; d * d];
    dot_products(&columns, &columns, n, &mut hessian);
    for component in 0..d {
        hessian[component * d + component] += if component + 1 < d { 1.0 } else { 1e-9 };
    }
    solve(&mut hessian, d, gradient)
}

/// Solves A x = b of a positive definite A, of shape (d, d), by Cholesky's decomposition in place.
fn solve(a: &mut [f64], d: usize, mut b: Vec<f64>) -> Result<Vec<f64>, MeasureError> {
    for i in 0..d {
        for j in 0..=i {
            let (row_i, row_j) = (&a[i * d..i * d + j], &a[j * d..j * d + j]);
            let left = a[i * d + j] - dot(row_i, row_j);
            a[i * d + j] = if i > j {
                left / a[j * d + j]
            } else if left > 0.0 {
                left.sqrt()
            } else {
                return Err(MeasureError::Undefined("the classifier did not converge"));
            };
        }
    }
    for i in 0..d {
        b[i] = (b[i] - dot(&a[i * d..i * d + i], &b[..i])) / a[i * d + i];
    }
    for i in (0..d).rev() {
        let above: f64 = (i + 1..d).map(|j| a[j * d + i] * b[j]).sum();
        b[i] = (b[i] - above) / a[i * d + i];
    }
    Ok(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(n: usize, centre: f64, seed: u64) -> Vectors {
        let mut stream = Seed::new(seed).stream("cloud");
        let values = (0..n * 3).map(|at| {
            let shift = if at % 3 == 0 { centre } else { 0.0 };
            (stream.normal() + shift) as f32
        });
        Vectors::new(values.collect(), 3).expect("whole rows")
    }

    #[test]
    fn a_system_of_equations_is_solved() {
        // [[4, 2], [2, 3]] x = (8, 7): x = (1.25, 1.5).
        let found = solve(&mut [4.0, 2.0, 2.0, 3.0], 2, vec![8.0, 7.0]).expect("definite");
        assert!((found[0] - 1.25).abs() < 1e-15 && (found[1] - 1.5).abs() < 1e-15);
        assert!(solve(&mut [0.0], 1, vec![1.0]).is_err());
    }

    #[test]
    fn one_source_cannot_be_told_apart_and_two_can() {
        let value = |other: &Vectors| c2st_auc(&cloud(400, 0.0, 1), other, Seed::new(1));
        let same = value(&cloud(300, 0.0, 2)).expect("enough");
        let interval = same.interval.expect("its own");
        assert!(interval.low < 0.5 && 0.5 < interval.high, "{}", same.value);
        // Two normal distributions at 2 have AUC Φ(2 / √2) = 0.921.
        let far = value(&cloud(300, 2.0, 3)).expect("enough").value;
        assert!((far - 0.921).abs() < 0.03, "{far}");
    }

    #[test]
    fn sets_that_a_plane_divides_are_told_apart_wholly() {
        let found = c2st_auc(&cloud(40, 0.0, 1), &cloud(40, 99.0, 2), Seed::new(1));
        assert_eq!(found.expect("enough").value, 1.0);
    }

    #[test]
    fn equal_rows_are_a_toss_up() {
        let rows = Vectors::new(vec![1.0; 30], 3).expect("whole rows");
        let found = c2st_auc(&rows, &rows, Seed::new(1)).expect("enough");
        assert_eq!(found.value, 0.5);
    }
}
