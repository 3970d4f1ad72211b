//! The content hash of a set: a SHA-256 of its logical rows, whatever the file format, batching or compression.

use std::fmt;
use std::str::FromStr;

use arrow::array::{
    Array, ArrayRef, AsArray as _, GenericListArray, OffsetSizeTrait, RecordBatch, StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{ArrowPrimitiveType, DataType, SchemaRef, ToByteSlice as _};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

/// A SHA-256, written as 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of plain bytes, such as those of one file of a model directory.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first 12 hex digits: enough to tell sets apart in a report.
    pub fn short(self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ContentHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::new(format!("`{text}` is no content hash of 64 hex digits"));
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ContentHash {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.to_string()
    }
}

/// Hashes rows as they pass by.
///
/// Each column has a hash of its own, so that neither the batching of rows nor the order of
/// columns changes the result; texts of Arrow's three types are alike.
pub struct Digest {
    columns: Vec<(String, Sha256)>,
    rows: u64,
    buffer: Vec<u8>,
}

impl Digest {
    /// A digest of rows with this schema.
    pub fn new(schema: &SchemaRef) -> Self {
        let columns = schema.fields().iter().map(|field| {
            let mut hash = Sha256::new();
            hash.update(logical_name(field.data_type()).as_bytes());
            (field.name().clone(), hash)
        });
        Self {
            columns: columns.collect(),
            rows: 0,
            buffer: Vec::new(),
        }
    }

    /// Takes in the rows of `batch`, which has the schema of this digest.
    pub fn update(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        for ((_, hash), column) in self.columns.iter_mut().zip(batch.columns()) {
            self.buffer.clear();
            encode(column, &mut self.buffer)?;
            hash.update(&self.buffer);
        }
        Ok(())
    }

    /// How many rows were taken in.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The hash of all rows taken in.
    pub fn finish(mut self) -> ContentHash {
        self.columns.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut whole = Sha256::new();
        whole.update(self.rows.to_le_bytes());
        for (name, column) in self.columns {
            whole.update((name.len() as u64).to_le_bytes());
            whole.update(name.as_bytes());
            whole.update(column.finalize());
        }
        ContentHash(whole.finalize().into())
    }
}

/// For each row of `batch` the bytes that its id is made from: its values by the names of their columns.
///
/// A null is as if its column were not there, and a number is its value whatever its type, so
/// that the bytes do not depend on the other rows of the file.
pub(crate) fn row_contents(batch: &RecordBatch) -> Result<Vec<Vec<u8>>> {
    let mut names: Vec<_> = batch
        .schema_ref()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    names.sort_unstable();
    let mut rows = vec![Vec::new(); batch.num_rows()];
    for name in names {
        let column = batch.column_by_name(&name).ok_or_else(|| {
            Error::new(format!(
                "column `{}` is not there",
                crate::error::shown(&name)
            ))
        })?;
        for (row, content) in rows.iter_mut().enumerate() {
            named_value(&name, column, row, content)?;
        }
    }
    Ok(rows)
}

/// Appends what a column called `name` with the text `value` would add to a row's content.
pub(crate) fn add_text(name: &str, value: &str, out: &mut Vec<u8>) {
    sized(name.as_bytes(), out);
    out.push(b't');
    sized(value.as_bytes(), out);
}

fn sized(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn named_value(name: &str, array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Ok(());
    }
    sized(name.as_bytes(), out);
    value(array, row, out)
}

/// Appends one value: a letter for its kind, then the value.
fn value(array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let one = array.slice(row, 1);
    match array.data_type() {
        _ if array.is_null(row) => out.push(b'0'),
        DataType::Null => out.push(b'0'),
        kind if kind.is_integer() => {
            number(&cast(&one, &DataType::Decimal128(38, 0))?, out);
        }
        kind if kind.is_floating() => float(&one, out)?,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            out.push(b't');
            sized(text_of(array, row).as_bytes(), out);
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out)?,
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row), out)?,
        DataType::FixedSizeList(_, _) => items(&array.as_fixed_size_list().value(row), out)?,
        DataType::Struct(_) => members(array.as_struct(), row, out)?,
        _ => {
            out.push(b'o');
            encode(&one, out)?;
        }
    }
    Ok(())
}

fn text_of(array: &ArrayRef, row: usize) -> &str {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        _ => array.as_string_view().value(row),
    }
}

fn number(one: &ArrayRef, out: &mut Vec<u8>) {
    let whole = one.as_primitive::<arrow::datatypes::Decimal128Type>();
    integer(whole.value(0), out);
}

fn integer(value: i128, out: &mut Vec<u8>) {
    out.push(b'i');
    sized(value.to_string().as_bytes(), out);
}

/// A float that is a whole number is that number; beyond 2^96 all floats are, and none is an integer of a file.
fn float(one: &ArrayRef, out: &mut Vec<u8>) -> Result<()> {
    let value = cast(one, &DataType::Float64)?;
    let value = value
        .as_primitive::<arrow::datatypes::Float64Type>()
        .value(0);
    if value.fract() == 0.0 && value.abs() < 2_f64.powi(96) {
        integer(value as i128, out);
    } else {
        out.push(b'f');
        out.extend(value.to_bits().to_le_bytes());
    }
    Ok(())
}

fn items(list: &ArrayRef, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'l');
    out.extend((list.len() as u64).to_le_bytes());
    (0..list.len()).try_for_each(|row| value(list, row, out))
}

fn members(structs: &StructArray, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut columns: Vec<_> = structs
        .fields()
        .iter()
        .map(|field| field.name())
        .zip(structs.columns())
        .collect();
    columns.sort_by_key(|(name, _)| *name);
    let mut content = Vec::new();
    for (name, column) in columns {
        named_value(name, column, row, &mut content)?;
    }
    out.push(b's');
    sized(&content, out);
    Ok(())
}

/// The name of a type as it enters the hash: what differs only in storage is called the same.
fn logical_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary".to_owned(),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("list<{}>", logical_name(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|f| format!("{}: {}", f.name(), logical_name(f.data_type())));
            format!("struct<{}>", fields.collect::<Vec<_>>().join(", "))
        }
        DataType::Dictionary(_, values) => logical_name(values),
        other => other.to_string(),
    }
}

/// Appends each value of `array`: a byte for null or not, then the value, texts and lists with their length.
fn encode(array: &ArrayRef, out: &mut Vec<u8>) -> Result<()> {
    use arrow::datatypes as t;
    match array.data_type() {
        DataType::Utf8 => each(array, array.as_string::<i32>().iter(), out, |text| {
            text.as_bytes()
        }),
        DataType::LargeUtf8 => each(array, array.as_string::<i64>().iter(), out, |text| {
            text.as_bytes()
        }),
        DataType::Utf8View => each(array, array.as_string_view().iter(), out, |text| {
            text.as_bytes()
        }),
        DataType::Int32 => primitive::<t::Int32Type>(array, out),
        DataType::Int64 => primitive::<t::Int64Type>(array, out),
        DataType::UInt32 => primitive::<t::UInt32Type>(array, out),
        DataType::UInt64 => primitive::<t::UInt64Type>(array, out),
        DataType::Float32 => primitive::<t::Float32Type>(array, out),
        DataType::Float64 => primitive::<t::Float64Type>(array, out),
        DataType::List(_) => list(array.as_list::<i32>(), out)?,
        DataType::LargeList(_) => list(array.as_list::<i64>(), out)?,
        DataType::FixedSizeList(_, _) => fixed_list(array, out)?,
        DataType::Struct(_) => structs(array.as_struct(), out)?,
        DataType::Dictionary(_, values) => encode(&cast(array, values)?, out)?,
        _ => displayed(array, out)?,
    }
    Ok(())
}

fn each<'a, V>(
    array: &ArrayRef,
    values: impl Iterator<Item = Option<V>>,
    out: &mut Vec<u8>,
    bytes: impl Fn(V) -> &'a [u8],
) {
    out.reserve(array.len() * 16);
    for value in values {
        match value {
            None => out.push(0),
            Some(value) => {
                let bytes = bytes(value);
                out.push(1);
                out.extend((bytes.len() as u64).to_le_bytes());
                out.extend(bytes);
            }
        }
    }
}

fn primitive<T: ArrowPrimitiveType>(array: &ArrayRef, out: &mut Vec<u8>) {
    for value in array.as_primitive::<T>() {
        match value {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                out.extend(value.to_byte_slice());
            }
        }
    }
}

fn list<O: OffsetSizeTrait>(lists: &GenericListArray<O>, out: &mut Vec<u8>) -> Result<()> {
    for row in 0..lists.len() {
        list_value((!lists.is_null(row)).then(|| lists.value(row)), out)?;
    }
    Ok(())
}

fn fixed_list(array: &ArrayRef, out: &mut Vec<u8>) -> Result<()> {
    let lists = array.as_fixed_size_list();
    for row in 0..lists.len() {
        list_value((!lists.is_null(row)).then(|| lists.value(row)), out)?;
    }
    Ok(())
}

fn list_value(value: Option<ArrayRef>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        None => out.push(0),
        Some(items) => {
            out.push(1);
            out.extend((items.len() as u64).to_le_bytes());
            encode(&items, out)?;
        }
    }
    Ok(())
}

fn structs(array: &StructArray, out: &mut Vec<u8>) -> Result<()> {
    for row in 0..array.len() {
        if array.is_null(row) {
            out.push(0);
            continue;
        }
        out.push(1);
        for field in array.columns() {
            encode(&field.slice(row, 1), out)?;
        }
    }
    Ok(())
}

/// Types that no stage computes with (dates, decimals, maps) enter the hash as Arrow shows them.
fn displayed(array: &ArrayRef, out: &mut Vec<u8>) -> Result<()> {
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(array, &options)?;
    for row in 0..array.len() {
        if array.is_null(row) {
            out.push(0);
            continue;
        }
        let text = shown.value(row).try_to_string()?;
        out.push(1);
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Float64Array, Int64Array, LargeStringArray, ListArray, StringArray, StringViewArray,
    };
    use arrow::datatypes::{Field, Int32Type};

    use super::*;

    fn hash(batches: &[RecordBatch]) -> ContentHash {
        let mut digest = Digest::new(&batches[0].schema());
        for batch in batches {
            digest.update(batch).expect("types that can be hashed");
        }
        digest.finish()
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
            .expect("columns of one length")
    }

    fn sample() -> RecordBatch {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("")]));
        let lists = [Some(vec![Some(1), None]), None, Some(vec![])];
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists));
        batch(vec![("text", text), ("list", list)])
    }

    #[test]
    fn batching_does_not_matter() {
        let whole = sample();
        let parts = [whole.slice(0, 1), whole.slice(1, 2)];
        assert_eq!(hash(&[whole]), hash(&parts));
    }

    #[test]
    fn the_order_of_columns_does_not_matter() {
        let whole = sample();
        let turned = whole.project(&[1, 0]).expect("two columns");
        assert_eq!(hash(&[whole]), hash(&[turned]));
    }

    #[test]
    fn the_three_types_of_text_hash_alike() {
        let values = vec![Some("x"), None];
        let arrays: [ArrayRef; 3] = [
            Arc::new(StringArray::from(values.clone())),
            Arc::new(LargeStringArray::from(values.clone())),
            Arc::new(StringViewArray::from(values)),
        ];
        let hashes = arrays.map(|array| hash(&[batch(vec![("text", array)])]));
        assert!(hashes[0] == hashes[1] && hashes[1] == hashes[2]);
    }

    #[test]
    fn rows_names_nulls_and_order_matter() {
        let of = |name, values: Vec<Option<&str>>| {
            hash(&[batch(vec![(
                name,
                Arc::new(StringArray::from(values)) as ArrayRef,
            )])])
        };
        let base = of("a", vec![Some("x"), Some("y")]);
        assert_ne!(base, of("b", vec![Some("x"), Some("y")]));
        assert_ne!(base, of("a", vec![Some("y"), Some("x")]));
        assert_ne!(base, of("a", vec![Some("xy"), Some("")]));
        assert_ne!(of("a", vec![None]), of("a", vec![Some("")]));
        let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        assert_ne!(hash(&[batch(vec![("a", number)])]), base);
    }

    #[test]
    fn what_a_row_holds_does_not_depend_on_the_other_rows_of_its_file() {
        let contents = |columns| row_contents(&batch(columns)).expect("types that are known");
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "a"]));
        let more: ArrayRef = Arc::new(StringArray::from(vec![None, Some("b")]));
        let alone = contents(vec![("text", text.slice(0, 1))]);
        let beside = contents(vec![("text", Arc::clone(&text)), ("more", more)]);
        assert_eq!(alone[0], beside[0]);
        assert_ne!(beside[0], beside[1]);
        // A column of integers becomes one of floats when a later row has a fraction.
        let whole: ArrayRef = Arc::new(Int64Array::from(vec![7, -1]));
        let mixed: ArrayRef = Arc::new(Float64Array::from(vec![7.0, 0.5]));
        let (whole, mixed) = (contents(vec![("n", whole)]), contents(vec![("n", mixed)]));
        assert_eq!(whole[0], mixed[0]);
        assert_ne!(whole[1], mixed[1]);
    }

    #[test]
    fn a_null_inside_a_struct_is_as_if_it_were_not_there() {
        let field = |name| Arc::new(Field::new(name, DataType::Utf8, true));
        let a: ArrayRef = Arc::new(StringArray::from(vec![Some("a")]));
        let none: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
        let narrow = StructArray::from(vec![(field("x"), Arc::clone(&a))]);
        let wide = StructArray::from(vec![(field("w"), none), (field("x"), a)]);
        let of = |array| row_contents(&batch(vec![("s", Arc::new(array) as ArrayRef)]));
        assert_eq!(of(narrow).expect("known"), of(wide).expect("known"));
    }

    #[test]
    fn a_hash_is_read_back_from_its_digits() {
        let hash = ContentHash::of_bytes(b"");
        // The published SHA-256 of the empty string.
        assert!(hash.to_string().starts_with("e3b0c44298fc1c14"));
        assert_eq!(hash.to_string().parse::<ContentHash>().expect("hex"), hash);
        assert!("e3b0".parse::<ContentHash>().is_err());
        assert!("é".repeat(32).parse::<ContentHash>().is_err());
    }
}
