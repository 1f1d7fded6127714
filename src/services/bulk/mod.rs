//! Operations on many instances: chosen, tried dry, carried out in the background one by one.
//!
//! An operation is rows: it is checked and carried out in small batches, goes on after a restart
//! where it was, and can be paused and canceled between two batches. Must not know HTTP, nor what
//! an action does to an instance.
//!
//! **Invariant:** an item is done once: what the engine did for it is in the transaction that did
//! it, so an item that a crash left pending is not done again.

mod rows;
mod runner;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use rows::{Item, ItemState, Operation, OperationState, Progress};

use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Change, Origin};
use crate::services::execution::{self, Execution};
use crate::services::instances::{Action, InstanceFilter, Instances, ListError};

/// The most instances of one operation.
pub const ITEMS_MAX: usize = 10_000;

/// Which instances are meant.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These.
    Keys(Vec<i64>),
    /// All that a filter finds when the operation is made.
    Matching(Box<InstanceFilter>),
}

/// Why an operation was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// Nothing was chosen.
    #[error("expected at least one instance, but none was chosen")]
    Nothing,
    /// Too many were chosen.
    #[error("expected at most {ITEMS_MAX} instances, but more were chosen")]
    TooMany,
    /// There is no such operation.
    #[error("there is no operation {0}")]
    NotFound(i64),
    /// It is in a state in which that can't be.
    #[error("the operation is {0}")]
    NotNow(OperationState),
    /// The filter can't be met.
    #[error(transparent)]
    List(#[from] ListError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Bulk {
    execution: Execution,
    instances: Instances,
    wake: Arc<Notify>,
}

impl Bulk {
    /// The service over a running engine; nothing is carried out before [`Bulk::spawn`].
    #[must_use]
    pub fn new(execution: Execution, instances: Instances) -> Self {
        Self { execution, instances, wake: Arc::new(Notify::new()) }
    }

    /// Carries out what is to be done, until told to stop; begins with what an earlier run left.
    pub fn spawn(&self, stop: CancellationToken) {
        tokio::spawn(runner::run(self.clone(), stop));
    }

    /// Makes an operation; it is tried dry first, and begins after that by itself where that is
    /// wanted. Gives its key.
    ///
    /// # Errors
    /// Why it was not made.
    pub async fn create(
        &self,
        selection: Selection,
        action: Action,
        starts_itself: bool,
        origin: Origin,
    ) -> Result<i64, BulkError> {
        let mut keys = match selection {
            Selection::Keys(keys) => keys,
            Selection::Matching(filter) => self.matching(*filter).await?,
        };
        keys.sort_unstable();
        keys.dedup();
        match keys.len() {
            0 => return Err(BulkError::Nothing),
            1..=ITEMS_MAX => {}
            _ => return Err(BulkError::TooMany),
        }
        let foundation = self.execution.foundation().clone();
        let now_ms = foundation.clock.now_ms();
        let (key, audit_key) = (foundation.keys.next(now_ms), foundation.keys.next(now_ms));
        let write = move |sql: &mut dyn Sql| -> Result<(), StoreError> {
            rows::insert(sql, key, (&action, starts_itself), &keys, &origin, now_ms)?;
            let summary = format!("chose {} instances to {}", keys.len(), action.name());
            let change = Change::of("operation.created", "operation", key, action.name(), summary);
            audit::record(sql, &change.at(audit_key, now_ms, &origin))
        };
        self.execution.database().write(write).await?;
        self.changed(key);
        Ok(key)
    }

    async fn matching(&self, filter: InstanceFilter) -> Result<Vec<i64>, BulkError> {
        let limit = u32::try_from(ITEMS_MAX + 1).unwrap_or(u32::MAX);
        let found = self.instances.list(filter, None, limit).await?;
        Ok(found.rows.into_iter().map(|row| row.key).collect())
    }

    /// Begins an operation that was tried, or goes on with one that was paused.
    ///
    /// # Errors
    /// As for [`Bulk::cancel`].
    pub async fn start(&self, key: i64, origin: Origin) -> Result<(), BulkError> {
        let from = [OperationState::Ready, OperationState::Paused];
        self.become_state(key, &from, OperationState::Running, origin).await
    }

    /// Lets a running operation rest.
    ///
    /// # Errors
    /// As for [`Bulk::cancel`].
    pub async fn pause(&self, key: i64, origin: Origin) -> Result<(), BulkError> {
        self.become_state(key, &[OperationState::Running], OperationState::Paused, origin).await
    }

    /// Ends an operation; what was done stays done.
    ///
    /// # Errors
    /// `NotFound`; `NotNow` when it has ended; those of the database.
    pub async fn cancel(&self, key: i64, origin: Origin) -> Result<(), BulkError> {
        use OperationState::{Canceled, Checking, Paused, Ready, Running};
        self.become_state(key, &[Checking, Ready, Running, Paused], Canceled, origin).await
    }

    async fn become_state(
        &self,
        key: i64,
        from: &[OperationState],
        next: OperationState,
        origin: Origin,
    ) -> Result<(), BulkError> {
        let foundation = self.execution.foundation().clone();
        let now_ms = foundation.clock.now_ms();
        let audit_key = foundation.keys.next(now_ms);
        let from = from.to_vec();
        let write = move |sql: &mut dyn Sql| -> Result<(), BulkError> {
            let found = rows::find(sql, key)?.ok_or(BulkError::NotFound(key))?;
            if !from.contains(&found.state) {
                return Err(BulkError::NotNow(found.state));
            }
            rows::set_state(sql, key, next, now_ms)?;
            let name = found.action.name();
            let summary =
                format!("an operation to {name} {} instances is {next}", found.progress.total);
            let change = Change::of(next.fact(), "operation", key, name, summary);
            audit::record(sql, &change.at(audit_key, now_ms, &origin))?;
            Ok(())
        };
        self.execution.database().write(write).await?;
        self.changed(key);
        Ok(())
    }

    /// Operations with keys below `before`, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Operation>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        self.execution.database().read(move |sql| rows::list(sql, before, limit)).await
    }

    /// An operation, if there is one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, key: i64) -> Result<Option<Operation>, StoreError> {
        self.execution.database().read(move |sql| rows::find(sql, key)).await
    }

    /// Items of an operation with instance keys above `after`, in their order; only refused ones
    /// where that is wanted.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn items(
        &self,
        key: i64,
        only_refused: bool,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let after = after.unwrap_or(0);
        let read = move |sql: &mut dyn Sql| rows::items(sql, key, only_refused, after, limit);
        self.execution.database().read(read).await
    }

    fn changed(&self, key: i64) {
        self.wake.notify_one();
        self.execution.changes().publish([execution::Change::Operation(key)].into());
    }
}
