//! One commit of one repository: what it holds, and its files fetched or found in the cache.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::cache::RepoCache;
use super::client::Client;
use super::download::Wanted;
use super::listing::{Entry, Listing, describe};
use super::path::{HubPath, check_relative};
use super::retry::Failure;
use super::settings::HubSettings;
use crate::error::{Error, Result, shown};

/// One commit, with all its files known by name.
pub(crate) struct Repository<'a> {
    pub(crate) address: &'a HubPath,
    pub(crate) listing: Listing,
    /// Why the Hub is not asked, where it is not.
    pub(crate) unasked: Option<String>,
    /// Whether the listing is only what happens to lie in the cache.
    pub(crate) is_guess: bool,
    client: Option<&'a Client>,
    cache: RepoCache,
}

impl<'a> Repository<'a> {
    /// Settles which commit the address means, once, so that all files come from the same one.
    pub(crate) fn open(
        settings: &HubSettings,
        client: Option<&'a Client>,
        address: &'a HubPath,
    ) -> Result<Self> {
        let cache = RepoCache::new(&settings.cache_dir, address);
        // A commit never changes, so its listing need not be asked for again.
        if let Some(listing) = cache.listing(address.revision()) {
            let unasked = client.is_none().then(offline);
            return Ok(Self {
                address,
                listing,
                unasked,
                is_guess: false,
                client,
                cache,
            });
        }
        let Some(client) = client else {
            return Self::from_cache(address, cache, offline(), None);
        };
        match describe(client, address) {
            Ok(listing) => {
                // The cache may be one that is only read; then it is no worse than Python's.
                let _ = cache.note_listing(&listing);
                Ok(Self {
                    address,
                    listing,
                    unasked: None,
                    is_guess: false,
                    client: Some(client),
                    cache,
                })
            }
            Err(Failure::Passing { error, .. }) => {
                let reason = format!("{} gave no answer", client.origin());
                Self::from_cache(address, cache, reason, Some(error))
            }
            Err(Failure::Lasting(error)) => Err(error),
        }
    }

    fn from_cache(
        address: &'a HubPath,
        cache: RepoCache,
        reason: String,
        cause: Option<Error>,
    ) -> Result<Self> {
        let commit = cache.commit_of(address.revision());
        let noted = commit.as_deref().and_then(|commit| cache.listing(commit));
        let is_guess = noted.is_none();
        if let Some(listing) = noted.or_else(|| cache.found(&commit?)) {
            let unasked = Some(reason);
            return Ok(Self {
                address,
                listing,
                unasked,
                is_guess,
                client: None,
                cache,
            });
        }
        let revision = shown(address.revision());
        let what = format!("{} at revision {revision}", address.repository());
        let missing = missing(&what, &reason);
        Err(match cause {
            Some(cause) => missing.caused_by(cause),
            None => missing,
        })
    }

    /// The folder in which the fetched files lie under their names.
    pub(crate) fn folder(&self) -> PathBuf {
        self.cache.snapshot(&self.listing.commit)
    }

    /// The files called `names`, every one in the cache afterwards.
    pub(crate) fn fetch<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Vec<PathBuf>> {
        let names: Vec<&str> = names.into_iter().collect();
        self.check(&names)?;
        names.into_iter().map(|name| self.fetch_one(name)).collect()
    }

    /// Notes which commit the revision stands for, once the wanted files of that commit are all here.
    pub(crate) fn settle(&self) {
        if self.unasked.is_none() && self.address.revision() != self.listing.commit {
            // A cache that is only read stays as it is.
            let _ = self
                .cache
                .note_commit(self.address.revision(), &self.listing.commit);
        }
    }

    fn fetch_one(&self, name: &str) -> Result<PathBuf> {
        let entry = self.listing.files.get(name).cloned().unwrap_or_default();
        if let Some(path) = self.cache.file(&self.listing.commit, name, &entry)? {
            return Ok(path);
        }
        let what = format!("{} of {}", shown(name), self.address.repository());
        let client = match (self.client, &self.unasked) {
            (Some(client), None) => client,
            (_, reason) => return Err(missing(&what, reason.as_deref().unwrap_or_default())),
        };
        let Entry {
            size: Some(size),
            blob: Some(blob),
        } = &entry
        else {
            return Err(Error::new(format!(
                "the Hub names no size and digest of {what}, so it cannot be checked"
            )));
        };
        let (cache, address, commit) = (&self.cache, self.address, self.listing.commit.as_str());
        Wanted {
            client,
            cache,
            address,
            commit,
            name,
            size: *size,
            blob,
        }
        .download()?;
        self.cache.link(commit, name, blob)
    }

    /// Names come from a server: none may leave the cache, and no two may be one file.
    fn check(&self, names: &[&str]) -> Result<()> {
        let repository = self.address.repository();
        let mut seen = BTreeSet::new();
        for name in names {
            check_relative(name).map_err(|what| {
                Error::new(format!(
                    "{repository} lists a file whose name {what}: {}",
                    shown(name)
                ))
            })?;
            if !seen.insert(name.to_lowercase()) {
                let name = shown(name);
                return Err(Error::new(format!(
                    "{repository} lists two files that some systems take for one: {name}"
                )));
            }
        }
        Ok(())
    }
}

fn offline() -> String {
    "HF_HUB_OFFLINE is set".to_owned()
}

fn missing(what: &str, reason: &str) -> Error {
    Error::new(format!("{what} is not in the local cache and {reason}")).with_hint(
        "run once with the Hub in reach, or point HF_HUB_CACHE at the cache that holds it",
    )
}
