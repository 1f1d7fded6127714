//! The embedded database: one writer with group commit, readers beside it, a checkpointer.
//!
//! Knows nothing of PostgreSQL, and nothing of tables.

mod checkpoints;
mod reader;
mod session;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use self::checkpoints::Checkpoints;
use self::reader::Reader;
use self::writer::Writer;
use crate::platform::store::options::Options;
use crate::platform::store::queue::Queue;
use crate::platform::store::sql::StoreError;
use crate::platform::store::threads::Threads;
use crate::platform::store::work::{Access, WorkQueue};

/// Statements kept prepared per connection; the schemas of processes multiply them.
const STATEMENTS_MAX: usize = 1_024;
/// Only the start of a checkpoint and other programs (a backup) can hold the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// An open file with its threads.
pub(super) struct SqliteDatabase {
    writes: Arc<WorkQueue>,
    reads: Arc<WorkQueue>,
    checkpoints: Arc<Checkpoints>,
    serving: Threads,
    checkpointing: Threads,
}

impl SqliteDatabase {
    /// Opens or creates the file and starts the threads.
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let queue = || Arc::new(Queue::new(options.queue_length_max, options.queue_wait_max));
        let database = Self {
            writes: queue(),
            reads: queue(),
            checkpoints: Arc::default(),
            serving: Threads::default(),
            checkpointing: Threads::default(),
        };
        database.start_writer(path, options)?;
        for _ in 0..options.readers.max(1) {
            database.start_reader(path, options)?;
        }
        database.start_checkpointer(path)?;
        Ok(database)
    }

    /// The queue for reading or writing.
    pub(super) fn queue(&self, access: Access) -> &Arc<WorkQueue> {
        match access {
            Access::Read => &self.reads,
            Access::Write => &self.writes,
        }
    }

    fn start_writer(&self, path: &Path, options: &Options) -> Result<(), StoreError> {
        let mut connection = connect(path, options.cache_kib)?;
        let checkpoints = Arc::clone(&self.checkpoints);
        let note_commit = move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            checkpoints.note_commit(pages.unsigned_abs());
            Ok(())
        };
        connection.wal_hook(Some(note_commit)).map_err(|error| unusable(path, &error))?;
        let writer = Writer {
            connection,
            queue: Arc::clone(&self.writes),
            checkpoints: Arc::clone(&self.checkpoints),
            group_size_max: options.group_size_max.max(1),
        };
        self.serving.start("store-writer", move || writer.run())
    }

    fn start_reader(&self, path: &Path, options: &Options) -> Result<(), StoreError> {
        let connection = connect(path, options.cache_kib)?;
        let read_only = connection.pragma_update(None, "query_only", true);
        read_only.map_err(|error| unusable(path, &error))?;
        let reader = Reader { connection, queue: Arc::clone(&self.reads) };
        self.serving.start("store-reader", move || reader.run())
    }

    fn start_checkpointer(&self, path: &Path) -> Result<(), StoreError> {
        let connection = connect(path, 0)?;
        // Waiting for a reader would hold the writer's lock meanwhile; a later attempt will do.
        let no_wait = connection.busy_timeout(Duration::ZERO);
        no_wait.map_err(|error| unusable(path, &error))?;
        let checkpoints = Arc::clone(&self.checkpoints);
        self.checkpointing.start("store-checkpoints", move || checkpoints.run(&connection))
    }
}

impl Drop for SqliteDatabase {
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
        self.serving.join();
        self.checkpoints.stop();
        self.checkpointing.join();
    }
}

fn connect(path: &Path, cache_kib: u32) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(|error| unusable(path, &error))?;
    configure(&connection, cache_kib).map_err(|error| unusable(path, &error))?;
    Ok(connection)
}

fn configure(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Only before the first table: afterwards a file can't learn to shrink without a rewrite.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: KiB rather than pages.
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))
}

fn unusable(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unusable(format!("cannot open the database {}: {error}", path.display()))
}
