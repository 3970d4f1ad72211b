//! Data sets made by a script are read from the Hub's conversion, if it is whole.

use crate::place::Place;
use crate::server::{Repository, Server};

#[test]
fn a_data_set_made_by_a_script_is_read_from_the_hubs_conversion() {
    let script = Repository::new("datasets", &[("n.py", "print()")]);
    let mut converted = Repository::new(
        "datasets",
        &[
            ("default/train/0000.parquet", "rows"),
            ("default/test/0000.parquet", "more"),
        ],
    );
    converted.commit = "d".repeat(40);
    let commit = converted.commit.clone();
    let server = Server::start(move |request, _| {
        let is_converted = request.path.contains("refs%2Fconvert%2Fparquet")
            || request.path.contains(&converted.commit);
        if is_converted {
            converted.answer(request)
        } else {
            script.answer(request)
        }
    });
    let place = Place::new(&server.endpoint);
    let fetched = place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(
        (fetched.names, fetched.revision),
        (vec!["default/train/0000.parquet".to_owned()], commit)
    );
}

#[test]
fn a_conversion_of_only_the_first_part_is_refused() {
    let partial = Repository::new(
        "datasets",
        &[("default/partial-train/0000.parquet", "rows")],
    );
    let server = Server::start(move |request, _| {
        let mut answered = partial.clone();
        if !request.path.contains("refs%2F") && !request.path.contains(&"d".repeat(40)) {
            answered.files.clear();
        } else {
            answered.commit = "d".repeat(40);
        }
        answered.answer(request)
    });
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert_eq!(
        error,
        "the Hub has converted only the first part of o/n, configuration default"
    );
}
