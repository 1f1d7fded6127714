//! Which addresses may be connected to: public ones, and those the configuration exempts.
//!
//! Knows no HTTP. As the client's resolver it is asked for every name, and the client connects to
//! nothing but its answer, so a name can't resolve to one address here and another one later.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::platform::config::Exempt;

/// An address that must not be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAddress {
    /// The host as it stands in the request.
    pub host: String,
    /// The address that stands behind it.
    pub address: IpAddr,
}

impl fmt::Display for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, address } = self;
        let place =
            if *host == address.to_string() { host.clone() } else { format!("{host} ({address})") };
        write!(
            f,
            "{place} is not a public address, expected one, or an entry for it in \
             outbound.allow_private_networks"
        )
    }
}

impl std::error::Error for RefusedAddress {}

/// Decides by address.
#[derive(Debug, Clone)]
pub struct Guard {
    exempt: Vec<Exempt>,
}

impl Guard {
    /// A guard that allows public addresses and what is exempt.
    #[must_use]
    pub fn new(exempt: Vec<Exempt>) -> Self {
        Self { exempt }
    }

    /// Whether a host with this address may be connected to.
    #[must_use]
    pub fn allows(&self, host: &str, address: IpAddr) -> bool {
        is_public(address)
            || self.exempt.iter().any(|exempt| match exempt {
                Exempt::Network(network) => network.contains(address),
                Exempt::Host(name) => host.trim_end_matches('.').eq_ignore_ascii_case(name),
            })
    }

    /// Checks an address that stands in the URL itself, for which no resolver is asked.
    ///
    /// # Errors
    /// The address, when it is not allowed.
    pub fn check_url(&self, url: &Url) -> Result<(), RefusedAddress> {
        let host = url.host_str().unwrap_or_default();
        let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse() else {
            return Ok(());
        };
        if self.allows(host, address) {
            return Ok(());
        }
        Err(RefusedAddress { host: host.to_owned(), address })
    }

    /// Keeps what is allowed of the addresses of a host; refuses if there is nothing left.
    fn filter(
        &self,
        host: &str,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, RefusedAddress> {
        let (allowed, refused): (Vec<_>, Vec<_>) =
            addresses.partition(|address| self.allows(host, address.ip()));
        match refused.first() {
            Some(address) if allowed.is_empty() => {
                Err(RefusedAddress { host: host.to_owned(), address: address.ip() })
            }
            _ => Ok(allowed),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            // The port is the client's business; it replaces 0 by its own.
            let found = tokio::net::lookup_host((host, 0)).await?;
            let allowed: Addrs = Box::new(guard.filter(host, found)?.into_iter());
            Ok(allowed)
        })
    }
}

/// Whether an address belongs to the public internet, by the IANA registries of special-purpose
/// addresses for IPv4 and IPv6. Addresses that carry an IPv4 one inside are judged by that.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match inner_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        // Cloud machines tell their credentials at 169.254.169.254.
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        // Shared by carriers for their customers, 100.64.0.0/10.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, 192.0.0.0/24, and the retired 6to4 relays, 192.88.99.0/24.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        // Benchmarks, 198.18.0.0/15.
        || (a == 198 && (b == 18 || b == 19))
        // Reserved, and the broadcast address.
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is given out; in it, 2001::/23 is for protocols, 2001:db8::/32 and 3fff::/20
    // are for documentation.
    (a & 0xe000) == 0x2000
        && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8))
        && !(a == 0x3fff && b < 0x1000)
}

/// The IPv4 address inside: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`), translated by
/// NAT64 (`64:ff9b::/96`), or 6to4 (`2002::/16`).
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(from(high, low))
        }
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}
