//! The state of the program and of its database.
//!
//! Must not know how it is judged.

use crate::platform::store::{Dialect, Sql, StoreError};
use crate::services::search::IndexState;

/// Counting stops here.
const COUNT_MAX: i64 = 10_001;

/// How the program is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemState {
    /// The program's version.
    pub version: &'static str,
    /// Since its start.
    pub up_for_ms: i64,
    /// Which database it stands on.
    pub dialect: Dialect,
    /// The size of the domain's database.
    pub database_bytes: i64,
    /// Requests that wait for the turn loop.
    pub queue_depth: usize,
    /// Turns done since the start.
    pub turns: u64,
    /// How far the search index is.
    pub index: IndexState,
    /// Jobs that were given up, at most 10,001.
    pub dead_letters: i64,
    /// Jobs that wait or are at work, at most 10,001.
    pub open_jobs: i64,
    /// Timers that wait, at most 10,001.
    pub timers: i64,
    /// Memory of this process, where the system tells.
    pub memory_bytes: Option<u64>,
}

/// What the database knows of the state.
pub(super) struct Stored {
    pub(super) database_bytes: i64,
    pub(super) dead_letters: i64,
    pub(super) open_jobs: i64,
    pub(super) timers: i64,
}

/// Asks the database.
///
/// # Errors
/// Those of the database.
pub(super) fn stored(sql: &mut dyn Sql) -> Result<Stored, StoreError> {
    let size = match sql.dialect() {
        Dialect::Sqlite => {
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        }
        Dialect::Postgres => "SELECT pg_database_size(current_database())",
    };
    let database_bytes = number(sql, size)?;
    let mut count = |table: &str| {
        let rows = format!("SELECT key FROM {table} LIMIT {COUNT_MAX}");
        number(sql, &format!("SELECT COUNT(*) FROM ({rows}) AS counted"))
    };
    Ok(Stored {
        database_bytes,
        dead_letters: count("work__jobs WHERE state = 'dead'")?,
        open_jobs: count("work__jobs WHERE state <> 'dead'")?,
        timers: count("work__timers")?,
    })
}

fn number(sql: &mut dyn Sql, select: &str) -> Result<i64, StoreError> {
    sql.query(select, &[])?.first().map_or(Ok(0), |row| row.integer(0))
}
