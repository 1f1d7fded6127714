//! Runs jobs whose handler lives in this process, as soon as the turn that made them is committed.
//!
//! Must not know what a handler does, nor decide retries: it reports the outcome as a command.
//!
//! **Invariant:** a job is run only under a lease that was committed before; when the process dies
//! the lease ends and the job is run again, with the same key as its idempotency key.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::core::engine::JobKind;

/// A job in the hands of a worker.
#[derive(Debug, Clone)]
pub struct LeasedJob {
    /// The job; the idempotency key of whatever its worker does outside.
    pub key: i64,
    /// The instance it belongs to.
    pub instance_key: i64,
    /// The element instance it belongs to.
    pub element_instance_key: i64,
    /// The element it belongs to.
    pub element_id: String,
    /// The process it belongs to.
    pub process_id: String,
    /// The definition it belongs to.
    pub definition_key: i64,
    /// The definition's version.
    pub version: i64,
    /// Which workers take it.
    pub job_type: String,
    /// What it is for.
    pub kind: JobKind,
    /// Attempts left, this one included.
    pub retries: i64,
    /// Attempts made before this one.
    pub attempts: i64,
    /// Settings from the model.
    pub headers: Map<String, Json>,
    /// Variables visible at the element.
    pub variables: Map<String, Json>,
    /// The lease: completing or failing names it, so that a late worker can't undo a newer one.
    pub lease_token: i64,
    /// When the lease ends, in milliseconds since 1970 UTC.
    pub lease_until: i64,
    /// Who holds it.
    pub worker: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum JobOutcome {
    /// Done, with the variables it gives back.
    Completed(Map<String, Json>),
    /// Failed; tried again while retries are left.
    Failed {
        /// For people: what went wrong and what was expected.
        message: String,
        /// Whether another attempt can help; if not, an incident is raised at once.
        is_retryable: bool,
    },
    /// A business error, for an error event to catch.
    Error {
        /// The error code.
        code: String,
        /// For people.
        message: String,
        /// Variables for the catching event.
        variables: Map<String, Json>,
    },
}

/// What a handler gives back: a future that owns all it needs.
pub type JobFuture = Pin<Box<dyn Future<Output = JobOutcome> + Send>>;

/// Work that runs inside this process.
pub trait JobHandler: Send + Sync {
    /// Makes one attempt. Called again with the same key after a crash or a failed attempt.
    fn run(&self, job: LeasedJob) -> JobFuture;
}

/// Handlers by job type.
#[derive(Clone, Default)]
pub struct Handlers {
    by_type: HashMap<String, Arc<dyn JobHandler>>,
}

impl Handlers {
    /// Adds the handler of a job type; the last one added for a type holds.
    #[must_use]
    pub fn with(mut self, job_type: &str, handler: Arc<dyn JobHandler>) -> Self {
        self.by_type.insert(job_type.to_owned(), handler);
        self
    }

    /// Adds other handlers; theirs hold where both have one for a type.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.by_type.extend(others.by_type);
        self
    }

    /// The handler of a job type, if this process has one.
    #[must_use]
    pub fn find(&self, job_type: &str) -> Option<Arc<dyn JobHandler>> {
        self.by_type.get(job_type).cloned()
    }

    /// Whether jobs of this type are run in this process.
    #[must_use]
    pub fn has(&self, job_type: &str) -> bool {
        self.by_type.contains_key(job_type)
    }

    /// All job types that are run in this process.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.by_type.keys().map(String::as_str)
    }
}
