//! JSON files read whole: their columns, their rows and how bad ones are refused.

use arrow::array::{Array as _, AsArray as _};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use super::*;
use crate::formats::text::lines::tests::file;

fn read(text: impl AsRef<[u8]>) -> Result<RecordBatch> {
    let set = file(text.as_ref());
    let rows = open(set.path(), "set.jsonl")?;
    let batches: Vec<_> = rows.batches.collect::<Result<_>>()?;
    Ok(concat_batches(&rows.schema, &batches)?)
}

fn refused(text: impl AsRef<[u8]>) -> String {
    read(text).expect_err("refused").to_string()
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

#[test]
fn columns_stand_in_the_order_in_which_they_are_first_seen() {
    let batch =
        read("{\"b\":1,\"a\":\"x\"}\n\n{\"c\":true,\"a\":null,\"b\":2}\r\n").expect("reads");
    assert_eq!(names(&batch), ["b", "a", "c"]);
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(
        batch.column(0).as_primitive::<Int64Type>().values(),
        &[1, 2]
    );
    assert!(batch.column(1).is_null(1) && batch.column(2).is_null(0));
    assert!(batch.column(2).as_boolean().value(1));
}

#[test]
fn an_array_reads_as_the_same_rows_as_lines() {
    let lines = read("{\"a\":\"]},\\\"\",\"b\":[1]}\n{\"a\":\"y\",\"b\":[]}\n").expect("reads");
    let array = read("\n[\n {\"a\": \"]},\\\"\",\n  \"b\": [1]} , {\"a\":\"y\",\"b\":[]}\n]\n")
        .expect("reads");
    assert_eq!(lines, array);
    assert_eq!(read("[]").expect("reads").num_rows(), 0);
}

#[test]
fn integers_beside_floats_become_floats() {
    let batch = read("{\"x\":1}\n{\"x\":0.5}\n").expect("reads");
    assert_eq!(
        batch.column(0).as_primitive::<Float64Type>().values(),
        &[1.0, 0.5]
    );
    let message = refused("{\"x\":9007199254740993}\n{\"x\":0.5}\n");
    assert!(
        message.starts_with("set.jsonl: line 1: field `x` also has floats"),
        "{message}"
    );
}

#[test]
fn what_is_null_throughout_is_text_and_an_object_without_fields_is_its_text() {
    let batch = read("{\"x\":null,\"y\":[],\"z\":{}}\n{\"z\":null}\n").expect("reads");
    assert_eq!(*batch.column(0).data_type(), DataType::Utf8);
    assert_eq!(
        batch.column(1).as_list::<i32>().value_type(),
        DataType::Utf8
    );
    assert_eq!(batch.column(2).as_string::<i32>().value(0), "{}");
    assert!(batch.column(2).is_null(1));
}

#[test]
fn nested_objects_become_lists_of_structs() {
    let text = r#"{"i":[{"input":"","output":"a"},{"output":"b"}]}
{"i":[]}
{"j":1}
{"i":[null,{"extra":{"deep":[[1.5]]}}]}"#;
    let batch = read(text).expect("reads");
    let lists = batch.column(0).as_list::<i32>();
    assert_eq!(lists.value_offsets(), &[0, 2, 2, 2, 4]);
    assert!(lists.is_null(2) && !lists.is_null(1));
    let items = lists.values().as_struct();
    assert_eq!(items.column_names(), ["input", "output", "extra"]);
    assert_eq!(items.column(1).as_string::<i32>().value(1), "b");
    assert!(items.column(0).is_null(1) && items.is_null(2));
    let deep = items.column(2).as_struct().column(0).as_list::<i32>();
    assert_eq!(
        deep.values()
            .as_list::<i32>()
            .values()
            .as_primitive::<Float64Type>()
            .values(),
        &[1.5]
    );
}

#[test]
fn two_types_in_one_field_are_refused_naming_both_and_where() {
    assert_eq!(
        refused("{\"text\":\"a\"}\n{\"text\":1}\n"),
        "set.jsonl: line 2: field `text` is int64, but text on line 1"
    );
    assert_eq!(
        refused("{\"m\":[{\"at\":null}]}\n{\"m\":[{\"at\":[1]}]}\n{\"m\":[{\"at\":{}}]}"),
        "set.jsonl: line 3: field `m.at` is an object, but a list on line 2"
    );
}

#[test]
fn bad_lines_are_refused_by_their_number() {
    for (text, expected) in [
        (
            "{\"a\":1}\n{\"a\":",
            "line 2: it ends in the middle of a value, at byte 5",
        ),
        (
            "{\"a\":1}\n{\"a\":{\"a\":1}\n",
            "line 2: it ends in the middle of a value, at byte 12",
        ),
        (
            "{\n \"a\": 1\n}",
            "line 1: it ends in the middle of a value, at byte 1",
        ),
        (
            "\n\n{\"a\":1}{\"a\":1}",
            "line 3: trailing characters, at byte 8",
        ),
        ("// c\n{}", "line 1: expected value, at byte 1"),
        ("{\"a\":1,}", "line 1: trailing comma, at byte 8"),
        ("{\"a\":1}\n7", "line 2: expected an object, found int64"),
    ] {
        assert_eq!(refused(text), format!("set.jsonl: {expected}"), "{text}");
    }
}

#[test]
fn bad_arrays_are_refused_by_the_line_they_go_wrong_on() {
    for (text, expected) in [
        (
            "[\n{\"a\":1},\n{\"a\":",
            "line 3: the file ends inside the array",
        ),
        ("[\n{\"a\":1},\n]", "line 3: a comma with nothing after it"),
        (
            "[{\"a\":1}\n{\"a\":1}]",
            "line 2: expected `,` or `]` after an item of the array",
        ),
        (
            "[{\"a\":1}]\n[{\"a\":1}]",
            "line 2: something follows the end of the array",
        ),
        ("[\n\"\", \"x\"]", "line 2: expected an object, found text"),
        (
            "[{\"a\":1},\n{\"a\":1,\n\"b\":}]",
            "line 3: expected value, at byte 5",
        ),
        ("[1,2]\n[3,4]", "line 1: expected an object, found int64"),
        ("[", "line 1: the file ends inside the array"),
        (
            "[{\"a\":1},,{\"a\":1}]",
            "line 1: a comma with nothing after it",
        ),
        ("[,{\"a\":1}]", "line 1: a comma with nothing before it"),
    ] {
        assert_eq!(refused(text), format!("set.jsonl: {expected}"), "{text}");
    }
}

#[test]
fn a_byte_that_is_no_utf_8_is_placed_in_lines_and_in_arrays() {
    assert_eq!(
        refused(b"{\"t\":\"a\"}\n{\"t\":\"\xe9\"}"),
        "set.jsonl: line 2: byte 7 (0xe9) is not UTF-8"
    );
    assert_eq!(
        refused(b"[\n{\"t\":\n\"\xe9\"}]"),
        "set.jsonl: line 3: byte 2 (0xe9) is not UTF-8"
    );
}

#[test]
fn a_file_of_nothing_has_no_columns_and_no_rows() {
    for text in ["", "\n\n\n", "\u{feff}"] {
        let batch = read(text).expect("reads");
        assert_eq!((batch.num_rows(), batch.num_columns()), (0, 0));
    }
}

#[test]
fn rows_without_fields_are_still_rows() {
    let set = file(b"{}\n{}\n");
    let rows = open(set.path(), "set").expect("opens");
    let counts: Vec<_> = rows
        .batches
        .map(|batch| batch.expect("reads").num_rows())
        .collect();
    assert_eq!(counts, [2]);
}

#[test]
fn more_rows_than_a_batch_holds_come_in_several() {
    let text = (0..=BATCH_ROWS)
        .map(|row| format!("{{\"row\":{row},\"l\":[{row}]}}\n"))
        .collect::<Vec<_>>()
        .concat();
    let batch = read(text).expect("reads");
    assert_eq!(batch.num_rows(), BATCH_ROWS + 1);
    let values = batch
        .column(0)
        .as_primitive::<Int64Type>()
        .values()
        .to_vec();
    assert!(values.iter().copied().eq(0..=BATCH_ROWS as i64));
    let lists = batch.column(1).as_list::<i32>();
    assert_eq!(
        lists.value(BATCH_ROWS).as_primitive::<Int64Type>().values(),
        &[BATCH_ROWS as i64]
    );
}

#[test]
fn nothing_follows_an_error() {
    let set = file(b"{\"x\":0.5}\n{\"x\":9007199254740993}\n{\"x\":1}\n");
    let mut rows = open(set.path(), "set").expect("opens");
    assert!(rows.batches.next().expect("one").is_err());
    assert!(rows.batches.next().is_none());
}

#[test]
fn ten_thousand_different_fields_are_enough() {
    let text = (0..=10_000)
        .map(|field| format!("{{\"f{field}\":1}}\n"))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(
        refused(text),
        "set.jsonl: line 10001: more than 10000 different fields"
    );
}
