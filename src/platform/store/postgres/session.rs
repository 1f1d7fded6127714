//! `Sql` on a PostgreSQL connection: texts rewritten and prepared once, errors told apart.
//!
//! Knows nothing of queues, threads and commits.

use std::collections::HashMap;
use std::sync::Arc;

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::batch::Batch;
use super::{ddl, rewrite};
use crate::platform::store::sql::{Dialect, Part, Row, Sql, StoreError, Value};
use crate::platform::store::work::Session;

/// Statements kept prepared per connection; the schemas of processes multiply them.
const STATEMENTS_MAX: usize = 1_024;

/// A connection with what is prepared on it.
pub(super) struct Connection {
    client: Client,
    statements: HashMap<String, Prepared>,
}

#[derive(Clone)]
struct Prepared {
    statement: Statement,
    many: Many,
}

/// How a statement runs for many rows.
#[derive(Clone)]
enum Many {
    Unplanned,
    Loop,
    Array(Arc<(Batch, Statement)>),
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new() }
    }

    /// Runs a statement of transaction control.
    pub(super) fn step(&mut self, sql: &str) -> Result<(), postgres::Error> {
        self.client.batch_execute(sql)
    }

    /// Whether the server is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn prepare(&mut self, sql: &str) -> Result<Prepared, postgres::Error> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared.clone());
        }
        let statement = self.client.prepare(&rewrite::statement(sql))?;
        Ok(self.keep(sql, Prepared { statement, many: Many::Unplanned }))
    }

    fn prepare_many(&mut self, sql: &str) -> Result<Prepared, postgres::Error> {
        let prepared = self.prepare(sql)?;
        if !matches!(prepared.many, Many::Unplanned) {
            return Ok(prepared);
        }
        let many = match Batch::plan(sql, prepared.statement.params()) {
            None => Many::Loop,
            Some(batch) => {
                let statement = self.client.prepare(&batch.sql)?;
                Many::Array(Arc::new((batch, statement)))
            }
        };
        Ok(self.keep(sql, Prepared { many, ..prepared }))
    }

    fn keep(&mut self, sql: &str, prepared: Prepared) -> Prepared {
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), prepared.clone());
        prepared
    }
}

/// A transaction.
pub(super) struct PostgresSession<'c> {
    connection: &'c mut Connection,
    failure: Option<StoreError>,
}

impl<'c> PostgresSession<'c> {
    pub(super) fn new(connection: &'c mut Connection) -> Self {
        Self { connection, failure: None }
    }

    fn run<T>(
        &mut self,
        step: impl FnOnce(&mut Connection) -> Result<T, postgres::Error>,
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

    fn run_prepared<T>(
        &mut self,
        sql: &str,
        step: impl FnOnce(&mut Client, &Statement) -> Result<T, postgres::Error>,
    ) -> Result<T, StoreError> {
        let result = self.run(|connection| {
            let prepared = connection.prepare(sql)?;
            step(&mut connection.client, &prepared.statement)
        });
        if result.is_err() {
            // A table that has changed since makes a prepared statement unfit.
            self.connection.statements.remove(sql);
        }
        result
    }
}

impl Session for PostgresSession<'_> {
    fn failure(&self) -> Option<StoreError> {
        self.failure.clone()
    }
}

impl Sql for PostgresSession<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        self.check_count(sql, parameters)?;
        self.run_prepared(sql, |client, statement| client.execute(statement, &bound(parameters)))
    }

    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.check_count(sql, parameters)?;
        self.run_prepared(sql, |client, statement| {
            let rows = client.query(statement, &bound(parameters))?;
            rows.iter().map(read).collect()
        })
    }

    fn execute_each(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        if rows.len() > 1 {
            let prepared = self.run(|connection| connection.prepare_many(sql))?;
            if let Many::Array(batch) = prepared.many
                && batch.0.suits(rows, prepared.statement.params())
            {
                return self.run(|connection| execute_batch(connection, &batch.1, rows));
            }
        }
        rows.iter().try_fold(0, |changed, row| Ok(changed + self.execute(sql, row)?))
    }

    fn execute_script(&mut self, script: &str) -> Result<(), StoreError> {
        self.run(|connection| connection.step(&ddl::script(script)))
    }

    fn attempt(&mut self, part: Part<'_>) -> Result<(), StoreError> {
        self.run(|connection| connection.step("SAVEPOINT attempt"))?;
        let result = match part(self) {
            Ok(()) => self.failure.take().map_or(Ok(()), Err),
            Err(error) => Err(error),
        };
        self.failure = None;
        let end = match &result {
            Ok(()) => "RELEASE attempt",
            Err(_) => "ROLLBACK TO attempt; RELEASE attempt",
        };
        self.run(|connection| connection.step(end))?;
        result
    }
}

impl PostgresSession<'_> {
    /// The driver panics on a wrong number of parameters.
    fn check_count(&mut self, sql: &str, parameters: &[Value]) -> Result<(), StoreError> {
        let prepared = self.run(|connection| connection.prepare(sql))?;
        let expected = prepared.statement.params().len();
        if expected == parameters.len() {
            return Ok(());
        }
        let text = format!("expected {expected} parameters, found {}", parameters.len());
        let error = StoreError::Driver(text);
        self.failure = Some(error.clone());
        Err(error)
    }
}

fn execute_batch(
    connection: &mut Connection,
    statement: &Statement,
    rows: &[Vec<Value>],
) -> Result<u64, postgres::Error> {
    let columns = 0..statement.params().len();
    let arrays: Vec<Vec<&Value>> =
        columns.map(|column| rows.iter().map(|row| &row[column]).collect()).collect();
    let arrays: Vec<&(dyn ToSql + Sync)> =
        arrays.iter().map(|array| array as &(dyn ToSql + Sync)).collect();
    connection.client.execute(statement, &arrays)
}

fn bound(parameters: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn read(row: &postgres::Row) -> Result<Row, postgres::Error> {
    (0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>().map(Row)
}

/// The driver's error in the store's words.
pub(super) fn describe(error: &postgres::Error) -> StoreError {
    let Some(cause) = error.as_db_error() else {
        let text = chain(error);
        return if error.is_closed() { StoreError::Busy(text) } else { StoreError::Driver(text) };
    };
    let detail = cause.detail().map_or(String::new(), |detail| format!(": {detail}"));
    let text = format!("{}{detail}", cause.message());
    match *cause.code() {
        SqlState::UNIQUE_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION => StoreError::Conflict(text),
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::LOCK_NOT_AVAILABLE
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::TOO_MANY_CONNECTIONS => StoreError::Busy(text),
        _ if cause.message() == "cached plan must not change result type" => StoreError::Busy(text),
        _ => StoreError::Driver(text),
    }
}

/// The driver keeps the reason in the error's source.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
