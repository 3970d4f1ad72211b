//! What a model was trained on: held against its history, and looked for the test rows.

use crate::support::Place;

const TRAINING: &str = "text,label\nthe tea is hot,praise\nthe tea is good,praise\n\
    my lamp broke,complaint\ngood hot tea,praise\na broken lamp,complaint\n";

fn place() -> Place {
    let place = Place::new();
    place.write("train.csv", TRAINING);
    place.write(
        "test.csv",
        "text,label\nThe tea is hot!,praise\nthe lamp broke,complaint\na lamp,complaint\nhot tea,praise\n",
    );
    place
}

#[test]
fn a_baseline_learns_from_the_training_set_alone() {
    let place = place();
    let options = "--training train.csv --test test.csv -o out.parquet --predictions said.parquet";
    let ended = place.run(&format!("baseline:majority {options}"));
    // praise has 3 of 5 rows: right for 2 of 4 test rows; its F1 is 2 · 2 / 6, that of the other 0.
    let expected = "evaluate: 4 in, 4 used, 0 skipped; accuracy 0.500, macro_f1 0.333, \
        ece_15 0.100, contamination_exact 0.250, contamination_ngram_13 0.250\n";
    assert_eq!((ended.code, ended.said.as_str()), (0, expected));
    let rows = place.results("out.parquet");
    assert_eq!(rows[0].params["model_kind"], "MajorityClass");
    assert_eq!(rows[0].params["contamination"]["exact"], 1);
    assert_eq!(rows[0].params["contamination"]["in_history"], false);
    assert_eq!(rows[0].subject, rows[3].subject);
    let said = place.table("said.parquet");
    assert_eq!(
        said.floats("overlap_ngram_13").expect("shares"),
        [Some(1.0), Some(0.0), Some(0.0), Some(0.0)]
    );

    let ended = place.run(&format!("baseline:tfidf {options}"));
    assert!(ended.said.contains("accuracy 0.750"), "{}", ended.said);
    let history = place.table("out.parquet").inputs()[0]
        .provenance
        .clone()
        .expect("a history");
    let inputs = &history.made_by().expect("a run").inputs;
    let roles: Vec<&str> = inputs.iter().map(|input| input.role.as_str()).collect();
    assert_eq!(roles, ["model", "test", "training"]);
}

#[test]
fn a_baseline_without_a_training_set_and_an_unknown_one_are_refused() {
    let place = place();
    for (arguments, expected) in [
        (
            "baseline:majority",
            "baseline:majority has nothing to learn from",
        ),
        (
            "baseline:best",
            "no baseline is called `best`; known are majority, tfidf",
        ),
        (
            "baseline:tfidf --training train.csv --task generation",
            "cannot do generation",
        ),
    ] {
        let ended = place.run(&format!("{arguments} --test test.csv -o out.parquet"));
        assert!(
            ended.code == 2 && ended.said.contains(expected),
            "{}",
            ended.said
        );
    }
}
