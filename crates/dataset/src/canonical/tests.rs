//! Files of the conventions that people have, and what is read from each.

use arrow::array::{
    Array as _, AsArray as _, BooleanArray, DictionaryArray, Int32Array, Int64Array, ListArray,
    StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Int8Type;

use super::*;
use crate::columns::Kind;

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .expect("a batch")
}

fn read(batch: &RecordBatch, huggingface: Option<&str>, how: &Reading) -> Result<RecordBatch> {
    let mapping = Mapping::new("set", &batch.schema(), huggingface, how)?;
    let mapped = mapping.apply(batch)?;
    assert_eq!(mapped.schema(), mapping.schema());
    Ok(mapped)
}

fn plainly(batch: &RecordBatch) -> RecordBatch {
    read(batch, None, &Reading::default()).expect("reads")
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn column(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.column_by_name(name).expect(name);
    column
        .as_string::<i32>()
        .iter()
        .map(|value| value.map(str::to_owned))
        .collect()
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values
        .iter()
        .map(|value| Some((*value).to_owned()))
        .collect()
}

#[test]
fn a_file_of_canonical_columns_is_left_as_it_is() {
    let set = batch(vec![
        ("id", texts(&["x"])),
        ("text", texts(&["a"])),
        ("n", Arc::new(Int64Array::from(vec![1]))),
    ]);
    assert_eq!(plainly(&set), set);
}

#[test]
fn a_named_column_becomes_the_text_and_the_one_before_it_is_kept() {
    let set = batch(vec![
        ("text", texts(&["old"])),
        ("body", texts(&["new"])),
        ("class", texts(&["c"])),
    ]);
    let how = Reading {
        text_column: Some("body".to_owned()),
        label_column: Some("class".to_owned()),
        ..Reading::default()
    };
    let mapped = read(&set, None, &how).expect("reads");
    assert_eq!(names(&mapped), ["text_original", "text", "label"]);
    assert_eq!(column(&mapped, "text"), some(&["new"]));
}

#[test]
fn text_and_label_may_be_exchanged_but_not_be_one() {
    let set = batch(vec![("text", texts(&["l"])), ("label", texts(&["t"]))]);
    let reading = |text: &str, label: &str| Reading {
        text_column: Some(text.to_owned()),
        label_column: Some(label.to_owned()),
        ..Reading::default()
    };
    let mapped = read(&set, None, &reading("label", "text")).expect("reads");
    assert_eq!(names(&mapped), ["label", "text"]);
    assert_eq!(column(&mapped, "text"), some(&["t"]));
    assert!(read(&set, None, &reading("text", "text")).is_err());
    assert_eq!(
        read(&set, None, &reading("text", "label")).expect("reads"),
        set
    );
}

#[test]
fn a_named_column_that_is_not_there_is_refused_with_those_that_are() {
    let set = batch(vec![("body", texts(&["a"]))]);
    let how = Reading {
        text_column: Some("boddy".to_owned()),
        ..Reading::default()
    };
    let error = read(&set, None, &how).expect_err("no such column");
    assert_eq!(
        error.to_string(),
        "set has no column `boddy` to read as `text`"
    );
    assert_eq!(error.hint(), Some("the file has: body"));
}

const CLASSES: &str =
    r#"{"info":{"features":{"label":{"names":["World","Sports"],"_type":"ClassLabel"}}}}"#;

#[test]
fn classes_are_read_by_their_names() {
    let classes = Int64Array::from(vec![Some(1), Some(0), Some(-1), None]);
    let set = batch(vec![("label", Arc::new(classes))]);
    let mapped = read(&set, Some(CLASSES), &Reading::default()).expect("reads");
    let expected = [
        Some("Sports".to_owned()),
        Some("World".to_owned()),
        None,
        None,
    ];
    assert_eq!(column(&mapped, "label"), expected);
}

#[test]
fn a_renamed_label_has_the_names_of_the_column_it_was() {
    let set = batch(vec![
        ("label", texts(&["x"])),
        ("topic_id", Arc::new(Int64Array::from(vec![1]))),
    ]);
    let how = Reading {
        label_column: Some("topic_id".to_owned()),
        ..Reading::default()
    };
    let classes = CLASSES.replace("\"label\"", "\"topic_id\"");
    let mapped = read(&set, Some(&classes), &how).expect("reads");
    assert_eq!(column(&mapped, "label"), some(&["Sports"]));
    assert_eq!(column(&mapped, "label_original"), some(&["x"]));
}

#[test]
fn a_class_without_a_name_is_refused() {
    let set = batch(vec![("label", Arc::new(Int64Array::from(vec![2])))]);
    let error = read(&set, Some(CLASSES), &Reading::default()).expect_err("no such class");
    assert_eq!(
        error.to_string(),
        "set: column `label`: class 2 has no name; the 2 classes from 0 are World, Sports"
    );
}

#[test]
fn labels_without_names_are_read_as_they_are_written() {
    for (labels, expected) in [
        (
            Arc::new(Int32Array::from(vec![1, -1])) as ArrayRef,
            ["1", "-1"],
        ),
        (
            Arc::new(BooleanArray::from(vec![true, false])),
            ["true", "false"],
        ),
    ] {
        let set = batch(vec![("label", labels)]);
        assert_eq!(column(&plainly(&set), "label"), some(&expected));
        let other = read(&set, Some("not JSON"), &Reading::default()).expect("reads");
        assert_eq!(column(&other, "label"), some(&expected));
    }
}

#[test]
fn alpaca_rows_get_a_prompt_and_a_completion() {
    let set = batch(vec![
        ("instruction", texts(&["Add.", "Greet."])),
        ("input", texts(&["1 and 2", ""])),
        ("output", texts(&["3", "Hello"])),
    ]);
    let mapped = plainly(&set);
    assert_eq!(
        names(&mapped),
        ["instruction", "input", "output", "prompt", "completion"]
    );
    assert_eq!(
        column(&mapped, "prompt"),
        some(&["Add.\n\n1 and 2", "Greet."])
    );
    assert_eq!(column(&mapped, "completion"), some(&["3", "Hello"]));
    assert_eq!(plainly(&mapped), mapped);
}

#[test]
fn alpaca_rows_whose_output_is_the_text_still_get_a_prompt() {
    let set = batch(vec![
        ("instruction", texts(&["Greet."])),
        ("output", texts(&["Hello"])),
    ]);
    let how = Reading {
        text_column: Some("output".to_owned()),
        ..Reading::default()
    };
    let mapped = read(&set, None, &how).expect("reads");
    assert_eq!(
        names(&mapped),
        ["instruction", "text", "prompt", "completion"]
    );
}

#[test]
fn a_file_with_a_prompt_of_its_own_is_not_taken_for_alpaca() {
    let set = batch(vec![
        ("prompt", texts(&["p"])),
        ("instruction", texts(&["i"])),
        ("output", texts(&["o"])),
    ]);
    assert_eq!(plainly(&set), set);
}

fn conversations() -> ArrayRef {
    let turns = batch(vec![
        ("from", texts(&["system", "human", "gpt"])),
        ("value", texts(&["Be kind.", "Hi", "Hello"])),
    ]);
    let turns = StructArray::from(turns);
    let item = Arc::new(Field::new("item", turns.data_type().clone(), true));
    Arc::new(ListArray::new(
        item,
        OffsetBuffer::from_lengths([1, 2]),
        Arc::new(turns),
        None,
    ))
}

#[test]
fn sharegpt_conversations_become_messages() {
    let mapped = plainly(&batch(vec![("conversations", conversations())]));
    assert_eq!(names(&mapped), ["conversations", "messages"]);
    let messages = mapped.column(1);
    assert!(Kind::Messages.accepts(messages.data_type()));
    let turns = messages.as_list::<i32>().value(1);
    let turns = turns.as_struct();
    let roles: Vec<_> = turns
        .column(0)
        .as_string::<i32>()
        .iter()
        .flatten()
        .collect();
    assert_eq!(roles, ["user", "assistant"]);
    assert_eq!(turns.column(1).as_string::<i32>().value(1), "Hello");
    assert_eq!(plainly(&mapped), mapped);
}

#[test]
fn dictionaries_are_unpacked_at_any_depth() {
    let words: DictionaryArray<Int8Type> = ["a", "b", "a"].into_iter().collect();
    let words: ArrayRef = Arc::new(words);
    let item = Arc::new(Field::new("item", words.data_type().clone(), true));
    let list = ListArray::new(
        item,
        OffsetBuffer::from_lengths([1, 0, 2]),
        Arc::clone(&words),
        None,
    );
    let set = batch(vec![("text", words), ("list", Arc::new(list))]);
    let mapped = plainly(&set);
    assert_eq!(column(&mapped, "text"), some(&["a", "b", "a"]));
    let last = mapped.column(1).as_list::<i32>().value(2);
    assert_eq!(last.as_string::<i32>().value(0), "b");
}

#[test]
fn an_id_that_is_not_text_makes_room_for_one_that_is() {
    let set = batch(vec![("id", Arc::new(Int64Array::from(vec![7])))]);
    assert_eq!(names(&plainly(&set)), ["id_original"]);
}

#[test]
fn columns_without_a_name_or_with_one_name_are_refused() {
    let refused = |names: &[&str], how: &Reading| {
        let fields: Vec<_> = names
            .iter()
            .map(|name| Field::new(*name, DataType::Utf8, true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        Mapping::new("set", &schema, None, how)
            .err()
            .expect("refused")
            .to_string()
    };
    let plain = Reading::default();
    assert_eq!(refused(&["a", ""], &plain), "set: column 2 has no name");
    assert_eq!(
        refused(&["a", "b", "a"], &plain),
        "set: columns 1 and 3 are both called `a`"
    );
    let how = Reading {
        text_column: Some("body".to_owned()),
        ..plain
    };
    assert_eq!(
        refused(&["text", "body", "text_original"], &how),
        "set: columns 1 and 3 are both called `text_original`"
    );
}
