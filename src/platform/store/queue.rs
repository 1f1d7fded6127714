//! The bounded queue between callers and the threads that own connections.
//!
//! Knows nothing of what it carries.
//!
//! **Invariant:** an accepted item is taken exactly once, also after `close`; a refused one never.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::sql::StoreError;
use super::waiting::wait_at_most;

/// Many callers push, one or more threads take; a full queue makes callers wait, then refuses.
pub(super) struct Queue<W> {
    state: Mutex<State<W>>,
    arrived: Condvar,
    room: Semaphore,
    wait_max: Duration,
}

struct State<W> {
    waiting: VecDeque<W>,
    /// Threads inside `take`: waking a sleeper is a system call that a busy queue saves.
    sleepers: usize,
    is_closed: bool,
}

impl<W> Queue<W> {
    /// A queue of at most `length_max` items whose callers wait for room at most `wait_max`.
    pub(super) fn new(length_max: usize, wait_max: Duration) -> Self {
        let state = State { waiting: VecDeque::new(), sleepers: 0, is_closed: false };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            room: Semaphore::new(length_max),
            wait_max,
        }
    }

    /// Adds an item, waiting for room without holding the thread.
    pub(super) async fn push(&self, item: W) -> Result<(), StoreError> {
        if let Ok(permit) = self.room.try_acquire() {
            permit.forget();
            return self.add(item);
        }
        match tokio::time::timeout(self.wait_max, self.room.acquire()).await {
            Ok(Ok(permit)) => permit.forget(),
            Ok(Err(_)) => return Err(closed()),
            Err(_) => return Err(full()),
        }
        self.add(item)
    }

    /// Adds an item, holding the thread while it waits for room.
    pub(super) fn push_blocking(&self, item: W) -> Result<(), StoreError> {
        match wait_at_most(self.room.acquire(), self.wait_max) {
            Some(Ok(permit)) => permit.forget(),
            Some(Err(_)) => return Err(closed()),
            None => return Err(full()),
        }
        self.add(item)
    }

    /// Takes the next item, waiting for one; `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<W> {
        let mut state = self.state();
        while state.waiting.is_empty() && !state.is_closed {
            state.sleepers += 1;
            state = self.arrived.wait(state).expect("no code panics while it holds the queue");
            state.sleepers -= 1;
        }
        self.pop(state)
    }

    /// Takes the next item if there is one.
    pub(super) fn try_take(&self) -> Option<W> {
        self.pop(self.state())
    }

    /// Refuses everything from now on; what was accepted is still taken.
    pub(super) fn close(&self) {
        self.room.close();
        self.state().is_closed = true;
        self.arrived.notify_all();
    }

    fn add(&self, item: W) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(closed());
        }
        state.waiting.push_back(item);
        let has_sleepers = state.sleepers > 0;
        drop(state);
        if has_sleepers {
            self.arrived.notify_one();
        }
        Ok(())
    }

    fn pop(&self, mut state: MutexGuard<'_, State<W>>) -> Option<W> {
        let item = state.waiting.pop_front()?;
        drop(state);
        self.room.add_permits(1);
        Some(item)
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().expect("no code panics while it holds the queue")
    }
}

fn full() -> StoreError {
    StoreError::Busy("the queue of transactions is full".to_owned())
}

pub(super) fn closed() -> StoreError {
    StoreError::Busy("the database is closing".to_owned())
}
