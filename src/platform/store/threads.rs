//! The threads of one database: started by name, waited for when the database is dropped.
//!
//! Knows nothing of what they do.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::sql::StoreError;

/// Threads that end once their queue is closed.
#[derive(Default)]
pub(super) struct Threads {
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl Threads {
    /// Starts a thread; the name shows in debuggers and logs.
    pub(super) fn start(
        &self,
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let handle = thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| StoreError::Unusable(format!("cannot start a thread: {error}")))?;
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(())
    }

    /// Waits until all have ended, except the calling thread itself.
    pub(super) fn join(&self) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        for handle in handles.drain(..) {
            // A closure may hold the last clone of its own database and drop it on this thread.
            if handle.thread().id() != thread::current().id() && handle.join().is_err() {
                tracing::error!("a thread of the database ended by a panic");
            }
        }
    }
}
