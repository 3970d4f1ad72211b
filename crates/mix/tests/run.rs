//! What `mix` does to files: exact counts, nested sets, the same bytes again, refusals.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dataset::{Reading, Source, Table};

/// A folder with 40 human rows of two labels, and 60 synthetic ones.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = |kind: &str, n: usize| {
        let mut csv = "text,label\n".to_owned();
        for row in 0..n {
            let label = if row % 4 == 0 { "rare" } else { "common" };
            writeln!(csv, "{kind} {row},{label}").expect("a line");
        }
        csv
    };
    fs::write(folder.path().join("human.csv"), rows("human", 40)).expect("written");
    fs::write(folder.path().join("made.csv"), rows("made", 60)).expect("written");
    folder
}

fn mix(folder: &Path, output: &str, options: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mix"))
        .current_dir(folder)
        .args([
            "--real",
            "human.csv",
            "--synthetic",
            "made.csv",
            "-o",
            output,
        ])
        .args(options.split_whitespace())
        .output()
        .expect("mix runs")
}

fn read(path: PathBuf) -> Table {
    Table::read(&Source::Path(path), &Reading::default(), "input", &[]).expect("a set")
}

/// The texts of a mix by source.
fn parts(folder: &Path, options: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let done = mix(folder, "mix.parquet", options);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let mixed = read(folder.join("mix.parquet"));
    let (texts, sources) = (
        mixed.texts("text").expect("texts"),
        mixed.texts("source").expect("sources"),
    );
    let of = |wanted: &str| {
        let rows = texts
            .iter()
            .zip(&sources)
            .filter(|(_, source)| **source == wanted);
        rows.map(|(text, _)| (*text).to_owned())
            .collect::<BTreeSet<_>>()
    };
    (of("human"), of("synthetic"))
}

#[test]
fn counts_are_exact_and_sets_are_nested_in_the_share() {
    let folder = folder();
    let (mut human_before, mut made_before) =
        parts(folder.path(), "--proportion 0 --total 30 --seed 3");
    assert_eq!((human_before.len(), made_before.len()), (30, 0));
    for (share, expected) in [("0.1", 3), ("0.25", 8), ("0.5", 15), ("1", 30)] {
        let (human, made) = parts(
            folder.path(),
            &format!("--proportion {share} --total 30 --seed 3"),
        );
        assert_eq!((human.len(), made.len()), (30 - expected, expected));
        assert!(human.is_subset(&human_before) && made_before.is_subset(&made));
        (human_before, made_before) = (human, made);
    }
}

#[test]
fn labels_keep_their_shares() {
    let folder = folder();
    parts(folder.path(), "--proportion 0.5 --total 40");
    let mixed = read(folder.path().join("mix.parquet"));
    let rare = mixed
        .texts("label")
        .expect("labels")
        .into_iter()
        .filter(|label| *label == "rare")
        .count();
    // A quarter of the 20 rows of each source.
    assert_eq!(rare, 10);
}

#[test]
fn the_human_rows_cut_to_a_fraction_are_the_first_of_the_same_order() {
    let folder = folder();
    let (cut, made) = parts(
        folder.path(),
        "--design fixed-real --ratio 0.5 --real-fraction 0.25",
    );
    assert_eq!((cut.len(), made.len()), (10, 5));
    let (half, _) = parts(
        folder.path(),
        "--design fixed-real --ratio 0 --real-fraction 0.5",
    );
    assert!(cut.is_subset(&half));
    let (human, made) = parts(folder.path(), "--proportion 0.5 --real-fraction 0.5");
    assert_eq!((human.len(), made.len()), (10, 10));
    assert!(human.is_subset(&half));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_other_rows() {
    let folder = folder();
    let bytes = |seed: u32, threads: u32| {
        let options = format!("--proportion 0.5 --total 20 --seed {seed} --threads {threads}");
        assert!(mix(folder.path(), "mix.parquet", &options).status.success());
        fs::read(folder.path().join("mix.parquet")).expect("a file")
    };
    assert_eq!(bytes(1, 1), bytes(1, 4));
    assert_ne!(bytes(1, 1), bytes(2, 1));
}

#[test]
fn what_was_asked_and_what_became_of_it_are_told() {
    let folder = folder();
    let done = mix(folder.path(), "mix.parquet", "--proportion 0.25 --total 30");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let expected = "mix: 100 in, 30 chosen, 70 unused, 0 repeats, 30 out; synthetic 8/30 = 0.2667 (asked 0.2500); 16/60 tokens\n";
    assert_eq!(said, expected);
    let mixed = read(folder.path().join("mix.parquet"));
    let provenance = mixed.inputs()[0].provenance.as_ref().expect("a history");
    let made_by = provenance.made_by().expect("a run");
    assert_eq!(made_by.arguments["chosen-synthetic"], 8);
    assert_eq!(made_by.drops["unused-real"], 18);
    let roles: Vec<_> = made_by
        .inputs
        .iter()
        .map(|input| input.role.as_str())
        .collect();
    assert_eq!(roles, ["real", "synthetic"]);
}

#[test]
fn several_mixes_of_one_run_are_those_of_several_runs() {
    let folder = folder();
    let done = mix(
        folder.path(),
        "mix-{proportion}.parquet",
        "--proportions 0,0.25,1 --total 30 --seed 3",
    );
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    for share in ["0", "0.25", "1"] {
        let options = format!("--proportion {share} --total 30 --seed 3");
        assert!(mix(folder.path(), "one.parquet", &options).status.success());
        let one = fs::read(folder.path().join("one.parquet")).expect("a file");
        let name = format!("mix-{share}.parquet");
        let of_several = fs::read(folder.path().join(name)).expect("a file");
        assert!(one == of_several, "{share}");
    }
}

#[test]
fn rows_are_repeated_only_where_it_is_asked_and_told_apart() {
    let folder = folder();
    let options = "--proportion 0.25 --total 100 --repeat 2";
    assert!(mix(folder.path(), "mix.parquet", options).status.success());
    let mixed = read(folder.path().join("mix.parquet"));
    let repeats = mixed.integers("repeat").expect("numbers");
    // 75 rows of 40 human ones: all of them, and 35 once more.
    let again = repeats.iter().filter(|repeat| **repeat == Some(1)).count();
    assert_eq!((mixed.len(), again), (100, 35));
    let ids: BTreeSet<&str> = mixed.texts("id").expect("ids").into_iter().collect();
    assert_eq!(ids.len(), 65);
    let done = mix(
        folder.path(),
        "no.parquet",
        "--proportion 0 --total 81 --repeat 2",
    );
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        said.contains("81 rows asked of --real, but taken 2 times it has 80"),
        "{said}"
    );
}

#[test]
fn tokens_are_shared_as_rows_are() {
    let folder = folder();
    // Each text has 2 tokens.
    let options = "--proportion 0.25 --total 40 --unit tokens";
    let done = mix(folder.path(), "mix.parquet", options);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        said.contains("20 out; synthetic 10/40 tokens = 0.2500 (asked 0.2500)"),
        "{said}"
    );
}

#[test]
fn sources_have_names_and_weights() {
    let folder = folder();
    let sources = "--source web=human.csv:3 --source made=made.csv:1 --total 40 -o mix.parquet";
    let done = Command::new(env!("CARGO_BIN_EXE_mix"))
        .current_dir(folder.path())
        .args(sources.split_whitespace())
        .output()
        .expect("mix runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("40 out; web 30/40, made 10/40"), "{said}");
    let mixed = read(folder.path().join("mix.parquet"));
    let web = mixed.texts("source").expect("sources");
    assert_eq!(web.iter().filter(|source| **source == "web").count(), 30);
}

#[test]
fn a_generation_is_a_source_of_a_protocol() {
    let folder = folder();
    let rows: String = (0..60).map(|row| format!("second {row}\n")).collect();
    fs::write(folder.path().join("second.csv"), format!("text\n{rows}")).expect("written");
    let of = |options: &str| {
        let options = format!("--synthetic second.csv {options}");
        let (human, made) = parts(folder.path(), &options);
        let second = made
            .iter()
            .filter(|text| text.starts_with("second"))
            .count();
        (human.len(), made.len() - second, second)
    };
    assert_eq!(of("--protocol replace"), (0, 0, 40));
    assert_eq!(of("--protocol keep-real --keep 0.1"), (4, 0, 36));
    assert_eq!(of("--protocol augment"), (40, 0, 40));
    assert_eq!(of("--protocol accumulate"), (40, 60, 60));
    // 40 : 60 : 60 of 40.
    assert_eq!(of("--protocol accumulate-subsample"), (10, 15, 15));
    assert_eq!(of("--protocol balanced --total 30"), (10, 10, 10));
    assert_eq!(of("--protocol fresh --keep 0.5 --total 10"), (5, 0, 5));
}

#[test]
fn rows_stand_in_the_order_of_a_column() {
    let folder = folder();
    let rows = |kind: &str| {
        let rows: String = (0..20)
            .map(|row| format!("{kind} {row},{}\n", (row * 7) % 20))
            .collect();
        format!("text,hardness\n{rows}")
    };
    fs::write(folder.path().join("human.csv"), rows("human")).expect("written");
    fs::write(folder.path().join("made.csv"), rows("made")).expect("written");
    parts(
        folder.path(),
        "--proportion 0.5 --order descending:hardness",
    );
    let mixed = read(folder.path().join("mix.parquet"));
    let hardness = mixed.floats("hardness");
    let hardness = hardness.unwrap_or_default();
    assert!(hardness.is_sorted_by(|one, next| one >= next));
}

#[test]
fn little_memory_changes_no_byte() {
    let folder = folder();
    let rows: String = (0..20_000)
        .map(|row| format!("human row number {row}\n"))
        .collect();
    fs::write(folder.path().join("human.csv"), format!("text\n{rows}")).expect("written");
    let bytes = |memory: &str| {
        let options = format!("--proportion 0.002 --total 15000 --memory {memory}");
        assert!(mix(folder.path(), "mix.parquet", &options).status.success());
        fs::read(folder.path().join("mix.parquet")).expect("a file")
    };
    assert!(bytes("0.1MB") == bytes("1GB"));
}

#[test]
fn a_mix_that_cannot_be_filled_is_not_written() {
    let folder = folder();
    let done = mix(
        folder.path(),
        "mix.parquet",
        "--proportion 0.75 --total 100",
    );
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        said.contains("75 rows asked of --synthetic, but it has 60; nothing was written"),
        "{said}"
    );
    assert!(!folder.path().join("mix.parquet").exists());
}

#[test]
fn what_makes_no_sense_cannot_run() {
    let folder = folder();
    fs::copy(
        folder.path().join("human.csv"),
        folder.path().join("made.csv"),
    )
    .expect("copied");
    for (options, expected) in [
        ("--proportion 25", "did you mean 0.25?"),
        (
            "--design fixed-real --proportion 0.5",
            "--proportion means nothing to the design fixed-real",
        ),
        (
            "--design fixed",
            "possible values: fixed-total, fixed-real, fixed-synthetic",
        ),
        ("--repeat 0", "0 is not in 1.."),
        ("--proportions 0,0.5", "mix-{proportion}.parquet"),
        (
            "--order sorted --proportion 0.5",
            "known are shuffled, interleaved",
        ),
        (
            "--proportion 0.5 --stratify topic",
            "human.csv has no column `topic`",
        ),
        ("--protocol fresh", "the protocol fresh needs --keep"),
        (
            "--protocol replace --keep 0.5",
            "--keep means nothing to the protocol replace",
        ),
        (
            "--proportion 0.5",
            "40 rows of made.csv are in human.csv too",
        ),
    ] {
        let done = mix(folder.path(), "mix.parquet", options);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            done.status.code() == Some(2) && said.contains(expected),
            "{options}: {said}"
        );
    }
}
