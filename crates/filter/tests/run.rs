//! What `filter` does to files: rows kept and dropped, their reasons, exit codes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dataset::{Reading, Source, Table};

/// A folder with a set of six rows and a test set of one.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = "text,label\n\
        the cat sat on the mat,a\n\
        The cat sat  on the mat,a\n\
        the cat sat on the hat,b\n\
        short,b\n\
        a dog ran in the park,a\n\
        it rained all day long,b\n";
    fs::write(folder.path().join("set.csv"), rows).expect("written");
    fs::write(
        folder.path().join("test.csv"),
        "text\nA dog ran in the park!\n",
    )
    .expect("written");
    folder
}

fn filter(folder: &Path, options: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_filter"))
        .current_dir(folder)
        .args(["set.csv", "-o", "kept.parquet"])
        .args(options.split_whitespace())
        .output()
        .expect("filter runs")
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn read(folder: &Path, name: &str) -> Table {
    Table::read(
        &Source::Path(folder.join(name)),
        &Reading::default(),
        "input",
        &[],
    )
    .expect("a set")
}

#[test]
fn each_dropped_row_is_counted_by_its_rule_and_kept_among_the_rejects() {
    let folder = folder();
    let options = "--min-words 2 --against test.csv --exact-duplicate=normalised \
        --near-duplicate 0.6 --limit 1 --rejects rejects.parquet";
    let done = filter(folder.path(), options);
    let expected = "filter: 6 in, 1 kept, 5 rejected \
        (1 against, 1 exact-duplicate, 1 length, 1 limit, 1 near-duplicate)\n";
    assert_eq!(said(&done), expected);
    let kept = read(folder.path(), "kept.parquet");
    assert_eq!(
        kept.texts("text").expect("texts"),
        ["the cat sat on the mat"]
    );
    let rejects = read(folder.path(), "rejects.parquet");
    let rules = [
        "exact-duplicate",
        "near-duplicate",
        "length",
        "against",
        "limit",
    ];
    assert_eq!(rejects.texts("reject_rule").expect("rules"), rules);
    // {the cat sat, cat sat on, sat on the, on the mat} and the same with hat: 3 of 5.
    let scores = [None, Some(0.6), Some(1.0), Some(1.0), None];
    assert_eq!(rejects.floats("reject_score").expect("scores"), scores);
    let first = kept.texts("id").expect("ids")[0];
    assert_eq!(
        rejects.optional_texts("reject_match").expect("matches")[..2],
        [Some(first); 2]
    );
}

#[test]
fn a_row_without_a_text_is_a_reject_with_its_reason() {
    let folder = folder();
    let rows = "{\"text\":\"a\"}\n{\"text\":null}\n{\"text\":\"a\"}\n";
    std::fs::write(folder.path().join("null.jsonl"), rows).expect("written");
    // The option without a value leaves the file that comes after it an input.
    let done = Command::new(env!("CARGO_BIN_EXE_filter"))
        .current_dir(folder.path())
        .args(["--rejects", "rejects.parquet", "-o", "kept.parquet"])
        .args(["--exact-duplicate", "null.jsonl"])
        .output()
        .expect("filter runs");
    assert_eq!(
        said(&done),
        "filter: 3 in, 1 kept, 2 rejected (1 exact-duplicate, 1 null-text)\n"
    );
    let rejects = read(folder.path(), "rejects.parquet");
    let rules = rejects.texts("reject_rule").expect("rules");
    assert_eq!(rules, ["null-text", "exact-duplicate"]);
}

#[test]
fn kept_and_dropped_rows_go_to_two_files() {
    let folder = folder();
    let done = filter(folder.path(), "--min-words 2 --rejects ./kept.parquet");
    assert_eq!(done.status.code(), Some(2));
    assert!(said(&done).contains("-o and --rejects are one file"));
    assert!(!folder.path().join("kept.parquet").exists());
}

#[test]
fn the_history_names_what_was_read_and_what_was_dropped() {
    let folder = folder();
    assert!(
        filter(folder.path(), "--against test.csv --exact-duplicate")
            .status
            .success()
    );
    let kept = read(folder.path(), "kept.parquet");
    let history = kept.inputs()[0].provenance.as_ref().expect("a history");
    let made_by = history.made_by().expect("a run");
    let roles: Vec<_> = made_by
        .inputs
        .iter()
        .map(|input| (input.role.as_str(), input.name.as_str()))
        .collect();
    assert_eq!(roles, [("input", "set.csv"), ("test", "test.csv")]);
    assert_eq!(made_by.drops.get("against"), Some(&1));
    assert_eq!(made_by.arguments["exact-duplicate"], "raw");
    assert_eq!(
        made_by.arguments["rules"],
        serde_json::json!(["against", "exact-duplicate"])
    );
    assert!(!made_by.arguments.contains_key("output"));
}

#[test]
fn fewer_rows_than_asked_are_not_written_unless_allowed() {
    let folder = folder();
    let done = filter(folder.path(), "--limit 9");
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("9 rows asked for, but only 6 left; nothing was written"));
    assert!(!folder.path().join("kept.parquet").exists());
    assert!(
        filter(folder.path(), "--limit 9 --allow-fewer")
            .status
            .success()
    );
    assert_eq!(read(folder.path(), "kept.parquet").len(), 6);
}

#[test]
fn nothing_left_is_a_no() {
    let folder = folder();
    let done = filter(folder.path(), "--min-words 100 --rejects rejects.parquet");
    assert_eq!(done.status.code(), Some(1));
    assert!(
        said(&done).contains("6 in, 0 kept, 6 rejected (6 length)"),
        "{}",
        said(&done)
    );
    assert!(
        !folder.path().join("kept.parquet").exists()
            && !folder.path().join("rejects.parquet").exists()
    );
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let folder = folder();
    let done = filter(folder.path(), "--min-words 2 --dry-run");
    assert!(done.status.success());
    assert_eq!(said(&done), "filter: 6 in, 5 kept, 1 rejected (1 length)\n");
    assert!(!folder.path().join("kept.parquet").exists());
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = folder();
    let bytes = |threads: u32| {
        let options = format!("--near-duplicate 0.5 --shingle chars:3 --threads {threads}");
        assert!(filter(folder.path(), &options).status.success());
        fs::read(folder.path().join("kept.parquet")).expect("a file")
    };
    assert_eq!(bytes(1), bytes(4));
}

#[test]
fn little_memory_changes_no_byte() {
    let folder = folder();
    let mut rows = "text\n".to_owned();
    for row in 0..30_000 {
        rows += &format!(
            "the cat number {} sat on the mat of house {}\n",
            row % 20_000,
            row / 3
        );
    }
    fs::write(folder.path().join("set.csv"), rows).expect("written");
    let bytes = |memory: &str| {
        let options = format!(
            "--near-duplicate 0.7 --exact-duplicate --rejects rejects.parquet --memory {memory}"
        );
        assert!(filter(folder.path(), &options).status.success());
        let read = |name: &str| fs::read(folder.path().join(name)).expect("a file");
        (read("kept.parquet"), read("rejects.parquet"))
    };
    assert!(bytes("0.1MB") == bytes("1GB"));
}

#[test]
fn a_set_without_rows_of_a_wanted_id_cannot_be_explained() {
    let folder = folder();
    let id = "0".repeat(32);
    let done = filter(folder.path(), &format!("--min-words 1 --explain {id}"));
    assert_eq!(done.status.code(), Some(2));
    assert!(said(&done).contains(&format!("set.csv has no row with the id {id}")));
}

#[test]
fn what_makes_no_sense_cannot_run() {
    let folder = folder();
    for (options, expected) in [
        (
            "",
            "known are: length, characters, gopher-quality, gopher-repetition, c4, fineweb, refusal, pii, condition, in-grammar, against, exact-duplicate, near-duplicate, select, limit",
        ),
        ("--near-duplicate 80", "did you mean 0.8?"),
        (
            "--near-duplicate 0.8 --shingle lines:2",
            "known are `words:N` and `chars:N`",
        ),
        (
            "--min-words 1 --column body",
            "set.csv has no column `body`",
        ),
        ("--in-grammar test.csv", "test.csv is no grammar"),
        (
            "--select 2 --select-by k-center",
            "`polyculture embed` adds it",
        ),
        ("--select 2 --select-by dsir", "needs --select-target"),
        ("--select 2 --select-by deita", "needs --select-quality"),
        (
            "--where label>1 --where text=x --pii --where n=1",
            "set.csv has no column `n`",
        ),
        (
            "--min-words 1 --memory 2",
            "write it as 2GB, 512MB or 1.5GiB",
        ),
        (
            "--near-duplicate 0.5 --representative best",
            "known are first, last, longest",
        ),
        (
            "--near-duplicate 0.5 --representative highest:score",
            "set.csv has no column `score`",
        ),
        (
            "--min-words 1 --explain 12",
            "`12` is no id of 32 hex digits",
        ),
        (
            "--limit 1 --rejects -",
            "standard output is for the kept rows",
        ),
    ] {
        let done = filter(folder.path(), options);
        assert!(
            done.status.code() == Some(2) && said(&done).contains(expected),
            "{options}: {}",
            said(&done)
        );
    }
}
