//! What is corrupt, misshapen or dangerous never becomes a file.

use std::fs;

use crate::place::{Place, TRAIN, faulty, range, whole};
use crate::server::{Answer, Repository, Server, git_id, sha256};

#[test]
fn a_corrupt_body_is_refused_deleted_and_never_visible() {
    let server = faulty(|_| Some(Answer::new(200, "rows to train oN")));
    let place = Place::new(&server.endpoint);
    let (expected, found) = (sha256(b"rows to train on"), sha256(b"rows to train oN"));
    let message = format!("{TRAIN} of o/n is corrupt: expected digest {expected}, found {found}");
    assert_eq!(place.refusal().to_string(), message);
    assert_eq!(
        (server.asked(TRAIN).len(), place.visible()),
        (1, Vec::new())
    );
}

#[test]
fn a_corrupt_small_file_is_known_by_its_git_id() {
    let csv = Repository::new("datasets", &[("train.csv", "text\na\n")]);
    let server = Server::start(move |request, _| {
        if request.path.ends_with("train.csv") {
            Answer::new(200, "text\nb\n")
        } else {
            csv.answer(request)
        }
    });
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert!(
        error.contains(&git_id(b"text\na\n")) && error.contains(&git_id(b"text\nb\n")),
        "{error}"
    );
}

#[test]
fn a_corrupt_part_of_an_earlier_run_does_not_spoil_this_one() {
    let server = whole();
    let place = Place::new(&server.endpoint);
    let blobs = place.cache.path().join("datasets--o--n/blobs");
    fs::create_dir_all(&blobs).expect("made");
    fs::write(
        blobs.join(format!("{}.incomplete", sha256(b"rows to train on"))),
        "RUBBISH",
    )
    .expect("written");
    let fetched = place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(
        fs::read(&fetched.files[0]).expect("readable"),
        b"rows to train on"
    );
    assert_eq!(
        server.asked(TRAIN).iter().map(range).collect::<Vec<_>>(),
        [Some("bytes=7-"), None]
    );
}

#[test]
fn a_body_of_another_size_than_listed_is_refused() {
    let server = faulty(|_| Some(Answer::new(200, "rows")));
    let place = Place::new(&server.endpoint);
    let message = format!("{TRAIN} of o/n has 16 bytes by the listing, but the server sends 4");
    assert_eq!(place.refusal().to_string(), message);
}

#[test]
fn a_page_in_place_of_a_file_or_a_listing_is_called_one() {
    let page =
        || Answer::new(200, "<html>log in</html>").with("Content-Type", "text/html; charset=utf-8");
    let server = faulty(move |_| Some(page()));
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert!(
        error.ends_with(&format!(
            "answered with an HTML page instead of {TRAIN} of o/n"
        )),
        "{error}"
    );
    let server = Server::start(move |_, _| page());
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert!(
        error.ends_with("answered with an HTML page instead of the description of o/n"),
        "{error}"
    );
}

#[test]
fn a_pointer_in_place_of_a_large_file_is_called_one() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 16\n";
    let server = faulty(move |_| Some(Answer::new(200, pointer)));
    let error = Place::new(&server.endpoint).refusal().to_string();
    assert_eq!(
        error,
        format!("{TRAIN} of o/n came as a Git LFS pointer, not as its content")
    );
}

#[test]
fn a_listed_name_that_leaves_the_repository_is_refused_before_it_is_asked_for() {
    for name in [
        "../train.csv",
        "/train.csv",
        "a/../../train.csv",
        "C:/train.csv",
    ] {
        let server = {
            let hostile = Repository::new("datasets", &[(name, "x")]);
            Server::start(move |request, _| hostile.answer(request))
        };
        let place = Place::new(&server.endpoint);
        let error = place
            .fetch("hf://datasets/o/n", None)
            .expect_err("refused")
            .to_string();
        assert!(
            error.starts_with("o/n lists a file whose name"),
            "{name}: {error}"
        );
        assert_eq!(
            (server.requests().len(), place.visible()),
            (2, Vec::new()),
            "{name}"
        );
    }
}
