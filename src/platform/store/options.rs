//! How a database is opened: limits with their defaults and reasons.
//!
//! Knows nothing of configuration files.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Limits of an embedded database.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads that read beside the writer.
    pub readers: usize,
    /// Transactions that may wait for a thread, for reading and writing each.
    pub queue_length_max: usize,
    /// How long a caller waits for room in the queue before it hears `Busy`.
    pub queue_wait_max: Duration,
    /// Transactions that share one commit.
    pub group_size_max: usize,
    /// Memory of each connection's page cache, in KiB.
    pub cache_kib: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            queue_length_max: 4096,
            queue_wait_max: Duration::from_secs(5),
            // About 4 ms of work: more would save little of the sync and show in the p99.
            group_size_max: 256,
            // The system keeps the file in memory anyway, and SQLite looks at every cached page at
            // each commit that split a page: with 16 MiB that was a sixth of the CPU of a server
            // under load.
            cache_kib: 4 * 1024,
        }
    }
}

/// How to reach PostgreSQL, and limits. Its `Debug` keeps the URL, and so the password, to itself.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database?sslmode=…`, or `key=value` pairs.
    ///
    /// `sslmode` is `disable`, `prefer` (plain, as we never fall back silently), or `require`;
    /// `verify-ca` and `verify-full` mean `require`, since a certificate is always verified.
    pub url: String,
    /// Connections, each owned by a thread that runs one transaction at a time.
    pub connections: usize,
    /// PEM file of the authorities to trust; without it, those of the system.
    pub root_certificates: Option<PathBuf>,
    /// Transactions that may wait for a connection.
    pub queue_length_max: usize,
    /// How long a caller waits for room in the queue before it hears `Busy`.
    pub queue_wait_max: Duration,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PostgresOptions")
            .field("url", &"***")
            .field("connections", &self.connections)
            .field("root_certificates", &self.root_certificates)
            .field("queue_length_max", &self.queue_length_max)
            .field("queue_wait_max", &self.queue_wait_max)
            .finish()
    }
}

impl PostgresOptions {
    /// The defaults with a URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 8,
            root_certificates: None,
            queue_length_max: 4096,
            queue_wait_max: Duration::from_secs(5),
        }
    }
}
