//! Vectors out of a column of lists: of one length or not by its type, of f32 or f64.

use std::collections::BTreeMap;

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type};
use numeric::Vectors;

use crate::columns;
use crate::error::{Error, Result};
use crate::table::Table;

impl Table {
    /// The vectors of the column called `name` at `rows`, in that order.
    ///
    /// It may be a `FixedSizeList`, a `List` or a `LargeList`, of f32 or of f64, which is rounded
    /// to f32. A null, a number that is not finite and a vector of another length than the first
    /// are errors that name their row.
    pub fn vectors_at(&self, name: &str, rows: &[usize]) -> Result<Vectors> {
        let batches = self
            .chunks(name)?
            .map(|chunk| Lists::new(chunk).ok_or_else(|| self.no_vectors(name, chunk.data_type())))
            .collect::<Result<Vec<_>>>()?;
        let starts = starts(&batches);
        let (mut values, mut dim) = (Vec::new(), None);
        for row in rows {
            let batch = starts.partition_point(|start| start <= row) - 1;
            let before = values.len();
            batches[batch]
                .append(row - starts[batch], &mut values)
                .map_err(|wrong| {
                    Error::new(format!(
                        "{}: column `{name}` {wrong} in row {row}",
                        self.name()
                    ))
                })?;
            let found = values.len() - before;
            let dim = *dim.get_or_insert_with(|| {
                values.reserve(found * (rows.len() - 1));
                found
            });
            if found != dim || dim == 0 {
                return Err(Error::new(format!(
                    "{}: column `{name}` has {found} components in row {row}, and {dim} in row {}",
                    self.name(),
                    rows[0]
                )));
            }
        }
        let dim = dim.or_else(|| self.fixed_dim(name)).unwrap_or(1);
        Vectors::new(values, dim).map_err(|cause| {
            let name = format!("{}: column `{name}` holds no usable vectors", self.name());
            Error::new(name).caused_by(cause)
        })
    }

    /// What the field of a column of vectors says of the embedder that made them.
    pub fn embedder(&self, name: &str) -> BTreeMap<String, String> {
        let field = self.schema().field_with_name(name);
        field.map(columns::embedder_of).unwrap_or_default()
    }

    /// Checks that the column called `name` was made by one embedder here and in `other`, by what
    /// both fields say; where one says nothing, it is taken on trust.
    pub fn check_one_embedder(&self, other: &Self, name: &str) -> Result<()> {
        let fields = (self.field(name), other.field(name));
        match fields {
            (Some(one), Some(two))
                if !self.embedder(name).is_empty() && !other.embedder(name).is_empty() =>
            {
                let both = format!("{} and {}", self.name(), other.name());
                columns::one_embedder(&both, one, two)
            }
            _ => Ok(()),
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.schema().field_with_name(name).ok()
    }

    fn fixed_dim(&self, name: &str) -> Option<usize> {
        match self.field(name)?.data_type() {
            DataType::FixedSizeList(_, dim) => usize::try_from(*dim).ok().filter(|dim| *dim > 0),
            _ => None,
        }
    }

    fn no_vectors(&self, name: &str, found: &DataType) -> Error {
        Error::new(format!(
            "{}: column `{name}` is {found}, but lists of f32 or f64 are needed",
            self.name()
        ))
        .with_hint("run `embed`, or name another column with --embedding-column")
    }
}

/// The lists of one batch.
struct Lists<'a> {
    lists: &'a ArrayRef,
    values: &'a ArrayRef,
}

impl<'a> Lists<'a> {
    /// `None` where the column holds something else.
    fn new(lists: &'a ArrayRef) -> Option<Self> {
        let values = match lists.data_type() {
            DataType::FixedSizeList(..) => lists.as_fixed_size_list().values(),
            DataType::List(_) => lists.as_list::<i32>().values(),
            DataType::LargeList(_) => lists.as_list::<i64>().values(),
            _ => return None,
        };
        let known = matches!(values.data_type(), DataType::Float32 | DataType::Float64);
        known.then_some(Self { lists, values })
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        match self.lists.data_type() {
            DataType::FixedSizeList(..) => {
                let lists = self.lists.as_fixed_size_list();
                let start = lists.value_offset_at(row);
                start..start + lists.value_length() as usize
            }
            DataType::List(_) => {
                let offsets = self.lists.as_list::<i32>().value_offsets();
                offsets[row] as usize..offsets[row + 1] as usize
            }
            _ => {
                let offsets = self.lists.as_list::<i64>().value_offsets();
                offsets[row] as usize..offsets[row + 1] as usize
            }
        }
    }

    /// Adds the components of one row, or says what is wrong with it.
    fn append(&self, row: usize, into: &mut Vec<f32>) -> Result<(), &'static str> {
        if self.lists.is_null(row) {
            return Err("is null");
        }
        let range = self.range(row);
        if self.values.null_count() > 0 && range.clone().any(|at| self.values.is_null(at)) {
            return Err("has a null component");
        }
        let before = into.len();
        if let Some(values) = self.values.as_primitive_opt::<Float32Type>() {
            into.extend_from_slice(&values.values()[range]);
        } else {
            let values = self.values.as_primitive::<Float64Type>().values();
            into.extend(values[range].iter().map(|value| *value as f32));
        }
        if into[before..].iter().all(|value| value.is_finite()) {
            Ok(())
        } else {
            Err("has a component that is not a finite number")
        }
    }
}

/// The first row of each batch.
fn starts(batches: &[Lists<'_>]) -> Vec<usize> {
    let lengths = batches.iter().map(|batch| batch.lists.len());
    lengths
        .scan(0, |next, length| {
            let start = *next;
            *next += length;
            Some(start)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        FixedSizeListArray, Float32Array, Float64Builder, LargeListBuilder, ListBuilder,
        RecordBatch,
    };

    use super::*;

    fn fixed(values: Vec<f32>, dim: i32) -> ArrayRef {
        let item = Arc::new(Field::new("item", DataType::Float32, true));
        let values: ArrayRef = Arc::new(Float32Array::from(values));
        Arc::new(FixedSizeListArray::new(item, dim, values, None))
    }

    fn doubles(rows: &[&[f64]]) -> ArrayRef {
        let mut lists = ListBuilder::new(Float64Builder::new());
        for row in rows {
            lists.append_value(row.iter().copied().map(Some));
        }
        Arc::new(lists.finish())
    }

    fn table(batches: &[ArrayRef]) -> Table {
        let batches: Vec<_> = batches
            .iter()
            .map(|vectors| RecordBatch::try_from_iter([("v", vectors.clone())]).expect("a column"))
            .collect();
        Table::new("t.parquet", batches[0].schema(), batches)
    }

    #[test]
    fn rows_of_several_batches_come_in_the_order_that_is_asked_for() {
        let table = table(&[
            fixed(vec![1.0, 2.0, 3.0, 4.0], 2).slice(1, 1),
            fixed(vec![5.0, 6.0, 7.0, 8.0], 2),
        ]);
        let vectors = table.vectors_at("v", &[2, 0]).expect("vectors");
        assert_eq!(vectors.values(), [7.0, 8.0, 3.0, 4.0]);
    }

    #[test]
    fn lists_of_f64_are_vectors_too() {
        let vectors = table(&[doubles(&[&[0.5, 1.5], &[2.0, 3.0]])]).vectors_at("v", &[0, 1]);
        assert_eq!(vectors.expect("vectors").values(), [0.5, 1.5, 2.0, 3.0]);
        let mut large = LargeListBuilder::new(Float64Builder::new());
        large.append_value([Some(0.25)]);
        let vectors = table(&[Arc::new(large.finish())]).vectors_at("v", &[0]);
        assert_eq!(vectors.expect("vectors").values(), [0.25]);
    }

    #[test]
    fn what_is_no_vector_is_refused_with_its_row() {
        let refused = |column: ArrayRef| {
            let table = table(&[column]);
            table
                .vectors_at("v", &[1, 0])
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(
            refused(doubles(&[&[1.0], &[1.0, 2.0]])),
            "t.parquet: column `v` has 1 components in row 0, and 2 in row 1"
        );
        assert_eq!(
            refused(fixed(vec![f32::NAN, 1.0], 1)),
            "t.parquet: column `v` has a component that is not a finite number in row 0"
        );
        assert_eq!(
            refused(doubles(&[&[1e300], &[1.0]])),
            "t.parquet: column `v` has a component that is not a finite number in row 0"
        );
        let numbers: ArrayRef = Arc::new(Float32Array::from(vec![1.0, 2.0]));
        assert!(refused(numbers).contains("but lists of f32 or f64 are needed"));
        let mut lists = ListBuilder::new(Float64Builder::new());
        lists.append_value([Some(1.0), None]);
        lists.append_null();
        assert!(refused(Arc::new(lists.finish())).ends_with("is null in row 1"));
    }
}
