//! Settings of requests to other systems.
//!
//! Knows no HTTP.

use serde::{Deserialize, Serialize};

use super::network::Exempt;
use super::problem::Complaints;

/// Limits of requests to other systems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Networks and host names that may be reached although they are not public.
    pub allow_private_networks: Vec<Exempt>,
    /// How long a request may take, redirects and reading included, unless it says otherwise.
    pub timeout_ms: u64,
    /// The largest response body.
    pub response_bytes: u64,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allow_private_networks: Vec::new(),
            timeout_ms: 30_000,
            response_bytes: 10 * 1024 * 1024,
        }
    }
}

impl OutboundConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.at_least("outbound.timeout_ms", self.timeout_ms, 100);
        complaints.at_least("outbound.response_bytes", self.response_bytes, 1024);
    }
}
