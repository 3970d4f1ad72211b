//! What peers count in texts of our own, which `peers/lexical.py` makes.

use diversity::{Context, Options, Set};
use numeric::Seed;
use serde_json::Value;
use text::Tokenizer;

const GOLDENS: &str = include_str!("peers/lexical.json");

/// How far a value may be off, relative to the peer's.
fn tolerance(metric: &str) -> f64 {
    match metric {
        // The peer of the first draws samples, here as many as a minute allows; other versions of
        // the two libraries may find another byte.
        "vocd_d" | "compression_ratio_xz" | "compression_ratio_zstd" => 5e-3,
        _ => 1e-9,
    }
}

#[test]
fn texts_of_our_own_have_the_values_of_peers_however_they_are_cut() {
    let goldens: Value = serde_json::from_str(GOLDENS).expect("JSON");
    let texts: Vec<&str> = goldens["texts"]
        .as_array()
        .expect("texts")
        .iter()
        .map(|text| text.as_str().expect("a text"))
        .collect();
    let values = goldens["values"].as_array().expect("values");
    assert!(values.len() >= 40, "{}", values.len());
    for tokenizer in Tokenizer::ALL {
        let set = Set::of_texts(&texts, tokenizer);
        let context = Context::new(&Options::new(Seed::new(1)));
        for golden in values {
            let name = golden["metric"].as_str().expect("a name");
            let metric = diversity::metric(name).expect("known");
            let found = metric.measure(&set, &context).expect(name).value;
            let expected = golden["value"].as_f64().expect("a number");
            let error = (found - expected).abs() / expected.abs();
            assert!(
                error <= tolerance(name),
                "{found} is not {expected} (relative error {error:e}): {golden}"
            );
        }
    }
}
