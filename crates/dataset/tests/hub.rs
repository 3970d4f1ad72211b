//! What the Hub's client does with good and bad answers, shown against a server on loopback.

#[path = "hub/server.rs"]
#[expect(unreachable_pub, reason = "a module of one test binary")]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dataset::Error;
use dataset::hub::{Fetched, Hub, HubPath, HubSettings, Token};
use server::{Answer, Repository, Server, git_id, sha256};
use tempfile::TempDir;

const SECRET: &str = "hf_canaryCanaryCanary";
const TRAIN: &str = "data/train-00000-of-00001.parquet";
const TEST: &str = "data/test-00000-of-00001.parquet";

fn news() -> Repository {
    Repository::new(
        "datasets",
        &[
            ("README.md", "# news"),
            (TRAIN, "rows to train on"),
            (TEST, "rows to test on"),
        ],
    )
}

/// A cache of its own and settings that show a token and do not wait.
struct Place {
    cache: TempDir,
    settings: HubSettings,
}

impl Place {
    fn new(endpoint: &str) -> Self {
        let cache = tempfile::tempdir().expect("a folder");
        let mut settings = HubSettings::new(endpoint, cache.path());
        settings.token = Token::new(SECRET);
        settings.retry_wait = Duration::ZERO;
        Self { cache, settings }
    }

    fn fetch(&self, address: &str, split: Option<&str>) -> Result<Fetched, Error> {
        let hub = Hub::new(self.settings.clone()).expect("a client");
        hub.fetch_dataset(&address.parse()?, split)
            .inspect_err(keeps_the_secret)
    }

    fn refusal(&self) -> Error {
        self.fetch("hf://datasets/o/n", Some("train"))
            .expect_err("refused")
    }

    fn offline(&self) -> Self {
        let mut settings = self.settings.clone();
        settings.offline = true;
        Self {
            cache: tempfile::tempdir().expect("a folder"),
            settings,
        }
    }

    /// All files and links of the cache but locks and notes.
    fn visible(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(self.cache.path(), &mut found);
        let names = found
            .iter()
            .filter_map(|path| path.strip_prefix(self.cache.path()).ok()?.to_str());
        let mut names: Vec<String> = names
            .filter(|name| !name.starts_with(".locks") && !name.contains(".polyculture"))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable").flatten() {
        if entry.file_type().expect("a type").is_dir() {
            walk(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

fn keeps_the_secret(error: &Error) {
    assert!(!format!("{error:?} {error} {:?}", error.hint()).contains(SECRET));
}

/// A server of the news whose training file is answered by `fault`, given how often it was asked for before.
fn faulty(fault: impl Fn(usize) -> Option<Answer> + Send + 'static) -> Server {
    let news = news();
    Server::start(move |request, before| {
        let fault = request
            .path
            .ends_with(TRAIN)
            .then(|| fault(before))
            .flatten();
        fault.unwrap_or_else(|| news.answer(request))
    })
}

fn whole() -> Server {
    faulty(|_| None)
}

fn range(request: &server::Request) -> Option<&str> {
    request.headers.get("range").map(String::as_str)
}

#[test]
fn a_split_is_fetched_into_the_cache_that_python_reads() {
    let server = whole();
    let place = Place::new(&server.endpoint);
    let fetched = place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    assert_eq!(fetched.names, [TRAIN]);
    assert_eq!(fetched.splits, [Some("train".to_owned())]);
    assert_eq!(
        (fetched.revision.as_str(), fetched.unasked),
        (news().commit.as_str(), None)
    );
    assert_eq!(
        fs::read(&fetched.files[0]).expect("readable"),
        b"rows to train on"
    );
    assert_eq!(
        place.visible(),
        [
            format!("datasets--o--n/blobs/{}", sha256(b"rows to train on")),
            "datasets--o--n/refs/main".to_owned(),
            format!("datasets--o--n/snapshots/{}/{TRAIN}", news().commit),
        ]
    );
}

#[test]
fn a_file_in_the_cache_is_not_fetched_again() {
    let server = whole();
    let place = Place::new(&server.endpoint);
    for _ in 0..2 {
        assert_eq!(
            place
                .fetch("hf://datasets/o/n", None)
                .expect("fetched")
                .names,
            [TEST, TRAIN]
        );
    }
    assert_eq!((server.asked(TRAIN).len(), server.requests().len()), (1, 8));
}

#[test]
fn a_commit_in_the_cache_needs_no_request() {
    let server = whole();
    let place = Place::new(&server.endpoint);
    let address = format!("hf://datasets/o/n@{}", news().commit);
    place.fetch(&address, None).expect("fetched");
    let before = server.requests().len();
    place.fetch(&address, None).expect("found");
    assert_eq!(server.requests().len(), before);
}

#[test]
fn a_model_comes_with_the_shards_its_index_names_and_without_pickles() {
    let index = r#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
    let model = Repository::new(
        "models",
        &[
            ("config.json", "{}"),
            ("tokenizer.json", "{ }"),
            ("model.safetensors.index.json", index),
            ("model-00001-of-00002.safetensors", "first"),
            ("model-00002-of-00002.safetensors", "second"),
            ("pytorch_model.bin", "a pickle"),
            ("1_Pooling/config.json", "{  }"),
        ],
    );
    let commit = model.commit.clone();
    let server = Server::start(move |request, _| model.answer(request));
    let place = Place::new(&server.endpoint);
    let hub = Hub::new(place.settings.clone()).expect("a client");
    let fetched = hub
        .fetch_model(&"hf://o/n@v1".parse::<HubPath>().expect("an address"))
        .expect("fetched");
    assert_eq!(fetched.revision, commit);
    assert_eq!(
        fetched.directory,
        place
            .cache
            .path()
            .join(format!("models--o--n/snapshots/{commit}"))
    );
    let read = |name: &str| fs::read(fetched.directory.join(name)).expect("there");
    assert_eq!(read("model-00002-of-00002.safetensors"), b"second");
    assert_eq!(read("1_Pooling/config.json"), b"{  }");
    assert!(server.asked("pytorch_model.bin").is_empty());
    assert!(place.visible().contains(&"models--o--n/refs/v1".to_owned()));
}

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
    const NAME: &str = "without_a_token_none_is_taken_from_the_environment";
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
                    news.answer(&server::Request { path, headers })
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

/// A server of the news that describes them by `description`, given how often it was asked for before.
fn described(description: impl Fn(usize) -> Option<Answer> + Send + 'static) -> Server {
    let news = news();
    Server::start(move |request, before| {
        let description = request
            .path
            .ends_with("/revision/main")
            .then(|| description(before))
            .flatten();
        description.unwrap_or_else(|| news.answer(request))
    })
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

#[test]
fn offline_the_cache_answers_and_a_miss_says_so() {
    let server = whole();
    let place = Place::new(&server.endpoint);
    place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    let before = server.requests().len();
    let offline = place.offline();
    let fetched = offline
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("found");
    assert_eq!(fetched.unasked.as_deref(), Some("HF_HUB_OFFLINE is set"));
    assert_eq!(fetched.revision, news().commit);
    let half = offline
        .fetch("hf://datasets/o/n", None)
        .expect_err("only the training rows are there");
    let message = format!("{TEST} of o/n is not in the local cache and HF_HUB_OFFLINE is set");
    assert_eq!(half.to_string(), message);
    let cold = offline
        .fetch("hf://datasets/o/other", None)
        .expect_err("never fetched");
    let message = "o/other at revision main is not in the local cache and HF_HUB_OFFLINE is set";
    assert_eq!(cold.to_string(), message);
    assert_eq!(server.requests().len(), before);
}

#[test]
fn a_cache_that_another_program_filled_is_read_but_a_lacking_shard_is_noticed() {
    let mut place = Place::new("https://unused.invalid");
    place.settings.offline = true;
    let commit = news().commit;
    let folder = place.cache.path().join("datasets--o--n");
    let data = folder.join(format!("snapshots/{commit}/data"));
    fs::create_dir_all(&data).expect("made");
    fs::create_dir_all(folder.join("refs")).expect("made");
    fs::write(folder.join("refs/main"), &commit).expect("written");
    fs::write(data.join("train-00000-of-00002.parquet"), "half").expect("written");
    let half = place.refusal().to_string();
    assert_eq!(
        half,
        "only 1 of the 2 files of data/train are in the local cache"
    );
    fs::write(data.join("train-00001-of-00002.parquet"), "rest").expect("written");
    assert_eq!(
        place
            .fetch("hf://datasets/o/n", Some("train"))
            .expect("found")
            .files
            .len(),
        2
    );
}

#[test]
fn a_server_that_is_down_leaves_the_cache_to_answer() {
    let server = whole();
    let mut place = Place::new(&server.endpoint);
    place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("fetched");
    // No service has had port 1 for decades.
    let endpoint = "http://127.0.0.1:1".to_owned();
    place.settings.endpoint = endpoint.clone();
    let fetched = place
        .fetch("hf://datasets/o/n", Some("train"))
        .expect("found");
    assert_eq!(fetched.unasked, Some(format!("{endpoint} gave no answer")));
    let cold = place
        .fetch("hf://datasets/o/other", None)
        .expect_err("never fetched");
    let message =
        format!("o/other at revision main is not in the local cache and {endpoint} gave no answer");
    assert_eq!(cold.to_string(), message);
}

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
