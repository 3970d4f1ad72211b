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
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains(" src="));
    assert_eq!(html.matches("<script").count(), 1);
    assert!(!html.contains(" style=") && !html.contains(" onclick"));
    assert!(!html.contains(&*folder.path().to_string_lossy()));
    // By diversity, the differences, by proportion, the levels.
    assert_eq!(html.matches("<svg ").count(), 4);
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
        row.study = Some("<img src=x onerror=alert(1)>\u{202e}".to_owned());
        if row.params.get("level").is_some() {
            row.params["level"] = json!(format!("\"><b onclick=x>{}", row.params["level"]));
        }
    }
    let (html, markdown) = reported(folder.path(), &rows);
    assert_eq!(html.matches("<script>").count(), 1);
    assert!(!html.contains("<img") && !html.contains("<b "));
    assert!(!html.contains('\u{202e}') && html.contains("\\u{202e}"));
    assert!(!markdown.contains("<script>") && !markdown.contains("<img"));
}

#[test]
fn the_first_screen_is_the_answer_and_its_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let (html, markdown) = reported(folder.path(), &study());
    let place = |what: &str| html.find(what).expect("on the page");
    let headline = place("<p class=\"headline\">The highest mean accuracy is that of ");
    let first = place("<h3>accuracy by measured diversity</h3>");
    assert!(place("How varied should") < headline && headline < first);
    assert!(first < place("<h3>What is shown</h3>"));
    assert!(markdown.contains("**The highest mean accuracy is that of "));
}

#[test]
fn every_picture_is_a_file_of_its_own_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    write(&at("a.parquet"), &study());
    let run = || {
        let pictures = [Path::new("--pictures"), &at("pictures")];
        let csv = [Path::new("--csv"), &at("figures.csv")];
        ran(&[
            &at("a.parquet"),
            Path::new("-o"),
            &at("report.html"),
            pictures[0],
            pictures[1],
            csv[0],
            csv[1],
        ])
        .expect("run");
        let entries = fs::read_dir(at("pictures")).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        let bytes = names
            .iter()
            .map(|name| fs::read(at("pictures").join(name)).expect("a file"));
        (names.clone(), bytes.collect::<Vec<_>>())
    };
    let (names, bytes) = run();
    assert_eq!(names.len(), 4 + 1);
    assert_eq!(names[0], "01-accuracy-by-measured-diversity.svg");
    assert!(bytes[0].starts_with(b"<svg xmlns="));
    assert_eq!(run(), (names, bytes));
    let csv = fs::read_to_string(at("figures.csv")).expect("written");
    assert_eq!(csv.lines().count(), study().len() + 1);
    assert!(csv.starts_with("study,arm,seed,metric,value,"));
}

#[test]
fn studies_stand_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mut other = study();
    for row in &mut other {
        row.value = row.value.map(|value| value - 0.1);
    }
    write(&at("a.parquet"), &study());
    write(&at("b.parquet"), &other);
    let inputs = [at("a.parquet"), at("b.parquet")];
    let html = at("report.html");
    let told = ran(&[
        &inputs[0],
        &inputs[1],
        Path::new("--compare"),
        Path::new("-o"),
        &html,
    ]);
    assert_eq!(
        told.expect("run"),
        Some(format!("{} figures from 2 files", 2 * study().len()))
    );
    let page = fs::read_to_string(&html).expect("written");
    for expected in [
        "The studies side by side",
        "<h2><bdi>levels</bdi></h2>",
        "<h2><bdi>levels (2)</bdi></h2>",
        "Difference in accuracy to human rows alone, by study",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    // The results are as they were.
    let results = Source::Path(at("results.parquet"));
    let table = Table::read(&results, &dataset::Reading::default(), "input", &[]).expect("results");
    assert!(
        read(&table)
            .expect("rows")
            .iter()
            .all(|row| row.study.as_deref() == Some("levels"))
    );
}

#[test]
fn scarce_human_rows_and_shift_have_pictures_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rows = Vec::new();
    for mut row in study() {
        if row.metric == "vendi_q1" {
            let farther = row.value.map(|value| 1.0 / value);
            rows.push(ResultRow {
                metric: "frechet".to_owned(),
                direction: Some("higher_is_farther".to_owned()),
                value: farther,
                low: None,
                high: None,
                ..row.clone()
            });
        }
        if row.metric == "accuracy" {
            for fraction in [0.1, 1.0] {
                let arm = row.arm.as_ref().map(|arm| format!("{arm}/f{fraction}"));
                let mut cut = ResultRow { arm, ..row.clone() };
                cut.params["real_fraction"] = json!(fraction);
                rows.push(cut);
            }
        } else {
            row.params["n"] = json!(1);
            rows.push(row);
        }
    }
    let (html, _) = reported(folder.path(), &rows);
    for expected in [
        "<h3>accuracy when human rows are scarce</h3>",
        "<h3>accuracy by shift from human rows (human rows cut to 0.1)</h3>",
        "<h3>Difference in accuracy to human rows alone (human rows cut to 1)</h3>",
    ] {
        assert!(html.contains(expected), "{expected}");
    }
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
