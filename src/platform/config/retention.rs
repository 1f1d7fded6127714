//! Settings of how long finished things are kept.
//!
//! Knows nothing that is kept.

use serde::{Deserialize, Serialize};

use super::problem::Complaints;

/// How long finished things are kept; 0 days: for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Days after its end that finished work is kept.
    pub finished_days: u32,
    /// Days that audit events are kept.
    pub audit_days: u32,
    /// Rows deleted in one transaction, so that nobody waits long for it.
    pub batch_size: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { finished_days: 0, audit_days: 0, batch_size: 500 }
    }
}

impl RetentionConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.within("retention.batch_size", self.batch_size, 1, 100_000);
    }
}
