//! `generate --grammar`: texts whose truth is known, the same on every machine.

mod support;

use std::collections::BTreeSet;

use dataset::{ContentHash, RowEquation};
use support::{Place, texts};
use text::grammar::{Grammar, Truth};

const WORLD: &str = include_str!("../../../data/world.grammar");

fn place() -> Place {
    let place = Place::new();
    place.write("world.grammar", WORLD);
    place
}

#[test]
fn every_text_has_the_label_that_is_true_of_it() {
    let table = place().made("--grammar world.grammar -n 300 --seed 1 --level high");
    let grammar = Grammar::parse(WORLD).expect("the world");
    let rows = texts(&table, "text")
        .into_iter()
        .zip(texts(&table, "label"));
    for (text, label) in rows {
        let Truth::Member { labels } = grammar.classify(&text) else {
            panic!("`{text}` is no text of the world");
        };
        assert!(labels.contains(&label), "`{text}` is not {label}");
    }
    assert_eq!(BTreeSet::from_iter(texts(&table, "id")).len(), 300);
    assert!(texts(&table, "level").iter().all(|level| level == "high"));
    assert!(texts(&table, "knob").iter().all(|knob| knob == "diversity"));
    assert!(
        texts(&table, "source")
            .iter()
            .all(|source| source == "grammar")
    );
    assert_eq!(table.floats("knob_value").expect("numbers")[0], Some(1.0));
    assert_eq!(table.floats("temperature").expect("numbers")[0], None);
    assert_eq!(table.integers("generation").expect("numbers")[0], Some(1));
}

#[test]
fn the_same_arguments_make_the_same_bytes_and_a_longer_set_begins_with_the_shorter() {
    let place = place();
    let arguments = "--grammar world.grammar --diversity 0.5 --shift 0.2 --seed 2";
    for (threads, name) in [(1, "a.parquet"), (2, "b.parquet")] {
        let ended = place.run(&format!("{arguments} -n 50 --threads {threads} -o {name}"));
        assert_eq!(
            (ended.code, ended.said.as_str()),
            (0, "generate: 50 attempts, 50 accepted, 0 rejected\n")
        );
    }
    assert_eq!(place.bytes("a.parquet"), place.bytes("b.parquet"));
    let shorter = place.made(&format!("{arguments} -n 20"));
    let longer = place.table("a.parquet");
    for column in ["id", "text", "label", "template"] {
        assert_eq!(texts(&shorter, column), texts(&longer, column)[..20]);
    }
    assert_ne!(
        texts(
            &place.made("--grammar world.grammar -n 50 --seed 3"),
            "text"
        ),
        texts(&longer, "text")
    );
}

#[test]
fn fewer_different_texts_come_with_less_diversity() {
    let place = place();
    let different = |diversity: &str| {
        let table = place.made(&format!(
            "--grammar world.grammar -n 400 --diversity {diversity}"
        ));
        BTreeSet::from_iter(texts(&table, "text")).len()
    };
    let counts = ["0", "0.25", "1"].map(different);
    assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    assert_eq!(counts[0], 6);
}

#[test]
fn classes_named_come_in_turn() {
    let table = place().made("--grammar world.grammar -n 4 --labels praise,report");
    assert_eq!(
        texts(&table, "label"),
        ["praise", "report", "praise", "report"]
    );
}

#[test]
fn questions_come_with_their_context_and_answer() {
    let table =
        place().made("--grammar world.grammar -n 20 --task qa --source-name human --generation 0");
    let column = |name: &str| texts(&table, name);
    let made = column("context")
        .into_iter()
        .zip(column("question"))
        .zip(column("answer"));
    let joined: Vec<_> = made
        .map(|((context, question), answer)| format!("{context} {question} {answer}"))
        .collect();
    assert_eq!(column("text"), joined);
    let completed = column("prompt").into_iter().zip(column("completion"));
    assert_eq!(
        completed
            .map(|(prompt, completion)| format!("{prompt}{completion}"))
            .collect::<Vec<_>>(),
        joined
    );
    assert!(!table.has("label"));
    assert_eq!(texts(&table, "source")[0], "human");
    assert_eq!(table.integers("generation").expect("numbers")[0], Some(0));
}

#[test]
fn the_grammar_is_in_the_provenance_by_its_hash() {
    let table = place().made("--grammar world.grammar -n 5 --seed 7 --shift 0.25");
    let history = table.inputs()[0].provenance.clone().expect("made here");
    let node = history.made_by().expect("a run");
    assert_eq!(node.inputs[0].hash, ContentHash::of_bytes(WORLD.as_bytes()));
    assert_eq!(
        (node.inputs[0].role.as_str(), node.inputs[0].name.as_str()),
        ("grammar", "world.grammar")
    );
    assert_eq!(node.arguments["grammar"], "world.grammar");
    assert_eq!(node.seed, Some(7));
    assert_eq!(
        node.rows,
        RowEquation::Generated {
            attempts: 5,
            accepted: 5,
            rejected: 0,
            failed: 0
        }
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let place = place();
    place.write("broken.grammar", "class a\n  <b>\n");
    for (arguments, told) in [
        ("--grammar world.grammar", "give -n"),
        ("-n 5", "--grammar"),
        (
            "--grammar world.grammar --model m -n 5",
            "cannot be used with",
        ),
        (
            "--grammar world.grammar --temperature 1 -n 5",
            "cannot be used with",
        ),
        (
            "--grammar world.grammar -n 5 --diversity 3",
            "diversity is 3, outside 0 to 2",
        ),
        ("--grammar world.grammar -n 5 --shift 25", "0.25"),
        (
            "--grammar world.grammar -n 5 --labels praise,blame",
            "no class `blame`; its classes are complaint",
        ),
        (
            "--grammar world.grammar -n 5 --method guess",
            "known methods are sample, few-shot, continue",
        ),
        (
            "--grammar world.grammar -n 5 --method continue",
            "a grammar continues no prompt",
        ),
        ("--grammar broken.grammar -n 5", "no rule is called `b`"),
        ("--grammar none.grammar -n 5", "none.grammar"),
        ("--grammar world.grammar -n 0", "at least 1 is needed"),
        (
            "world.grammar --grammar world.grammar --format text -n 5",
            "sample takes none",
        ),
    ] {
        let ended = place.run(&format!("{arguments} -o out.parquet"));
        assert_eq!(ended.code, 2, "{arguments}: {}", ended.said);
        assert!(ended.said.contains(told), "{arguments}: {}", ended.said);
        assert!(!place.path("out.parquet").exists());
    }
}
