//! The stage as a whole, on files in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::Parser as _;
use dataset::{NewDirectory, RowEquation, Run};

use super::*;

const CSV: &str = "text,label,score\na b,x,1\nlonger text here,y,\n\"q\"\"\u{1b}\",x,2.5\n";

fn file(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("set.csv");
    fs::write(&path, CSV).expect("written");
    path
}

fn shown(arguments: &[&str], path: &Path) -> anyhow::Result<(String, String)> {
    let path = path.to_string_lossy();
    let args = Args::parse_from([&["show", &path], arguments].concat());
    let mut out = Vec::new();
    let line = show(&args, &mut out)?;
    Ok((String::from_utf8(out).expect("UTF-8"), line))
}

#[test]
fn rows_are_json_lines_in_the_order_of_the_columns_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, line) = shown(&["--columns", "score,text"], &file(&folder)).expect("shown");
    let expected = "{\"score\":1.0,\"text\":\"a b\"}\n{\"score\":null,\"text\":\"longer text here\"}\n\
        {\"score\":2.5,\"text\":\"q\\\"\\u001b\"}\n";
    assert_eq!((text.as_str(), line.as_str()), (expected, "3 rows"));
}

#[test]
fn only_the_first_rows_are_shown_and_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, line) =
        shown(&["--head", "1", "--columns", "label"], &file(&folder)).expect("shown");
    assert_eq!(
        (text.as_str(), line.as_str()),
        ("{\"label\":\"x\"}\n", "1 row, more not shown")
    );
    assert_eq!(
        shown(&["--head", "3"], &file(&folder)).expect("shown").1,
        "3 rows"
    );
}

#[test]
fn an_unknown_column_is_told_with_those_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = shown(&["--columns", "txt"], &file(&folder)).expect_err("no such column");
    assert_eq!(
        error.to_string(),
        "set.csv has no column `txt`; it has text, label, score"
    );
}

#[test]
fn an_id_is_shown_where_the_file_has_one_and_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("set.jsonl");
    fs::write(
        &path,
        "{\"id\":7,\"text\":\"a\"}\n{\"id\":7,\"text\":\"a\"}\n",
    )
    .expect("written");
    let (text, _) = shown(&[], &path).expect("shown");
    assert_eq!(text, "{\"id\":7,\"text\":\"a\"}\n".repeat(2));
    assert!(!shown(&[], &file(&folder)).expect("shown").0.contains("id"));
}

#[test]
fn nothing_is_printed_before_every_input_was_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [file(&folder), folder.path().join("none.csv")];
    let args = args.each_ref().map(|path| path.to_string_lossy());
    let args = Args::parse_from(["show", &args[0], &args[1]]);
    let mut out = Vec::new();
    assert!(show(&args, &mut out).is_err() && out.is_empty());
}

#[test]
fn figures_count_nulls_lengths_and_labels() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, _) = shown(&["--stats"], &file(&folder)).expect("shown");
    let expected = "set.csv: 3 rows, 3 columns\n  text: 0 nulls\n      \
        characters: min 3, median 3, mean 7.3333, max 16\n      words: min 1, median 2, mean 2, max 3\n  \
        label: 0 nulls\n             2  0.6667  x\n             1  0.3333  y\n  \
        score: 1 null\n      min 1, median 1.75, mean 1.75, max 2.5\n";
    assert_eq!(text, expected);
}

#[test]
fn a_model_directory_shows_its_provenance_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model");
    let mut new = NewDirectory::create(&path).expect("created");
    new.add("config.json", b"{}").expect("added");
    let rows = RowEquation::Used {
        rows_in: 1,
        used: 1,
        skipped: 0,
    };
    let run = Run {
        stage: "train",
        arguments: BTreeMap::new(),
        seed: None,
        inputs: Vec::new(),
        rows,
        drops: BTreeMap::new(),
    };
    new.publish(&run).expect("published");
    for named in [path.clone(), path.join("manifest.json")] {
        let (text, _) = shown(&["--provenance"], &named).expect("shown");
        assert!(
            text.starts_with("model, ") && text.contains("1 in, 1 used, 0 skipped"),
            "{text}"
        );
    }
    let error = shown(&[], &path).expect_err("no set");
    assert_eq!(error.to_string(), "model is a model directory, not a set");
}
