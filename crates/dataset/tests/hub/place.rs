//! A cache of its own, a server of news with or without a fault, and what they are asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dataset::Error;
use dataset::hub::{Fetched, Hub, HubSettings, Token};
use tempfile::TempDir;

use crate::server::{self, Answer, Repository, Server};

pub(crate) const SECRET: &str = "hf_canaryCanaryCanary";
pub(crate) const TRAIN: &str = "data/train-00000-of-00001.parquet";
pub(crate) const TEST: &str = "data/test-00000-of-00001.parquet";

pub(crate) fn news() -> Repository {
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
pub(crate) struct Place {
    pub(crate) cache: TempDir,
    pub(crate) settings: HubSettings,
}

impl Place {
    pub(crate) fn new(endpoint: &str) -> Self {
        let cache = tempfile::tempdir().expect("a folder");
        let mut settings = HubSettings::new(endpoint, cache.path());
        settings.token = Token::new(SECRET);
        settings.retry_wait = Duration::ZERO;
        Self { cache, settings }
    }

    pub(crate) fn fetch(&self, address: &str, split: Option<&str>) -> Result<Fetched, Error> {
        let hub = Hub::new(self.settings.clone()).expect("a client");
        hub.fetch_dataset(&address.parse()?, split)
            .inspect_err(keeps_the_secret)
    }

    pub(crate) fn refusal(&self) -> Error {
        self.fetch("hf://datasets/o/n", Some("train"))
            .expect_err("refused")
    }

    pub(crate) fn offline(&self) -> Self {
        let mut settings = self.settings.clone();
        settings.offline = true;
        Self {
            cache: tempfile::tempdir().expect("a folder"),
            settings,
        }
    }

    /// All files and links of the cache but locks and notes.
    pub(crate) fn visible(&self) -> Vec<String> {
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
pub(crate) fn faulty(fault: impl Fn(usize) -> Option<Answer> + Send + 'static) -> Server {
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

/// A server of the news that describes them by `description`, given how often it was asked for before.
pub(crate) fn described(description: impl Fn(usize) -> Option<Answer> + Send + 'static) -> Server {
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

pub(crate) fn whole() -> Server {
    faulty(|_| None)
}

pub(crate) fn range(request: &server::Request) -> Option<&str> {
    request.headers.get("range").map(String::as_str)
}
