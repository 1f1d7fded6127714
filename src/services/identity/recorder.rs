//! What a change needs inside its transaction: the time, new keys, and who did it.
//!
//! Must not know which change it is.

use std::sync::Arc;

use crate::platform::clock::{Clock, KeyGenerator};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Change, Origin};

/// Goes into the closure of a transaction.
#[derive(Clone)]
pub(super) struct Recorder {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: Arc<KeyGenerator>,
    pub(super) origin: Origin,
}

impl Recorder {
    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(super) fn next_key(&self) -> i64 {
        self.keys.next(self.clock.now_ms())
    }

    /// Writes the audit event of a change, in the transaction of the change.
    pub(super) fn record(&self, sql: &mut dyn Sql, change: Change) -> Result<(), StoreError> {
        self.record_as(sql, &self.origin, change)
    }

    /// The same, when it turned out only now who acts.
    pub(super) fn record_as(
        &self,
        sql: &mut dyn Sql,
        origin: &Origin,
        change: Change,
    ) -> Result<(), StoreError> {
        let event = change.at(self.next_key(), self.now_ms(), origin);
        audit::record(sql, &event)
    }
}
