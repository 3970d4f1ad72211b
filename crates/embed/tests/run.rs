//! What `embed` does to files: vectors with their history, the same bytes again, refusals.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dataset::{Reading, Source, Table};

fn embed(folder: &Path, options: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_embed"))
        .current_dir(folder)
        .args(options.split_whitespace())
        .output()
        .expect("embed runs")
}

#[test]
fn rows_keep_what_they_have_and_get_a_vector() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("a.csv"),
        "text,label\na rake,x\na kettle,y\n",
    )
    .expect("written");
    let done = embed(folder.path(), "a.csv --dimension 16 -o a.parquet");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(
        String::from_utf8_lossy(&done.stderr),
        "embed: 2 in, 2 out\n"
    );
    let source = Source::Path(folder.path().join("a.parquet"));
    let table = Table::read(&source, &Reading::default(), "input", &[]).expect("a set");
    let (vectors, field) = table.vectors().expect("vectors");
    assert_eq!((vectors.len(), vectors.dim()), (2, 16));
    assert_eq!(field.metadata()["embedder"], "hashed-ngrams");
    assert_eq!(field.metadata()["normalised"], "true");
    assert_eq!(table.texts("label").expect("labels"), ["x", "y"]);
    let again = embed(
        folder.path(),
        "a.csv --dimension 16 --threads 1 -o b.parquet",
    );
    assert!(again.status.success());
    let [one, other] = ["a", "b"]
        .map(|name| fs::read(folder.path().join(format!("{name}.parquet"))).expect("there"));
    assert_eq!(one, other);
}

#[test]
fn an_empty_text_is_named_by_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.csv"), "text,label\na rake,x\n,y\n").expect("written");
    let refused = embed(folder.path(), "a.csv -o a.parquet");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        told.contains("row 1: the text is empty") && told.contains("hint: "),
        "{told}"
    );
    assert!(!folder.path().join("a.parquet").exists());
}
