//! Classifiers of words: figures, predictions, history, refusals.

use arrow::array::AsArray as _;
use dataset::RowEquation;
use model::linear::{Classifier, Options};

use crate::support::Place;

const TEXTS: [&str; 6] = [
    "the tea is hot",
    "the tea is good",
    "my lamp broke",
    "the lamp broke again",
    "good hot tea",
    "a broken lamp",
];
const LABELS: [&str; 6] = [
    "praise",
    "praise",
    "complaint",
    "complaint",
    "praise",
    "complaint",
];

/// A place with a classifier of words that learnt two classes, and a test set of four rows.
fn place() -> Place {
    let place = Place::new();
    let fitted = Classifier::fit_words(&TEXTS, &LABELS, 1, &Options::default()).expect("fitted");
    place.model("model", &fitted.classifier.to_files().expect("written"));
    let rows = "text,label\nhot tea,praise\nthe lamp broke,complaint\n\
        tea is good,praise\nhot tea again,complaint\n";
    place.write("test.csv", rows);
    place
}

#[test]
fn a_classifier_gets_its_figures_and_a_closing_line() {
    let place = place();
    let ended = place.run("model --test test.csv -o out.parquet --predictions said.parquet");
    // a: complaint, taken 1 time of 2; praise, taken 3 times for 2: F1 of 2/3 and 4/5.
    let expected =
        "evaluate: 4 in, 4 used, 0 skipped; accuracy 0.750, macro_f1 0.733, ece_15 0.411\n";
    assert_eq!((ended.code, ended.said.as_str()), (0, expected));
    let rows = place.results("out.parquet");
    assert_eq!(rows.len(), 3);
    assert_eq!((rows[0].value, rows[0].n), (Some(0.75), Some(4)));
    assert_eq!(rows[0].interval_method.as_deref(), Some("wilson_95"));
    assert_eq!(rows[1].interval_method.as_deref(), Some("bootstrap_95"));
    assert_eq!(rows[1].params["model_kind"], "TfidfLogisticRegression");
    assert_eq!(rows[1].params["confusion"]["complaint"]["praise"], 1);
    let model = dataset::Directory::open(&dataset::DirectorySource::Path(place.path("model")));
    let model = model.expect("a directory").input("model").expect("hashed");
    let test = place.table("test.csv").hash().expect("a hash").to_string();
    assert_eq!(rows[0].subject, Some(model.node.hash.to_string()));
    assert_eq!(rows[0].reference, Some(test));
    let said = place.table("said.parquet");
    let ids = place.table("test.csv");
    assert_eq!(
        said.texts("id").expect("ids"),
        ids.texts("id").expect("ids")
    );
    let predicted = ["praise", "complaint", "praise", "praise"];
    assert_eq!(said.texts("predicted").expect("classes"), predicted);
    let chances = said.floats("probability").expect("numbers");
    assert!(
        chances
            .iter()
            .all(|chance| chance.is_some_and(|chance| chance > 0.5))
    );
    let correct = said.to_batch().expect("one batch");
    let correct = correct
        .column_by_name("correct")
        .expect("a column")
        .as_boolean()
        .clone();
    assert_eq!(
        correct.iter().flatten().collect::<Vec<_>>(),
        [true, true, true, false]
    );
}

#[test]
fn the_arm_stands_in_every_row_and_the_model_in_the_history() {
    let place = place();
    let arm = "--study s --arm hot/0.5 --arm-seed 3 --param level=hot --param proportion=0.5";
    assert_eq!(
        place
            .run(&format!("model --test test.csv {arm} -o out.parquet"))
            .code,
        0
    );
    for row in place.results("out.parquet") {
        assert_eq!(
            (row.study.as_deref(), row.arm.as_deref()),
            (Some("s"), Some("hot/0.5"))
        );
        assert_eq!((row.seed, &row.params["level"]), (Some(3), &"hot".into()));
        assert_eq!(row.params["proportion"], 0.5);
    }
    let table = place.table("out.parquet");
    let history = table.inputs()[0].provenance.as_ref().expect("a history");
    let run = history.made_by().expect("a run");
    let inputs = run.inputs.iter();
    let inputs: Vec<_> = inputs
        .map(|input| (input.role.as_str(), input.name.as_str()))
        .collect();
    assert_eq!(inputs, [("model", "model"), ("test", "test.csv")]);
    let used = RowEquation::Used {
        rows_in: 4,
        used: 4,
        skipped: 0,
    };
    assert_eq!(
        (&run.rows, &run.arguments["models"]),
        (&used, &serde_json::json!(["model"]))
    );
}

#[test]
fn several_sets_are_one_and_the_number_of_threads_changes_no_byte() {
    let place = place();
    place.write("more.csv", "text,label\na lamp,complaint\n");
    let bytes = |threads: u32| {
        let sets = "--test test.csv more.csv --seed 7 -o out.parquet";
        let ended = place.run(&format!("model {sets} --threads {threads}"));
        assert!(
            ended.said.starts_with("evaluate: 5 in, 5 used"),
            "{}",
            ended.said
        );
        place.bytes("out.parquet")
    };
    assert_eq!(bytes(1), bytes(4));
    let one = place.results("out.parquet")[0].reference.clone();
    assert_eq!(place.run("model --test test.csv -o out.parquet").code, 0);
    assert_ne!(place.results("out.parquet")[0].reference, one);
}

#[test]
fn a_label_that_the_model_does_not_know_is_refused_or_wrong() {
    let place = place();
    place.write("other.csv", "text,label\nhot tea,praise\nhello,greeting\n");
    let refused = place.run("model --test other.csv -o out.parquet");
    let expected = "other.csv has labels that the model model does not know: greeting; \
        it knows: complaint, praise";
    assert_eq!(refused.code, 2);
    assert!(refused.said.contains(expected), "{}", refused.said);
    assert!(!place.path("out.parquet").exists());
    let allowed = place.run("model --test other.csv -o out.parquet --allow-unknown-labels");
    assert_eq!(allowed.code, 0, "{}", allowed.said);
    let rows = place.results("out.parquet");
    assert_eq!(rows[0].value, Some(0.5));
    assert_eq!(rows[1].params["classes"]["greeting"]["f1"], 0.0);
}

#[test]
fn what_makes_no_sense_cannot_run() {
    let place = place();
    place.write("bare.csv", "text\nhot tea\n");
    place.write("gap.csv", "text,label\nhot tea,praise\ncold tea,\n");
    place.write("bad.grammar", "class\n");
    place.write("nothing/notes.md", "");
    place.write("svm/config.json", r#"{"architectures": ["Svm"]}"#);
    for (arguments, expected) in [
        ("model --test bare.csv", "bare.csv has no column `label`"),
        ("model --test gap.csv", "does not know: ``; it knows"),
        ("nothing --test test.csv", "nothing has no file config.json"),
        ("svm --test test.csv", "architecture `Svm` is not known"),
        ("absent --test test.csv", "there is no directory absent"),
        (
            "grammar:bad.grammar --test test.csv",
            "bad.grammar is no grammar",
        ),
        ("grammar: --test test.csv", "names no file"),
        (
            "model --test test.csv --predictions -",
            "standard output is for the figures",
        ),
        (
            "model --test test.csv --column body",
            "test.csv has no column `body`",
        ),
    ] {
        let ended = place.run(&format!("{arguments} -o out.parquet"));
        assert!(
            ended.code == 2 && ended.said.contains(expected),
            "{arguments}: {}",
            ended.said
        );
    }
}
