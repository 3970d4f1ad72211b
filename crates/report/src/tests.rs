//! The stage as a whole, on a made study.

use std::fs;

use clap::Parser as _;
use serde_json::{Value, json};

use super::*;

const LEVELS: [f64; 4] = [0.3, 0.7, 1.0, 1.5];

fn row(
    arm: String,
    seed: i64,
    metric: &str,
    direction: &str,
    value: f64,
    params: Value,
) -> ResultRow {
    ResultRow {
        study: Some("levels".to_owned()),
        arm: Some(arm),
        seed: Some(seed),
        subject: Some("3f2a91c4d5e6".repeat(5)),
        metric: metric.to_owned(),
        value: Some(value),
        low: Some(value - 0.015),
        high: Some(value + 0.015),
        interval_method: Some("wilson_95".to_owned()),
        n: Some(2000),
        direction: Some(direction.to_owned()),
        params,
        ..ResultRow::default()
    }
}

/// A number from −½ to ½ that looks drawn.
fn noise(a: i64, b: f64, c: f64) -> f64 {
    let key = format!("{a} {b} {c}");
    numeric::unit_interval(numeric::stable_hash(key.as_bytes())) - 0.5
}

/// A study in which moderate diversity does best.
fn study() -> Vec<ResultRow> {
    let mut rows = Vec::new();
    for seed in 1..=3 {
        let human = 0.78 + 0.02 * noise(seed, 0.0, 0.0);
        rows.push(row(
            "human".into(),
            seed,
            "accuracy",
            "higher_is_better",
            human,
            json!({"proportion": 0.0}),
        ));
        for level in LEVELS {
            let params = json!({"level": level});
            let varied = 12.0 * level + noise(seed, level, 9.0);
            rows.push(row(
                format!("sample-{level}"),
                seed,
                "vendi_q1",
                "higher_is_more_varied",
                varied,
                params.clone(),
            ));
            let right = 0.99 - 0.1 * level;
            rows.push(row(
                format!("sample-{level}"),
                seed,
                "label_correctness",
                "higher_is_better",
                right,
                params,
            ));
            for proportion in [0.25, 0.5, 0.75, 1.0] {
                let effect = 0.05 - 0.12 * (level - 0.9f64).powi(2) - 0.09 * proportion;
                let value = human + effect * proportion + 0.012 * noise(seed, level, proportion);
                let params = json!({"level": level, "proportion": proportion});
                let arm = format!("sample-{level}/p{proportion}");
                rows.push(row(
                    arm,
                    seed,
                    "accuracy",
                    "higher_is_better",
                    value,
                    params,
                ));
            }
        }
    }
    rows
}

fn write(path: &Path, rows: &[ResultRow]) {
    let run = Run {
        stage: "evaluate",
        arguments: BTreeMap::new(),
        seed: Some(1),
        inputs: Vec::new(),
        rows: RowEquation::Used {
            rows_in: 1,
            used: 1,
            skipped: 0,
        },
        drops: BTreeMap::new(),
    };
    let mut writer =
        Writer::create(&Sink::Path(path.to_owned()), &results::schema()).expect("created");
    writer
        .write(&results::to_batch(rows).expect("results"))
        .expect("written");
    writer.finish(&run).expect("finished");
}

/// Runs the stage on `rows`; the page and its Markdown.
fn reported(folder: &Path, rows: &[ResultRow]) -> (String, String) {
    write(&folder.join("eval.parquet"), rows);
    let html = folder.join("report.html");
    let told = ran(&[&folder.join("eval.parquet"), Path::new("-o"), &html]).expect("run");
    assert_eq!(told, Some(format!("{} figures from 1 file", rows.len())));
    let read = |path: &Path| fs::read_to_string(path).expect("written");
    (read(&html), read(&html.with_extension("md")))
}

fn ran(arguments: &[&Path]) -> anyhow::Result<Option<String>> {
    let arguments = arguments.iter().map(|argument| argument.as_os_str());
    report(&Args::parse_from(
        ["report".as_ref()].into_iter().chain(arguments),
    ))
}

#[test]
fn a_page_needs_nothing_else_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let (html, markdown) = reported(folder.path(), &study());
    assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"));
    assert!(!html.contains(&*folder.path().to_string_lossy()));
    assert_eq!(html.matches("<svg ").count(), 3);
    assert_eq!(reported(folder.path(), &study()), (html, markdown));
}

#[test]
fn answers_claim_no_more_than_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let (html, markdown) = reported(folder.path(), &study());
    for expected in [
        "An inverted U of accuracy over vendi_q1 is not shown: it takes at least 7 levels and 5 seeds, and there are at most 4 and 3.",
        "The order check holds: by vendi_q1, each of the 4 levels is more varied than the one before it.",
        "Of 16 arms with synthetic rows, ",
    ] {
        assert!(html.contains(expected), "{expected}");
        assert!(
            markdown.contains(&expected.replace('_', "\\_")),
            "{expected}"
        );
    }
}

#[test]
fn names_of_others_stay_text_on_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rows = study();
    for row in &mut rows {
        row.arm = row
            .arm
            .take()
            .map(|arm| format!("{arm}</td><script>alert(1)</script>|`"));
        row.study = Some("<img src=x onerror=alert(1)>".to_owned());
        if row.params.get("level").is_some() {
            row.params["level"] = json!(format!("\"><b onclick=x>{}", row.params["level"]));
        }
    }
    let (html, markdown) = reported(folder.path(), &rows);
    assert!(!html.contains("<script>") && !html.contains("<img") && !html.contains("<b "));
    assert!(!markdown.contains("<script>") && !markdown.contains("<img"));
}

#[test]
fn all_rows_come_together_in_one_results_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let rows = study();
    write(&at("a.parquet"), &rows[..10]);
    write(&at("b.parquet"), &rows[10..]);
    let html = at("report.html");
    ran(&[&at("a.parquet"), &at("b.parquet"), Path::new("-o"), &html]).expect("run");
    let stacked = Table::read(
        &Source::Path(at("results.parquet")),
        &dataset::Reading::default(),
        "input",
        &[],
    );
    assert_eq!(read(&stacked.expect("results")).expect("rows"), rows);
    // Alone it is read and left as it is; with another file it would hold its rows twice.
    let before = fs::read(at("results.parquet")).expect("there");
    ran(&[&at("results.parquet"), Path::new("-o"), &html]).expect("run");
    assert_eq!(fs::read(at("results.parquet")).expect("there"), before);
    assert!(
        ran(&[
            &at("results.parquet"),
            &at("a.parquet"),
            Path::new("-o"),
            &html
        ])
        .is_err()
    );
}

#[test]
fn a_run_does_not_read_the_results_of_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("a.parquet"), &study());
    let html = folder.path().join("report.html");
    let pattern = folder.path().join("*.parquet");
    for input in [folder.path(), &pattern] {
        let error = ran(&[input, Path::new("-o"), &html]).expect_err("its own results");
        assert!(error.to_string().contains("is among what"), "{error}");
        assert!(!html.exists());
    }
    let elsewhere = folder.path().join("all/results.parquet");
    let named = [Path::new("--results"), &elsewhere];
    let arguments = [folder.path(), Path::new("-o"), &html, named[0], named[1]];
    assert!(ran(&arguments).is_ok() && ran(&arguments).is_ok());
}

#[test]
fn two_outputs_are_two_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("a.parquet");
    write(&results, &study());
    let html = folder.path().join("report.html");
    let error = ran(&[
        &results,
        Path::new("-o"),
        &html,
        Path::new("--markdown"),
        &html,
    ]);
    let error = error.expect_err("one file");
    assert!(
        error
            .to_string()
            .starts_with("-o and --markdown are one file")
    );
    assert!(!html.exists());
}

#[test]
fn an_unknown_measure_is_told_with_those_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("a.parquet");
    write(&results, &study());
    let html = folder.path().join("report.html");
    let error = ran(&[
        &results,
        Path::new("-o"),
        &html,
        Path::new("--performance"),
        Path::new("f1"),
    ]);
    assert_eq!(
        error.expect_err("unknown").to_string(),
        "levels has no values of `f1`; it has accuracy"
    );
    assert!(!html.exists());
}

#[test]
fn without_a_figure_the_answer_is_no() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("a.parquet");
    write(&results, &[]);
    let html = folder.path().join("report.html");
    assert_eq!(ran(&[&results, Path::new("-o"), &html]).expect("run"), None);
    assert!(!html.exists());
}
