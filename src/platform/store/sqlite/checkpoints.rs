//! Carries the write-ahead log into the database file, and shrinks both, beside the writer.
//!
//! Knows nothing of transactions. The writer never checkpoints on its own, since that stalls
//! every tenth group or so by a sync of the file.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::Connection;

use super::session::describe;
use crate::platform::store::sql::StoreError;

/// Pages of new log that make a passive checkpoint worth its sync: 4 MB.
const PASSIVE_PAGES: u32 = 1_000;
/// Pages after which the log must start anew: 64 MB. Only the writer can bring that about, since
/// under constant load a checkpoint beside it never catches up with it.
const RESTART_PAGES: u32 = 16_000;
/// Without a commit for this long, the log is emptied and its file truncated.
const QUIET: Duration = Duration::from_secs(1);

/// Free pages that stay in the file for the next rows: 4 MB.
const FREE_PAGES_KEPT: u32 = 1_000;
/// Free pages given back at once, since the writer waits meanwhile: some milliseconds.
const FREE_PAGES_STEP: u32 = 2_000;

/// What writer and checkpointer tell each other.
#[derive(Default)]
pub(super) struct Checkpoints {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Commits so far.
    commits: u64,
    /// Commits at the time the log was last emptied.
    emptied_at: u64,
    /// Length of the log.
    log_pages: u32,
    /// Length of the log that was last carried over.
    carried_pages: u32,
    is_writer_wanted: bool,
    is_asleep: bool,
    is_stopping: bool,
}

impl State {
    fn is_due(&self) -> bool {
        self.log_pages.abs_diff(self.carried_pages) >= PASSIVE_PAGES
    }
}

impl Checkpoints {
    /// Notes a commit that left the log `log_pages` long.
    pub(super) fn note_commit(&self, log_pages: u32) {
        let mut state = self.state();
        state.commits += 1;
        // A shorter log was started anew.
        if log_pages < state.log_pages {
            state.carried_pages = 0;
        }
        state.log_pages = log_pages;
        let is_awaited = state.is_asleep || state.is_due();
        drop(state);
        if is_awaited {
            self.changed.notify_one();
        }
    }

    /// Whether the log is so long that the writer should finish a checkpoint between two groups.
    pub(super) fn wants_writer(&self) -> bool {
        self.state().is_writer_wanted
    }

    /// Carries the rest over on the writer's own connection, so that the log can start anew.
    pub(super) fn finish_by(&self, writer: &Connection) {
        log_failure(checkpoint(writer, "PASSIVE"));
        self.state().is_writer_wanted = false;
    }

    /// Ends [`Checkpoints::run`] after a last checkpoint.
    pub(super) fn stop(&self) {
        self.state().is_stopping = true;
        self.changed.notify_one();
    }

    /// Checkpoints on a connection of its own until stopped; asleep while nothing is written.
    pub(super) fn run(self: Arc<Self>, connection: &Connection) {
        loop {
            let commits = self.wait_for_commit();
            let state = self.wait_for_growth();
            let (is_stopping, is_due) = (state.is_stopping, state.is_due());
            let is_quiet = state.commits == commits && !is_due;
            drop(state);
            if is_stopping {
                return log_failure(checkpoint(connection, "TRUNCATE"));
            } else if is_due {
                self.carry_over(connection);
            } else if is_quiet {
                self.empty(connection, commits);
            }
        }
    }

    fn wait_for_commit(&self) -> u64 {
        let mut state = self.state();
        while state.commits == state.emptied_at && !state.is_stopping {
            state.is_asleep = true;
            state = self.changed.wait(state).expect("no code panics while it holds the state");
            state.is_asleep = false;
        }
        state.commits
    }

    fn wait_for_growth(&self) -> MutexGuard<'_, State> {
        let is_waiting = |state: &mut State| !state.is_due() && !state.is_stopping;
        let held = self.changed.wait_timeout_while(self.state(), QUIET, is_waiting);
        held.expect("no code panics while it holds the state").0
    }

    fn carry_over(&self, connection: &Connection) {
        let pages = self.state().log_pages;
        log_failure(checkpoint(connection, "PASSIVE"));
        let mut state = self.state();
        state.carried_pages = pages.min(state.log_pages);
        state.is_writer_wanted = state.log_pages > RESTART_PAGES;
    }

    fn empty(&self, connection: &Connection, commits: u64) {
        let outcome = shrink(connection).and_then(|is_small| {
            checkpoint(connection, "TRUNCATE").map(|is_empty| is_small && is_empty)
        });
        // A reader that still needs the log is no failure: the next quiet moment comes.
        if let Ok(true) = outcome {
            self.state().emptied_at = commits;
        }
        log_failure(outcome);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds the state")
    }
}

/// Gives back some of the pages that deleted rows left, and tells whether that was all.
fn shrink(connection: &Connection) -> Result<bool, StoreError> {
    let free = connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, u32>(0));
    let surplus = free.map_err(|error| describe(&error))?.saturating_sub(FREE_PAGES_KEPT);
    if surplus == 0 {
        return Ok(true);
    }
    let step = surplus.min(FREE_PAGES_STEP);
    match give_back(connection, step).map_err(|error| describe(&error)) {
        Ok(()) => Ok(surplus == step),
        // The writer is at work again; the moment is not quiet after all.
        Err(StoreError::Busy(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn give_back(connection: &Connection, pages: u32) -> rusqlite::Result<()> {
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut steps = vacuum.query([])?;
    // Each step gives one page back.
    while steps.next()?.is_some() {}
    Ok(())
}

/// Runs a checkpoint and tells whether it was complete.
fn checkpoint(connection: &Connection, mode: &str) -> Result<bool, StoreError> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let is_blocked = connection.query_row(&sql, [], |row| row.get::<_, bool>(0));
    is_blocked.map(|is_blocked| !is_blocked).map_err(|error| describe(&error))
}

fn log_failure(outcome: Result<bool, StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "a checkpoint failed; the log grows until one succeeds");
    }
}
