//! A set of vectors of one dimension: shape (n, d), row after row, f32.

use thiserror::Error;

/// `n` vectors of dimension `d`, all finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectors {
    values: Vec<f32>,
    dim: usize,
}

/// Why numbers make no set of vectors.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VectorsError {
    /// The numbers do not fill whole rows.
    #[error("{values} numbers do not make whole rows of dimension {dim}")]
    Shape {
        /// How many numbers there are.
        values: usize,
        /// How many make a row.
        dim: usize,
    },
    /// A component is NaN or infinite.
    #[error("component {component} of vector {row} is not a finite number")]
    NotFinite {
        /// Which vector, from 0.
        row: usize,
        /// Which component, from 0.
        component: usize,
    },
    /// A vector has no direction.
    #[error("vector {row} is all zeros and has no direction")]
    Zero {
        /// Which vector, from 0.
        row: usize,
    },
}

impl Vectors {
    /// Takes `values` as rows of dimension `dim`.
    pub fn new(values: Vec<f32>, dim: usize) -> Result<Self, VectorsError> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return Err(VectorsError::Shape {
                values: values.len(),
                dim,
            });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(VectorsError::NotFinite {
                row: at / dim,
                component: at % dim,
            });
        }
        Ok(Self { values, dim })
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The `index`-th vector, of shape (d).
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dim..][..self.dim]
    }

    /// All vectors, first to last.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dim)
    }

    /// All numbers, row after row, of shape (n · d).
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The vectors at `indices`, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let values = indices.iter().flat_map(|&index| self.row(index)).copied();
        Self {
            values: values.collect(),
            dim: self.dim,
        }
    }

    /// Every vector divided by its Euclidean length.
    pub fn normalized(&self) -> Result<Self, VectorsError> {
        let mut values = Vec::with_capacity(self.values.len());
        for (row, vector) in self.rows().enumerate() {
            let squares: f64 = vector.iter().map(|x| f64::from(*x).powi(2)).sum();
            if squares == 0.0 {
                return Err(VectorsError::Zero { row });
            }
            let scale = squares.sqrt().recip();
            values.extend(vector.iter().map(|x| (f64::from(*x) * scale) as f32));
        }
        Ok(Self {
            values,
            dim: self.dim,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in() {
        let vectors = Vectors::new(vec![1.0, 2.0, 3.0, 4.0], 2).expect("two rows");
        assert_eq!((vectors.len(), vectors.dim()), (2, 2));
        assert_eq!(vectors.row(1), [3.0, 4.0]);
        assert_eq!(vectors.select(&[1, 0]).values(), [3.0, 4.0, 1.0, 2.0]);
    }

    #[test]
    fn what_is_no_vector_is_refused() {
        assert!(matches!(
            Vectors::new(vec![1.0; 3], 2),
            Err(VectorsError::Shape { .. })
        ));
        let nan = Vectors::new(vec![0.0, 1.0, 2.0, f32::NAN], 2);
        assert_eq!(
            nan,
            Err(VectorsError::NotFinite {
                row: 1,
                component: 1
            })
        );
    }

    #[test]
    fn normalizing_gives_length_1_and_refuses_zero() {
        let vectors = Vectors::new(vec![3.0, 4.0], 2).expect("one row");
        assert_eq!(vectors.normalized().expect("not zero").row(0), [0.6, 0.8]);
        let zero = Vectors::new(vec![0.0, 0.0], 2).expect("one row");
        assert_eq!(zero.normalized(), Err(VectorsError::Zero { row: 0 }));
    }
}
