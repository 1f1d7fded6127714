//! What happened to a user task, as the audit has it.
//!
//! Must not know how it is worded for people beyond the audit's own sentences.

use crate::platform::store::{Sql, StoreError};

/// One thing that happened to a user task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// `user`, `client`, `engine` or another kind of actor.
    pub actor_kind: String,
    /// Login name of the user, or the name of the part that acted.
    pub actor_id: String,
    /// The fact, such as `user_task.completed`.
    pub action: String,
    /// The audit's sentence.
    pub summary: String,
    /// Milliseconds UTC.
    pub at: i64,
}

/// What happened to a user task, oldest first.
///
/// # Errors
/// Those of the database.
pub fn list_history(
    sql: &mut dyn Sql,
    instance_key: i64,
    user_task_key: i64,
) -> Result<Vec<HistoryEntry>, StoreError> {
    // Found by the index on the instance, whose events are few.
    let rows = sql.query(
        "SELECT actor_kind, actor_id, action, summary, at FROM audit__events
         WHERE instance_key = ?1 AND subject_key = ?2 AND subject_kind = 'user_task'
         ORDER BY event_key",
        &[instance_key.into(), user_task_key.into()],
    )?;
    rows.iter()
        .map(|row| {
            Ok(HistoryEntry {
                actor_kind: row.text(0)?.to_owned(),
                actor_id: row.text(1)?.to_owned(),
                action: row.text(2)?.to_owned(),
                summary: row.text(3)?.to_owned(),
                at: row.integer(4)?,
            })
        })
        .collect()
}
