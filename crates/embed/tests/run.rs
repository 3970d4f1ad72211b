//! What `embed` does to files: vectors with their history, the same bytes again, refusals.

use dataset::{ContentHash, Table};
use suite::Place;

fn place() -> Place {
    Place::of(env!("CARGO_BIN_EXE_embed"))
}

#[test]
fn rows_keep_what_they_have_and_get_a_vector() {
    let place = place();
    place.write("a.csv", "text,label\na rake,x\na kettle,y\n");
    let done = place.run("a.csv --dimension 16 -o a.parquet");
    assert_eq!((done.code, &*done.said), (0, "embed: 2 in, 2 out\n"));
    let table = place.table("a.parquet");
    let (vectors, field) = table.vectors().expect("vectors");
    assert_eq!((vectors.len(), vectors.dim()), (2, 16));
    assert_eq!(field.metadata()["embedder"], "hashed-ngrams");
    assert_eq!(field.metadata()["normalised"], "true");
    assert_eq!(table.texts("label").expect("labels"), ["x", "y"]);
    let again = place.run("a.csv --dimension 16 --threads 1 -o b.parquet");
    assert_eq!(again.code, 0, "{}", again.said);
    assert_eq!(place.bytes("a.parquet"), place.bytes("b.parquet"));
}

#[test]
fn an_empty_text_is_named_by_its_row() {
    let place = place();
    // The second part begins with row 1024.
    let lines = "a rake,x\n".repeat(1500);
    place.write("a.csv", format!("text,label\n{lines},y\n"));
    let refused = place.run("a.csv -o a.parquet");
    assert_eq!(refused.code, 2);
    let told = refused.said;
    assert!(
        told.contains("row 1500: the text is empty") && told.contains("hint: "),
        "{told}"
    );
    assert!(!place.path("a.parquet").exists());
}

#[test]
fn a_missing_text_is_named_by_its_row() {
    let place = place();
    let lines = "{\"text\":\"a rake\"}\n".repeat(1100);
    place.write("a.jsonl", format!("{lines}{{\"text\":null}}\n"));
    let told = place.run("a.jsonl -o a.parquet").said;
    assert!(told.contains("column `text` is null in row 1100"), "{told}");
}

#[test]
fn several_inputs_are_one_set() {
    let place = place();
    place.write("a.csv", "text,label\na rake,x\n");
    place.write(
        "b.jsonl",
        "{\"text\":\"a rake\"}\n{\"text\":\"a kettle\"}\n",
    );
    let done = place.run("a.csv b.jsonl --dimension 8 -o all.parquet");
    assert_eq!((done.code, &*done.said), (0, "embed: 3 in, 3 out\n"));
    let table = place.table("all.parquet");
    let labels = table.optional_texts("label").expect("labels");
    assert_eq!(labels, [Some("x"), None, None]);
    let (vectors, _) = table.vectors().expect("vectors");
    assert_eq!(vectors.row(0), vectors.row(1));
}

#[test]
fn a_set_that_has_vectors_gets_no_others() {
    let place = place();
    place.write("a.csv", "text\na rake\n");
    assert_eq!(place.run("a.csv -o a.parquet").code, 0);
    let told = place.run("a.parquet -o b.parquet").said;
    assert!(
        told.contains("a.parquet already has a column `embedding`"),
        "{told}"
    );
}

#[test]
fn what_is_as_fast_to_make_again_keeps_no_journal() {
    let place = place();
    place.write("a.csv", "text\na rake\n");
    let refused = place.run("a.csv --resume always -o a.parquet");
    assert_eq!(refused.code, 2);
    assert!(
        refused.said.contains("hashed-ngrams keeps no journal"),
        "{}",
        refused.said
    );
}

#[test]
fn an_encoder_goes_on_from_its_journal_unless_it_is_of_other_texts() {
    let Some(fixtures) = suite::fixtures() else {
        return;
    };
    let place = place();
    let lines = |last: &str| format!("text,n\n{}{last},1\n", "a rake,1\n".repeat(1024));
    place.write("whole.csv", lines("a kettle"));
    place.write("broken.csv", lines(""));
    place.write("other.csv", lines("a kettle").replacen("rake", "spade", 1));
    let embed = |rest: &str| {
        let embedder = fixtures.join("models/minilm");
        place.run(&format!("--embedder {} {rest}", embedder.display()))
    };
    assert_eq!(embed("whole.csv -o undisturbed.parquet").code, 0);
    assert_eq!(embed("broken.csv -o out.parquet").code, 2);
    assert!(place.path("out.parquet.journal").exists());
    let told = embed("other.csv -o out.parquet");
    assert_eq!(told.code, 2);
    assert!(
        told.said
            .contains("belongs to another run: the texts from row 0 on"),
        "{}",
        told.said
    );
    let done = embed("whole.csv -o out.parquet");
    assert_eq!(
        done.said,
        "embed: going on after 1024 texts of an earlier run\nembed: 1025 in, 1025 out\n"
    );
    let hash = |table: &Table| table.hash().expect("read");
    let hashes: [ContentHash; 2] =
        ["undisturbed.parquet", "out.parquet"].map(|name| hash(&place.table(name)));
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(
        place.bytes("undisturbed.parquet"),
        place.bytes("out.parquet")
    );
    assert!(!place.path("out.parquet.journal").exists());
}
