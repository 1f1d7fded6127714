//! `Sql` on a SQLite connection: values bound and read, errors told apart.
//!
//! Knows nothing of queues, threads and commits.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ffi, params_from_iter};

use crate::platform::store::sql::{Dialect, Part, Row, Sql, StoreError, Value};
use crate::platform::store::work::Session;

/// A transaction, or the part of a group commit that belongs to one closure.
pub(super) struct SqliteSession<'c> {
    connection: &'c Connection,
    failure: Option<StoreError>,
}

impl<'c> SqliteSession<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, failure: None }
    }

    fn run<T>(
        &mut self,
        step: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        step(self.connection).map_err(|error| {
            let error = describe(&error);
            self.failure = Some(error.clone());
            error
        })
    }
}

impl Session for SqliteSession<'_> {
    fn failure(&self) -> Option<StoreError> {
        self.failure.clone()
    }
}

impl Sql for SqliteSession<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.execute(params_from_iter(parameters.iter().map(Bound)))? as u64)
        })
    }

    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(parameters.iter().map(Bound)))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                // Counted here: the first step prepares anew after a change of the schema.
                let columns = 0..row.as_ref().column_count();
                let values = columns.map(|column| read(column, row.get_ref(column)?));
                found.push(Row(values.collect::<rusqlite::Result<_>>()?));
            }
            Ok(found)
        })
    }

    fn execute_each(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut changed = 0;
            for row in rows {
                changed += statement.execute(params_from_iter(row.iter().map(Bound)))? as u64;
            }
            Ok(changed)
        })
    }

    fn execute_script(&mut self, script: &str) -> Result<(), StoreError> {
        self.run(|connection| connection.execute_batch(script))
    }

    fn attempt(&mut self, part: Part<'_>) -> Result<(), StoreError> {
        self.run(|connection| step(connection, "SAVEPOINT attempt"))?;
        let result = match part(self) {
            Ok(()) => self.failure.take().map_or(Ok(()), Err),
            Err(error) => Err(error),
        };
        self.failure = None;
        if result.is_err() {
            self.run(|connection| step(connection, "ROLLBACK TO attempt"))?;
        }
        self.run(|connection| step(connection, "RELEASE attempt"))?;
        result
    }
}

/// Runs a statement of transaction control.
pub(super) fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// The driver's error in the store's words.
pub(super) fn describe(error: &rusqlite::Error) -> StoreError {
    let text = match error {
        // The driver would quote the whole statement, or the rest of a migration.
        rusqlite::Error::SqlInputError { msg, offset, .. } => format!("{msg} at offset {offset}"),
        _ => error.to_string(),
    };
    match error {
        rusqlite::Error::Utf8Error(..) => StoreError::Corrupt(text),
        _ => match error.sqlite_error() {
            Some(cause) => classify(*cause, text),
            None => StoreError::Driver(text),
        },
    }
}

fn classify(cause: ffi::Error, text: String) -> StoreError {
    match (cause.code, cause.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID
            | ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        ) => StoreError::Conflict(text),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreError::Busy(text),
        (ErrorCode::DatabaseCorrupt, _) => StoreError::Corrupt(text),
        (ErrorCode::NotADatabase, _) => {
            StoreError::Unusable(format!("the file is not a SQLite database: {text}"))
        }
        _ => StoreError::Driver(text),
    }
}

struct Bound<'v>(&'v Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(value) => ValueRef::Integer(*value),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn read(column: usize, value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes);
            Value::from(text.map_err(|error| rusqlite::Error::Utf8Error(column, error))?)
        }
        ValueRef::Blob(bytes) => Value::from(bytes),
    })
}
