//! The seam between repositories and a database: values, rows and the `Sql` trait.
//!
//! Knows nothing of SQLite or PostgreSQL; both implement `Sql` in their own files.
//!
//! **Invariant:** SQL is written once, in the subset both databases read: placeholders are `?1`,
//! `?2`…, and `schema__table` names a table in a schema (PostgreSQL reads `schema.table`, SQLite
//! keeps the prefix). Column names never hold a double underscore.
//! **Invariant:** after a failed statement a transaction can only fail, on both databases; what
//! may fail alone goes through [`Sql::attempt`].
//!
//! The whole list of what differs, and how one text says it for both:
//! - a list: `key IN (SELECT value FROM json_each(?1))` with [`Value::integers`] or
//!   [`Value::texts`]; PostgreSQL reads `key = ANY($1)`, and `NOT IN` as `<> ALL`;
//! - what only PostgreSQL needs stands in a comment: `/*postgres FOR UPDATE SKIP LOCKED */`;
//! - booleans and `SUM` come back as integers on both; `CAST(x AS INTEGER)` means 64 bits on both;
//! - text compares byte by byte on both; `LIKE` does not: write `lower(x) LIKE lower(?1)`;
//! - `->>` on a JSON number is text on PostgreSQL; `ORDER BY` on nullable columns names
//!   `NULLS LAST`; text holds no NUL character;
//! - for the rest, [`Sql::dialect`].

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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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

/// Which of the two databases stands behind a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, in a file of its own.
    Sqlite,
    /// PostgreSQL, version 15 or later.
    Postgres,
}

/// A part of a transaction, as [`Sql::attempt`] runs it.
pub type Part<'p> = &'p mut dyn FnMut(&mut dyn Sql) -> Result<(), StoreError>;

/// A transaction as repositories see it.
pub trait Sql {
    /// Which database this is, for the rare statement that one text can't say for both.
    fn dialect(&self) -> Dialect;

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
    /// The outcome is that of one [`Sql::execute`] after the other. SQLite loops over a prepared
    /// statement; PostgreSQL sends one array statement where that means the same: an `INSERT …
    /// VALUES`, or an `UPDATE`/`DELETE` that finds its rows by `column = ?n`, of distinct rows.
    ///
    /// # Errors
    /// As for [`Sql::execute`].
    fn execute_each(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError>;

    /// Runs several DDL statements, separated by semicolons, as they stand in a migration.
    ///
    /// Written in SQLite's `STRICT` types; `migrations/README.md` has the rules.
    ///
    /// # Errors
    /// As for [`Sql::execute`].
    fn execute_script(&mut self, script: &str) -> Result<(), StoreError>;

    /// Runs a part that may fail without failing the transaction: an error undoes the part alone.
    ///
    /// # Errors
    /// The part's own error, after everything the part did was undone.
    fn attempt(&mut self, part: Part<'_>) -> Result<(), StoreError>;
}
