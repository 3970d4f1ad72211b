//! Bodies that break off are gone on with, and parts that do not fit are not.

use std::fs;

use crate::place::{Place, TRAIN, faulty, range, whole};
use crate::server::Answer;

#[test]
fn a_body_that_breaks_off_is_resumed_where_it_broke_off() {
    let server =
        faulty(|before| (before == 0).then(|| Answer::new(200, "rows to train on").cut(7)));
    let place = Place::new(&server.endpoint);
    let fetched = place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(
        fs::read(&fetched.files[0]).expect("readable"),
        b"rows to train on"
    );
    let asked = server.asked(TRAIN);
    assert_eq!(
        asked.iter().map(range).collect::<Vec<_>>(),
        [None, Some("bytes=7-")]
    );
}

#[test]
fn a_body_that_always_breaks_off_is_resumed_by_the_next_run() {
    let server = faulty(|_| Some(Answer::new(200, "rows to train on").cut(7)));
    let place = Place::new(&server.endpoint);
    let error = place.refusal();
    assert_eq!(
        error.to_string(),
        format!("{TRAIN} of o/n was cut off after 7 of 16 bytes")
    );
    let mut again = place;
    let server = whole();
    again.settings.endpoint = server.endpoint.clone();
    again
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(range(&server.asked(TRAIN)[0]), Some("bytes=7-"));
}

#[test]
fn a_whole_answer_to_a_request_for_a_part_starts_anew() {
    let server = faulty(|before| match before {
        0 => Some(Answer::new(200, "rows to train on").cut(7)),
        _ => Some(Answer::new(200, "rows to train on")),
    });
    let place = Place::new(&server.endpoint);
    let fetched = place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(
        fs::read(&fetched.files[0]).expect("readable"),
        b"rows to train on"
    );
}

#[test]
fn another_part_than_the_one_asked_for_is_refused() {
    let server = faulty(|before| match before {
        0 => Some(Answer::new(200, "rows to train on").cut(7)),
        _ => Some(Answer::new(206, "to train on").with("Content-Range", "bytes 5-15/16")),
    });
    let error = Place::new(&server.endpoint).refusal();
    assert!(
        error
            .to_string()
            .contains("sent bytes 5-15/16 where bytes 7-15/16 was asked for"),
        "{error}"
    );
}

#[test]
fn a_part_that_the_server_cannot_continue_is_fetched_anew() {
    let server = faulty(|before| match before {
        0 => Some(Answer::new(200, "rows to train on").cut(7)),
        1 => Some(Answer::new(416, "")),
        _ => None,
    });
    Place::new(&server.endpoint)
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(
        server.asked(TRAIN).iter().map(range).collect::<Vec<_>>(),
        [None, Some("bytes=7-"), None]
    );
}
