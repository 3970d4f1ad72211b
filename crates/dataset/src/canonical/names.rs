//! Which column of a file is called what.

use arrow::datatypes::Schema;

use super::{Error, ID, LABEL, Reading, Result, TEXT, is_text, missing, shown};

/// The names of the columns in the order of the file.
pub(super) fn canonical(name: &str, schema: &Schema, how: &Reading) -> Result<Vec<String>> {
    let text = place(name, schema, how.text_column.as_deref(), TEXT.name)?;
    let label = place(name, schema, how.label_column.as_deref(), LABEL.name)?;
    if let (Some(text), Some(_)) = (text, label.filter(|_| text == label)) {
        let column = shown(schema.field(text).name());
        return Err(Error::new(format!(
            "column `{column}` cannot be both the text and the label"
        )));
    }
    let fields = schema.fields().iter().enumerate();
    let names = fields.map(|(index, field)| {
        let found = field.name().as_str();
        let taken =
            (text.is_some() && found == TEXT.name) || (label.is_some() && found == LABEL.name);
        let foreign =
            found == ID.name && !how.ids_as_found && !is_text(super::unpacked(field).data_type());
        match Some(index) {
            index if index == text => TEXT.name.to_owned(),
            index if index == label => LABEL.name.to_owned(),
            _ if taken || foreign => format!("{found}_original"),
            _ => found.to_owned(),
        }
    });
    Ok(names.collect())
}

/// Where the column is that the caller calls `wanted`, to be read as `canonical`.
fn place(
    name: &str,
    schema: &Schema,
    wanted: Option<&str>,
    canonical: &str,
) -> Result<Option<usize>> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    match schema.index_of(wanted) {
        Ok(index) => Ok(Some(index)),
        Err(_) if wanted == canonical => Err(missing(name, schema, canonical)),
        Err(_) => {
            let found =
                crate::error::listed(schema.fields().iter().map(|field| field.name().as_str()));
            let wanted = shown(wanted);
            Err(Error::new(format!(
                "{name} has no column `{wanted}` to read as `{canonical}`"
            ))
            .with_hint(format!("the file has: {found}")))
        }
    }
}
