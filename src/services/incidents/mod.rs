//! Incidents: what is stuck, and how a person lets it go on.
//!
//! Must not know HTTP, nor what the held-up step does.

mod rows;
mod words;

use futures_util::future::join_all;

pub use rows::{IncidentFilter, IncidentRow};
pub use words::{find_kind, incident_words};

use crate::core::engine::{Command, RepairIncident};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::Origin;
use crate::services::execution::{Execution, Refusal, Target, Work};

/// Attempts that a job gets when nobody says how many.
pub const RETRIES_DEFAULT: i32 = 1;
/// How many are resolved at the same time: a batch of the turn loop takes them together.
const AT_ONCE: usize = 100;

/// Open incidents with keys below `before`, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    execution: &Execution,
    filter: IncidentFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<IncidentRow>, StoreError> {
    let definitions = execution.definitions().clone();
    let before = before.unwrap_or(i64::MAX);
    let read = move |sql: &mut dyn Sql| rows::list(sql, &definitions, &filter, before, limit);
    execution.database().read(read).await
}

/// How many open incidents there are, at most 10,001.
///
/// # Errors
/// Those of the database.
pub async fn count(execution: &Execution, filter: IncidentFilter) -> Result<i64, StoreError> {
    execution.database().read(move |sql| rows::count(sql, &filter)).await
}

/// Tries the held-up step again. A job gets new attempts first: as many as given, or one when it
/// has none.
///
/// # Errors
/// As for [`repair`].
pub async fn resolve(
    execution: &Execution,
    key: i64,
    retries: Option<i32>,
    origin: Origin,
) -> Result<(), Refusal> {
    let wanted = RepairIncident { incident_key: key, retries, ..RepairIncident::default() };
    repair(execution, wanted, origin).await
}

/// As [`resolve`], after setting the variables given; all in one turn.
///
/// # Errors
/// `NotFound` when it is not open; else why the engine refused.
pub async fn repair(
    execution: &Execution,
    repair: RepairIncident,
    origin: Origin,
) -> Result<(), Refusal> {
    let (key, retries) = (repair.incident_key, repair.retries);
    let found = execution.database().read(move |sql| rows::find_job(sql, key)).await?;
    let job = found.ok_or(Refusal::NotFound { kind: "open incident", key })?;
    let wanted = job.and_then(|(_, left)| retries.or((left < 1).then_some(RETRIES_DEFAULT)));
    let (target, repair) = (Target::Incident(key), RepairIncident { retries: wanted, ..repair });
    let command = Command::RepairIncident(Box::new(repair));
    execution.submit(Work::Command { target, command }, origin).await.map(drop)
}

/// Resolves each of these and says how each went, in their order.
pub async fn resolve_each(
    execution: &Execution,
    keys: Vec<i64>,
    retries: Option<i32>,
    origin: &Origin,
) -> Vec<(i64, Result<(), Refusal>)> {
    let mut outcomes = Vec::with_capacity(keys.len());
    for some in keys.chunks(AT_ONCE) {
        let each = some.iter().map(|key| resolve(execution, *key, retries, origin.clone()));
        outcomes.extend(some.iter().copied().zip(join_all(each).await));
    }
    outcomes
}

/// Resolves all that a filter finds; gives how many, and how many were refused.
///
/// # Errors
/// Those of the database.
pub async fn resolve_matching(
    execution: &Execution,
    filter: IncidentFilter,
    origin: &Origin,
) -> Result<(usize, usize), StoreError> {
    let (mut done, mut refused) = (0, 0);
    let mut before = None;
    loop {
        let rows = list(execution, filter.clone(), before, 500).await?;
        let Some(last) = rows.last() else { return Ok((done, refused)) };
        before = Some(last.key);
        let keys = rows.iter().map(|row| row.key).collect();
        for (_, outcome) in resolve_each(execution, keys, None, origin).await {
            if outcome.is_ok() { done += 1 } else { refused += 1 }
        }
    }
}
