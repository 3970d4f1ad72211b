//! Near-duplicates against a brute-force program on the same inputs.
//!
//! Inputs and values lie under `$POLYCULTURE_FIXTURES/goldens`.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use numeric::{Seed, Share};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use text::{MinHash, Rows, Shingle, jaccard};

fn texts(goldens: &Path, input: &str) -> Vec<String> {
    let file = File::open(goldens.join("inputs").join(input).with_extension("parquet"));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.expect("the input is there"));
    let mut texts = Vec::new();
    for batch in reader.expect("Parquet").build().expect("Parquet") {
        let batch = batch.expect("a batch");
        let column = batch.column_by_name("text").expect("a text column");
        texts.extend(
            column
                .as_string::<i32>()
                .iter()
                .map(|text| text.unwrap_or("").to_owned()),
        );
    }
    texts
}

fn shingle_sets(texts: &[String]) -> Rows<u64> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    "words:3"
        .parse::<Shingle>()
        .expect("a shingle")
        .sets(&texts)
}

/// How many rows are left when each row that is alike to an earlier kept one is dropped.
fn kept(rows: usize, alike: &[(usize, usize)]) -> usize {
    let mut keep = vec![true; rows];
    for row in 0..rows {
        keep[row] = !alike
            .iter()
            .any(|(first, second)| *second == row && keep[*first]);
    }
    keep.iter().filter(|keep| **keep).count()
}

#[test]
fn near_duplicates_are_those_of_brute_force() {
    let Some(folder) = std::env::var_os("POLYCULTURE_FIXTURES") else {
        println!("skipped: POLYCULTURE_FIXTURES is not set");
        return;
    };
    let folder = PathBuf::from(folder).join("goldens");
    let file = File::open(folder.join("goldens.json")).expect("goldens.json is there");
    let goldens: Value = serde_json::from_reader(file).expect("goldens.json is JSON");
    let goldens = goldens["goldens"].as_array().expect("a list of goldens");
    let mut checked = 0;
    for golden in goldens
        .iter()
        .filter(|golden| golden["metric"] == "exact_jaccard")
    {
        let threshold = golden["params"]["thr"].as_f64().expect("a threshold");
        let sets = shingle_sets(&texts(
            &folder,
            golden["input"][0].as_str().expect("an input"),
        ));
        let pairs = (0..sets.len()).flat_map(|i| (i + 1..sets.len()).map(move |j| (i, j)));
        let alike = |(i, j): &(usize, usize)| jaccard(sets.row(*i), sets.row(*j)) >= threshold;
        let exact: Vec<_> = pairs.filter(alike).collect();
        assert_eq!(golden["value"]["pairs"], exact.len(), "{golden}");
        assert_eq!(
            golden["value"]["greedy_first_kept"],
            kept(sets.len(), &exact),
            "{golden}"
        );

        let threshold = Share::new(threshold).expect("a fraction");
        let found = MinHash::new(threshold, 128, Seed::new(1)).similar_pairs(&sets, threshold);
        let found: Vec<_> = found.iter().map(|pair| (pair.first, pair.second)).collect();
        assert_eq!(
            golden["value"]["greedy_first_kept"],
            kept(sets.len(), &found),
            "{golden}"
        );
        checked += 1;
    }
    assert_eq!(checked, 6);
}
