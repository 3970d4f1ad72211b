//! One value of an Arrow column as JSON.

use arrow::array::{Array, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use cli::steers;
use serde::Serialize;

type Done = Result<(), ArrowError>;

/// Appends the value of `array` in `row` to `out`.
pub(crate) fn write_value(out: &mut Vec<u8>, array: &dyn Array, row: usize) -> Done {
    macro_rules! number {
        ($type:ty) => {
            write_number(out, array.as_primitive::<$type>().value(row))
        };
    }
    if array.is_null(row) {
        out.extend(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Null => out.extend(b"null"),
        DataType::Boolean => write_number(out, array.as_boolean().value(row)),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float16 => {
            write_number(out, array.as_primitive::<Float16Type>().value(row).to_f32());
        }
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Utf8 => write_text(out, array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => write_text(out, array.as_string::<i64>().value(row)),
        DataType::Utf8View => write_text(out, array.as_string_view().value(row)),
        DataType::Binary => write_bytes(out, array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => write_bytes(out, array.as_binary::<i64>().value(row)),
        DataType::BinaryView => write_bytes(out, array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => write_bytes(out, array.as_fixed_size_binary().value(row)),
        _ => return write_nested(out, array, row),
    }
    Ok(())
}

fn write_nested(out: &mut Vec<u8>, array: &dyn Array, row: usize) -> Done {
    match array.data_type() {
        DataType::List(_) => write_list(out, &array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => write_list(out, &array.as_list::<i64>().value(row)),
        DataType::ListView(_) => write_list(out, &array.as_list_view::<i32>().value(row)),
        DataType::LargeListView(_) => write_list(out, &array.as_list_view::<i64>().value(row)),
        DataType::FixedSizeList(..) => write_list(out, &array.as_fixed_size_list().value(row)),
        DataType::Map(..) => write_list(out, &array.as_map().value(row)),
        DataType::Struct(_) => {
            let structs = array.as_struct();
            let fields = structs.column_names().into_iter().zip(structs.columns());
            write_object(
                out,
                fields.map(|(name, column)| (name, column.as_ref())),
                row,
            )
        }
        DataType::Dictionary(_, value) => write_value(out, &cast(&array.slice(row, 1), value)?, 0),
        _ => {
            let options = FormatOptions::default();
            write_text(
                out,
                &ArrayFormatter::try_new(array, &options)?
                    .value(row)
                    .try_to_string()?,
            );
            Ok(())
        }
    }
}

fn write_list(out: &mut Vec<u8>, items: &dyn Array) -> Done {
    out.push(b'[');
    for row in 0..items.len() {
        if row > 0 {
            out.push(b',');
        }
        write_value(out, items, row)?;
    }
    out.push(b']');
    Ok(())
}

/// Appends an object with the value of each of `columns` in `row`, in their order.
pub(crate) fn write_object<'a>(
    out: &mut Vec<u8>,
    columns: impl Iterator<Item = (&'a str, &'a dyn Array)>,
    row: usize,
) -> Done {
    out.push(b'{');
    for (at, (name, column)) in columns.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_text(out, name);
        out.push(b':');
        write_value(out, column, row)?;
    }
    out.push(b'}');
    Ok(())
}

/// A number or a truth value; NaN and infinite numbers, which JSON does not have, are null.
fn write_number(out: &mut Vec<u8>, number: impl Serialize) {
    serde_json::to_writer(out, &number).expect("a number is written to memory");
}

/// A text; besides what JSON demands, whatever would steer a terminal is escaped.
fn write_text(out: &mut Vec<u8>, text: &str) {
    let json = serde_json::to_string(text).expect("a text is written to memory");
    if !json.contains(steers) {
        return out.extend(json.as_bytes());
    }
    for c in json.chars() {
        let mut buffer = [0; 4];
        if steers(c) {
            out.extend(format!("\\u{:04x}", u32::from(c)).as_bytes());
        } else {
            out.extend(c.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for byte in bytes {
        out.extend(format!("{byte:02x}").as_bytes());
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BinaryArray, Date32Array, DictionaryArray, FixedSizeListArray, Float32Array,
        Float64Array, Int64Array, ListArray, StringArray, StructArray,
    };
    use arrow::datatypes::{Field, Int32Type};
    use proptest::prelude::*;

    use super::*;

    fn json(array: &dyn Array) -> String {
        let mut out = Vec::new();
        write_list(&mut out, array).expect("a value");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn plain_values_are_themselves() {
        assert_eq!(
            json(&Int64Array::from(vec![Some(i64::MAX), None])),
            "[9223372036854775807,null]"
        );
        assert_eq!(json(&Float32Array::from(vec![0.1])), "[0.1]");
        assert_eq!(json(&StringArray::from(vec!["a\"\n"])), r#"["a\"\n"]"#);
    }

    #[test]
    fn what_json_lacks_is_null_or_text() {
        assert_eq!(
            json(&Float64Array::from(vec![f64::NAN, f64::INFINITY, 1.0])),
            "[null,null,1.0]"
        );
        assert_eq!(
            json(&BinaryArray::from(vec![b"\x00\xff".as_slice()])),
            r#"["00ff"]"#
        );
        assert_eq!(json(&Date32Array::from(vec![1])), r#"["1970-01-02"]"#);
    }

    #[test]
    fn lists_structs_and_dictionaries_keep_their_form() {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
        ]);
        assert_eq!(json(&lists), "[[1,null],null,[]]");
        let vectors = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(
            [Some(vec![Some(0.5), Some(1.0)])],
            2,
        );
        assert_eq!(json(&vectors), "[[0.5,1.0]]");
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["user"]));
        let field = Arc::new(Field::new("role", DataType::Utf8, true));
        assert_eq!(
            json(&StructArray::from(vec![(field, texts)])),
            r#"[{"role":"user"}]"#
        );
        let words: DictionaryArray<Int32Type> = [Some("b"), None, Some("b")].into_iter().collect();
        assert_eq!(json(&words), r#"["b",null,"b"]"#);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_nothing_steers_the_terminal(text in ".{0,40}", c in any::<char>()) {
            let text = format!("{text}{c}\u{9b}");
            let json = json(&StringArray::from(vec![text.as_str()]));
            prop_assert!(!json.contains(steers));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).expect("JSON"), vec![text]);
        }
    }
}
