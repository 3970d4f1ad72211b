//! The columns of a set: name, type, whether nulls are allowed, and what the file says of each.

use std::io::Write;

use arrow::datatypes::{DataType, Field, Schema};
use cli::{plain, short};

/// Prints the columns of the set called `name`.
pub(crate) fn write(out: &mut impl Write, name: &str, schema: &Schema) -> anyhow::Result<()> {
    writeln!(
        out,
        "{}: {}",
        plain(name),
        cli::count(schema.fields().len(), "column")
    )?;
    let lines: Vec<[String; 3]> = schema
        .fields()
        .iter()
        .map(|field| describe(field))
        .collect();
    let width = |at: usize| {
        lines
            .iter()
            .map(|line| line[at].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (names, types) = (width(0), width(1).min(48));
    for (line, field) in lines.iter().zip(schema.fields()) {
        let [name, kind, nullable] = line;
        writeln!(out, "  {name:names$}  {kind:types$}  {nullable}")?;
        let mut said: Vec<_> = field.metadata().iter().collect();
        said.sort();
        for (key, value) in said {
            writeln!(out, "      {} = {}", plain(key), short(value, 200))?;
        }
    }
    Ok(())
}

fn describe(field: &Field) -> [String; 3] {
    let nullable = if field.is_nullable() {
        "nullable"
    } else {
        "not null"
    };
    [
        plain(field.name()),
        plain(&kind(field.data_type())),
        nullable.to_owned(),
    ]
}

/// A type as the data contract writes it.
fn kind(found: &DataType) -> String {
    match found {
        DataType::Utf8 => "utf8".to_owned(),
        DataType::LargeUtf8 => "large_utf8".to_owned(),
        DataType::Utf8View => "utf8_view".to_owned(),
        DataType::List(item) => format!("list<{}>", kind(item.data_type())),
        DataType::LargeList(item) => format!("large_list<{}>", kind(item.data_type())),
        DataType::FixedSizeList(item, n) => {
            format!("fixed_size_list<{}, {n}>", kind(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|field| format!("{}: {}", field.name(), kind(field.data_type())));
            format!("struct<{}>", fields.collect::<Vec<_>>().join(", "))
        }
        DataType::Dictionary(key, value) => format!("dictionary<{}, {}>", kind(key), kind(value)),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn columns_are_told_as_the_contract_writes_them() {
        let item = Arc::new(Field::new("item", DataType::Float32, true));
        let told = HashMap::from([("embedder".to_owned(), "hashed\u{1b}".to_owned())]);
        let schema = Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("embedding", DataType::FixedSizeList(item, 4), true).with_metadata(told),
        ]);
        let mut out = Vec::new();
        write(&mut out, "a.parquet", &schema).expect("written");
        let expected = "a.parquet: 2 columns\n  id         utf8                         not null\n  \
            embedding  fixed_size_list<float32, 4>  nullable\n      embedder = hashed\\u{1b}\n";
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }
}
