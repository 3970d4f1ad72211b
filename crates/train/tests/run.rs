//! What `train` does to files: a model directory with its ledger, the same bytes again, refusals.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dataset::{Directory, DirectorySource, Reading, RowEquation, Source, Table};

/// A folder with 40 labelled rows.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut csv = "text,label\n".to_owned();
    for row in 0..40 {
        let (label, word) = if row % 2 == 0 {
            ("good", "lovely")
        } else {
            ("bad", "broken")
        };
        writeln!(csv, "the {word} rake number {row} came,{label}").expect("a line");
    }
    fs::write(folder.path().join("a.csv"), csv).expect("written");
    folder
}

fn train(folder: &Path, options: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_train"))
        .current_dir(folder)
        .args(options.split_whitespace())
        .output()
        .expect("train runs")
}

fn trained(folder: &Path, options: &str) -> String {
    let done = train(folder, options);
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{told}");
    told
}

fn refused(folder: &Path, options: &str) -> String {
    let done = train(folder, options);
    assert_eq!(done.status.code(), Some(2));
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn ledger(folder: &Path, model: &str) -> Table {
    let source = Source::Path(folder.join(model).join("ledger.parquet"));
    Table::read(&source, &Reading::default(), "ledger", &[]).expect("a ledger")
}

#[test]
fn a_classifier_is_a_directory_with_its_ledger_and_its_history() {
    let folder = folder();
    let told = trained(folder.path(), "a.csv --method tfidf --C 10 -o model");
    assert!(
        told.starts_with("train: 40 in, 40 used, 0 skipped; 2 classes, loss 0.6931 -> 0."),
        "{told}"
    );
    let directory =
        Directory::open(&DirectorySource::Path(folder.path().join("model"))).expect("a directory");
    let expected = [
        "config.json",
        "ledger.parquet",
        "model.safetensors",
        "vocabulary.json",
    ];
    assert_eq!(directory.files().expect("files"), expected);
    let made = directory
        .provenance()
        .and_then(|provenance| provenance.made_by())
        .expect("a history");
    assert_eq!(
        made.rows,
        RowEquation::Used {
            rows_in: 40,
            used: 40,
            skipped: 0
        }
    );
    assert_eq!(
        (made.stage.as_str(), &made.arguments["C"]),
        ("train", &serde_json::json!(10.0))
    );
    let ledger = ledger(folder.path(), "model");
    let losses: Vec<f64> = ledger
        .floats("loss_nats")
        .expect("losses")
        .into_iter()
        .flatten()
        .collect();
    assert!(
        losses.len() > 3 && losses[losses.len() - 1] < 0.2 && ledger.floats("grad_norm").is_ok()
    );
}

#[test]
fn a_head_is_trained_on_embeddings() {
    let folder = folder();
    let told = trained(
        folder.path(),
        "a.csv --method linear-head --dimension 32 -o model",
    );
    assert!(told.contains("2 classes"), "{told}");
    let config = String::from_utf8(bytes(folder.path(), "model/config.json")).expect("text");
    assert!(
        config.contains("\"LinearHead\"") && config.contains("\"embedder\": \"hashed-ngrams\""),
        "{config}"
    );
}

#[test]
fn a_decoder_learns_from_scratch_and_is_trained_on() {
    let folder = folder();
    let scratch =
        "a.csv --method scratch --preset tiny --max-steps 30 --condition label --batch-size 4";
    let told = trained(folder.path(), &format!("{scratch} -o one"));
    assert!(told.contains("in 30 steps"), "{told}");
    trained(folder.path(), &format!("{scratch} --threads 1 -o other"));
    for name in [
        "model.safetensors",
        "tokenizer.json",
        "config.json",
        "ledger.parquet",
        "manifest.json",
    ] {
        assert_eq!(
            bytes(folder.path(), &format!("one/{name}")),
            bytes(folder.path(), &format!("other/{name}")),
            "{name}"
        );
    }
    let losses = ledger(folder.path(), "one")
        .floats("loss_nats")
        .expect("losses");
    assert!(losses[29] < losses[0], "{losses:?}");
    for method in ["full", "lora"] {
        let told = trained(
            folder.path(),
            &format!("a.csv --method {method} --model one --epochs 0.5 -o {method}"),
        );
        assert!(told.contains("in 3 steps"), "{told}");
        assert_eq!(
            bytes(folder.path(), &format!("{method}/tokenizer.json")),
            bytes(folder.path(), "one/tokenizer.json")
        );
    }
    assert_ne!(
        bytes(folder.path(), "full/model.safetensors"),
        bytes(folder.path(), "one/model.safetensors")
    );
    let told = trained(
        folder.path(),
        "a.csv --method scratch --preset tiny --tokenizer one --max-steps 2 -o again",
    );
    assert!(told.contains("in 2 steps"), "{told}");
    assert_eq!(
        bytes(folder.path(), "again/tokenizer.json"),
        bytes(folder.path(), "one/tokenizer.json")
    );
}

fn decoder(folder: &Path, name: &str) -> anyhow::Result<model::Decoder> {
    let source = DirectorySource::Path(folder.join(name));
    Ok(model::Decoder::load(&Directory::open(&source)?)?)
}

#[test]
fn an_adapter_is_saved_as_peft_does_and_loads_as_the_model_it_makes() {
    let folder = folder();
    let path = folder.path();
    trained(
        path,
        "a.csv --method scratch --preset tiny --max-steps 5 -o base",
    );
    let lora = "a.csv --method lora --model base --max-steps 4 --lora-rank 2 --lora-dropout 0.1 --lora-target-modules q_proj,up_proj --learning-rate 1e-2";
    trained(path, &format!("{lora} -o adapter"));
    trained(path, &format!("{lora} --merge -o merged"));
    assert!(!path.join("adapter/model.safetensors").exists());
    let config = String::from_utf8(bytes(path, "adapter/adapter_config.json")).expect("text");
    let config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
    assert_eq!(config["base_model_name_or_path"], "base");
    assert_eq!(
        (&config["r"], &config["lora_dropout"], &config["lora_alpha"]),
        (
            &serde_json::json!(2),
            &serde_json::json!(0.1),
            &serde_json::json!(16)
        )
    );
    // The folder of the adapter is where its base is looked for.
    let logits = |name| {
        let decoder = decoder(path, name).expect("a model");
        decoder.logits(&[5, 6, 7]).expect("logits")
    };
    assert_eq!(logits("adapter"), logits("merged"));
    assert_ne!(logits("adapter"), logits("base"));
    let told = refused(path, "a.csv --method lora --model adapter -o more");
    assert!(told.contains("adapter is an adapter"), "{told}");
    trained(
        path,
        "a.csv --method full --model adapter --max-steps 1 -o more",
    );
    trained(
        path,
        "a.csv --method scratch --preset tiny --max-steps 6 -o base",
    );
    let error = decoder(path, "adapter").expect_err("another base");
    assert_eq!(
        format!("{error:#}"),
        "adapter_base.json: adapter was made for another model than base, which has other weights"
    );
}

#[test]
fn rows_that_say_nothing_are_skipped_and_counted() {
    let folder = folder();
    let rows = "{\"prompt\":\"say a\",\"completion\":\" a\"}\n{\"prompt\":\"say nothing\",\"completion\":\"\"}\n";
    fs::write(folder.path().join("b.jsonl"), rows).expect("written");
    let told = trained(
        folder.path(),
        "b.jsonl --method scratch --preset tiny --max-steps 1 -o model",
    );
    assert!(
        told.starts_with("train: 2 in, 1 used, 1 skipped; "),
        "{told}"
    );
}

#[test]
fn what_cannot_be_trained_is_refused_and_leaves_nothing() {
    let folder = folder();
    fs::write(
        folder.path().join("one.csv"),
        "text,label\nrake kettle,only\n",
    )
    .expect("written");
    for (options, expected) in [
        (
            "one.csv --method tfidf -o m",
            "a classifier needs rows of two classes or more, found 1: only",
        ),
        (
            "a.csv --method full -o m",
            "--method full needs a model to begin from",
        ),
        (
            "a.csv --method tfidf --preset 1m -o m",
            "--method tfidf has no use for --preset",
        ),
        (
            "a.csv --method scratch --preset huge -o m",
            "preset `huge` is not known; known ones are tiny, 1m, 10m",
        ),
        (
            "a.csv --method scratch --preset tiny --max-length 9999 -o m",
            "the model has 256 positions",
        ),
        (
            "a.csv --method linear-head --embedder nothing -o m",
            "known embedders are hashed-ngrams",
        ),
        (
            "a.csv --method scratch --preset tiny --column label2 -o m",
            "has no column `label2`",
        ),
    ] {
        let told = refused(folder.path(), options);
        assert!(told.contains(expected), "{options}: {told}");
        assert!(!folder.path().join("m").exists(), "{options}");
    }
}
