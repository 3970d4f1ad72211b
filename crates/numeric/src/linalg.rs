//! Symmetric matrices in f64 and the few things that diversity measures need of them.
//!
//! Every product is split at places that depend on the sizes alone and added up in one order, and
//! the eigensolver runs on one thread, so that results do not depend on the number of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, MatRef, Par, Spec};
use rayon::prelude::*;
use thiserror::Error;

use crate::simd::{sum_over, widest};
use crate::{Vectors, VectorsError};

/// How many vectors are multiplied at a time.
const BLOCK: usize = 512;
/// At most so many sums of outer products grow side by side, each of d × d numbers.
const MOST_SEGMENTS: usize = 16;

/// A symmetric matrix of shape (d, d).
#[derive(Clone, Debug, PartialEq)]
pub struct Symmetric {
    values: Vec<f64>,
    dim: usize,
}

/// Why a matrix could not be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LinalgError {
    /// The eigensolver gave up.
    #[error("the eigenvalues of a matrix of shape ({dim}, {dim}) did not converge")]
    NoConvergence {
        /// The number of rows of the matrix.
        dim: usize,
    },
}

impl Symmetric {
    /// The matrix whose element (i, j) is `element(i, j)`, asked for i ≥ j.
    pub fn from_fn(dim: usize, element: impl Fn(usize, usize) -> f64) -> Self {
        let at = |at: usize| {
            let (i, j) = (at / dim, at % dim);
            element(i.max(j), i.min(j))
        };
        Self {
            values: (0..dim * dim).map(at).collect(),
            dim,
        }
    }

    /// d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All elements, row after row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The sum of the diagonal.
    pub fn trace(&self) -> f64 {
        crate::sum(self.values.iter().step_by(self.dim + 1).copied())
    }

    /// The sum of the squares of all elements, which is that of the squared eigenvalues.
    pub fn sum_of_squares(&self) -> f64 {
        crate::sum(self.values.iter().map(|value| value * value))
    }

    /// Every element times `factor`.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|value| *value *= factor);
        self
    }

    /// The eigenvalues, ascending.
    pub fn eigenvalues(&self) -> Result<Vec<f64>, LinalgError> {
        self.eigen(None)
    }

    /// The eigenvalues, ascending, and as many eigenvectors, row after row of shape (d, d).
    pub fn eigenvectors(&self) -> Result<(Vec<f64>, Vec<f64>), LinalgError> {
        let mut basis = Mat::zeros(self.dim, self.dim);
        let eigenvalues = self.eigen(Some(basis.as_mut()))?;
        let at = |at: usize| basis[(at % self.dim, at / self.dim)];
        Ok((eigenvalues, (0..self.dim * self.dim).map(at).collect()))
    }

    /// The symmetric square root of a positive semidefinite matrix: R with R R = self.
    ///
    /// Eigenvalues below 0, which rounding makes of 0, count as 0.
    pub fn sqrt(&self) -> Result<Self, LinalgError> {
        let mut basis = Mat::zeros(self.dim, self.dim);
        let eigenvalues = self.eigen(Some(basis.as_mut()))?;
        // V diag(√λ) Vᵀ = W Wᵀ with W = V diag(λ^¼)
        let root = Mat::from_fn(self.dim, self.dim, |i, j| {
            basis[(i, j)] * eigenvalues[j].max(0.0).sqrt().sqrt()
        });
        let mut product = vec![0.0; self.dim * self.dim];
        let into = MatMut::from_row_major_slice_mut(&mut product, self.dim, self.dim);
        matmul(into, Accum::Replace, &root, root.transpose(), 1.0, Par::Seq);
        Ok(Self::mirrored(product, self.dim))
    }

    /// The product self · `inner` · self.
    #[must_use]
    pub fn around(&self, inner: &Self) -> Self {
        let dim = self.dim;
        let (mut half, mut product) = (vec![0.0; dim * dim], vec![0.0; dim * dim]);
        multiply(&mut half, &self.values, &inner.values, dim);
        multiply(&mut product, &half, &self.values, dim);
        Self::mirrored(product, dim)
    }

    /// Copies what is below the diagonal to above it.
    fn mirrored(mut values: Vec<f64>, dim: usize) -> Self {
        for i in 0..dim {
            for j in 0..i {
                values[j * dim + i] = values[i * dim + j];
            }
        }
        Self { values, dim }
    }

    fn as_mat(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.dim, self.dim)
    }

    /// The eigenvalues, ascending, and if asked for, the eigenvectors as columns of `basis`.
    fn eigen(&self, basis: Option<MatMut<'_, f64>>) -> Result<Vec<f64>, LinalgError> {
        let wanted = match basis {
            Some(_) => ComputeEigenvectors::Yes,
            None => ComputeEigenvectors::No,
        };
        let scratch = self_adjoint_evd_scratch::<f64>(self.dim, wanted, Par::Seq, Spec::default());
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        let mut eigenvalues = Diag::zeros(self.dim);
        let into = eigenvalues.as_mut();
        self_adjoint_evd(self.as_mat(), into, basis, Par::Seq, stack, Spec::default())
            .map_err(|_| LinalgError::NoConvergence { dim: self.dim })?;
        Ok(eigenvalues.column_vector().iter().copied().collect())
    }
}

/// into = left · right, all of shape (d, d), row after row.
fn multiply(into: &mut [f64], left: &[f64], right: &[f64], dim: usize) {
    let mat = |values| MatRef::from_row_major_slice(values, dim, dim);
    let into = MatMut::from_row_major_slice_mut(into, dim, dim);
    matmul(into, Accum::Replace, mat(left), mat(right), 1.0, Par::Seq);
}

/// Xᵀ X of shape (d, d) or X Xᵀ of shape (n, n), whichever is smaller, where X are the vectors
/// times `scales`, one a vector.
///
/// Both have the same eigenvalues but for zeros, and so the same sum of squares.
pub fn smaller_gram(vectors: &Vectors, scales: &[f64]) -> Symmetric {
    if vectors.len() > vectors.dim() {
        gram(vectors, scales)
    } else {
        kernel(vectors, scales)
    }
}

/// Xᵀ X of shape (d, d), where X are the vectors times `scales`.
fn gram(vectors: &Vectors, scales: &[f64]) -> Symmetric {
    let fill = |row: usize, into: &mut [f64]| scale_into(vectors.row(row), scales[row], into);
    sum_of_outer_products(vectors.len(), vectors.dim(), fill)
}

/// X Xᵀ of shape (n, n), where X are the vectors times `scales`.
fn kernel(vectors: &Vectors, scales: &[f64]) -> Symmetric {
    let (n, dim) = (vectors.len(), vectors.dim());
    let mut scaled = vec![0.0; n * dim];
    for (row, into) in scaled.chunks_exact_mut(dim).enumerate() {
        scale_into(vectors.row(row), scales[row], into);
    }
    let mut values = vec![0.0; n * n];
    let blocks = values
        .par_chunks_mut(BLOCK * n)
        .zip(scaled.par_chunks(BLOCK * dim));
    blocks.for_each(|(into, block)| dot_products(block, &scaled, dim, into));
    Symmetric::mirrored(values, n)
}

/// The mean, of shape (d), and the unbiased covariance (division by n − 1) of two or more vectors.
pub fn mean_and_covariance(vectors: &Vectors) -> (Vec<f64>, Symmetric) {
    let mean = mean_vector(vectors);
    let squares = sum_of_outer_products(vectors.len(), vectors.dim(), |row, into| {
        for ((into, value), mean) in into.iter_mut().zip(vectors.row(row)).zip(&mean) {
            *into = f64::from(*value) - mean;
        }
    });
    let n_less_1 = vectors.len().saturating_sub(1).max(1);
    (mean, squares.scaled(1.0 / n_less_1 as f64))
}

/// The mean of the vectors, of shape (d); zeros of no vector.
pub fn mean_vector(vectors: &Vectors) -> Vec<f64> {
    let mut mean = vec![0.0; vectors.dim()];
    for row in vectors.rows() {
        add_scaled(&mut mean, row, 1.0);
    }
    let n = vectors.len().max(1) as f64;
    for sum in &mut mean {
        *sum /= n;
    }
    mean
}

/// Adds a row `times` to a sum.
pub(crate) fn add_scaled(sum: &mut [f64], row: &[f32], times: f64) {
    widest(|| add_each(sum, row, times));
}

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn add_each(sum: &mut [f64], row: &[f32], times: f64) {
    for (sum, x) in sum.iter_mut().zip(row) {
        *sum += f64::from(*x) * times;
    }
}

/// The dot product of every row of `left`, shape (m, d), with every row of `right`, shape (k, d).
///
/// Fills `into`, of shape (m, k), on the thread that calls.
pub fn dot_products<T: faer::traits::RealField>(
    left: &[T],
    right: &[T],
    dim: usize,
    into: &mut [T],
) {
    let (m, k) = (left.len() / dim, right.len() / dim);
    let left = MatRef::from_row_major_slice(left, m, dim);
    let right = MatRef::from_row_major_slice(right, k, dim);
    let into = MatMut::from_row_major_slice_mut(into, m, k);
    let one = faer::traits::math_utils::one::<T>();
    matmul(into, Accum::Replace, left, right.transpose(), one, Par::Seq);
}

/// One over the length of each vector; a vector of zeros is refused.
pub fn inverse_lengths(vectors: &Vectors) -> Result<Vec<f64>, VectorsError> {
    let scale = |(row, vector): (usize, &[f32])| {
        let squares = sum_over(vector, |x| x * x);
        let scale = squares.sqrt().recip();
        scale
            .is_finite()
            .then_some(scale)
            .ok_or(VectorsError::Zero { row })
    };
    vectors.rows().enumerate().map(scale).collect()
}

fn scale_into(vector: &[f32], scale: f64, into: &mut [f64]) {
    widest(|| scale_each(vector, scale, into));
}

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for wide vectors"
)]
#[inline(always)]
fn scale_each(vector: &[f32], scale: f64, into: &mut [f64]) {
    for (into, value) in into.iter_mut().zip(vector) {
        *into = f64::from(*value) * scale;
    }
}

/// Σ x xᵀ over n vectors of dimension d, which `fill` writes one at a time.
fn sum_of_outer_products(
    n: usize,
    dim: usize,
    fill: impl Fn(usize, &mut [f64]) + Sync,
) -> Symmetric {
    let segments = n.div_ceil(BLOCK).clamp(1, MOST_SEGMENTS);
    let sums: Vec<Vec<f64>> = (0..segments)
        .into_par_iter()
        .map(|segment| {
            let rows = n * segment / segments..n * (segment + 1) / segments;
            segment_of_outer_products(rows, dim, &fill)
        })
        .collect();
    let mut total = vec![0.0; dim * dim];
    for sum in sums {
        total
            .iter_mut()
            .zip(sum)
            .for_each(|(total, sum)| *total += sum);
    }
    Symmetric::mirrored(total, dim)
}

/// The lower triangle of Σ x xᵀ over some of the vectors.
fn segment_of_outer_products(
    rows: std::ops::Range<usize>,
    dim: usize,
    fill: &impl Fn(usize, &mut [f64]),
) -> Vec<f64> {
    let mut sum = vec![0.0; dim * dim];
    let mut block = vec![0.0; BLOCK.min(rows.len()) * dim];
    for start in rows.clone().step_by(BLOCK) {
        let size = BLOCK.min(rows.end - start);
        for (offset, into) in block.chunks_exact_mut(dim).take(size).enumerate() {
            fill(start + offset, into);
        }
        let x = MatRef::from_row_major_slice(&block[..size * dim], size, dim); // (size, d)
        triangular::matmul(
            MatMut::from_row_major_slice_mut(&mut sum, dim, dim),
            BlockStructure::TriangularLower,
            Accum::Add,
            x.transpose(),
            BlockStructure::Rectangular,
            x,
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    fn random(n: usize, dim: usize) -> Vectors {
        let mut stream = Seed::new(1).stream("vectors");
        let values = (0..n * dim).map(|_| stream.normal() as f32).collect();
        Vectors::new(values, dim).expect("whole rows")
    }

    #[test]
    fn eigenvalues_of_a_worked_example() {
        // [[2, 1], [1, 2]] has 1 and 3.
        let matrix = Symmetric::from_fn(2, |i, j| if i == j { 2.0 } else { 1.0 });
        let eigenvalues = matrix.eigenvalues().expect("converges");
        assert!((eigenvalues[0] - 1.0).abs() < 1e-14 && (eigenvalues[1] - 3.0).abs() < 1e-14);
        assert_eq!(matrix.trace(), 4.0);
    }

    #[test]
    fn a_matrix_stretches_its_eigenvectors() {
        // [[2, 1], [1, 2]] leaves (1, −1)/√2 as it is and stretches (1, 1)/√2 by 3.
        let matrix = Symmetric::from_fn(2, |i, j| if i == j { 2.0 } else { 1.0 });
        let (values, vectors) = matrix.eigenvectors().expect("converges");
        assert!((values[1] - 3.0).abs() < 1e-14);
        assert!((vectors[0] + vectors[1]).abs() < 1e-14);
        assert!(
            (vectors[2] - vectors[3]).abs() < 1e-14
                && (vectors[2].abs() - 0.5f64.sqrt()).abs() < 1e-14
        );
    }

    #[test]
    fn a_root_times_itself_is_the_matrix() {
        let (_, matrix) = mean_and_covariance(&random(50, 20));
        let root = matrix.sqrt().expect("converges");
        let identity = Symmetric::from_fn(20, |i, j| f64::from(u8::from(i == j)));
        let squared = root.around(&identity);
        for (a, b) in squared.values().iter().zip(matrix.values()) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn covariance_of_a_worked_example() {
        // (1, 0), (3, 4): mean (2, 2), deviations ∓(1, 2), over 1: [[2, 4], [4, 8]].
        let vectors = Vectors::new(vec![1.0, 0.0, 3.0, 4.0], 2).expect("two rows");
        let (mean, covariance) = mean_and_covariance(&vectors);
        assert_eq!(mean, [2.0, 2.0]);
        assert_eq!(covariance.values(), [2.0, 4.0, 4.0, 8.0]);
    }

    #[test]
    fn both_gram_matrices_have_the_same_eigenvalues() {
        let vectors = random(7, 30);
        let scales = [1.0, 2.0, 3.0, 1.0, 1.0, 0.5, 1.0];
        let eigenvalues = |matrix: &Symmetric| matrix.eigenvalues().expect("converges");
        let (small, large) = (kernel(&vectors, &scales), gram(&vectors, &scales));
        assert!((small.sum_of_squares() / large.sum_of_squares() - 1.0).abs() < 1e-12);
        let (small, large) = (eigenvalues(&small), eigenvalues(&large));
        for (a, b) in small.iter().zip(&large[23..]) {
            assert!((a - b).abs() < 1e-10);
        }
        assert!(large[..23].iter().all(|zero| zero.abs() < 1e-10));
        assert_eq!(smaller_gram(&vectors, &scales).dim(), 7);
        assert_eq!(smaller_gram(&random(31, 30), &[1.0; 31]).dim(), 30);
    }

    #[test]
    fn many_blocks_add_up_to_one_sum() {
        let vectors = random(20 * BLOCK + 3, 5);
        let gram = gram(&vectors, &inverse_lengths(&vectors).expect("not zero"));
        // The rows have length 1.
        assert!((gram.trace() - vectors.len() as f64).abs() < 1e-8);
        let unit = vectors.normalized().expect("not zero");
        let expected: f64 = unit.rows().map(|x| f64::from(x[3]) * f64::from(x[1])).sum();
        assert!((gram.values()[3 * 5 + 1] - expected).abs() < 1e-3);
        assert_eq!(gram.values()[3 * 5 + 1], gram.values()[5 + 3]);
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        let vectors = Vectors::new(vec![1.0, 0.0, 0.0, 0.0], 2).expect("two rows");
        assert_eq!(
            inverse_lengths(&vectors),
            Err(VectorsError::Zero { row: 1 })
        );
    }

    #[test]
    fn dot_products_of_a_worked_example() {
        let mut into = [0.0f32; 2];
        dot_products(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], 2, &mut into);
        assert_eq!(into, [11.0, 17.0]);
    }
}
