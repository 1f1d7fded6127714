//! This process's own workers, and how outside workers wait for jobs.
//!
//! Must not know what a job is about.
//!
//! **Invariant:** the outcome of an attempt is reported under the lease of that attempt.

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, Semaphore};

use super::dispatcher::{Handlers, JobOutcome, LeasedJob};
use crate::core::engine::{Command, VariableMap};
use crate::platform::clock::Clock;

/// Attempts that run at the same time in this process.
const ATTEMPTS_MAX: usize = 256;

/// How failed attempts are spaced.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Before the first retry, in milliseconds.
    pub first_ms: i64,
    /// At most, in milliseconds.
    pub max_ms: i64,
}

impl Backoff {
    /// The wait after an attempt: doubles with each, and varies by a quarter with the job's key so
    /// that jobs that failed together do not come back together.
    #[must_use]
    pub fn after(&self, attempts: i64, job_key: i64) -> i64 {
        let doublings = u32::try_from(attempts.clamp(0, 30)).unwrap_or(30);
        let wait = self.first_ms.saturating_mul(1i64 << doublings).min(self.max_ms);
        let spread = (wait / 4).max(1);
        let mixed = (job_key ^ attempts).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed());
        wait - wait / 8 + (mixed >> 17).rem_euclid(spread)
    }
}

/// Runs jobs by the handlers of this process.
#[derive(Clone)]
pub(crate) struct Workers {
    pub(crate) handlers: Handlers,
    pub(crate) backoff: Backoff,
    places: Arc<Semaphore>,
}

impl Workers {
    pub(crate) fn new(handlers: Handlers, backoff: Backoff) -> Self {
        Self { handlers, backoff, places: Arc::new(Semaphore::new(ATTEMPTS_MAX)) }
    }

    /// Makes one attempt and gives the command that reports it.
    pub(crate) async fn attempt(&self, job: LeasedJob, clock: &dyn Clock) -> Option<Command> {
        let handler = self.handlers.find(&job.job_type)?;
        let _place = self.places.acquire().await.ok()?;
        let (key, retries, attempts) = (job.key, job.retries, job.attempts);
        let wanted = wanted_backoff(&job);
        if let Err(message) = wanted {
            let outcome = JobOutcome::Failed { message, is_retryable: false };
            return Some(report(key, retries, 0, outcome, clock.now_ms()));
        }
        // A handler that panics fails its attempt and nothing else.
        let outcome = tokio::spawn(handler.run(job)).await.unwrap_or_else(|_| JobOutcome::Failed {
            message: "the worker panicked".to_owned(),
            is_retryable: true,
        });
        let now_ms = clock.now_ms();
        let wait_ms = wanted.ok().flatten();
        let wait_ms = wait_ms.unwrap_or_else(|| self.backoff.after(attempts, key));
        Some(report(key, retries, wait_ms, outcome, now_ms))
    }
}

/// What the attempt comes to, as the command that tells the instance.
fn report(job_key: i64, retries: i64, wait_ms: i64, outcome: JobOutcome, now_ms: i64) -> Command {
    match outcome {
        JobOutcome::Completed(variables) => Command::CompleteJob { job_key, variables },
        JobOutcome::Error { code, message, variables } => {
            Command::ThrowJobError { job_key, code, message, variables }
        }
        JobOutcome::Failed { message, is_retryable } => {
            let left = if is_retryable { (retries - 1).max(0) } else { 0 };
            Command::FailJob {
                job_key,
                retries: i32::try_from(left).unwrap_or(i32::MAX),
                message,
                backoff_until: Some(now_ms.saturating_add(wait_ms)),
                variables: VariableMap::new(),
            }
        }
    }
}

/// The wait before a retry that the model asks for in the header `retryBackoff`, in milliseconds.
///
/// # Errors
/// When the header is no duration.
fn wanted_backoff(job: &LeasedJob) -> Result<Option<i64>, String> {
    let Some(text) = job.headers.get("retryBackoff").and_then(|it| it.as_str()) else {
        return Ok(None);
    };
    let wrong = || {
        let found = text.escape_debug();
        format!("retryBackoff: expected an ISO 8601 duration such as PT30S, found \"{found}\"")
    };
    let wait: jiff::SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    let wait_ms = i64::try_from(wait.as_millis()).map_err(|_| wrong())?;
    if wait_ms < 0 { Err(wrong()) } else { Ok(Some(wait_ms)) }
}

/// A place in the waiting room.
pub(crate) struct Called(Vec<Pin<Box<OwnedNotified>>>);

impl Called {
    /// Waits until there may be a job of one of the types.
    pub(crate) async fn any(self) {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(self.0).await;
    }
}

/// Outside workers that wait, by job type.
#[derive(Default)]
pub(crate) struct WaitingRoom {
    by_type: Mutex<HashMap<String, Arc<Notify>>>,
}

impl WaitingRoom {
    /// What a worker of some types waits on; taken before looking for jobs, so that none is missed.
    pub(crate) fn enter(&self, job_types: &[String]) -> Called {
        let mut by_type = self.by_type.lock().unwrap_or_else(PoisonError::into_inner);
        let enter = |job_type: &String| {
            let notify = Arc::clone(by_type.entry(job_type.clone()).or_default());
            let mut notified = Box::pin(notify.notified_owned());
            notified.as_mut().enable();
            notified
        };
        Called(job_types.iter().map(enter).collect())
    }

    /// Tells those who wait that there may be jobs; `None` tells all.
    pub(crate) fn call(&self, job_types: Option<&BTreeSet<Arc<str>>>) {
        let mut by_type = self.by_type.lock().unwrap_or_else(PoisonError::into_inner);
        // Types nobody waits for any more are forgotten here, so that the map stays small.
        by_type.retain(|_, notify| Arc::strong_count(notify) > 1);
        for (job_type, notify) in by_type.iter() {
            if job_types.is_none_or(|types| types.contains(job_type.as_str())) {
                notify.notify_waiters();
            }
        }
    }
}

/// The longest a worker is kept waiting in one request.
pub const LONG_POLL_MAX: Duration = Duration::from_mins(1);
