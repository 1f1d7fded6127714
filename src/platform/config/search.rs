//! Settings of the full-text index.
//!
//! Knows no index.

use serde::{Deserialize, Serialize};

use super::problem::Complaints;

/// The full-text index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// How long a change may wait until it can be found.
    pub commit_ms: u64,
    /// Memory that changes are gathered in before they are written out.
    pub writer_bytes: u64,
    /// After so long without a change that memory is given back.
    pub idle_ms: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { commit_ms: 500, writer_bytes: 15_000_000, idle_ms: 10_000 }
    }
}

impl SearchConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.within("search.commit_ms", self.commit_ms, 10, 60_000);
        // Both ends are the index's own.
        complaints.within("search.writer_bytes", self.writer_bytes, 15_000_000, 4_000_000_000);
        complaints.at_least("search.idle_ms", self.idle_ms, 100);
    }
}
