//! The rows of jobs that were given up, and what is known of attempts.
//!
//! Must not change anything.

use super::dead_letters::DeadLetter;
use crate::platform::store::{Sql, StoreError};

/// Attempts left and attempts made, the running one included.
///
/// # Errors
/// Those of the database.
pub(super) fn find_attempts(
    sql: &mut dyn Sql,
    job_key: i64,
) -> Result<Option<(i64, i64)>, StoreError> {
    let rows =
        sql.query("SELECT retries, attempts FROM work__jobs WHERE key = ?1", &[job_key.into()])?;
    rows.first().map(|row| Ok((row.integer(0)?, row.integer(1)?))).transpose()
}

/// Jobs that were given up with keys below `before`, newest first.
///
/// # Errors
/// Those of the database.
pub(super) fn list_dead(
    sql: &mut dyn Sql,
    before: i64,
    limit: u32,
) -> Result<Vec<DeadLetter>, StoreError> {
    let rows = sql.query(
        "SELECT j.key, j.instance_key, j.process_id, j.element_id, j.job_type, j.attempts,
             j.message, j.created_at,
             (SELECT MAX(n.key) FROM work__incidents n
              WHERE n.job_key = j.key AND n.resolved_at IS NULL),
             (SELECT MAX(n.created_at) FROM work__incidents n
              WHERE n.job_key = j.key AND n.resolved_at IS NULL)
         FROM work__jobs j WHERE j.state = 'dead' AND j.key < ?1
         ORDER BY j.key DESC LIMIT ?2",
        &[before.into(), limit.into()],
    )?;
    rows.iter()
        .map(|row| {
            let created_at = row.integer(7)?;
            Ok(DeadLetter {
                job_key: row.integer(0)?,
                instance_key: row.integer(1)?,
                process_id: row.text(2)?.to_owned(),
                element_id: row.text(3)?.to_owned(),
                job_type: row.text(4)?.to_owned(),
                attempts: row.integer(5)?,
                message: row.optional_text(6)?.unwrap_or_default().to_owned(),
                incident_key: row.optional_integer(8)?,
                given_up_at: row.optional_integer(9)?.unwrap_or(created_at),
            })
        })
        .collect()
}

/// How many jobs were given up, at most `max`.
///
/// # Errors
/// Those of the database.
pub(super) fn count_dead(sql: &mut dyn Sql, max: u32) -> Result<i64, StoreError> {
    let rows = sql.query(
        "SELECT COUNT(*) FROM
             (SELECT key FROM work__jobs WHERE state = 'dead' LIMIT ?1) AS counted",
        &[max.into()],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// The open incident of a job that was given up.
///
/// # Errors
/// Those of the database.
pub(super) fn find_incident(sql: &mut dyn Sql, job_key: i64) -> Result<Option<i64>, StoreError> {
    let rows = sql.query(
        "SELECT n.key FROM work__incidents n JOIN work__jobs j ON j.key = n.job_key
         WHERE n.job_key = ?1 AND n.resolved_at IS NULL AND j.state = 'dead'
         ORDER BY n.key DESC LIMIT 1",
        &[job_key.into()],
    )?;
    rows.first().map(|row| row.integer(0)).transpose()
}
