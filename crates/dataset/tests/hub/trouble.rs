//! What is missing, gated, busy or broken is asked for again where that may help, and named.

use dataset::Error;

use crate::place::{Place, SECRET, TRAIN, described, faulty, news};
use crate::server::{Answer, Server};

#[test]
fn a_gated_repository_says_how_to_get_access() {
    for status in [401, 403] {
        let server =
            faulty(move |_| Some(Answer::new(status, "").with("X-Error-Code", "GatedRepo")));
        let mut place = Place::new(&server.endpoint);
        let error = place.refusal();
        let message = format!(
            "the data set o/n is gated or private: access was refused with status {status}"
        );
        assert_eq!(error.to_string(), message);
        let page = format!("{}/datasets/o/n", server.endpoint);
        assert!(error.hint().expect("a hint").contains(&page));
        place.settings.token = None;
        let hint = place.refusal().hint().map(str::to_owned);
        assert_eq!(
            hint,
            Some(format!("accept its terms at {page} and set HF_TOKEN"))
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let refused = |code: &'static str| {
        let server = Server::start(move |_, _| Answer::new(404, "").with("X-Error-Code", code));
        let place = Place::new(&server.endpoint);
        let error = place
            .fetch("hf://datasets/o/n@v9", None)
            .expect_err("refused");
        error.to_string().replace(&server.endpoint, "ENDPOINT")
    };
    assert_eq!(refused("RepoNotFound"), "ENDPOINT shows no data set o/n");
    assert_eq!(refused("RevisionNotFound"), "o/n has no revision v9");
    let server = faulty(|_| Some(Answer::new(404, "").with("X-Error-Code", "EntryNotFound")));
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert_eq!(error, format!("o/n has no file {TRAIN} at revision main"));
}

#[test]
fn a_busy_server_is_asked_again_and_a_broken_one_five_times() {
    let busy = faulty(|before| (before < 2).then(|| Answer::new(503, "").with("Retry-After", "0")));
    Place::new(&busy.endpoint)
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(busy.asked(TRAIN).len(), 3);
    let broken = faulty(|_| Some(Answer::new(500, "")));
    let error = Place::new(&broken.endpoint).refusal().to_string();
    assert!(
        error.contains("answered 500 Internal Server Error"),
        "{error}"
    );
    assert_eq!(broken.asked(TRAIN).len(), 5);
}

#[test]
fn what_a_revision_stands_for_is_asked_five_times_where_that_may_pass() {
    let broken = described(|_| Some(Answer::new(500, "")));
    let error = Place::new(&broken.endpoint).refusal();
    let cause = std::error::Error::source(&error).expect("a cause");
    assert!(
        cause.to_string().contains("answered 500 Internal Server"),
        "{cause}"
    );
    assert_eq!(broken.asked("/revision/main").len(), 5);
    for status in [429, 503] {
        let busy = described(move |before| {
            (before < 2).then(|| Answer::new(status, "").with("Retry-After", "0"))
        });
        Place::new(&busy.endpoint)
            .fetch("hf://datasets/o/n", None)
            .expect("fetched");
        assert_eq!(busy.asked("/revision/main").len(), 3);
    }
}

#[test]
fn a_server_that_asks_for_a_long_wait_is_not_asked_on() {
    for (status, asked) in [(429, 1), (503, 2)] {
        let busy = described(move |_| Some(Answer::new(status, "").with("Retry-After", "3600")));
        let error = Place::new(&busy.endpoint).refusal();
        let cause = std::error::Error::source(&error).expect("a cause");
        let cause: &Error = cause.downcast_ref().expect("our own");
        assert_eq!(cause.hint(), Some("the server asks to come back in 3600 s"));
        assert_eq!(busy.asked("/revision/main").len(), asked);
    }
}

#[test]
fn a_description_with_fields_of_unknown_kinds_is_read() {
    let commit = news().commit;
    let odd = format!(r#"{{"sha":"{commit}","likes":"many","tags":7}}"#);
    let server = described(move |_| Some(Answer::new(200, odd.clone())));
    let fetched = Place::new(&server.endpoint).fetch("hf://datasets/o/n", None);
    assert_eq!(fetched.expect("fetched").revision, commit);
    let server = described(|_| Some(Answer::new(200, r#"{"id":"o/n","sha":"../../x"}"#)));
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert!(
        error.contains("../../x as a commit of o/n: not 40 hexadecimal digits"),
        "{error}"
    );
    assert_eq!(server.asked("/revision/main").len(), 1);
}

#[test]
fn a_repository_that_may_not_be_described_says_how_to_get_access() {
    for (status, code, said) in [
        (401, "GatedRepo", "access was refused with status 401"),
        (403, "GatedRepo", "access was refused with status 403"),
        (401, "RepoNotFound", "shows no data set o/n"),
    ] {
        let server = described(move |_| {
            let page = format!("<html>{SECRET}</html>");
            Some(Answer::new(status, page).with("X-Error-Code", code))
        });
        let error = Place::new(&server.endpoint).refusal().to_string();
        assert!(error.ends_with(said), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}
