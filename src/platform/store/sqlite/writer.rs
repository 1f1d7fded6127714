//! The one writer: whatever waits shares a commit, each closure inside a savepoint of its own.
//!
//! Knows nothing of callers; it sees work to run and to answer.
//!
//! **Invariant:** nobody is answered before the commit; when it fails, the whole group fails.

use std::sync::Arc;

use rusqlite::Connection;

use super::checkpoints::Checkpoints;
use super::session::{SqliteSession, describe, step};
use crate::platform::store::sql::StoreError;
use crate::platform::store::work::{Verdict, Work, WorkQueue, perform};

/// The connection that writes and the queue it serves.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) queue: Arc<WorkQueue>,
    pub(super) checkpoints: Arc<Checkpoints>,
    pub(super) group_size_max: usize,
}

/// What a closure is owed once its group has committed.
struct Settled {
    work: Box<dyn Work>,
    outcome: Result<(), StoreError>,
}

impl Writer {
    /// Serves until the queue is closed and empty.
    pub(super) fn run(self) {
        while let Some(first) = self.queue.take() {
            self.write_group(first);
            if self.checkpoints.wants_writer() {
                self.checkpoints.finish_by(&self.connection);
            }
        }
    }

    fn write_group(&self, mut first: Box<dyn Work>) {
        if let Err(error) = step(&self.connection, "BEGIN IMMEDIATE") {
            return first.answer(Err(describe(&error)));
        }
        let mut session = SqliteSession::new(&self.connection);
        match perform(first.as_mut(), &mut session) {
            Verdict::Keep => self.extend_group(first),
            // The first closure has the transaction to itself, so no savepoint is needed.
            Verdict::Undo(outcome) => {
                self.roll_back();
                first.answer(outcome);
            }
        }
    }

    fn extend_group(&self, first: Box<dyn Work>) {
        let mut group = vec![Settled { work: first, outcome: Ok(()) }];
        while group.len() < self.group_size_max
            && let Some(work) = self.queue.try_take()
        {
            group.push(self.run_member(work));
            // Out of space or memory, SQLite rolls the whole transaction back by itself.
            if self.connection.is_autocommit() {
                return fail(group, &lost());
            }
        }
        match step(&self.connection, "COMMIT") {
            Ok(()) => group.into_iter().for_each(|member| member.work.answer(member.outcome)),
            Err(error) => {
                self.roll_back();
                fail(group, &describe(&error));
            }
        }
    }

    fn run_member(&self, mut work: Box<dyn Work>) -> Settled {
        if let Err(error) = step(&self.connection, "SAVEPOINT member") {
            return Settled { work, outcome: Err(describe(&error)) };
        }
        let mut session = SqliteSession::new(&self.connection);
        let (undo, outcome) = match perform(work.as_mut(), &mut session) {
            Verdict::Keep => (Ok(()), Ok(())),
            Verdict::Undo(outcome) => (step(&self.connection, "ROLLBACK TO member"), outcome),
        };
        let undone = undo.and_then(|()| step(&self.connection, "RELEASE member"));
        if undone.is_err() {
            // What this closure did can't be told from its neighbours' any more.
            self.roll_back();
        }
        Settled { work, outcome }
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = step(&self.connection, "ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

fn fail(group: Vec<Settled>, error: &StoreError) {
    for member in group {
        member.work.answer(Err(error.clone()));
    }
}

fn lost() -> StoreError {
    StoreError::Driver("the database rolled the shared transaction back".to_owned())
}
