//! Tasks of lm-evaluation-harness, held against the figures that it gives.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Place;

/// The folder of golden values, and what it says of a metric; none where it is not there.
fn golden(metric: &str) -> Option<(PathBuf, Value)> {
    let Some(root) = std::env::var_os("POLYCULTURE_FIXTURES") else {
        let told = "skipped: POLYCULTURE_FIXTURES is not set\n";
        // A message that cannot be delivered changes nothing.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
        return None;
    };
    let folder = PathBuf::from(root).join("goldens");
    let bytes = std::fs::read(folder.join("goldens.json")).expect("golden values");
    let all: Value = serde_json::from_slice(&bytes).expect("JSON");
    let rows = all["goldens"].as_array().expect("a list").clone();
    let row = rows.into_iter().find(|row| row["metric"] == metric);
    Some((folder.join("inputs"), row.expect("the metric is there")))
}

/// Runs the task that the golden values were computed by, on the model that they are of.
fn run(place: &Place, inputs: &std::path::Path, golden: &Value, more: &str) -> String {
    let yaml = golden["params"]["yaml"].as_str().expect("a task");
    place.write(
        "task.yaml",
        yaml.replace("inputs/", &format!("{}/", inputs.display())),
    );
    let length = golden["params"]["max_length"].as_u64().expect("a number");
    let model = inputs.join("tiny-llama");
    let ended = place.run(&format!(
        "{} --task task.yaml --max-length {length} -o out.parquet --predictions said.parquet {more}",
        model.display()
    ));
    assert_eq!(ended.code, 0, "{}", ended.said);
    ended.said
}

fn value_of(place: &Place, metric: &str) -> f64 {
    let rows = place.results("out.parquet");
    let row = rows.iter().find(|row| row.metric == metric);
    row.expect(metric).value.expect("a value")
}

/// The log-likelihoods of the first rows that a note of the golden values tells, as printed there.
fn told(golden: &Value, task: &str) -> Vec<f64> {
    let note = golden["note"].as_str().expect("a note");
    let from = note.find(task).expect("the task") + task.len();
    let until = note[from..].find("'tiny").unwrap_or(note.len() - from);
    let numbers = note[from..from + until].split(|c: char| !matches!(c, '-' | '.' | '0'..='9'));
    numbers
        .filter_map(|number| number.parse().ok())
        .filter(|number: &f64| *number < -1.0)
        .collect()
}

#[test]
fn multiple_choice_agrees_with_the_harness() {
    let Some((inputs, golden)) = golden("lm_eval_tiny_mc") else {
        return;
    };
    let place = Place::new();
    let said = run(&place, &inputs, &golden, "");
    assert!(
        said.starts_with("evaluate: 60 in, 60 used, 0 skipped; acc 0.033, acc_norm 0.700\n"),
        "{said}"
    );
    for metric in ["acc", "acc_norm"] {
        let expected = golden["value"][format!("{metric},none")]
            .as_f64()
            .expect("a number");
        assert!(
            (value_of(&place, metric) - expected).abs() < 1e-12,
            "{metric}"
        );
    }
    // The first three rows, four choices each.
    let table = place.table("said.parquet").to_batch().expect("one batch");
    let lists = table.column_by_name("loglikelihoods").expect("a column");
    let expected = told(&golden, "tiny_mc'");
    assert_eq!(expected.len(), 12);
    let lists = arrow::array::AsArray::as_list::<i32>(lists);
    for (row, expected) in expected.chunks(4).enumerate() {
        let list = lists.value(row);
        let found = arrow::array::AsArray::as_primitive::<arrow::datatypes::Float64Type>(&list);
        for (found, expected) in found.values().iter().zip(expected) {
            assert!(
                (found - expected).abs() < 2e-3,
                "{found} against {expected}"
            );
        }
    }
}

#[test]
fn rolling_perplexities_agree_with_the_harness() {
    let Some((inputs, golden)) = golden("lm_eval_tiny_ppl") else {
        return;
    };
    let place = Place::new();
    run(&place, &inputs, &golden, "");
    for metric in ["word_perplexity", "byte_perplexity", "bits_per_byte"] {
        let expected = golden["value"][format!("{metric},none")]
            .as_f64()
            .expect("a number");
        let found = value_of(&place, metric);
        assert!(
            (found / expected - 1.0).abs() < 1e-4,
            "{metric}: {found} against {expected}"
        );
    }
    let losses = place
        .table("said.parquet")
        .floats("nll_nats")
        .expect("numbers");
    let expected = told(&golden, "tiny_ppl'");
    assert_eq!(expected.len(), 3);
    for (loss, expected) in losses.iter().zip(expected) {
        let loss = loss.expect("a loss");
        assert!((loss + expected).abs() < 2e-3, "{loss} against {expected}");
    }
}

#[test]
fn the_named_task_is_the_one_of_the_file() {
    let Some((inputs, golden)) = golden("lm_eval_tiny_mc") else {
        return;
    };
    let place = Place::new();
    run(&place, &inputs, &golden, "");
    let by_file = place.results("out.parquet");
    // The native prompt has words around the question, so only the number of rows is the same.
    let ended = place.run(&format!(
        "{} --task multiple-choice --test {} --max-length 512 -o out.parquet",
        inputs.join("tiny-llama").display(),
        inputs.join("mc60.parquet").display()
    ));
    assert_eq!(ended.code, 0, "{}", ended.said);
    let by_name = place.results("out.parquet");
    let metrics = by_name.iter().map(|row| row.metric.as_str());
    assert_eq!(
        metrics.collect::<Vec<_>>(),
        ["acc", "acc_norm", "acc_bytes"]
    );
    assert_eq!((by_name[0].n, by_file.len()), (Some(60), 2));
}
