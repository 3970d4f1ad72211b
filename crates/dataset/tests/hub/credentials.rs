//! The token goes to the endpoint and nowhere else, whatever redirects say.

use std::process::Command;

use dataset::hub::{Hub, HubPath};

use crate::place::{Place, SECRET, TEST, TRAIN, faulty, news, whole};
use crate::server::{Answer, Request, Server};

#[test]
fn the_token_goes_to_the_endpoint_and_not_where_it_redirects() {
    let store = Server::start(|_, _| Answer::new(200, "rows to train on"));
    let target = format!("{}/signed?Signature=abc", store.endpoint);
    let server = faulty(move |_| Some(Answer::new(302, "").with("Location", target.clone())));
    let place = Place::new(&server.endpoint);
    place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    let bearer = format!("Bearer {SECRET}");
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.headers["authorization"] == bearer)
    );
    assert_eq!(store.requests().len(), 1);
    assert!(!store.requests()[0].headers.contains_key("authorization"));
}

#[test]
fn without_a_token_none_is_taken_from_the_environment() {
    const NAME: &str = "credentials::without_a_token_none_is_taken_from_the_environment";
    if std::env::var("HF_TOKEN").as_deref() != Ok(SECRET) {
        let itself = std::env::current_exe().expect("a test binary");
        let mut again = Command::new(itself);
        again
            .args(["--exact", NAME])
            .env("HF_TOKEN", SECRET)
            .env_remove("HF_HUB_DISABLE_IMPLICIT_TOKEN");
        let output = again.output().expect("started");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        return;
    }
    let server = whole();
    let mut place = Place::new(&server.endpoint);
    place.settings.token = None;
    place.fetch("hf://datasets/o/n", None).expect("fetched");
    let hub = Hub::new(place.settings.clone()).expect("a client");
    let model: HubPath = "hf://o/n".parse().expect("an address");
    hub.fetch_model(&model).expect_err("no model is there");
    let requests = server.requests();
    assert!(requests.len() > 4);
    for request in requests {
        assert!(!request.headers.contains_key("authorization"));
        assert!(!format!("{request:?}").contains(SECRET));
    }
}

#[test]
fn a_repository_that_was_renamed_is_found_and_one_on_another_host_is_not_shown_the_token() {
    let renamed = |elsewhere: Option<String>| {
        let news = news();
        Server::start(move |request, _| {
            match request.path.strip_prefix("/api/datasets/o/old/revision/") {
                Some(revision) => {
                    let host = elsewhere.clone().unwrap_or_default();
                    let target = format!("{host}/api/datasets/o/n/revision/{revision}");
                    Answer::new(307, "").with("Location", target)
                }
                None => {
                    let path = request.path.replace("/o/old/", "/o/n/");
                    let headers = request.headers.clone();
                    news.answer(&Request { path, headers })
                }
            }
        })
    };
    let bearer = format!("Bearer {SECRET}");
    let server = renamed(None);
    let fetched = Place::new(&server.endpoint).fetch("hf://datasets/o/old", None);
    assert_eq!(fetched.expect("fetched").names, [TEST, TRAIN]);
    let described = server.asked("/o/n/revision/main");
    assert_eq!(described.len(), 1);
    assert_eq!(described[0].headers["authorization"], bearer);
    let other = whole();
    let server = renamed(Some(other.endpoint.clone()));
    let fetched = Place::new(&server.endpoint).fetch("hf://datasets/o/old", None);
    assert_eq!(fetched.expect("fetched").names, [TEST, TRAIN]);
    let described = other.asked("/o/n/revision/main");
    assert_eq!(described.len(), 1);
    assert!(!described[0].headers.contains_key("authorization"));
}

#[test]
fn a_redirect_within_the_endpoint_keeps_the_token() {
    let news = news();
    let server = Server::start(
        move |request, _| match request.path.strip_suffix("?moved=1") {
            Some(_) => Answer::new(200, "rows to train on"),
            None if request.path.ends_with(TRAIN) => {
                Answer::new(307, "").with("Location", "?moved=1")
            }
            None => news.answer(request),
        },
    );
    let place = Place::new(&server.endpoint);
    place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert!(
        server.asked("?moved=1")[0]
            .headers
            .contains_key("authorization")
    );
}

#[test]
fn redirects_that_leave_the_web_or_never_end_are_refused() {
    let refused = |location: &'static str| {
        let server = faulty(move |_| Some(Answer::new(302, "").with("Location", location)));
        Place::new(&server.endpoint).refusal().to_string()
    };
    assert!(refused("file:///etc/passwd").contains("redirects from http to file"));
    assert!(refused("http://user:pw@127.0.0.1:1/").contains("user name or password"));
    assert!(refused("").contains("redirects more than 5 times"));
}
