//! Settings of the loop that does the work: batches, queues, leases, retries.
//!
//! Knows no work.

use serde::{Deserialize, Serialize};

use super::problem::Complaints;

/// Limits of the loop, and of work that is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExecutionConfig {
    /// The most commands that share one transaction and so one wait for the disk.
    pub batch_size: u32,
    /// Commands that may wait; beyond that callers are told to come back later.
    pub queue_length: u32,
    /// How many instances stay in memory between their turns.
    pub hot_instances: u32,
    /// How long a worker owns what it took, unless it asks for another time.
    pub lease_ms: u64,
    /// The wait before the first retry; it doubles with each further one.
    pub backoff_ms: u64,
    /// The longest wait before a retry.
    pub backoff_max_ms: u64,
}

impl Default for ExecutionConfig {
    fn default() -> Self {
        Self {
            batch_size: 100,
            queue_length: 4096,
            hot_instances: 1000,
            lease_ms: 60_000,
            backoff_ms: 1000,
            backoff_max_ms: 300_000,
        }
    }
}

impl ExecutionConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.within("execution.batch_size", self.batch_size, 1, 10_000);
        complaints.within("execution.queue_length", self.queue_length, 1, 1_000_000);
        complaints.within("execution.hot_instances", self.hot_instances, 1, 1_000_000);
        complaints.at_least("execution.lease_ms", self.lease_ms, 1000);
        complaints.at_least("execution.backoff_ms", self.backoff_ms, 1);
        complaints.require(
            self.backoff_max_ms >= self.backoff_ms,
            "execution.backoff_max_ms",
            || format!("at least execution.backoff_ms, which is {}", self.backoff_ms),
        );
    }
}
