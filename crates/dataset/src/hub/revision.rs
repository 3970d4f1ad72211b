//! What a revision stands for, asked for by the `hf-hub` crate, which is kept within the endpoint.

use hf_hub::{HFClient, HFClientSync, HFError, HFResult};
use reqwest::Url;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{self, Refusal};
use super::client::{CONNECT_TIMEOUT, Client, IDLE_TIMEOUT, REDIRECTS, USER_AGENT, is_loopback};
use super::path::{HubPath, RepoKind};
use super::retry::Failure;
use super::settings::HubSettings;
use crate::error::{Error, Result};

/// A token that fits into no header, so that the crate sends none; given none, it takes the environment's.
const NOBODY: &str = "\n";

/// What the Hub says of one revision.
#[derive(Deserialize)]
pub(crate) struct Description {
    /// The commit, not yet checked to be one.
    pub(crate) sha: String,
    /// The head of the card, null where there is none.
    #[serde(default, rename = "cardData")]
    pub(crate) card: Value,
}

/// The crate's client, with everything given that it would else take from the environment.
///
/// It asks once: what may pass is repeated by our own layer alone.
pub(crate) fn api(settings: &HubSettings, endpoint: &Url) -> Result<HFClientSync> {
    let token = settings
        .token
        .as_ref()
        .map_or(NOBODY, |token| token.secret());
    let setting_up = || -> HFResult<HFClientSync> {
        HFClient::builder()
            .endpoint(endpoint.as_str())
            .token(token)
            .user_agent(USER_AGENT)
            .client(connection(endpoint)?)
            .cache_enabled(false)
            .cache_dir(&settings.cache_dir)
            .retry_max_attempts(0)
            .build_sync()
    };
    // The cause is not passed on: it may show the address.
    setting_up().map_err(|_| Error::new("no connection to the Hub's API can be set up"))
}

fn connection(endpoint: &Url) -> reqwest::Result<reqwest::Client> {
    let identity = (ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let within = endpoint.clone();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .default_headers(HeaderMap::from_iter([identity]))
        .referer(false)
        .redirect(Policy::custom(move |hop| {
            if stays_within(&within, &hop) {
                hop.follow()
            } else {
                hop.stop()
            }
        }))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(IDLE_TIMEOUT);
    if is_loopback(endpoint) {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// A repository that was renamed is described under its new name at the same host; others are not shown the token.
fn stays_within(endpoint: &Url, hop: &Attempt<'_>) -> bool {
    let target = hop.url();
    target.origin() == endpoint.origin()
        && target.username().is_empty()
        && target.password().is_none()
        && hop.previous().len() <= REDIRECTS
}

/// What the Hub says of the address's revision; none where the crate can make nothing of the answer.
pub(crate) fn described(
    client: &Client,
    address: &HubPath,
) -> Result<Option<Description>, Failure> {
    let (api, owner, name) = (client.api(), address.owner(), address.name());
    let revision = address.revision();
    let answer = match address.kind() {
        RepoKind::Dataset => {
            let info = api.dataset(owner, name).info().revision(revision).send();
            info.map(|info| (info.sha, info.card_data))
        }
        RepoKind::Model => {
            let info = api.model(owner, name).info().revision(revision).send();
            info.map(|info| (info.sha, info.card_data))
        }
    };
    match answer {
        Ok((sha, card)) => Ok(sha.map(|sha| Description {
            sha,
            card: card.unwrap_or_default(),
        })),
        Err(error) => failure(client, address, error).map_or(Ok(None), Err),
    }
}

/// The failure that the crate's error stands for, of which only the parts without addresses and bodies are kept.
fn failure(client: &Client, address: &HubPath, error: HFError) -> Option<Failure> {
    let (context, wait) = match error {
        HFError::RateLimited {
            retry_after,
            context,
        } => (context, retry_after),
        HFError::AuthRequired { context }
        | HFError::Forbidden { context }
        | HFError::Conflict { context }
        | HFError::Http { context }
        | HFError::RepoNotFound {
            context: Some(context),
            ..
        }
        | HFError::RevisionNotFound {
            context: Some(context),
            ..
        } => (context, None),
        HFError::Request { source, .. }
            if source.is_connect() || source.is_timeout() || source.is_request() =>
        {
            return Some(answer::unreached(&client.origin(), source));
        }
        _ => return None,
    };
    // A redirect that was not followed says nothing yet.
    let refusal = Refusal {
        status: context.status,
        code: context.error_code.as_deref().unwrap_or_default(),
        wait,
    };
    (!refusal.status.is_redirection()).then(|| answer::failure(client, address, None, &refusal))
}
