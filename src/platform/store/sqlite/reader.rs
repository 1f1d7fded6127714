//! A reader: each closure sees one snapshot, beside the writer.
//!
//! Knows nothing of callers; it sees work to run and to answer.

use std::sync::Arc;

use rusqlite::Connection;

use super::session::{SqliteSession, describe, step};
use crate::platform::store::work::{Verdict, Work, WorkQueue, perform};

/// A connection that can't write and the queue it serves, together with other readers.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) queue: Arc<WorkQueue>,
}

impl Reader {
    /// Serves until the queue is closed and empty.
    pub(super) fn run(self) {
        while let Some(work) = self.queue.take() {
            self.read(work);
        }
    }

    fn read(&self, mut work: Box<dyn Work>) {
        if let Err(error) = step(&self.connection, "BEGIN") {
            return work.answer(Err(describe(&error)));
        }
        let outcome = match perform(work.as_mut(), &mut SqliteSession::new(&self.connection)) {
            Verdict::Keep => Ok(()),
            Verdict::Undo(outcome) => outcome,
        };
        if let Err(error) = step(&self.connection, "ROLLBACK") {
            tracing::error!(%error, "a read transaction could not be ended");
        }
        work.answer(outcome);
    }
}
