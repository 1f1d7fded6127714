//! Instances by day: days that are over are counted once.
//!
//! Must not know how many days are shown.

use moka::sync::Cache;

use crate::platform::clock::lowest_key_at;
use crate::platform::store::{Sql, StoreError};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 3_600_000;
/// Days kept; more than any page shows.
const DAYS_KEPT_MAX: u64 = 100;

/// What began and ended on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCounts {
    /// Days since 1970 in UTC.
    pub day: i64,
    /// Instances that were started.
    pub started: i64,
    /// Instances that ended.
    pub ended: i64,
}

#[derive(Clone)]
pub(super) struct Days {
    over: Cache<i64, DayCounts>,
}

impl Days {
    pub(super) fn new() -> Self {
        Self { over: Cache::new(DAYS_KEPT_MAX) }
    }

    /// Keys begin with the time, so the day's instances lie side by side.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn count(
        &self,
        sql: &mut dyn Sql,
        day: i64,
        is_today: bool,
    ) -> Result<DayCounts, StoreError> {
        if let Some(known) = self.over.get(&day) {
            return Ok(known);
        }
        let (from_ms, until_ms) = (day * DAY_MS, (day + 1) * DAY_MS);
        let started = sql.query(
            "SELECT COUNT(*) FROM work__instances WHERE key >= ?1 AND key < ?2",
            &[lowest_key_at(from_ms).into(), lowest_key_at(until_ms).into()],
        )?;
        let ended = sql.query(
            "SELECT COUNT(*) FROM work__instances WHERE ended_at >= ?1 AND ended_at < ?2",
            &[from_ms.into(), until_ms.into()],
        )?;
        let number =
            |rows: &[crate::platform::store::Row]| rows.first().map_or(Ok(0), |row| row.integer(0));
        let counts = DayCounts { day, started: number(&started)?, ended: number(&ended)? };
        if !is_today {
            self.over.insert(day, counts);
        }
        Ok(counts)
    }
}
