//! The column of vectors: its field, which says what made them, and its values.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use dataset::columns;
use embedding::Description;
use numeric::Vectors;

/// The field of vectors that are as `description` says, for the set called `name`, which has none.
pub(crate) fn field(
    name: &str,
    schema: &Schema,
    description: &Description,
) -> anyhow::Result<Field> {
    let column = columns::EMBEDDING.name;
    anyhow::ensure!(
        schema.field_with_name(column).is_err(),
        "{name} already has a column `{column}`"
    );
    let item = Arc::new(Field::new("item", DataType::Float32, false));
    let kind = DataType::FixedSizeList(item, i32::try_from(description.dimension)?);
    Ok(Field::new(column, kind, false).with_metadata(description.to_map()))
}

/// The columns of `schema`, and `field`.
pub(crate) fn added(schema: &Schema, field: &Field) -> SchemaRef {
    let mut fields = schema.fields().to_vec();
    fields.push(Arc::new(field.clone()));
    Arc::new(Schema::new(fields))
}

/// The values of `field`: one list a vector.
pub(crate) fn lists(field: &Field, vectors: &Vectors) -> anyhow::Result<ArrayRef> {
    let DataType::FixedSizeList(item, dimension) = field.data_type() else {
        anyhow::bail!("vectors are lists of one length");
    };
    let values: ArrayRef = Arc::new(Float32Array::from(vectors.values().to_vec()));
    let lists = FixedSizeListArray::try_new(Arc::clone(item), *dimension, values, None)?;
    Ok(Arc::new(lists))
}
