//! The installation at a glance: what waits, what runs, what is stuck, how the program is doing.
//!
//! Must not know pages.
//!
//! **Invariant:** every number here is cheap however much there is: counts stop at a limit, and
//! days that are over are counted once.

mod days;
mod home;
mod memory;
mod schedules;
mod state;

use std::sync::Arc;
use std::time::Instant;

pub use days::{DAY_MS, DayCounts};
pub use home::{COUNT_MAX, HomeNumbers, UrgentTask};
pub use schedules::set_schedule_paused;
pub use state::SystemState;

use crate::core::access::Principal;
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::Execution;
use crate::services::search::Search;
use days::Days;

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Operations {
    execution: Execution,
    search: Search,
    days: Days,
    started: Arc<Instant>,
}

impl Operations {
    /// The service over a running engine; the program counts as up from here on.
    #[must_use]
    pub fn new(execution: Execution, search: Search) -> Self {
        Self { execution, search, days: Days::new(), started: Arc::new(Instant::now()) }
    }

    /// The numbers of the home page for a principal.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn home_numbers(&self, principal: &Principal) -> Result<HomeNumbers, StoreError> {
        let now_ms = self.execution.foundation().clock.now_ms();
        let who = home::Who::of(principal);
        self.execution.database().read(move |sql| home::numbers(sql, &who, now_ms)).await
    }

    /// The user tasks that a principal should look at first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn urgent_tasks(
        &self,
        principal: &Principal,
        limit: u32,
    ) -> Result<Vec<UrgentTask>, StoreError> {
        let who = home::Who::of(principal);
        self.execution.database().read(move |sql| home::urgent_tasks(sql, &who, limit)).await
    }

    /// Instances started and completed on each of the last days (UTC), today last.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn days(&self, count: i64) -> Result<Vec<DayCounts>, StoreError> {
        let today = self.execution.foundation().clock.now_ms().div_euclid(DAY_MS);
        let days = self.days.clone();
        let read = move |sql: &mut dyn Sql| {
            (today - count + 1..=today).map(|day| days.count(sql, day, day == today)).collect()
        };
        self.execution.database().read(read).await
    }

    /// The state of the program and what it stands on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn system_state(&self) -> Result<SystemState, StoreError> {
        let index = self.search.state().await?;
        let stored = self.execution.database().read(state::stored).await?;
        Ok(SystemState {
            version: env!("CARGO_PKG_VERSION"),
            up_for_ms: i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX),
            dialect: self.execution.database().dialect(),
            database_bytes: stored.database_bytes,
            queue_depth: self.execution.queue_depth(),
            turns: self.execution.turns(),
            index,
            dead_letters: stored.dead_letters,
            open_jobs: stored.open_jobs,
            timers: stored.timers,
            memory_bytes: memory::resident_bytes(),
        })
    }
}
