//! The seam between repositories and a database: values, rows and the `Sql` trait.
//!
//! Knows nothing of SQLite or PostgreSQL; both implement `Sql` in their own files.
//!
//! **Invariant:** SQL is written once, in the subset both databases read: placeholders are `?1`,
//! `?2`…, and `schema__table` names a table in a schema (PostgreSQL reads `schema.table`, SQLite
//! keeps the prefix). Column names never hold a double underscore.

use std::sync::Arc;

/// One value on its way to or from the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// 64-bit integer; also keys, milliseconds since 1970 UTC, and booleans as 0 or 1.
    Integer(i64),
    /// 64-bit floating point.
    Real(f64),
    /// Text; also JSON.
    Text(Arc<str>),
    /// Bytes.
    Blob(Arc<[u8]>),
}

/// What went wrong between us and the database. "Not found" is an `Option`, never an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The driver or the database refused or failed; the text is the driver's.
    #[error("database failure: {0}")]
    Driver(String),
    /// A unique or foreign key constraint was violated; the text names it.
    #[error("conflict: {0}")]
    Conflict(String),
    /// A stored row does not have the shape the program expects.
    #[error("corrupt data: {0}")]
    Corrupt(String),
    /// The write queue is full or the database is stopping; trying again later can help.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database can't be opened as it is; the text says what to do about it.
    #[error("{0}")]
    Unusable(String),
}

/// One result row; columns are read by position.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

/// A transaction as repositories see it.
pub trait Sql {
    /// Runs one statement and gives the number of rows it changed.
    ///
    /// # Errors
    /// `Conflict` for a violated constraint, `Driver` for anything else.
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError>;

    /// Runs one query (or a statement with `RETURNING`) and gives all its rows.
    ///
    /// # Errors
    /// As for [`Sql::execute`].
    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs one statement for each row of parameters and gives the number of rows changed.
    ///
    /// SQLite loops over a prepared statement; PostgreSQL sends one array statement. The statement
    /// must be an `INSERT … VALUES`, or an `UPDATE`/`DELETE` whose parameters are all used once.
    ///
    /// # Errors
    /// As for [`Sql::execute`].
    fn execute_each(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError>;

    /// Runs several DDL statements, separated by semicolons, as they stand in a migration.
    ///
    /// # Errors
    /// As for [`Sql::execute`].
    fn execute_script(&mut self, script: &str) -> Result<(), StoreError>;
}
