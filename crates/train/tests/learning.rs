//! What `train` tells of a decoder's learning: its ledgers, its validation, and why it stopped.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dataset::{Reading, Source, Table};

/// A folder with 30 texts of two sources to learn, and 10 others.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, rows: std::ops::Range<usize>| {
        let mut csv = "text,source,generation\n".to_owned();
        for row in rows {
            let (source, generation) = [("human", 0), ("made", 1)][row % 2];
            writeln!(csv, "the rake number {row} came,{source},{generation}").expect("a line");
        }
        fs::write(folder.path().join(name), csv).expect("written");
    };
    write("a.csv", 0..30);
    write("dev.csv", 30..40);
    folder
}

fn train(folder: &Path, options: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_train"))
        .current_dir(folder)
        .args(options.split_whitespace())
        .output()
        .expect("train runs")
}

fn told(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn trained(folder: &Path, options: &str) -> String {
    let done = train(folder, options);
    assert!(done.status.success(), "{}", told(&done));
    told(&done)
}

fn table(folder: &Path, file: &str) -> Table {
    let source = Source::Path(folder.join(file));
    Table::read(&source, &Reading::default(), "ledger", &[]).expect("a ledger")
}

fn sum(table: &Table, column: &str) -> f64 {
    let values = table.floats(column).expect("numbers");
    values.into_iter().flatten().sum()
}

const SCRATCH: &str = "--method scratch --preset tiny --batch-size 4 --seed 1";

#[test]
fn the_ledgers_agree_with_one_another() {
    let folder = folder();
    let path = folder.path();
    trained(path, &format!("a.csv {SCRATCH} --max-steps 9 -o model"));
    let [steps, groups, rows] = ["ledger", "ledger-groups", "ledger-rows"]
        .map(|name| table(path, &format!("model/{name}.parquet")));
    assert_eq!((steps.len(), rows.len()), (9, 30));
    assert_eq!(sum(&steps, "tokens"), sum(&groups, "tokens"));
    assert_eq!(sum(&rows, "times_seen"), 9.0 * 4.0);
    assert_eq!(sum(&groups, "sequences"), 9.0 * 4.0);
    // The loss of a step is the mean over the tokens of its groups.
    let nats = |table: &Table| -> f64 {
        let losses = table.floats("loss_nats").expect("losses").into_iter();
        let tokens = table.floats("tokens").expect("tokens");
        losses
            .zip(tokens)
            .map(|(loss, tokens)| loss.expect("a loss") * tokens.expect("a count"))
            .sum()
    };
    assert!((nats(&steps) - nats(&groups)).abs() < 1e-9 * nats(&steps));
    let mut sources = groups.texts("source").expect("sources");
    sources.sort_unstable();
    sources.dedup();
    assert_eq!(sources, ["human", "made"]);
    let epochs = steps.floats("epoch").expect("passes");
    assert_eq!(epochs[8], Some(36.0 / 30.0));
    let events = fs::read(path.join("model/events.out.tfevents.0.polyculture"));
    assert!(events.expect("there").len() > 9 * 50);
}

#[test]
fn a_run_is_measured_and_ends_where_nothing_gets_better() {
    let folder = folder();
    let path = folder.path();
    let validated =
        format!("a.csv {SCRATCH} --validation dev.csv --eval-steps 2 --learning-rate 0.05");
    let line = format!("{validated} --max-steps 400 --early-stopping-patience 2");
    let said = trained(path, &format!("{line} -o early"));
    let ledger = table(path, "early/ledger.parquet");
    assert!(
        ledger.len() < 400 && ledger.len().is_multiple_of(2),
        "{said}"
    );
    let losses: Vec<(usize, f64)> = ledger
        .floats("validation_loss_nats")
        .expect("losses")
        .into_iter()
        .enumerate()
        .filter_map(|(at, loss)| Some((at + 1, loss?)))
        .collect();
    let best = losses
        .iter()
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .expect("measured");
    assert_eq!(ledger.len(), best.0 + 4, "two measurements after the best");
    assert!(
        said.contains(&format!("at its best, after step {}", best.0)),
        "{said}"
    );
    // The model that is written is the one that had the lowest loss: a run cut there is the same
    // under a rate that does not fall.
    let constant = "--lr-scheduler-type constant --warmup-steps 0";
    trained(path, &format!("{line} {constant} -o stopped"));
    let stopped = table(path, "stopped/ledger.parquet").len() - 4;
    trained(
        path,
        &format!("{validated} {constant} --max-steps {stopped} -o cut"),
    );
    let weights = |name: &str| fs::read(path.join(name).join("model.safetensors")).expect("there");
    assert!(weights("stopped") == weights("cut"));
}

#[test]
fn a_run_that_leaves_the_finite_numbers_names_its_rows_and_keeps_what_was_good() {
    let folder = folder();
    let path = folder.path();
    let wild = format!("a.csv {SCRATCH} --learning-rate 1e30 --warmup-steps 0 --max-grad-norm 0");
    let done = train(path, &format!("{wild} --max-steps 20 -o model"));
    assert_eq!(done.status.code(), Some(2));
    let said = told(&done);
    let ids = table(path, "a.csv");
    let ids = ids.texts("id").expect("ids");
    let (_, rows) = said.split_once("its rows are ").expect(&said);
    let (row, id) = rows.split_once(" (").expect("a row and its id");
    let row: usize = row.parse().expect("a number");
    assert!(id.starts_with(ids[row]), "{said}");
    assert!(said.contains("is NaN") || said.contains("is inf"), "{said}");
    assert!(said.contains("are kept in model.journal"), "{said}");
    assert!(!path.join("model").exists());
    let kept = fs::read_dir(path.join("model.journal")).expect("there");
    assert_eq!(
        kept.count(),
        2,
        "what the run follows from, and a checkpoint"
    );
}

#[test]
fn packing_learns_every_token_in_fewer_examples() {
    let folder = folder();
    let path = folder.path();
    let line = format!("a.csv {SCRATCH} --epochs 1 --max-length 4");
    trained(path, &format!("{line} -o cut"));
    trained(path, &format!("{line} --packing -o packed"));
    let rows = |name: &str| table(path, &format!("{name}/ledger-rows.parquet"));
    assert!(sum(&rows("cut"), "tokens_cut") > 0.0);
    assert_eq!(sum(&rows("packed"), "tokens_cut"), 0.0);
    // All tokens but the first of each row are predicted.
    let packed = rows("packed");
    assert_eq!(
        sum(&packed, "tokens_counted"),
        sum(&packed, "tokens") - 30.0
    );
}
