//! Pausing what starts by itself, and letting it go on.
//!
//! Must not know when a schedule is due.

use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Change, Origin};
use crate::services::execution::Execution;
use crate::services::processes;

/// Pauses a schedule or lets it go on; false when there is no such one. What was missed while it
/// was paused is made up for once.
///
/// # Errors
/// Those of the database.
pub async fn set_schedule_paused(
    execution: &Execution,
    key: i64,
    is_paused: bool,
    origin: Origin,
) -> Result<bool, StoreError> {
    let foundation = execution.foundation().clone();
    let write = move |sql: &mut dyn Sql| -> Result<Option<Option<i64>>, StoreError> {
        let Some(due_at) = processes::set_schedule_paused(sql, key, is_paused)? else {
            return Ok(None);
        };
        let schedules = processes::list_schedules(sql)?;
        let now_ms = foundation.clock.now_ms();
        if let Some(schedule) = schedules.into_iter().find(|it| it.key == key) {
            let (action, verb) = if is_paused {
                ("schedule.paused", "paused")
            } else {
                ("schedule.resumed", "resumed")
            };
            let summary = format!("{verb} the schedule of {}", schedule.process_name);
            let element_id = &schedule.element_id;
            let mut change = Change::of(action, "schedule", key, element_id, summary);
            change.process_id = Some(schedule.process_id);
            let audit_key = foundation.keys.next(now_ms);
            audit::record(sql, &change.at(audit_key, now_ms, &origin))?;
        }
        Ok(Some(due_at.filter(|_| !is_paused)))
    };
    let Some(due_at) = execution.database().write(write).await? else { return Ok(false) };
    execution.schedules_changed(due_at.map(|due_at| (due_at, key)));
    Ok(true)
}
