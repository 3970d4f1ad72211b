//! `generate --model`: texts of a decoder, each from its own seed.

mod support;

use std::collections::BTreeSet;

use arrow::array::AsArray as _;
use arrow::datatypes::Int32Type;
use dataset::{RowEquation, Table};
use model::{Config, Decoder, Tokenizer};
use numeric::Seed;
use support::{Place, texts};

const TEXTS: [&str; 3] = [
    "the sofa is solid",
    "the oven came late .",
    "is the kite at the depot ?",
];

/// A folder with a small untrained model, `m`.
fn place() -> Place {
    let place = Place::new();
    let tokenizer = Tokenizer::train(&TEXTS, 280, &["<bos>", "<eos>"]).expect("trained");
    let config = Config::preset("tiny")
        .expect("known")
        .with_vocab_size(tokenizer.vocab_size());
    let special = |name| tokenizer.id(name).expect("there");
    let config = config.with_special_tokens(Some(special("<bos>")), vec![special("<eos>")]);
    let decoder = Decoder::initialize(config, Seed::new(1)).expect("drawn");
    for (name, bytes) in decoder.to_files().expect("writable") {
        place.write(&format!("m/{name}"), bytes);
    }
    place.write("m/tokenizer.json", tokenizer.to_json().expect("written"));
    place
}

fn equation(table: &Table) -> RowEquation {
    let history = table.inputs()[0].provenance.as_ref().expect("made here");
    history.made_by().expect("a run").rows.clone()
}

#[test]
fn a_text_does_not_depend_on_the_number_of_texts_or_threads() {
    let place = place();
    let arguments = "--model m --seed 3 --max-new-tokens 5 --temperature 0.9 --top-p 0.95";
    for (threads, name) in [(1, "a.parquet"), (2, "b.parquet")] {
        let ended = place.run(&format!("{arguments} -n 600 --threads {threads} -o {name}"));
        assert_eq!(ended.code, 0, "{}", ended.said);
    }
    assert_eq!(place.bytes("a.parquet"), place.bytes("b.parquet"));
    let (longer, shorter) = (
        place.table("a.parquet"),
        place.made(&format!("{arguments} -n 7")),
    );
    for column in ["id", "text", "finish_reason"] {
        assert_eq!(texts(&shorter, column), texts(&longer, column)[..7]);
    }
    assert_eq!(BTreeSet::from_iter(texts(&longer, "id")).len(), 600);
    assert_eq!(texts(&longer, "source")[0], "m");
    assert_eq!(texts(&longer, "knob")[0], "temperature");
    assert_eq!(longer.floats("top_p").expect("numbers")[0], Some(0.95));
    assert!(
        longer
            .integers("n_tokens")
            .expect("numbers")
            .iter()
            .all(|n| n.is_some_and(|n| (1..=5).contains(&n)))
    );
    assert!(!longer.has("label") && !longer.has("prompt"));
}

#[test]
fn empty_answers_are_rejected_counted_and_made_up_for() {
    let table = place().made("--model m --max-new-tokens 1 -n 500");
    let RowEquation::Generated {
        attempts,
        accepted,
        rejected,
        failed,
    } = equation(&table)
    else {
        panic!("generate counts attempts");
    };
    assert_eq!((accepted, failed), (500, 0));
    assert!(rejected > 0 && attempts == accepted + rejected);
    let texts = texts(&table, "text");
    assert!(texts.iter().all(|text| !text.trim().is_empty()));
    let history = table.inputs()[0].provenance.clone().expect("made here");
    assert_eq!(history.made_by().expect("a run").drops["empty"], rejected);
}

#[test]
fn a_number_that_cannot_be_filled_publishes_nothing_unless_fewer_are_allowed() {
    let place = place();
    let arguments = "--model m --condition own-label -n 10 --max-new-tokens 4 -o out.parquet";
    let ended = place.run(arguments);
    assert_eq!(ended.code, 1, "{}", ended.said);
    assert!(
        ended
            .said
            .contains("10 rows were asked for; 40 attempts, 0 accepted, 40 rejected"),
        "{}",
        ended.said
    );
    assert!(!place.path("out.parquet").exists());
    assert_eq!(place.run(&format!("{arguments} --allow-fewer")).code, 1);

    let arguments = "--model m --max-new-tokens 1 -n 500 --max-attempts 500 -o some.parquet";
    let ended = place.run(arguments);
    assert_eq!(ended.code, 1, "{}", ended.said);
    assert!(ended.said.contains("--allow-fewer") && !place.path("some.parquet").exists());
    assert_eq!(place.run(&format!("{arguments} --allow-fewer")).code, 0);
    assert!((1..500).contains(&place.table("some.parquet").len()));
}

#[test]
fn a_run_that_stopped_goes_on_and_ends_as_if_it_had_not() {
    let place = place();
    let arguments = "--model m --max-new-tokens 1 -n 500 --seed 9";
    assert_eq!(
        place
            .run(&format!("{arguments} --max-attempts 500 -o out.parquet"))
            .code,
        1
    );
    assert!(place.path("out.parquet.answers").is_file());

    let other = place.run("--model m --max-new-tokens 2 -n 500 --seed 9 -o out.parquet");
    assert_eq!(other.code, 2, "{}", other.said);
    assert!(
        other
            .said
            .contains("its max-new-tokens is 1, this run's is 2"),
        "{}",
        other.said
    );

    let ended = place.run(&format!("{arguments} -o out.parquet"));
    assert!(
        ended
            .said
            .contains("going on after 500 answers of an earlier run"),
        "{}",
        ended.said
    );
    assert!(!place.path("out.parquet.answers").exists());
    assert_eq!(
        place
            .run(&format!("{arguments} -o whole.parquet --resume never"))
            .code,
        0
    );
    assert_eq!(place.bytes("out.parquet"), place.bytes("whole.parquet"));
    assert_eq!(
        place
            .run(&format!("{arguments} -o whole.parquet --resume always"))
            .code,
        2
    );
}

#[test]
fn classes_are_asked_for_in_turn() {
    let table = place().made("--model m --labels praise,report -n 6 --max-new-tokens 8");
    let labels = BTreeSet::from_iter(texts(&table, "label"));
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["praise", "report"]);
    assert_eq!(texts(&table, "template")[0], "label");
}

#[test]
fn few_shot_rows_name_the_examples_they_were_made_from() {
    let place = place();
    place.write("seeds.csv", "text,label\nthe sofa is solid,praise\nthe oven is fine,praise\nthe oven came late,report\nthe kite is here,report\n");
    let arguments = "seeds.csv --model m --method few-shot --shots 2 --max-new-tokens 8";
    let table = place.made(&format!("{arguments} -n 6"));
    let seeds = BTreeSet::from_iter(texts(&place.table("seeds.csv"), "id"));
    let parents = table.batches()[0]
        .column_by_name("parents")
        .expect("there")
        .as_list::<i32>();
    for row in 0..6 {
        let parents = parents.value(row);
        let parents = BTreeSet::from_iter(
            parents
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::to_owned),
        );
        assert!(
            parents.len() == 2 && parents.is_subset(&seeds),
            "{parents:?}"
        );
    }
    assert_eq!(
        table.inputs()[0]
            .provenance
            .as_ref()
            .expect("made here")
            .made_by()
            .expect("a run")
            .inputs
            .len(),
        2
    );
    let shown = place.run(&format!("{arguments} --show-prompts 2 -o shown.parquet"));
    assert_eq!(shown.code, 0);
    assert!(
        shown.said.contains("\npraise:\n") && shown.said.contains("\nreport:\n"),
        "{}",
        shown.said
    );
    assert!(!place.path("shown.parquet").exists());
}

#[test]
fn every_row_s_prompt_is_continued() {
    let place = place();
    place.write("prompts.jsonl", "{\"prompt\": \"the sofa\", \"label\": \"praise\"}\n{\"prompt\": \"the oven\", \"label\": \"report\"}\n");
    let table = place.made("prompts.jsonl --model m --method continue --max-new-tokens 12");
    assert_eq!(texts(&table, "prompt"), ["the sofa", "the oven"]);
    assert_eq!(texts(&table, "label"), ["praise", "report"]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let place = place();
    place.write("empty/config.json", "{}");
    place.write("seeds.csv", "text\na b\nc d\n");
    for (arguments, told) in [
        ("--model m --method few-shot -n 1", "few-shot needs SEEDS"),
        (
            "seeds.csv --model m --method few-shot",
            "seeds.csv has 2 rows of `text`, but --shots is 4",
        ),
        (
            "seeds.csv --model m --method continue",
            "seeds.csv has no column `prompt`",
        ),
        (
            "--model m --method continue -n 1",
            "continue needs --prompt",
        ),
        ("--model m --condition label -n 1", "needs --labels"),
        ("--model m --temperature=-1 -n 1", "temperature"),
        ("--model m --top-p 0 -n 1", "top-p 0"),
        ("--model none -n 1", "there is no directory"),
        ("--model empty -n 1", "cannot be loaded"),
    ] {
        let ended = place.run(&format!("{arguments} -o out.parquet"));
        assert_eq!(ended.code, 2, "{arguments}: {}", ended.said);
        assert!(ended.said.contains(told), "{arguments}: {}", ended.said);
    }
}

#[test]
fn a_greedy_continuation_is_the_one_that_transformers_wrote() {
    let Some(root) = std::env::var_os("POLYCULTURE_FIXTURES") else {
        eprintln!("skipped: POLYCULTURE_FIXTURES is not set");
        return;
    };
    let folder = std::path::PathBuf::from(root).join("models/stories260k");
    let golden = std::fs::read(folder.join("golden.json")).expect("readable");
    let golden: serde_json::Value = serde_json::from_slice(&golden).expect("JSON");
    let ids =
        |name: &str| -> Vec<i32> { serde_json::from_value(golden[name].clone()).expect("ids") };
    let (prompt, all) = (ids("ids"), ids("greedy_ids_48"));
    let place = Place::new();
    let tokens = all.len() - prompt.len();
    let arguments = format!(
        "--method continue -n 1 --temperature 0 --token-ids --max-new-tokens {tokens} -o out.parquet"
    );
    let folder = folder.to_str().expect("a plain path").to_owned();
    let ended = place.run_with(
        &arguments,
        &["--model", &folder, "--prompt", "Once upon a time"],
    );
    assert_eq!(ended.code, 0, "{}", ended.said);
    let table = place.table("out.parquet");
    let found = table.batches()[0]
        .column_by_name("token_ids")
        .expect("there")
        .as_list::<i32>()
        .value(0);
    assert_eq!(
        found.as_primitive::<Int32Type>().values().to_vec(),
        all[prompt.len()..]
    );
    let whole = format!("Once upon a time{}", texts(&table, "text")[0]);
    assert_eq!(
        whole.trim(),
        golden["greedy_text"].as_str().expect("text").trim()
    );
    assert_eq!(texts(&table, "source"), ["stories260k"]);
    assert_eq!(texts(&table, "finish_reason"), ["length"]);
}

#[test]
fn stop_strings_and_penalties_are_kept_and_part_of_the_request() {
    let place = place();
    let arguments = "--model m --max-new-tokens 12 -n 60 --seed 4";
    let plain = place.made(arguments);
    let stopped = place.made(&format!("{arguments} --stop a --stop e"));
    assert!(
        texts(&stopped, "text")
            .iter()
            .all(|text| !text.contains(['a', 'e']))
    );
    assert!(texts(&stopped, "finish_reason").contains(&"stop".to_owned()));
    assert_ne!(texts(&plain, "id"), texts(&stopped, "id"));
    let varied = place.made(&format!(
        "{arguments} --repetition-penalty 1.5 --presence-penalty -1"
    ));
    assert_ne!(texts(&plain, "text"), texts(&varied, "text"));
    let refused = place.run(&format!("{arguments} --typical-p 0 -o x.parquet"));
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .said
            .contains("typical-p 0 is not above 0 and at most 1"),
        "{}",
        refused.said
    );
}
