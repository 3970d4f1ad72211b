//! The cache: what is fetched into it, read from it, and found lacking in it.

use std::fs;

use dataset::hub::{Hub, HubPath};

use crate::place::{Place, TEST, TRAIN, news, whole};
use crate::server::{Repository, Server, sha256};

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
