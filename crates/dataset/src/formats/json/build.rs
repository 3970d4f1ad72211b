//! Arrow columns filled from JSON objects, once the columns are known.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListArray, NullBufferBuilder,
    StringBuilder, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, FieldRef, Fields, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::value::{Object, Value};
use crate::error::{Error, Result as Outcome, shown};

type Result<T> = std::result::Result<T, String>;

/// The rows of one batch, as they are filled.
pub(super) struct Rows {
    columns: Columns,
    count: usize,
}

impl Rows {
    /// No rows, of these columns.
    pub(super) fn new(fields: &Fields) -> Self {
        Self {
            columns: Columns::new(fields),
            count: 0,
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds a row.
    pub(super) fn push(&mut self, object: Object<'_>) -> Result<()> {
        self.columns.push(object)?;
        self.count += 1;
        Ok(())
    }

    /// The rows as a batch; none are left.
    pub(super) fn finish(&mut self, schema: &SchemaRef) -> Outcome<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.count));
        self.count = 0;
        RecordBatch::try_new_with_options(Arc::clone(schema), self.columns.finish(), &options)
            .map_err(Error::from)
    }
}

/// The columns of objects, which may be rows or the values of a struct column.
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
    members: Vec<Column>,
    filled: Vec<bool>,
}

impl Columns {
    fn new(fields: &Fields) -> Self {
        let names: Vec<_> = fields.iter().map(|field| field.name().clone()).collect();
        Self {
            places: names.iter().cloned().zip(0..).collect(),
            members: fields
                .iter()
                .map(|field| Column::new(field.data_type()))
                .collect(),
            filled: vec![false; names.len()],
            names,
        }
    }

    fn push(&mut self, object: Object<'_>) -> Result<()> {
        self.filled.fill(false);
        for (position, (name, value)) in object.into_iter().enumerate() {
            let there = self
                .names
                .get(position)
                .is_some_and(|there| *there == *name);
            let place = if there {
                Some(position)
            } else {
                self.places.get(name.as_ref()).copied()
            };
            let place = place.ok_or_else(|| changed(&name))?;
            self.members[place].push(&name, value)?;
            self.filled[place] = true;
        }
        for (column, filled) in self.members.iter_mut().zip(&self.filled) {
            if !filled {
                column.push_null();
            }
        }
        Ok(())
    }

    fn push_null(&mut self) {
        self.members.iter_mut().for_each(Column::push_null);
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        self.members.iter_mut().map(Column::finish).collect()
    }
}

enum Column {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
    List {
        item: Box<Column>,
        field: FieldRef,
        lengths: Vec<usize>,
        valid: NullBufferBuilder,
    },
    Struct {
        columns: Columns,
        fields: Fields,
        valid: NullBufferBuilder,
    },
}

impl Column {
    fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            DataType::Int64 => Self::Int(Int64Builder::new()),
            DataType::Float64 => Self::Float(Float64Builder::new()),
            DataType::List(field) => Self::List {
                item: Box::new(Self::new(field.data_type())),
                field: Arc::clone(field),
                lengths: Vec::new(),
                valid: NullBufferBuilder::new(0),
            },
            DataType::Struct(fields) => Self::Struct {
                columns: Columns::new(fields),
                fields: fields.clone(),
                valid: NullBufferBuilder::new(0),
            },
            _ => Self::Text(StringBuilder::new()),
        }
    }

    fn push(&mut self, name: &str, value: Value<'_>) -> Result<()> {
        match (self, value) {
            (column, Value::Null) => column.push_null(),
            (Self::Bool(values), Value::Bool(value)) => values.append_value(value),
            (Self::Int(values), Value::Int(value)) => values.append_value(value),
            (Self::Float(values), Value::Float(value)) => values.append_value(value),
            (Self::Float(values), Value::Int(value)) => values.append_value(exact(name, value)?),
            (Self::Text(values), Value::Text(value)) => values.append_value(value),
            (Self::Text(values), Value::Object(object)) if object.is_empty() => {
                values.append_value("{}");
            }
            (
                Self::List {
                    item,
                    lengths,
                    valid,
                    ..
                },
                Value::List(list),
            ) => {
                lengths.push(list.len());
                valid.append_non_null();
                list.into_iter()
                    .try_for_each(|value| item.push(name, value))?;
            }
            (Self::Struct { columns, valid, .. }, Value::Object(object)) => {
                valid.append_non_null();
                columns.push(object)?;
            }
            _ => return Err(changed(name)),
        }
        Ok(())
    }

    fn push_null(&mut self) {
        match self {
            Self::Bool(values) => values.append_null(),
            Self::Int(values) => values.append_null(),
            Self::Float(values) => values.append_null(),
            Self::Text(values) => values.append_null(),
            Self::List { lengths, valid, .. } => {
                lengths.push(0);
                valid.append_null();
            }
            Self::Struct { columns, valid, .. } => {
                columns.push_null();
                valid.append_null();
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(values) => Arc::new(values.finish()),
            Self::Int(values) => Arc::new(values.finish()),
            Self::Float(values) => Arc::new(values.finish()),
            Self::Text(values) => Arc::new(values.finish()),
            Self::List {
                item,
                field,
                lengths,
                valid,
            } => {
                let ends = OffsetBuffer::from_lengths(lengths.drain(..));
                Arc::new(ListArray::new(
                    Arc::clone(field),
                    ends,
                    item.finish(),
                    valid.finish(),
                ))
            }
            Self::Struct {
                columns,
                fields,
                valid,
            } => Arc::new(StructArray::new(
                fields.clone(),
                columns.finish(),
                valid.finish(),
            )),
        }
    }
}

/// The float equal to `value`, which a field that also has floats needs.
fn exact(name: &str, value: i64) -> Result<f64> {
    let float = value as f64;
    // Through i128, since a float just beyond i64 would be clamped into it.
    if float as i128 == value as i128 {
        Ok(float)
    } else {
        Err(format!(
            "field `{}` also has floats, and no float64 is exactly {value}",
            shown(name)
        ))
    }
}

fn changed(name: &str) -> String {
    format!(
        "field `{}` is not what it was on the first reading; the file was written to",
        shown(name)
    )
}
