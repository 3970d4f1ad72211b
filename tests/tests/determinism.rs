//! The same inputs, arguments and seed are the same bytes, whatever the number of threads and the folder.

use std::collections::BTreeMap;

use suite::{Scratch, contents};

/// Every stage once, each on what the ones before it made.
const CHAIN: &str = r#"
generate -q --threads $THREADS --grammar "$WORLD" -n 700 --seed 1 --source-name human --generation 0 -o world.parquet
generate -q --threads $THREADS --grammar "$WORLD" -n 700 --seed 2 --diversity 0.4 --level low -o made.parquet
generate -q --threads $THREADS --grammar "$WORLD" -n 50 --seed 3 --task qa -o qa.parquet
ingest -q --threads $THREADS world.parquet --split 'train=0.7,test=0.3' --seed 1 -o '{split}.parquet'
filter -q --threads $THREADS made.parquet --against test.parquet --exact-duplicate --near-duplicate 0.8 \
  --rejects rejects.parquet -o kept.parquet
embed -q --threads $THREADS kept.parquet --embedder hashed-ngrams -o kept-vectors.parquet
embed -q --threads $THREADS train.parquet --embedder hashed-ngrams -o train-vectors.parquet
embed -q --threads $THREADS test.parquet --embedder hashed-ngrams -o test-vectors.parquet
score-diversity -q --threads $THREADS kept-vectors.parquet --reference train-vectors.parquet --sample 300 \
  --arm low --param level=low -o diversity.parquet
mix -q --threads $THREADS --real train-vectors.parquet --synthetic kept-vectors.parquet --total 400 --proportion 0.5 --seed 3 -o mix.parquet
train -q --threads $THREADS mix.parquet --method tfidf --seed 1 -o tfidf
train -q --threads $THREADS mix.parquet --method linear-head --seed 1 -o head
evaluate -q --threads $THREADS tfidf --test test.parquet --arm low --param level=low --param proportion=0.5 \
  --predictions predictions.parquet -o tfidf.parquet
evaluate -q --threads $THREADS head --test test-vectors.parquet -o head.parquet
evaluate -q --threads $THREADS grammar:"$WORLD" --test kept.parquet -o truth.parquet
train -q --threads $THREADS train.parquet --method scratch --preset 1m --max-steps 3 --seed 1 -o decoder
train -q --threads $THREADS train.parquet --method lora --model decoder --max-steps 2 --seed 2 -o lora
train -q --threads $THREADS train.parquet --method full --model decoder --max-steps 2 --seed 2 -o full
generate -q --threads $THREADS --model decoder -n 6 --allow-fewer --max-attempts 24 --max-new-tokens 12 --seed 4 -o sampled.parquet
evaluate -q --threads $THREADS decoder --test test.parquet -o perplexity.parquet
report -q --threads $THREADS tfidf.parquet diversity.parquet --results results.parquet --markdown report.md -o report.html
show -q --threads $THREADS mix.parquet > mix.jsonl
show -q --threads $THREADS mix.parquet --provenance > mix.txt
"#;

fn run(threads: &str) -> BTreeMap<String, Vec<u8>> {
    let scratch = Scratch::new();
    let ran = scratch
        .shell(CHAIN)
        .env("THREADS", threads)
        .output()
        .expect("bash runs");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    contents(scratch.path())
}

#[test]
fn every_stage_writes_the_same_bytes_on_one_thread_and_on_two_and_in_any_folder() {
    let (one, two) = (run("1"), run("2"));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>()
    );
    let differ: Vec<_> = one
        .iter()
        .filter(|(name, bytes)| two[*name] != **bytes)
        .map(|(name, _)| name)
        .collect();
    assert!(differ.is_empty(), "these differ: {differ:?}");
    assert!(
        one.keys().all(|name| !name.contains(".partial")),
        "{:?}",
        one.keys()
    );
}
