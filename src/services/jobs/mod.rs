//! Jobs for outside workers, and the ones that were given up.
//!
//! Must not know HTTP, nor how a worker does its work.
//!
//! **Invariant:** whatever a worker reports names the lease under which it worked.

mod dead_letters;
mod rows;

use std::time::Duration;

pub use dead_letters::{DeadLetter, count_dead_letters, list_dead_letters, requeue, requeue_all};

use crate::core::engine::{Command, JobResult, VariableMap};
use crate::services::audit::Origin;
use crate::services::execution::{Execution, LeaseJobs, LeasedJob, Refusal, Target, Work};

/// A lease as its worker knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job_key: i64,
    /// The lease as it was given.
    pub token: i64,
}

impl Lease {
    fn target(self) -> Target {
        Target::Job { key: self.job_key, lease_token: Some(self.token) }
    }
}

/// A failed attempt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FailedAttempt {
    /// Attempts left; one less than before when `None`.
    pub retries: Option<i32>,
    /// For people: what went wrong.
    pub message: String,
    /// How long to wait before the next attempt; grows with each attempt when `None`.
    pub backoff_ms: Option<i64>,
    /// Set in the scope of the job's element only.
    pub variables: VariableMap,
}

/// A business error.
#[derive(Debug, Clone, PartialEq)]
pub struct ThrownError {
    /// Compared with the codes of the catching events.
    pub code: String,
    /// For people.
    pub message: String,
    /// Handed to the catching event.
    pub variables: VariableMap,
}

/// Leases jobs to a worker, waiting for some up to a time.
///
/// # Errors
/// Why nothing could be leased; no job at all is an empty list.
pub async fn activate(
    execution: &Execution,
    wanted: LeaseJobs,
    wait: Duration,
    origin: Origin,
) -> Result<Vec<LeasedJob>, Refusal> {
    execution.lease_jobs(wanted, wait, origin).await
}

/// The work is done.
///
/// # Errors
/// `LeaseEnded` when somebody else has the job; else why the engine refused.
pub async fn complete(
    execution: &Execution,
    lease: Lease,
    variables: VariableMap,
    origin: Origin,
) -> Result<(), Refusal> {
    let command = Command::CompleteJob { job_key: lease.job_key, variables };
    submit(execution, lease.target(), command, origin).await
}

/// The work is done, and says more than its results.
///
/// # Errors
/// As for [`complete`]; the engine refuses a result that does not fit the job's kind.
pub async fn complete_with(
    execution: &Execution,
    lease: Lease,
    variables: VariableMap,
    result: JobResult,
    origin: Origin,
) -> Result<(), Refusal> {
    let (job_key, result) = (lease.job_key, Box::new(result));
    let command = Command::CompleteJobWithResult { job_key, variables, result };
    submit(execution, lease.target(), command, origin).await
}

/// An attempt failed.
///
/// # Errors
/// As for [`complete`].
pub async fn fail(
    execution: &Execution,
    lease: Lease,
    attempt: FailedAttempt,
    origin: Origin,
) -> Result<(), Refusal> {
    let key = lease.job_key;
    let found = execution.database().read(move |sql| rows::find_attempts(sql, key)).await?;
    let (left, attempts) = found.ok_or(Refusal::NotFound { kind: "job", key })?;
    let retries = attempt.retries.unwrap_or(i32::try_from(left - 1).unwrap_or(0)).max(0);
    // The running attempt is counted already.
    let backoff_ms =
        attempt.backoff_ms.unwrap_or_else(|| execution.backoff().after(attempts - 1, key));
    let now_ms = execution.foundation().clock.now_ms();
    let command = Command::FailJob {
        job_key: key,
        retries,
        message: attempt.message,
        backoff_until: (backoff_ms > 0).then(|| now_ms.saturating_add(backoff_ms)),
        variables: attempt.variables,
    };
    submit(execution, lease.target(), command, origin).await
}

/// The work ended in a business error.
///
/// # Errors
/// As for [`complete`].
pub async fn throw_error(
    execution: &Execution,
    lease: Lease,
    error: ThrownError,
    origin: Origin,
) -> Result<(), Refusal> {
    let ThrownError { code, message, variables } = error;
    let command = Command::ThrowJobError { job_key: lease.job_key, code, message, variables };
    submit(execution, lease.target(), command, origin).await
}

/// Gives a worker so much time from now on.
///
/// # Errors
/// `LeaseEnded` when somebody else has the job.
pub async fn extend(
    execution: &Execution,
    lease: Lease,
    lease_ms: i64,
    origin: Origin,
) -> Result<i64, Refusal> {
    let until_ms = execution.foundation().clock.now_ms().saturating_add(lease_ms);
    let Lease { job_key, token: lease_token } = lease;
    let work = Work::ExtendLease { job_key, lease_token, until_ms };
    execution.submit(work, origin).await.map(|_| until_ms)
}

async fn submit(
    execution: &Execution,
    target: Target,
    command: Command,
    origin: Origin,
) -> Result<(), Refusal> {
    execution.submit(Work::Command { target, command }, origin).await.map(drop)
}
