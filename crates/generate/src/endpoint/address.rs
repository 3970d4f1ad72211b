//! Where a server is, and what is refused as one: plain http to other machines, and addresses that hand out a machine's credentials.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use reqwest::Url;
use serde::{Serialize, Serializer};

/// The names under which clouds serve the credentials of a machine.
const METADATA_NAMES: [&str; 3] = ["metadata.google.internal", "metadata", "instance-data"];

/// The address of a server, such as `http://localhost:8000/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|error| format!("it is no address: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a key in the address would be seen by others; name it with --api-key-env or --api-key-file".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a part behind ? or #, which a base address has not".to_owned());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        if host.is_empty() {
            return Err("it names no server".to_owned());
        }
        let address = Self(url);
        match address.0.scheme() {
            "https" => {}
            "http" if address.is_loopback() => {}
            "http" => {
                return Err(format!(
                    "http to {host} would send texts and keys in the clear; use https (http is for this machine alone)"
                ));
            }
            other => return Err(format!("it begins with {other}:, not https: or http:")),
        }
        if METADATA_NAMES.contains(&host.to_ascii_lowercase().trim_end_matches('.'))
            || address.ip().is_some_and(hands_out_credentials)
        {
            return Err(format!(
                "{host} hands out the credentials of a machine and is no model server"
            ));
        }
        Ok(address)
    }
}

impl Address {
    /// Whether the server is this machine, by its address or as `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        self.ip().map_or_else(
            || self.host() == "localhost",
            |ip| ip.to_canonical().is_loopback(),
        )
    }

    /// The name or number of the server.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The address of `path`, such as `chat/completions`, at this server.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// The numbers that the name stands for, so that it cannot stand for others later; none where
    /// it is not known here, as behind a proxy.
    pub(crate) fn resolve(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let port = self.0.port_or_known_default().unwrap_or(443);
        let Ok(found) = (self.host().trim_matches(['[', ']']), port).to_socket_addrs() else {
            return Ok(Vec::new());
        };
        let found: Vec<SocketAddr> = found.collect();
        for address in &found {
            anyhow::ensure!(
                !hands_out_credentials(address.ip()),
                "{} stands for {}, which hands out the credentials of a machine",
                self.host(),
                address.ip()
            );
        }
        Ok(found)
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host().trim_matches(['[', ']']).parse().ok()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Link-local addresses, under which clouds serve them, and the two that are not link-local.
fn hands_out_credentials(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.octets() == [100, 100, 100, 200],
        IpAddr::V6(ip) => {
            ip.is_unicast_link_local() || ip.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_joined_whether_or_not_the_address_ends_in_a_slash() {
        for address in ["http://localhost:8000/v1", "http://localhost:8000/v1/"] {
            let address: Address = address.parse().expect("an address");
            assert_eq!(
                address.join("chat/completions"),
                "http://localhost:8000/v1/chat/completions"
            );
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for fine in [
            "http://127.0.0.1:1/v1",
            "http://[::1]:1/v1",
            "http://localhost/v1",
            "https://models.example/v1",
        ] {
            assert!(fine.parse::<Address>().is_ok(), "{fine}");
        }
        for refused in [
            "http://10.0.0.1/v1",
            "http://localhost.example/v1",
            "ftp://localhost/v1",
            "localhost:8000",
        ] {
            assert!(refused.parse::<Address>().is_err(), "{refused}");
        }
    }

    #[test]
    fn addresses_of_credentials_are_refused_however_they_are_written() {
        for refused in [
            "https://169.254.169.254/latest",
            "https://0xa9fea9fe/",
            "https://2852039166/",
            "https://[fe80::1]/",
            "https://[fd00:ec2::254]/",
            "https://[::ffff:169.254.169.254]/",
            "https://100.100.100.200/",
            "https://metadata.google.internal/v1",
            "https://METADATA.google.internal./v1",
        ] {
            let error = refused.parse::<Address>().expect_err(refused);
            assert!(error.contains("credentials"), "{refused}: {error}");
        }
    }

    #[test]
    fn a_key_in_an_address_is_refused_without_being_told() {
        let error = "https://me:sk-secret@models.example/v1"
            .parse::<Address>()
            .expect_err("a key");
        assert!(!error.contains("sk-secret"), "{error}");
    }
}
