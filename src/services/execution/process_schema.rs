//! The schema of one process: its instances with their business data in real columns, its journal,
//! its snapshots.
//!
//! Must not know what the columns mean. Made at the first start of an instance.
//!
//! **Invariant:** columns are only ever added; each addition is a layer, and the layers recorded
//! with the process give the same migrations for ever.

use std::fmt::Write;
use std::sync::Arc;

use super::definitions::Deployed;
use crate::core::engine::VariableMap;
use crate::core::schema::{Column, ColumnType, ColumnValue, DataSchema};
use crate::platform::store::{Migration, Sql, StoreError, Value, migrate_schema};

/// What the turn loop needs to write into a process's schema.
#[derive(Debug)]
pub(crate) struct ProcessSchema {
    /// The columns of this definition's variables, in the order of the statements below.
    columns: DataSchema,
    /// Adds an instance: key, version, state, started at, ended at, variables, business columns.
    pub(crate) insert_instance: String,
    /// Sets state, ended at, variables and business columns.
    pub(crate) update_instance: String,
    /// Adds a turn: instance key, turn, at, actor, cause, events.
    pub(crate) insert_turn: String,
    /// Sets the snapshot of an instance: key, turn, state.
    pub(crate) put_snapshot: String,
}

fn tables(schema: &str) -> Migration {
    Migration {
        version: 1,
        name: "tables of a process".to_owned(),
        ddl: format!(
            "CREATE TABLE {schema}__instances (
                 key INTEGER PRIMARY KEY,
                 version INTEGER NOT NULL,
                 state TEXT NOT NULL,
                 started_at INTEGER NOT NULL,
                 ended_at INTEGER,
                 variables TEXT NOT NULL
             ) STRICT;
             CREATE TABLE {schema}__journal (
                 instance_key INTEGER NOT NULL,
                 turn INTEGER NOT NULL,
                 at INTEGER NOT NULL,
                 actor TEXT NOT NULL,
                 cause TEXT NOT NULL,
                 events TEXT NOT NULL,
                 PRIMARY KEY (instance_key, turn)
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE {schema}__snapshots (
                 instance_key INTEGER PRIMARY KEY,
                 turn INTEGER NOT NULL,
                 state TEXT NOT NULL
             ) STRICT;"
        ),
    }
}

/// One addition; a column that an earlier layer has comes again only to be indexed.
fn layer(schema: &str, version: i64, columns: &[Column], earlier: &[Vec<Column>]) -> Migration {
    let mut ddl = String::new();
    for column in columns {
        let (name, kind) = (&column.column_name, sql_type(column.column_type));
        if !earlier.iter().flatten().any(|known| known.column_name == *name) {
            let _ = write!(ddl, "ALTER TABLE {schema}__instances ADD COLUMN {name} {kind};");
        }
        if column.is_indexed {
            let indexed = indexed_expression(column);
            let _ = write!(
                ddl,
                "CREATE INDEX {schema}__instances_by_{name}
                     ON {schema}__instances ({indexed}, key);"
            );
        }
    }
    Migration { version, name: "business columns".to_owned(), ddl }
}

/// What a business column is indexed by: of a text its beginning, since PostgreSQL refuses rows
/// whose index entry is larger than 2,704 bytes. A query that is to use the index says the same.
#[must_use]
pub fn indexed_expression(column: &Column) -> String {
    match column.column_type {
        ColumnType::Text => format!("substr({}, 1, 200)", column.column_name),
        _ => column.column_name.clone(),
    }
}

fn sql_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Integer | ColumnType::Boolean | ColumnType::DateTime => "INTEGER",
        ColumnType::Real => "REAL",
        ColumnType::Text | ColumnType::Date | ColumnType::Json => "TEXT",
    }
}

/// Brings the schema of a process to what a definition wants and gives what is needed to write.
///
/// # Errors
/// `Corrupt` when the recorded layers can't be read; those of the migration.
pub(crate) fn ensure(
    sql: &mut dyn Sql,
    deployed: &Deployed,
    now_ms: i64,
) -> Result<Arc<ProcessSchema>, StoreError> {
    let rows = sql.query(
        "SELECT column_layers FROM sys_flows__processes WHERE process_id = ?1
         /*postgres FOR UPDATE */",
        &[(&*deployed.process_id).into()],
    )?;
    let row = rows.first();
    let text = row.map(|row| row.text(0)).transpose()?.unwrap_or("[]");
    let mut layers: Vec<Vec<Column>> = serde_json::from_str(text)
        .map_err(|_| StoreError::Corrupt(format!("columns of {}", deployed.process_id)))?;
    let satisfies = |known: &Column, wanted: &Column| {
        known.column_name == wanted.column_name && (known.is_indexed || !wanted.is_indexed)
    };
    let is_new = |wanted: &&Column| !layers.iter().flatten().any(|known| satisfies(known, wanted));
    let missing: Vec<Column> = deployed.columns.iter().filter(is_new).cloned().collect();
    if !missing.is_empty() {
        layers.push(missing);
        let text = serde_json::to_string(&layers).unwrap_or_default();
        sql.execute(
            "UPDATE sys_flows__processes SET column_layers = ?2 WHERE process_id = ?1",
            &[(&*deployed.process_id).into(), text.into()],
        )?;
    }
    migrate(sql, &deployed.schema_name, &layers, now_ms)?;
    Ok(Arc::new(statements(deployed)))
}

/// Applies what a process's schema lacks: our own tables and its business columns, each with a
/// history of its own, so that either can grow without the other.
///
/// # Errors
/// Those of the migration.
pub(crate) fn migrate(
    sql: &mut dyn Sql,
    schema: &str,
    layers: &[Vec<Column>],
    now_ms: i64,
) -> Result<(), StoreError> {
    migrate_schema(sql, schema, &[tables(schema)], now_ms)?;
    let versions = (1..).zip(layers).zip(0..);
    let layers: Vec<Migration> = versions
        .map(|((version, columns), index)| layer(schema, version, columns, &layers[..index]))
        .collect();
    migrate_schema(sql, &format!("{schema} columns"), &layers, now_ms)?;
    Ok(())
}

fn statements(deployed: &Deployed) -> ProcessSchema {
    let schema = &deployed.schema_name;
    let mut names = String::new();
    let mut places = String::new();
    let mut assignments = String::new();
    for (number, column) in (7..).zip(&deployed.columns) {
        let _ = write!(names, ", {}", column.column_name);
        let _ = write!(places, ", ?{number}");
        let _ = write!(assignments, ", {} = ?{}", column.column_name, number - 2);
    }
    ProcessSchema {
        columns: DataSchema { columns: deployed.columns.clone(), json_schema: None },
        insert_instance: format!(
            "INSERT INTO {schema}__instances
             (key, version, state, started_at, ended_at, variables{names})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6{places})"
        ),
        update_instance: format!(
            "UPDATE {schema}__instances SET state = ?2, ended_at = ?3, variables = ?4{assignments}
             WHERE key = ?1"
        ),
        insert_turn: format!(
            "INSERT INTO {schema}__journal (instance_key, turn, at, actor, cause, events)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        ),
        put_snapshot: format!(
            "INSERT INTO {schema}__snapshots (instance_key, turn, state) VALUES (?1, ?2, ?3)
             ON CONFLICT (instance_key) DO UPDATE SET turn = excluded.turn, state = excluded.state"
        ),
    }
}

impl ProcessSchema {
    /// The business columns' values; a variable that does not fit its column leaves it empty.
    pub(crate) fn column_values(&self, variables: &VariableMap) -> Vec<Value> {
        let values = self.columns.column_values(variables);
        values.into_iter().map(|cell| cell.value.map_or(Value::Null, to_value)).collect()
    }
}

fn to_value(value: ColumnValue) -> Value {
    match value {
        ColumnValue::Integer(number) | ColumnValue::DateTime(number) => number.into(),
        ColumnValue::Real(number) => number.into(),
        ColumnValue::Text(text) | ColumnValue::Date(text) | ColumnValue::Json(text) => text.into(),
        ColumnValue::Boolean(flag) => flag.into(),
    }
}
