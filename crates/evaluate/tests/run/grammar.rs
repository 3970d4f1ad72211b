//! A grammar as the judge of a set's own labels.

use crate::support::Place;

#[test]
fn a_grammar_judges_the_labels_of_the_set_itself() {
    let place = Place::new();
    place.write("world.grammar", "class praise\n  the tea is <how>\nclass complaint\n  the tea is cold\nrule how\n  hot | good\n");
    let rows = "text,label\nthe tea is hot,praise\nthe tea is cold,praise\n\
        the tea is cold,complaint\nsome tea,praise\n";
    place.write("made.csv", rows);
    let options = "--test made.csv --predictions said.parquet -o out.parquet";
    let ended = place.run(&format!("grammar:world.grammar {options}"));
    let expected = "evaluate: 4 in, 4 used, 0 skipped; \
        label_correctness 0.500, grammar_membership 0.750\n";
    assert_eq!((ended.code, ended.said.as_str()), (0, expected));
    let rows = place.results("out.parquet");
    let set = place.table("made.csv").hash().expect("a hash").to_string();
    let grammar = dataset::ContentHash::of_bytes(&place.bytes("world.grammar")).to_string();
    assert_eq!(
        (&rows[0].subject, &rows[0].reference),
        (&Some(set), &Some(grammar.clone()))
    );
    assert_eq!(rows[0].params["model_kind"], "grammar");
    let said = place.table("said.parquet");
    let predicted = [Some("praise"), Some("complaint"), Some("complaint"), None];
    assert_eq!(
        said.optional_texts("predicted").expect("classes"),
        predicted
    );
    let history = said.inputs()[0].provenance.clone().expect("a history");
    let input = &history.made_by().expect("a run").inputs[0];
    assert_eq!(
        (input.role.as_str(), input.hash.to_string()),
        ("grammar", grammar)
    );
}
