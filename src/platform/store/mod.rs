//! The store: transactions as closures, on SQLite or PostgreSQL, from one set of SQL texts.
//!
//! Knows nothing of the product's tables; repositories bring their own SQL.
//!
//! **Invariant:** what was answered `Ok` survives a crash; what was answered `Err` left no trace.

mod database;
mod lock;
mod migrations;
mod options;
mod postgres;
mod queue;
mod sql;
mod sqlite;
mod threads;
mod values;
mod waiting;
mod work;

pub use self::database::Database;
pub use self::lock::DataFolderLock;
pub use self::migrations::{Migration, Set, migrate_schema};
pub use self::options::{Options, PostgresOptions};
pub use self::sql::{Dialect, Part, Row, Sql, StoreError, Value};
