//! Scores held against those of the peers in `tests/goldens`, which `make.py` there computed.

use serde_json::Value;

use crate::support::Place;

fn goldens() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/values.json");
    serde_json::from_slice(&std::fs::read(path).expect("golden values")).expect("JSON")
}

#[test]
fn paired_tests_agree_with_scipy() {
    let golden = &goldens()["pairs"];
    let flags = |key: &str| -> Vec<bool> {
        let flags = golden[key].as_array().expect("a list").iter();
        flags.map(|flag| flag.as_bool().expect("a flag")).collect()
    };
    let place = Place::new();
    for key in ["first", "second"] {
        let rows = flags(key).into_iter().enumerate().map(|(row, right)| {
            format!(
                "{{\"id\":\"{row:032}\",\"group\":\"{row}\",\"arm\":\"{key}\",\"form\":\"labels\",\
                 \"task\":\"labels\",\"predicted\":\"x\",\"correct\":{right}}}\n"
            )
        });
        place.write(&format!("{key}.jsonl"), rows.collect::<String>());
    }
    let ended = place.run("--compare first.jsonl second.jsonl -o out.parquet");
    assert_eq!(ended.code, 0, "{}", ended.said);
    let rows = place.results("out.parquet");
    let row = &rows[0];
    assert_eq!(row.metric, "label_correctness_difference");
    assert_eq!(row.arm.as_deref(), Some("second"));
    assert_eq!(row.interval_method.as_deref(), Some("paired_bootstrap_95"));
    for (ours, theirs, tolerance) in [
        ("mcnemar_p", "mcnemar_p", 1e-9),
        ("mixed_p", "t_p", 1e-9),
        ("mixed_low", "t_low", 1e-9),
        ("mixed_high", "t_high", 1e-9),
        ("cohens_dz", "cohens_dz", 1e-9),
        // Differences of whole rows: many draws are exactly 0 and count for both sides.
        ("bootstrap_p", "t_p", 0.03),
    ] {
        let found = row.params[ours].as_f64().expect(ours);
        let expected = golden[theirs].as_f64().expect(theirs);
        assert!(
            (found - expected).abs() < tolerance,
            "{ours}: {found} against {expected}"
        );
    }
    // All rows belong to the grammar under both, so the second figure differs by nothing.
    assert_eq!(rows[1].value, Some(0.0));
    assert_eq!(
        rows[0].params["mcnemar_p_holm"],
        row.params["mcnemar_p"].as_f64().expect("a number") * 2.0
    );
}
