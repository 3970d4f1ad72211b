//! Requests to the Hub: where they go, who they say is asking, and which redirects they follow.

use std::net::IpAddr;
use std::time::Duration;

use hf_hub::HFClientSync;
use reqwest::Url;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION, RANGE};
use reqwest::redirect::Policy;

use super::answer;
use super::path::{HubPath, RepoKind};
use super::retry::Failure;
use super::revision;
use super::settings::HubSettings;
use crate::error::{Error, Result, shown};

pub(crate) const USER_AGENT: &str = concat!("polyculture/", env!("CARGO_PKG_VERSION"));
pub(crate) const REDIRECTS: usize = 5;
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest silence of a server, before its answer or within it.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection to one endpoint.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::blocking::Client,
    api: HFClientSync,
    endpoint: Url,
    authorization: Option<HeaderValue>,
    pub(crate) retry_wait: Duration,
}

impl Client {
    /// A client of the settings' endpoint.
    pub(crate) fn new(settings: &HubSettings) -> Result<Self> {
        let endpoint = checked_endpoint(settings)?;
        let mut builder = reqwest::blocking::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(IDLE_TIMEOUT);
        if is_loopback(&endpoint) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|cause| {
            Error::new("no connection to the Hub can be set up").caused_by(cause)
        })?;
        Ok(Self {
            http,
            api: revision::api(settings, &endpoint)?,
            authorization: authorization(settings)?,
            endpoint,
            retry_wait: settings.retry_wait,
        })
    }

    /// The `hf-hub` crate's client of the same endpoint, for the same person.
    pub(crate) fn api(&self) -> &HFClientSync {
        &self.api
    }

    /// The endpoint as messages show it.
    pub(crate) fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    /// Whether requests say who asks.
    pub(crate) fn is_known(&self) -> bool {
        self.authorization.is_some()
    }

    /// Where the repository is described.
    pub(crate) fn description_url(&self, address: &HubPath) -> Url {
        let before = ["api", address.kind().plural()];
        self.url(&before, address, &["revision", address.revision()])
    }

    /// Where the files of one commit are listed.
    pub(crate) fn tree_url(&self, address: &HubPath, commit: &str) -> Url {
        let before = ["api", address.kind().plural()];
        let mut url = self.url(&before, address, &["tree", commit]);
        url.set_query(Some("recursive=true"));
        url
    }

    /// Where the file called `name` of one commit is.
    pub(crate) fn file_url(&self, address: &HubPath, commit: &str, name: &str) -> Url {
        let segments: Vec<&str> = ["resolve", commit]
            .into_iter()
            .chain(name.split('/'))
            .collect();
        self.url(prefix(address.kind()), address, &segments)
    }

    /// The page on which people accept the repository's terms.
    pub(crate) fn page(&self, address: &HubPath) -> Url {
        self.url(prefix(address.kind()), address, &[])
    }

    fn url(&self, before: &[&str], address: &HubPath, after: &[&str]) -> Url {
        let mut url = self.endpoint.clone();
        // Only addresses that can be no base fail here, and the endpoint is http or https.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(before);
            segments
                .push(address.owner())
                .push(address.name())
                .extend(after);
        }
        url
    }

    /// Asks for `url` from byte `start` on; the answer may have any status but a redirect.
    pub(crate) fn get(&self, url: &Url, start: u64) -> Result<Response, Failure> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.get_once(&url, start)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            url = self.next_hop(&url, &response)?;
        }
        let origin = self.origin();
        Err(Error::new(format!("{origin} redirects more than {REDIRECTS} times")).into())
    }

    fn get_once(&self, url: &Url, start: u64) -> Result<Response, Failure> {
        let mut request = self
            .http
            .get(url.clone())
            .header(ACCEPT_ENCODING, "identity");
        if start > 0 {
            request = request.header(RANGE, format!("bytes={start}-"));
        }
        if let Some(authorization) = &self.authorization
            && url.origin() == self.endpoint.origin()
        {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let origin = || url.origin().ascii_serialization();
        request
            .send()
            .map_err(|cause| answer::unreached(&origin(), cause))
    }

    fn next_hop(&self, from: &Url, response: &Response) -> Result<Url> {
        let origin = from.origin().ascii_serialization();
        let refuse = |what: &str| Error::new(format!("{origin} redirects {what}"));
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let target = location
            .and_then(|location| from.join(location).ok())
            .ok_or_else(|| refuse("without a readable address"))?;
        let to = target.origin().ascii_serialization();
        if target.scheme() != "https" && target.scheme() != from.scheme() {
            return Err(refuse(&format!(
                "from {} to {}",
                from.scheme(),
                shown(target.scheme())
            )));
        }
        if !target.username().is_empty() || target.password().is_some() {
            return Err(refuse("to an address with a user name or password"));
        }
        if is_local(&target) && !is_local(&self.endpoint) {
            return Err(refuse(&format!(
                "to {to}, which only this machine or network can see"
            )));
        }
        Ok(target)
    }
}

fn prefix(kind: RepoKind) -> &'static [&'static str] {
    match kind {
        RepoKind::Dataset => &["datasets"],
        RepoKind::Model => &[],
    }
}

fn authorization(settings: &HubSettings) -> Result<Option<HeaderValue>> {
    let Some(token) = &settings.token else {
        return Ok(None);
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.secret()))
        .map_err(|_| Error::new("the token for the Hub holds characters that no token has"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn checked_endpoint(settings: &HubSettings) -> Result<Url> {
    let refuse = |what: &str| {
        Error::new(format!("the Hub's endpoint {what}"))
            .with_hint("set HF_ENDPOINT to an address such as https://huggingface.co, or unset it")
    };
    // The text is not shown: people write passwords into addresses.
    let url = Url::parse(&settings.endpoint).map_err(|_| refuse("is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("holds a ? or a #, after which no path can follow"));
    }
    if url.scheme() == "http" && settings.token.is_some() && !is_loopback(&url) {
        let origin = url.origin().ascii_serialization();
        return Err(refuse(&format!(
            "{origin} is not encrypted, so no token is sent to it"
        )));
    }
    Ok(url)
}

fn address_of(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some("localhost") || address_of(url).is_some_and(|ip| ip.is_loopback())
}

/// Whether the host is this machine or speaks only to its neighbours, as the metadata services of clouds do.
fn is_local(url: &Url) -> bool {
    is_loopback(url)
        || address_of(url).is_some_and(|ip| match ip {
            IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified(),
            IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified(),
        })
}

#[cfg(test)]
mod tests {
    use super::super::settings::Token;
    use super::*;

    fn client(endpoint: &str) -> Client {
        Client::new(&HubSettings::new(endpoint, "unused")).expect("a client")
    }

    #[test]
    fn names_and_revisions_are_encoded_into_their_own_segments() {
        let client = client("https://mirror.example/hub/");
        let data: HubPath = "hf://datasets/o/n@a%2Fb".parse().expect("an address");
        assert_eq!(
            client.description_url(&data).as_str(),
            "https://mirror.example/hub/api/datasets/o/n/revision/a%2Fb"
        );
        assert_eq!(
            client.file_url(&data, "c0", "sub/a b#1?.csv").as_str(),
            "https://mirror.example/hub/datasets/o/n/resolve/c0/sub/a%20b%231%3F.csv"
        );
        let model: HubPath = "hf://o/n".parse().expect("an address");
        assert_eq!(
            client.page(&model).as_str(),
            "https://mirror.example/hub/o/n"
        );
    }

    #[test]
    fn an_endpoint_that_would_leak_a_secret_is_refused_without_showing_it() {
        let mut settings = HubSettings::new("https://user:hunter2@mirror.example", "unused");
        let error = Client::new(&settings).expect_err("refused");
        assert!(!format!("{error:?}").contains("hunter2"));
        settings.endpoint = "http://mirror.example".to_owned();
        settings.token = Token::new("hf_secret");
        let error = Client::new(&settings).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "the Hub's endpoint http://mirror.example is not encrypted, so no token is sent to it"
        );
        settings.endpoint = "https://mirror.example/?key=hunter2".to_owned();
        let error = Client::new(&settings).expect_err("no place for a path");
        assert!(!format!("{error:?}").contains("hunter2"));
        settings.endpoint = "http://127.0.0.1:1".to_owned();
        let client = Client::new(&settings).expect("loopback may be plain");
        assert!(!format!("{client:?}").contains("hf_secret"));
    }

    #[test]
    fn local_hosts_are_known() {
        for (url, local) in [
            ("http://localhost:80", true),
            ("http://127.0.0.9", true),
            ("http://[::1]:8", true),
            ("http://169.254.169.254/latest", true),
            ("http://[fe80::1]", true),
            ("https://huggingface.co", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(
                is_local(&Url::parse(url).expect("an address")),
                local,
                "{url}"
            );
        }
    }
}
