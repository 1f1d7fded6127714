//! Instances and their journals, for those who show them.
//!
//! Must not change anything.

use std::sync::Arc;

use super::definitions::{Definitions, Deployed};
use super::snapshots;
use crate::core::engine::{self, Event, ProcessInstance};
use crate::platform::store::{Sql, StoreError, Value};

/// One turn of an instance's journal.
#[derive(Debug, Clone)]
pub struct TurnRecord {
    /// Counts from 1.
    pub turn: i64,
    /// Milliseconds UTC.
    pub at: i64,
    /// Who caused it.
    pub actor: String,
    /// What caused it, as in the audit: `user_task.completed`.
    pub cause: String,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// An instance's state and the definition it runs, or `None` when there is none.
///
/// # Errors
/// `Corrupt` when its journal can't be read; `Driver` from the database.
pub fn find_instance(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
) -> Result<Option<(ProcessInstance, Arc<Deployed>)>, StoreError> {
    let hot = snapshots::find(sql, definitions, key)?;
    Ok(hot.map(|hot| (hot.instance, hot.deployed)))
}

/// The whole journal of an instance, oldest turn first.
///
/// # Errors
/// As for [`find_instance`].
pub fn list_turns(
    sql: &mut dyn Sql,
    deployed: &Deployed,
    key: i64,
) -> Result<Vec<TurnRecord>, StoreError> {
    list_turns_until(sql, deployed, key, i64::MAX)
}

/// The journal of an instance up to and including a turn, oldest turn first.
///
/// # Errors
/// As for [`find_instance`].
pub fn list_turns_until(
    sql: &mut dyn Sql,
    deployed: &Deployed,
    key: i64,
    last: i64,
) -> Result<Vec<TurnRecord>, StoreError> {
    let select = format!(
        "SELECT turn, at, actor, cause, events FROM {}__journal
         WHERE instance_key = ?1 AND turn <= ?2 ORDER BY turn",
        deployed.schema_name
    );
    let rows = sql.query(&select, &[key.into(), last.into()])?;
    rows.iter()
        .map(|row| {
            let turn = row.integer(0)?;
            let corrupt = |error| StoreError::Corrupt(format!("turn {turn} of {key}: {error}"));
            Ok(TurnRecord {
                turn,
                at: row.integer(1)?,
                actor: row.text(2)?.to_string(),
                cause: row.text(3)?.to_string(),
                events: engine::decode(row.text(4)?).map_err(corrupt)?,
            })
        })
        .collect()
}

/// When the next job of some types can be taken, among those that no worker can take yet.
///
/// # Errors
/// Those of the database.
pub(crate) fn next_due_job(
    sql: &mut dyn Sql,
    job_types: Vec<String>,
) -> Result<Option<i64>, StoreError> {
    let rows = sql.query(
        "SELECT MIN(due_at) FROM work__jobs
         WHERE job_type IN (SELECT value FROM json_each(?1)) AND state <> 'dead'
           AND state <> 'held'",
        &[Value::texts(job_types)],
    )?;
    rows.first().map_or(Ok(None), |row| row.optional_integer(0))
}
