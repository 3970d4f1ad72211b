//! Tables read whole: their columns, their rows and how bad ones are refused.

use arrow::array::{Array as _, AsArray as _};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};

use super::*;
use crate::formats::text::lines::tests::file;

fn read(text: &[u8], delimiter: u8) -> Result<RecordBatch> {
    let set = file(text);
    let rows = open(set.path(), "set.csv", delimiter)?;
    let batches: Vec<_> = rows.batches.collect::<Result<_>>()?;
    Ok(concat_batches(&rows.schema, &batches)?)
}

fn texts(batch: &RecordBatch, column: usize) -> Vec<&str> {
    batch
        .column(column)
        .as_string::<i32>()
        .iter()
        .flatten()
        .collect()
}

fn refused(text: &str) -> String {
    read(text.as_bytes(), b',')
        .expect_err("refused")
        .to_string()
}

#[test]
fn quotes_commas_and_line_breaks_within_quotes_are_read() {
    let text = "\u{feff}text,n,x\r\n\"a, \"\"b\"\"\r\nc\",1,0.5\r\n,,\r\n";
    let batch = read(text.as_bytes(), b',').expect("reads");
    assert_eq!(batch.schema().field(0).name(), "text");
    assert_eq!(texts(&batch, 0), ["a, \"b\"\r\nc", ""]);
    let ints = batch.column(1).as_primitive::<Int64Type>();
    assert!(ints.value(0) == 1 && ints.is_null(1));
    let floats = batch.column(2).as_primitive::<Float64Type>();
    assert!(floats.value(0) == 0.5 && floats.is_null(1));
}

#[test]
fn between_tabs_a_quote_is_a_character() {
    let batch = read(b"a\tb\n\" one\t2\n\"two\"\t3\n", b'\t').expect("reads");
    assert_eq!(texts(&batch, 0), ["\" one", "\"two\""]);
    assert_eq!(
        batch.column(1).as_primitive::<Int64Type>().values(),
        &[2, 3]
    );
}

#[test]
fn columns_that_the_contract_has_as_text_stay_text() {
    let batch = read(b"label,score,zip\n0,1,01\n1,2,10\n", b',').expect("reads");
    assert_eq!(texts(&batch, 0), ["0", "1"]);
    assert_eq!(*batch.column(1).data_type(), DataType::Int64);
    assert_eq!(texts(&batch, 2), ["01", "10"]);
}

#[test]
fn a_row_of_another_width_is_refused_by_its_line() {
    for text in [
        "a,b\n1,2\n3\n",
        "a,b\r\n1,2\r\n3\r\n",
        "a,b\n\"1\",2\n3\n",
        "a,b\n\r\n3\n",
    ] {
        assert_eq!(
            refused(text),
            "set.csv: line 3: expected 2 cells, as in the header, found 1",
            "{text:?}"
        );
    }
    assert_eq!(
        refused("a,b\n\"1\n1\",2\n3,4,5\n"),
        "set.csv: line 4: expected 2 cells, as in the header, found 3"
    );
}

#[test]
fn a_quote_that_is_never_closed_is_refused_where_it_is_opened() {
    for text in [
        "a,b\n1,2\n3,\"4\n5,6\n",
        "a,b\n1,2\n\"3,4\n5,6",
        "a,b\n1,2\n3,\"4",
    ] {
        assert_eq!(
            refused(text),
            "set.csv: line 3: a quote is opened and never closed",
            "{text:?}"
        );
    }
    let batch = read(b"a\n5\" pipe\n\"x\"", b',').expect("an inner quote is a character");
    assert_eq!(texts(&batch, 0), ["5\" pipe", "x"]);
}

#[test]
fn a_header_must_name_every_column_once() {
    assert_eq!(
        refused("a,b,a\n1,2,3\n"),
        "set.csv: columns 1 and 3 are both called `a`"
    );
    assert_eq!(refused(",b\n1,2\n"), "set.csv: column 1 has no name");
    assert!(refused("").starts_with("set.csv is empty"));
    assert!(refused("\n\n").starts_with("set.csv is empty"));
    assert_eq!(read(b"a,b\n", b',').expect("a header alone").num_rows(), 0);
}

#[test]
fn latin_1_is_refused_by_line_and_cell() {
    let error = read(b"a,b\n1,2\n3,caf\xe9\n", b',').expect_err("latin-1");
    assert_eq!(error.to_string(), "set.csv: line 3: cell 2 is not UTF-8");
    assert!(error.hint().is_some_and(|hint| hint.contains("iconv")));
}

#[test]
fn rows_beyond_one_batch_are_all_read() {
    let text: String = std::iter::once("n\n".to_owned())
        .chain((0..=BATCH_ROWS).map(|n| format!("{n}\n")))
        .collect();
    let batch = read(text.as_bytes(), b',').expect("reads");
    let values = batch
        .column(0)
        .as_primitive::<Int64Type>()
        .values()
        .to_vec();
    assert!(values.iter().copied().eq(0..=BATCH_ROWS as i64));
}
