//! `Database`: closures in, results out after the commit; callers see nothing of the threads.
//!
//! Knows neither tables nor which database a caller prefers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::options::{Options, PostgresOptions};
use super::postgres::PostgresDatabase;
use super::queue::closed;
use super::sql::{Dialect, Sql, StoreError};
use super::sqlite::SqliteDatabase;
use super::waiting::wait_for;
use super::work::{Access, WorkQueue, pack};

/// One open database, cheap to clone.
///
/// A closure runs in a transaction of its own on another thread. `Ok` is given only after the
/// commit; an `Err` or a panic undoes everything the closure did, and only that. Several closures
/// may share one commit (SQLite), so a closure never waits for another one of the same database.
/// A call that was accepted is carried out even if the caller stops waiting.
///
/// Dropping the last clone waits until everything accepted has been carried out.
#[derive(Clone)]
pub struct Database {
    engine: Arc<Engine>,
}

enum Engine {
    Sqlite(SqliteDatabase),
    Postgres(PostgresDatabase),
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Database").field(&self.dialect()).finish()
    }
}

impl Database {
    /// Opens a SQLite file, creating it when missing; its folder must exist.
    ///
    /// Nothing here keeps a second process out: [`super::DataFolderLock`] does.
    ///
    /// # Errors
    /// `Unusable` when the file can't be opened or is no database.
    pub fn open_sqlite(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let engine = Engine::Sqlite(SqliteDatabase::open(path, options)?);
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Connects to an existing PostgreSQL database.
    ///
    /// # Errors
    /// `Unusable` when the URL can't be read, or the server can't be reached or isn't fit.
    pub fn open_postgres(options: &PostgresOptions) -> Result<Self, StoreError> {
        let engine = Engine::Postgres(PostgresDatabase::open(options)?);
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Connects to the database beside the one of the URL: its name, an underscore and `suffix`.
    /// It is made when missing.
    ///
    /// # Errors
    /// As for [`Database::open_postgres`]; `Unusable` also when it is missing and may not be made.
    pub fn open_postgres_beside(
        options: &PostgresOptions,
        suffix: &str,
    ) -> Result<Self, StoreError> {
        let engine = Engine::Postgres(PostgresDatabase::open_beside(options, suffix)?);
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match *self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a closure that may change the database. Await it inside a Tokio runtime.
    ///
    /// On PostgreSQL the isolation is READ COMMITTED: rows that are read to be changed are locked
    /// (`/*postgres FOR UPDATE */`) or changed under a condition that the count confirms.
    ///
    /// # Errors
    /// The closure's own error; `Busy` when the queue stays full, the database is closing, or
    /// PostgreSQL chose this transaction to end a deadlock; others when the commit fails.
    pub fn write<T, E, F>(&self, closure: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        submit(self.queue(Access::Write), Access::Write, closure)
    }

    /// As [`Database::write`], holding the calling thread: for plain threads only.
    ///
    /// # Errors
    /// As for [`Database::write`].
    pub fn write_blocking<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        submit_blocking(&self.queue(Access::Write), Access::Write, closure)
    }

    /// Runs a closure that only reads, on one snapshot that holds every commit answered before.
    ///
    /// # Errors
    /// The closure's own error; `Busy` as for [`Database::write`]; `Driver` on an attempt to write.
    pub fn read<T, E, F>(&self, closure: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        submit(self.queue(Access::Read), Access::Read, closure)
    }

    /// As [`Database::read`], holding the calling thread: for plain threads only.
    ///
    /// # Errors
    /// As for [`Database::read`].
    pub fn read_blocking<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        submit_blocking(&self.queue(Access::Read), Access::Read, closure)
    }

    fn queue(&self, access: Access) -> Arc<WorkQueue> {
        Arc::clone(match &*self.engine {
            Engine::Sqlite(database) => database.queue(access),
            Engine::Postgres(database) => database.queue(),
        })
    }
}

async fn submit<T, E, F>(queue: Arc<WorkQueue>, access: Access, closure: F) -> Result<T, E>
where
    F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (work, answer) = pack(access, closure);
    queue.push(work).await?;
    answer.await.unwrap_or_else(|_| Err(closed().into()))
}

fn submit_blocking<T, E, F>(queue: &WorkQueue, access: Access, closure: F) -> Result<T, E>
where
    F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (work, answer) = pack(access, closure);
    queue.push_blocking(work)?;
    wait_for(answer).unwrap_or_else(|_| Err(closed().into()))
}
