//! How unlikely a decoder finds texts, held against the figures of another implementation.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Place;

#[test]
fn losses_agree_with_transformers() {
    let Some(root) = std::env::var_os("POLYCULTURE_FIXTURES") else {
        eprintln!("skipped: POLYCULTURE_FIXTURES is not set");
        return;
    };
    let model = PathBuf::from(root).join("models/stories260k");
    let golden = std::fs::read(model.join("golden.json")).expect("golden values");
    let golden: Value = serde_json::from_slice(&golden).expect("JSON");
    let place = Place::new();
    let golden = golden["score"].as_array().expect("scores");
    let mut lines: String = golden
        .iter()
        .map(|row| format!("{}\n", serde_json::json!({"text": row["text"]})))
        .collect();
    lines += "{\"text\": \"\"}\n";
    place.write("test.jsonl", lines);
    let model = model.display();
    let ended = place.run(&format!(
        "{model} --test test.jsonl -o out.parquet --predictions said.parquet"
    ));
    let expected = "evaluate: 3 in, 2 used, 1 skipped (1 no-token-to-predict); perplexity ";
    assert!(ended.said.starts_with(expected), "{}", ended.said);
    let said = place.table("said.parquet");
    let (nll, tokens) = (
        said.floats("nll_nats").expect("numbers"),
        said.floats("n_tokens").expect("numbers"),
    );
    assert_eq!(nll.len(), golden.len());
    for ((nll, tokens), row) in nll.iter().zip(&tokens).zip(golden) {
        let (nll, tokens) = (nll.expect("a loss"), tokens.expect("a number"));
        let mean = row["mean_nll_nats"].as_f64().expect("a number");
        assert_eq!(Some(tokens), row["tokens_scored"].as_f64());
        assert!(
            (nll / tokens - mean).abs() < 1e-4,
            "{} against {mean}",
            nll / tokens
        );
    }
    // 31 tokens at 0.180356 and 35 at 6.608516 nats, in 92 and 62 bytes.
    let mean: f64 = (31.0 * 0.180_356 + 35.0 * 6.608_516) / 66.0;
    let bits = 66.0 * mean / 154.0 / std::f64::consts::LN_2;
    let expected = [
        ("perplexity", mean.exp(), 0.01),
        ("bits_per_byte", bits, 1e-4),
        ("mean_nll_nats", mean, 1e-4),
        // The texts have 19 and 11 words.
        ("word_perplexity", (66.0 * mean / 30.0).exp(), 1.0),
        ("byte_perplexity", bits.exp2(), 1e-3),
    ];
    let rows = place.results("out.parquet");
    assert_eq!(rows.len(), expected.len());
    for (row, (name, value, tolerance)) in rows.iter().zip(expected) {
        assert_eq!(
            (row.metric.as_str(), row.n, row.n_tokens),
            (name, Some(2), Some(66))
        );
        let found = row.value.expect("a value");
        assert!(
            (found - value).abs() < tolerance,
            "{name}: {found} against {value}"
        );
        assert_eq!(row.interval_method.as_deref(), Some("bootstrap_95"));
        assert_eq!(row.direction.as_deref(), Some("lower_is_better"));
    }
}
