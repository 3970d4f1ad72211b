//! Classes by their names, where a file has them as integers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, StringArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Int64Type};
use serde_json::Value;

use crate::error::shown;

/// How the integers of a label column are read.
#[derive(Debug)]
pub(super) struct Labels {
    /// The names of the classes, from 0; none where the file does not say.
    names: Option<Vec<String>>,
}

impl Labels {
    /// Whether labels of this type are to be read as text.
    pub(super) fn are_in(data_type: &DataType) -> bool {
        data_type.is_integer() || *data_type == DataType::Boolean
    }

    /// The labels of the column that the file calls `column`, by what the `datasets` library keeps with the file.
    pub(super) fn new(huggingface: Option<&str>, column: &str) -> Self {
        let names = huggingface.and_then(|json| class_names(json, column));
        Self { names }
    }

    /// The labels as text.
    pub(super) fn read(&self, labels: &ArrayRef) -> Result<ArrayRef, String> {
        let (Some(names), false) = (&self.names, *labels.data_type() == DataType::Boolean) else {
            return cast(labels, &DataType::Utf8).map_err(|cause| cause.to_string());
        };
        let integers = cast_exactly(labels)?;
        let integers = integers.as_primitive::<Int64Type>();
        let named = integers.iter().map(|class| named(names, class));
        Ok(Arc::new(named.collect::<Result<StringArray, _>>()?))
    }
}

fn cast_exactly(labels: &ArrayRef) -> Result<ArrayRef, String> {
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(labels, &DataType::Int64, &strict).map_err(|cause| cause.to_string())
}

/// The name of `class`; by the library's convention -1 is a row without a label.
fn named(names: &[String], class: Option<i64>) -> Result<Option<&str>, String> {
    let Some(class) = class.filter(|class| *class != -1) else {
        return Ok(None);
    };
    let name = usize::try_from(class)
        .ok()
        .and_then(|class| names.get(class));
    name.map(|name| Some(name.as_str())).ok_or_else(|| {
        let known: Vec<_> = names.iter().take(20).map(|name| shown(name)).collect();
        format!(
            "class {class} has no name; the {} classes from 0 are {}",
            names.len(),
            known.join(", ")
        )
    })
}

/// The names in `{"info":{"features":{COLUMN:{"names":[…],"_type":"ClassLabel"}}}}`.
fn class_names(json: &str, column: &str) -> Option<Vec<String>> {
    let json: Value = serde_json::from_str(json).ok()?;
    let feature = json.get("info")?.get("features")?.get(column)?;
    if feature.get("_type")?.as_str()? != "ClassLabel" {
        return None;
    }
    let names = feature.get("names")?.as_array()?.iter();
    names.map(|name| name.as_str().map(str::to_owned)).collect()
}
