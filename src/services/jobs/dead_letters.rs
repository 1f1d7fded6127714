//! Dead letters: jobs without attempts left, kept with their error until a person puts them back.
//!
//! Must not know how an incident is resolved; putting back is resolving.

use super::rows;
use crate::platform::store::StoreError;
use crate::services::audit::Origin;
use crate::services::execution::{Execution, Refusal};
use crate::services::incidents;

/// How many are put back at the same time: a batch of the turn loop takes them together.
const AT_ONCE: u32 = 100;

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The job.
    pub job_key: i64,
    /// The instance it holds up.
    pub instance_key: i64,
    /// The process of the instance.
    pub process_id: String,
    /// The element.
    pub element_id: String,
    /// Which workers take it.
    pub job_type: String,
    /// Attempts made.
    pub attempts: i64,
    /// The last error.
    pub message: String,
    /// Its open incident.
    pub incident_key: Option<i64>,
    /// When it was given up, in milliseconds UTC.
    pub given_up_at: i64,
}

/// Dead letters with job keys below `before`, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list_dead_letters(
    execution: &Execution,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<DeadLetter>, StoreError> {
    let before = before.unwrap_or(i64::MAX);
    execution.database().read(move |sql| rows::list_dead(sql, before, limit)).await
}

/// How many there are, at most `max`.
///
/// # Errors
/// Those of the database.
pub async fn count_dead_letters(execution: &Execution, max: u32) -> Result<i64, StoreError> {
    execution.database().read(move |sql| rows::count_dead(sql, max)).await
}

/// Puts a dead letter back, with so many new attempts.
///
/// # Errors
/// `NotFound` when there is no such dead letter; else why the engine refused.
pub async fn requeue(
    execution: &Execution,
    job_key: i64,
    retries: i32,
    origin: Origin,
) -> Result<(), Refusal> {
    let find = move |sql: &mut dyn crate::platform::store::Sql| rows::find_incident(sql, job_key);
    let found = execution.database().read(find).await?;
    let incident_key = found.ok_or(Refusal::NotFound { kind: "dead letter", key: job_key })?;
    incidents::resolve(execution, incident_key, Some(retries), origin).await
}

/// Puts all dead letters back; gives how many, and how many could not be.
///
/// # Errors
/// Those of the database.
pub async fn requeue_all(
    execution: &Execution,
    retries: i32,
    origin: &Origin,
) -> Result<(usize, usize), StoreError> {
    let (mut done, mut refused) = (0, 0);
    let mut before = i64::MAX;
    loop {
        let letters = list_dead_letters(execution, Some(before), AT_ONCE).await?;
        let Some(last) = letters.last() else { return Ok((done, refused)) };
        before = last.job_key;
        let keys = letters.iter().filter_map(|letter| letter.incident_key).collect();
        for (_, outcome) in incidents::resolve_each(execution, keys, Some(retries), origin).await {
            if outcome.is_ok() { done += 1 } else { refused += 1 }
        }
    }
}
