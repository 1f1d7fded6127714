//! Settings of the script sandbox.
//!
//! Knows no script engine.

use serde::{Deserialize, Serialize};

use super::problem::Complaints;

/// Limits of one script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptsConfig {
    /// Memory for everything the script makes.
    pub memory_bytes: u64,
    /// Time by the wall clock.
    pub time_ms: u64,
    /// Stack; bounds recursion.
    pub stack_bytes: u64,
    /// The result as JSON.
    pub result_bytes: u64,
}

impl Default for ScriptsConfig {
    fn default() -> Self {
        Self {
            memory_bytes: 32 * 1024 * 1024,
            time_ms: 1000,
            stack_bytes: 256 * 1024,
            result_bytes: 1024 * 1024,
        }
    }
}

impl ScriptsConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.at_least("scripts.memory_bytes", self.memory_bytes, 1024 * 1024);
        complaints.within("scripts.time_ms", self.time_ms, 1, 600_000);
        // The threads that scripts run on have two megabytes of stack themselves.
        complaints.within("scripts.stack_bytes", self.stack_bytes, 64 * 1024, 1024 * 1024);
        complaints.at_least("scripts.result_bytes", self.result_bytes, 1024);
    }
}
