//! The columns that a JSON file turns out to have, found by folding its objects together.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};

use super::value::{Object, Value};
use crate::error::shown;

/// No object may have more fields than this, over the whole file.
const MOST_FIELDS: usize = 10_000;

/// The fields of objects, in the order in which each was first seen.
#[derive(Default)]
pub(super) struct Fields {
    names: Vec<String>,
    shapes: Vec<Shape>,
    places: HashMap<String, usize>,
}

/// What the values of one field are.
#[derive(Default)]
struct Shape {
    kind: Kind,
    /// The line that settled it.
    line: u64,
}

#[derive(Default)]
enum Kind {
    #[default]
    Unknown,
    Bool,
    Int,
    Float,
    Text,
    List(Box<Shape>),
    Object(Fields),
}

/// Why an object does not fit with those before it.
#[derive(Debug)]
pub(super) enum Misfit {
    /// A field has two types.
    Types {
        /// The names on the way to the field, innermost first.
        path: Vec<String>,
        found: &'static str,
        known: &'static str,
        line: u64,
    },
    /// There are too many fields.
    TooMany,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Types {
                path,
                found,
                known,
                line,
            } => {
                let path: Vec<_> = path.iter().rev().map(|name| shown(name)).collect();
                write!(
                    f,
                    "field `{}` is {found}, but {known} on line {line}",
                    path.join(".")
                )
            }
            Self::TooMany => write!(f, "more than {MOST_FIELDS} different fields"),
        }
    }
}

impl Fields {
    /// Folds in the object on line `line`.
    pub(super) fn fold(&mut self, object: &Object<'_>, line: u64) -> Result<(), Misfit> {
        for (position, (name, value)) in object.iter().enumerate() {
            let place = self.place(name, position)?;
            self.shapes[place]
                .fold(value, line)
                .map_err(|misfit| within(misfit, name))?;
        }
        Ok(())
    }

    /// Where the field called `name` is kept; most objects have their fields in one order.
    fn place(&mut self, name: &str, position: usize) -> Result<usize, Misfit> {
        if self.names.get(position).is_some_and(|there| there == name) {
            return Ok(position);
        }
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        if self.names.len() == MOST_FIELDS {
            return Err(Misfit::TooMany);
        }
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.shapes.push(Shape::default());
        Ok(self.names.len() - 1)
    }

    /// The fields as Arrow has them; each may be null.
    pub(super) fn arrow(&self) -> Vec<Field> {
        let fields = self.names.iter().zip(&self.shapes);
        fields
            .map(|(name, shape)| Field::new(name, shape.data_type(), true))
            .collect()
    }
}

fn within(mut misfit: Misfit, name: &str) -> Misfit {
    if let Misfit::Types { path, .. } = &mut misfit {
        path.push(name.to_owned());
    }
    misfit
}

impl Shape {
    fn fold(&mut self, value: &Value<'_>, line: u64) -> Result<(), Misfit> {
        if matches!(self.kind, Kind::Unknown) && !matches!(value, Value::Null) {
            self.kind = Kind::of(value);
            self.line = line;
        }
        match (&mut self.kind, value) {
            (_, Value::Null)
            | (Kind::Bool, Value::Bool(_))
            | (Kind::Int, Value::Int(_))
            | (Kind::Float, Value::Int(_) | Value::Float(_))
            | (Kind::Text, Value::Text(_)) => Ok(()),
            (Kind::Int, Value::Float(_)) => {
                self.kind = Kind::Float;
                Ok(())
            }
            (Kind::List(item), Value::List(values)) => {
                values.iter().try_for_each(|value| item.fold(value, line))
            }
            (Kind::Object(fields), Value::Object(object)) => fields.fold(object, line),
            (kind, value) => Err(Misfit::Types {
                path: Vec::new(),
                found: value.kind(),
                known: kind.name(),
                line: self.line,
            }),
        }
    }

    fn data_type(&self) -> DataType {
        match &self.kind {
            Kind::Bool => DataType::Boolean,
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Unknown | Kind::Text => DataType::Utf8,
            Kind::List(item) => {
                DataType::List(Arc::new(Field::new("item", item.data_type(), true)))
            }
            Kind::Object(fields) if fields.names.is_empty() => DataType::Utf8,
            Kind::Object(fields) => DataType::Struct(fields.arrow().into()),
        }
    }
}

impl Kind {
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Unknown,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Float(_) => Self::Float,
            Value::Text(_) => Self::Text,
            Value::List(_) => Self::List(Box::default()),
            Value::Object(_) => Self::Object(Fields::default()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "null",
            Self::Bool => "bool",
            Self::Int => "int64",
            Self::Float => "float64",
            Self::Text => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}
