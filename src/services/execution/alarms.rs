//! The near future in memory: what is due next, so that nothing polls while nothing is due.
//!
//! Must not know what an alarm leads to. The rows in the database are the truth: an alarm that
//! comes twice or for something that is gone is refused there and does no harm.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Something to do at a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Alarm {
    /// Read what is due after the horizon.
    LoadMore,
    /// A timer of an instance.
    Timer {
        /// The instance it belongs to.
        instance_key: i64,
        /// The timer.
        timer_key: i64,
    },
    /// A timer start event.
    Schedule(i64),
    /// A signal that is on its way to more than one transaction could reach.
    Signal(i64),
    /// A job that is run in this process: its backoff or its lease is over.
    Job(i64),
}

/// Alarms in the order in which they are due.
#[derive(Default)]
pub(crate) struct Alarms {
    waiting: Mutex<BTreeSet<(i64, Alarm)>>,
    /// What is due later is left in the database until [`Alarm::LoadMore`] reads on.
    horizon_ms: AtomicI64,
    changed: Notify,
}

impl Alarms {
    /// From now on alarms up to here are taken. Say so before reading them from the database, so
    /// that one that is committed meanwhile is seen by at least one of the two.
    pub(crate) fn extend_horizon(&self, until_ms: i64) {
        self.horizon_ms.store(until_ms, Ordering::SeqCst);
    }

    /// Adds alarms, each with its time in milliseconds since 1970 UTC.
    pub(crate) fn add(&self, alarms: impl IntoIterator<Item = (i64, Alarm)>) {
        let horizon_ms = self.horizon_ms.load(Ordering::SeqCst);
        let near = alarms.into_iter().filter(|(due_at, _)| *due_at <= horizon_ms);
        let mut waiting = self.waiting();
        let before = waiting.first().map(|(due_at, _)| *due_at);
        waiting.extend(near);
        let after = waiting.first().map(|(due_at, _)| *due_at);
        drop(waiting);
        if before != after {
            self.changed.notify_one();
        }
    }

    /// Takes an alarm away that is needed no more; it may be gone already.
    pub(crate) fn remove(&self, due_at: i64, alarm: Alarm) {
        self.waiting().remove(&(due_at, alarm));
    }

    /// Takes everything that is due.
    pub(crate) fn take_due(&self, now_ms: i64) -> Vec<Alarm> {
        let mut waiting = self.waiting();
        let mut due = Vec::new();
        while waiting.first().is_some_and(|(due_at, _)| *due_at <= now_ms) {
            due.extend(waiting.pop_first().map(|(_, alarm)| alarm));
        }
        due
    }

    /// When the next one is due.
    pub(crate) fn next_due_at(&self) -> Option<i64> {
        self.waiting().first().map(|(due_at, _)| *due_at)
    }

    /// Waits until the next alarm changed; a change while nobody waited counts.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<(i64, Alarm)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
