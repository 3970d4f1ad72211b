//! What an answer of the Hub that is not the wanted one means, in words for the person who asked.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use super::client::Client;
use super::path::{HubPath, RepoKind};
use super::retry::{Failure, retry_after};
use crate::error::{Error, shown};

/// What an answer without success says of itself.
pub(crate) struct Refusal<'a> {
    pub(crate) status: StatusCode,
    /// The Hub's own word for what is wrong, empty where it names none.
    pub(crate) code: &'a str,
    /// The wait that the server asks for.
    pub(crate) wait: Option<Duration>,
}

impl<'a> From<&'a Response> for Refusal<'a> {
    fn from(response: &'a Response) -> Self {
        let header = |name| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok())
        };
        Self {
            status: response.status(),
            code: header("x-error-code").unwrap_or_default(),
            wait: header(RETRY_AFTER.as_str()).and_then(retry_after),
        }
    }
}

/// The failure that an answer without success stands for; `file` is what was asked for, if not the repository.
pub(crate) fn failure(
    client: &Client,
    address: &HubPath,
    file: Option<&str>,
    refusal: &Refusal<'_>,
) -> Failure {
    let Refusal { status, code, wait } = *refusal;
    let repository = address.repository();
    let error = match status.as_u16() {
        401 if code == "RepoNotFound" => no_repository(client, address),
        401 | 403 => refused(client, address, status.as_u16()),
        404 if code == "RevisionNotFound" => {
            let revision = shown(address.revision());
            Error::new(format!("{repository} has no revision {revision}"))
        }
        404 => match file {
            Some(file) if code != "RepoNotFound" => {
                let (file, revision) = (shown(file), shown(address.revision()));
                Error::new(format!(
                    "{repository} has no file {file} at revision {revision}"
                ))
            }
            _ => no_repository(client, address),
        },
        _ => {
            let what = file.map_or(repository.clone(), |file| {
                format!("{} of {repository}", shown(file))
            });
            Error::new(format!("{} answered {status} for {what}", client.origin()))
        }
    };
    match status.as_u16() {
        408 | 425 | 429 | 500..=599 => Failure::Passing { error, wait },
        _ => Failure::Lasting(error),
    }
}

/// The failure to get any answer from `origin`.
pub(crate) fn unreached(origin: &str, cause: reqwest::Error) -> Failure {
    // The address may be a signed one, which gives access to whoever reads it.
    let cause = cause.without_url();
    Failure::passing(Error::new(format!("{origin} could not be reached")).caused_by(cause))
}

fn kind(address: &HubPath) -> &'static str {
    match address.kind() {
        RepoKind::Dataset => "data set",
        RepoKind::Model => "model",
    }
}

fn no_repository(client: &Client, address: &HubPath) -> Error {
    let (origin, kind, repository) = (client.origin(), kind(address), address.repository());
    let error = Error::new(format!("{origin} shows no {kind} {repository}"));
    if client.is_known() {
        error.with_hint("check the spelling, and that the token in HF_TOKEN may read it")
    } else {
        error.with_hint("check the spelling; a private one needs a token in HF_TOKEN")
    }
}

fn refused(client: &Client, address: &HubPath, status: u16) -> Error {
    let (kind, page) = (kind(address), client.page(address));
    let error = Error::new(format!(
        "the {kind} {} is gated or private: access was refused with status {status}",
        address.repository()
    ));
    if client.is_known() {
        error.with_hint(format!(
            "accept its terms at {page}, and check that the token in HF_TOKEN may read it"
        ))
    } else {
        error.with_hint(format!("accept its terms at {page} and set HF_TOKEN"))
    }
}

/// Whether the answer is a page for people, as proxies and login walls send.
pub(crate) fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok())
        .is_some_and(|kind| {
            kind.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        })
}

/// The error for a page in place of `what`.
pub(crate) fn page_instead_of(client: &Client, what: &str) -> Error {
    Error::new(format!(
        "{} answered with an HTML page instead of {what}",
        client.origin()
    ))
    .with_hint("check HF_ENDPOINT, and that no proxy asks for a login")
}
