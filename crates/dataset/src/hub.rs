//! Data sets and models of the Hugging Face Hub, each file from one commit and checked before it is used.
//!
//! Files lie in the cache that Python's `huggingface_hub` fills, under the same environment variables.
//! A content becomes visible there only after its size and its digest, the SHA-256 of a large file or the git id of
//! another, have been found to be what the Hub lists; what lies there already is taken by its size.
//!
//! The `hf-hub` crate asks which commit a revision stands for and what the card says, on these terms:
//! - endpoint, token and cache folder are always given to it; without a token it gets one that fits into no header,
//!   since else it takes one from the environment;
//! - it follows redirects within the endpoint's origin only, and never repeats a request;
//! - its answer is bounded by time, not by size, since it reads a body whole;
//! - of its errors only the status, the Hub's code and the wait are used, and the commit is checked like any other text;
//! - where that may pass or it cannot read the answer, our own request asks again, because the crate knows a
//!   `Retry-After` only in seconds and of status 429, and takes a page for broken JSON.
//!
//! Listings and files are asked for by requests of our own, because `hf-hub` (1.0.0 was read and measured)
//! - checks neither the size nor the digest of what it stores, and stores the body of an error as a file's content;
//! - drops the SHA-256 from the listing of a tree, where it reads `sha256` and the field is `oid`;
//! - sends the token to any host that a listing's `Link` header names;
//! - uses a server's `ETag`, unchecked, as a file name, and joins a server's file names to the target folder;
//! - starts every download anew and ignores `HF_HUB_OFFLINE`.

mod answer;
mod blob;
mod cache;
mod client;
mod download;
mod listing;
mod path;
mod repository;
mod retry;
mod revision;
mod selection;
mod settings;
mod splits;
mod weights;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::client::Client;
use self::repository::Repository;
use self::selection::{Choice, NoChoice, check_complete, choose};
use crate::error::{Error, Result, listed, shown};

pub use self::path::{HubPath, RepoKind};
pub use self::settings::{HubSettings, Token};

/// The revision under which the Hub keeps the Parquet files that it made of other formats.
const CONVERTED: &str = "refs/convert/parquet";

/// A data set's files in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where the files lie, in order of their names.
    pub files: Vec<PathBuf>,
    /// Their names in the repository.
    pub names: Vec<String>,
    /// The split of each, where the repository says it.
    pub splits: Vec<Option<String>>,
    /// The commit that all of them are from, 40 hexadecimal digits.
    pub revision: String,
    /// Why the Hub was not asked, where the cache alone answered: the revision may have moved on since.
    pub unasked: Option<String>,
}

/// A model's files in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedModel {
    /// The folder that holds the model's files and may hold others.
    pub directory: PathBuf,
    /// The commit that all of them are from, 40 hexadecimal digits.
    pub revision: String,
    /// Why the Hub was not asked, where the cache alone answered: the revision may have moved on since.
    pub unasked: Option<String>,
}

/// The data set's files as the environment's settings reach them; `None` means the files of all splits.
pub fn fetch_dataset(address: &HubPath, split: Option<&str>) -> Result<Fetched> {
    Hub::new(HubSettings::from_env())?.fetch_dataset(address, split)
}

/// The model's files as the environment's settings reach them.
pub fn fetch_model(address: &HubPath) -> Result<FetchedModel> {
    Hub::new(HubSettings::from_env())?.fetch_model(address)
}

/// The Hub, or its cache alone, under given settings.
#[derive(Debug)]
pub struct Hub {
    settings: HubSettings,
    client: Option<Client>,
}

impl Hub {
    /// The Hub of these settings; nothing is asked of it yet.
    pub fn new(settings: HubSettings) -> Result<Self> {
        let client = if settings.offline {
            None
        } else {
            Some(Client::new(&settings)?)
        };
        Ok(Self { settings, client })
    }

    /// The files of a data set, or of one split of it.
    ///
    /// A data set without files of rows, as those made by a script, is read from the Hub's own conversion.
    pub fn fetch_dataset(&self, address: &HubPath, split: Option<&str>) -> Result<Fetched> {
        expect_kind(address, RepoKind::Dataset)?;
        let repository = self.open(address)?;
        match choose(address, &repository.listing, split) {
            Ok(chosen) => fetch_chosen(&repository, chosen),
            Err(NoChoice::Other(error)) => Err(error),
            Err(NoChoice::NoRows) if address.names_a_revision() => Err(no_rows(address)),
            Err(NoChoice::NoRows) => self.fetch_converted(address, split),
        }
    }

    fn fetch_converted(&self, address: &HubPath, split: Option<&str>) -> Result<Fetched> {
        let converted = address.at(CONVERTED);
        let repository = self
            .open(&converted)
            .map_err(|cause| no_rows(address).caused_by(cause))?;
        let configuration = only_configuration(&repository, address)?;
        let inside: HubPath = format!("{converted}/{configuration}").parse()?;
        match choose(&inside, &repository.listing, split) {
            Ok(chosen) => fetch_chosen(&repository, chosen),
            Err(NoChoice::Other(error)) => Err(error),
            Err(NoChoice::NoRows) => Err(no_rows(address)),
        }
    }

    /// The files of a model.
    pub fn fetch_model(&self, address: &HubPath) -> Result<FetchedModel> {
        expect_kind(address, RepoKind::Model)?;
        let repository = self.open(address)?;
        let files = weights::model_files(address, &repository.listing)?;
        if let Some(index) = &files.index {
            let path = repository.fetch([index.as_str()])?.remove(0);
            let content =
                std::fs::read(&path).map_err(|cause| Error::io("read", path.display(), cause))?;
            let shards = weights::shards(index, &content, &repository.listing)?;
            repository.fetch(shards.iter().map(String::as_str))?;
        }
        repository.fetch(files.names.iter().map(String::as_str))?;
        repository.settle();
        let folder = repository.folder();
        Ok(FetchedModel {
            directory: address
                .path()
                .map_or_else(|| folder.clone(), |path| folder.join(path)),
            revision: repository.listing.commit.clone(),
            unasked: repository.unasked,
        })
    }

    fn open<'a>(&'a self, address: &'a HubPath) -> Result<Repository<'a>> {
        Repository::open(&self.settings, self.client.as_ref(), address)
    }
}

fn fetch_chosen(repository: &Repository<'_>, chosen: Vec<Choice>) -> Result<Fetched> {
    let is_one_by_name =
        repository.address.path() == chosen.first().map(|choice| choice.name.as_str());
    if repository.is_guess && !is_one_by_name {
        check_complete(&chosen)?;
    }
    let files = repository.fetch(chosen.iter().map(|choice| choice.name.as_str()))?;
    repository.settle();
    let (names, splits) = chosen
        .into_iter()
        .map(|choice| (choice.name, choice.split))
        .unzip();
    Ok(Fetched {
        files,
        names,
        splits,
        revision: repository.listing.commit.clone(),
        unasked: repository.unasked.clone(),
    })
}

/// The one configuration of a conversion, whose folders are `CONFIGURATION/SPLIT`.
fn only_configuration(repository: &Repository<'_>, address: &HubPath) -> Result<String> {
    let mut is_partial: BTreeMap<&str, bool> = BTreeMap::new();
    for name in repository.listing.files.keys() {
        if let Some((configuration, file)) = name.split_once('/') {
            *is_partial.entry(configuration).or_default() |= file.starts_with("partial-");
        }
    }
    let preferred = match is_partial.len() {
        1 => is_partial.first_key_value(),
        _ => is_partial.get_key_value("default"),
    };
    match preferred {
        Some((name, false)) => Ok((*name).to_owned()),
        Some((name, true)) => Err(Error::new(format!(
            "the Hub has converted only the first part of {}, configuration {}",
            address.repository(),
            shown(name)
        ))),
        None if is_partial.is_empty() => Err(no_rows(address)),
        None => {
            let known = listed(is_partial.keys().copied());
            let error = Error::new(format!(
                "{} has several configurations: {known}",
                address.repository()
            ));
            Err(error.with_hint(format!("name one, such as {}/NAME", address.at(CONVERTED))))
        }
    }
}

fn expect_kind(address: &HubPath, wanted: RepoKind) -> Result<()> {
    if address.kind() == wanted {
        return Ok(());
    }
    let repository = address.repository();
    Err(match wanted {
        RepoKind::Dataset => Error::new(format!(
            "{address} is a model's address where a data set is asked for"
        ))
        .with_hint(format!("a data set's is hf://datasets/{repository}")),
        RepoKind::Model => Error::new(format!(
            "{address} is a data set's address where a model is asked for"
        ))
        .with_hint(format!("a model's is hf://{repository}")),
    })
}

fn no_rows(address: &HubPath) -> Error {
    Error::new(format!(
        "{address} holds no Parquet, JSON lines, JSON, CSV or TSV files"
    ))
}
