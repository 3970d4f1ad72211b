//! The files of one commit of a repository, as the Hub describes them.

use std::collections::BTreeMap;
use std::io::Read;
use std::mem;

use reqwest::Url;
use reqwest::header::LINK;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{self, Refusal};
use super::blob::BlobId;
use super::client::Client;
use super::path::HubPath;
use super::retry::{Failure, persist};
use super::revision::{Description, described};
use crate::error::{Error, Result, shown};

const LARGEST_ANSWER: u64 = 64 << 20;
/// The Hub lists a thousand files a page; a server that never comes to an end is not one.
const MOST_PAGES: usize = 5_000;

/// The files of one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Listing {
    /// The commit, 40 hexadecimal digits.
    pub(crate) commit: String,
    /// Every file's name from the repository's root, with what is known of its content.
    pub(crate) files: BTreeMap<String, Entry>,
    /// The `configs` of the data set's card.
    pub(crate) configs: Value,
}

/// What is known of one file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) size: Option<u64>,
    pub(crate) blob: Option<BlobId>,
}

#[derive(Deserialize)]
struct TreeEntry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    size: Option<u64>,
    oid: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

/// Whether `text` is a commit rather than a name for one.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Asks the Hub which commit the address means and what it holds.
///
/// The files are read from the commit's tree: the shorter description leaves files out of large repositories unsaid.
pub(crate) fn describe(client: &Client, address: &HubPath) -> Result<Listing, Failure> {
    let description = description(client, address)?;
    let commit = checked_commit(address, description.sha)?;
    let configs = description.card.get("configs").cloned().unwrap_or_default();
    let first = client.tree_url(address, &commit);
    let mut url = first.clone();
    let mut files = BTreeMap::new();
    for _ in 0..MOST_PAGES {
        let (page, next): (Vec<TreeEntry>, _) = ask(client, address, &url)?;
        files.extend(page.into_iter().filter(|one| one.kind == "file").map(entry));
        let Some(next) = next else {
            return Ok(Listing {
                commit,
                files,
                configs,
            });
        };
        // Only the cursor is taken from the answer: where to ask, and whom to show the token, is not the server's to say.
        url = first.clone();
        url.set_query(Some(&next));
    }
    let repository = address.repository();
    Err(Error::new(format!(
        "the list of the files of {repository} does not end after {MOST_PAGES} pages"
    ))
    .into())
}

/// What the Hub says of the revision.
///
/// The first to ask is `hf-hub`; our own request asks after what may pass, since it knows a `Retry-After`,
/// and after an answer of which the crate makes nothing, since it tells a page or a redirect from a description.
fn description(client: &Client, address: &HubPath) -> Result<Description, Failure> {
    let url = client.description_url(address);
    let mut is_first = true;
    persist(client.retry_wait, url.as_str(), || {
        if mem::take(&mut is_first)
            && let Some(description) = described(client, address)?
        {
            return Ok(description);
        }
        ask_once(client, address, &url).map(|(description, _)| description)
    })
}

/// An answer in JSON, with the query of the page that follows it.
fn ask<T: DeserializeOwned>(
    client: &Client,
    address: &HubPath,
    url: &Url,
) -> Result<(T, Option<String>), Failure> {
    persist(client.retry_wait, url.as_str(), || {
        ask_once(client, address, url)
    })
}

fn ask_once<T: DeserializeOwned>(
    client: &Client,
    address: &HubPath,
    url: &Url,
) -> Result<(T, Option<String>), Failure> {
    let response = client.get(url, 0)?;
    if !response.status().is_success() {
        let refusal = Refusal::from(&response);
        return Err(answer::failure(client, address, None, &refusal));
    }
    let what = format!("the description of {}", address.repository());
    if answer::is_page(&response) {
        return Err(answer::page_instead_of(client, &what).into());
    }
    let link = response
        .headers()
        .get(LINK)
        .and_then(|value| value.to_str().ok());
    let next = link.and_then(next_query);
    let mut body = Vec::new();
    response
        .take(LARGEST_ANSWER)
        .read_to_end(&mut body)
        .map_err(|cause| {
            Failure::passing(Error::new(format!("{what} was cut off")).caused_by(cause))
        })?;
    let value = serde_json::from_slice(&body)
        .map_err(|cause| Error::new(format!("{what} cannot be read")).caused_by(cause))?;
    Ok((value, next))
}

/// The query in a header such as `<https://host/path?cursor=abc>; rel="next"`.
fn next_query(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (target, _) = next.split_once('<')?.1.split_once('>')?;
    Some(target.split_once('?')?.1.to_owned())
}

fn checked_commit(address: &HubPath, commit: String) -> Result<String> {
    let (repository, asked) = (address.repository(), address.revision());
    if !is_commit(&commit) {
        let commit = shown(&commit);
        return Err(Error::new(format!(
            "the Hub names {commit} as a commit of {repository}: not 40 hexadecimal digits"
        )));
    }
    if is_commit(asked) && commit != asked {
        return Err(Error::new(format!(
            "the Hub answered commit {commit} of {repository} where {asked} was asked for"
        )));
    }
    Ok(commit)
}

fn entry(listed: TreeEntry) -> (String, Entry) {
    let entry = match listed.lfs {
        Some(lfs) => Entry {
            size: Some(lfs.size),
            blob: BlobId::new(&lfs.oid),
        },
        None => Entry {
            size: listed.size,
            blob: listed.oid.as_deref().and_then(BlobId::new),
        },
    };
    (listed.path, entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (String, Entry) {
        entry(serde_json::from_str(json).expect("an entry"))
    }

    #[test]
    fn large_files_are_known_by_their_sha256_and_small_ones_by_their_git_id() {
        let (small, large) = ("a".repeat(40), "b".repeat(64));
        let (name, plain) = read(&format!(
            r#"{{"type":"file","oid":"{small}","size":7,"path":"README.md"}}"#
        ));
        assert_eq!((name.as_str(), plain.size), ("README.md", Some(7)));
        assert_eq!(plain.blob, BlobId::new(&small));
        let (_, stored) = read(&format!(
            r#"{{"type":"file","oid":"{small}","size":9,"path":"a.parquet","xetHash":"00","lfs":{{"oid":"{large}","size":9,"pointerSize":130}}}}"#
        ));
        assert_eq!((stored.size, stored.blob), (Some(9), BlobId::new(&large)));
    }

    #[test]
    fn a_listing_is_kept_and_read_again() {
        let files = [(
            "a.csv".to_owned(),
            Entry {
                size: Some(1),
                blob: BlobId::new(&"a".repeat(40)),
            },
        )];
        let listing = Listing {
            commit: "c".repeat(40),
            files: files.into(),
            configs: Value::Null,
        };
        let kept = serde_json::to_string(&listing).expect("written");
        assert_eq!(
            serde_json::from_str::<Listing>(&kept).expect("read"),
            listing
        );
    }

    #[test]
    fn the_next_page_is_known_by_its_query() {
        let link = r#"<https://a/x?p=0>; rel="prev", <https://other.host/x?recursive=true&cursor=Z%3D>; rel="next""#;
        assert_eq!(
            next_query(link).as_deref(),
            Some("recursive=true&cursor=Z%3D")
        );
        assert_eq!(next_query(r#"<https://a/x?p=0>; rel="prev""#), None);
    }

    #[test]
    fn a_commit_that_is_a_path_is_refused() {
        let address: HubPath = "hf://datasets/o/n".parse().expect("an address");
        let error = checked_commit(&address, "../../x".to_owned()).expect_err("refused");
        assert!(
            error.to_string().contains("../../x as a commit of o/n"),
            "{error}"
        );
    }
}
