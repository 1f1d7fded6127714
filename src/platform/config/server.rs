//! Settings of the HTTP server: where it listens and what it accepts.
//!
//! Knows no HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer, Serialize};

use super::network::IpNetwork;
use super::problem::Complaints;

/// Where the server listens, and the limits of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    #[serde(deserialize_with = "address_and_port")]
    pub listen: SocketAddr,
    /// The address people reach the server under, without a slash at its end; empty: as it listens.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNetwork>,
    /// The largest request body.
    pub body_bytes: u64,
    /// How long a request may take, long polling apart.
    pub timeout_ms: u64,
    /// Requests a second that one client may make for long.
    pub rate_per_second: u32,
    /// Requests that one client may make at once before the rate counts.
    pub rate_burst: u32,
    /// Tries to sign in that one address may make in a minute.
    pub sign_in_per_minute: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            body_bytes: 32 * 1024 * 1024,
            timeout_ms: 30_000,
            rate_per_second: 100,
            rate_burst: 400,
            sign_in_per_minute: 10,
        }
    }
}

impl ServerConfig {
    /// The address for links in pages and mail: the public one, else the one listened on.
    #[must_use]
    pub fn base_url(&self) -> String {
        match self.public_url.as_str() {
            "" => format!("http://{}", self.listen),
            url => url.to_owned(),
        }
    }

    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.require(is_base_url(&self.public_url), "server.public_url", || {
            "an address such as https://flow.example.com, without a slash at its end".into()
        });
        complaints.at_least("server.body_bytes", self.body_bytes, 1024);
        complaints.at_least("server.timeout_ms", self.timeout_ms, 100);
        complaints.at_least("server.rate_per_second", self.rate_per_second, 1);
        complaints.at_least("server.rate_burst", self.rate_burst, 1);
        complaints.at_least("server.sign_in_per_minute", self.sign_in_per_minute, 1);
    }
}

fn is_base_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.is_empty()
        || rest.is_some_and(|rest| {
            !rest.is_empty() && !rest.ends_with('/') && !rest.contains(char::is_whitespace)
        })
}

fn address_and_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| {
        serde::de::Error::custom("expected an IP address and a port, such as 127.0.0.1:8080")
    })
}
