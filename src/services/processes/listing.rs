//! What was deployed, for those who show it.
//!
//! Must not change anything but whether a schedule is paused.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::core::bpmn::{self, svg};
use crate::core::schema::Column;
use crate::platform::store::{Dialect, Row, Sql, StoreError};

/// A process with its latest version.
#[derive(Debug, Clone, Serialize)]
pub struct ProcessRow {
    /// The process.
    pub process_id: String,
    /// Name of the latest version.
    pub name: String,
    /// Key of the latest version.
    pub latest_key: i64,
    /// The latest version.
    pub latest_version: i64,
    /// When the latest version was deployed, in milliseconds UTC.
    pub deployed_at: i64,
    /// Instances that run or wait.
    pub active: i64,
    /// Instances with an incident.
    pub stuck: i64,
}

/// One version of a process.
#[derive(Debug, Clone, Serialize)]
pub struct DefinitionRow {
    /// The definition.
    pub key: i64,
    /// The process.
    pub process_id: String,
    /// The version.
    pub version: i64,
    /// The modeller's name for the version.
    pub version_tag: Option<String>,
    /// Its name.
    pub name: String,
    /// The file it came in.
    pub resource_key: i64,
    /// Its business columns.
    pub columns: Vec<Column>,
    /// Milliseconds UTC.
    pub deployed_at: i64,
    /// Who deployed it.
    pub deployed_by: String,
}

/// A deployed file.
#[derive(Debug, Clone)]
pub struct ResourceRow {
    /// Its name.
    pub name: String,
    /// `bpmn`, `form` or `data_schema`.
    pub kind: String,
    /// Its text.
    pub content: String,
}

/// A timer start event of a latest version.
#[derive(Debug, Clone, Serialize)]
pub struct ScheduleRow {
    /// Its key.
    pub key: i64,
    /// The definition it starts.
    pub definition_key: i64,
    /// The process it starts.
    pub process_id: String,
    /// The process's name.
    pub process_name: String,
    /// The start event.
    pub element_id: String,
    /// The rule as it is in the model.
    pub rule: String,
    /// When it fires next, in milliseconds UTC; `None` when it does not.
    pub due_at: Option<i64>,
    /// When it fired last.
    pub last_fired_at: Option<i64>,
    /// Whether it waits for somebody to let it go on.
    pub is_paused: bool,
}

/// What a process is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessName {
    /// Its id.
    pub process_id: String,
    /// Its name in the latest version.
    pub name: String,
}

/// The names of all processes, in their order; cheap, as it looks at no instance.
///
/// # Errors
/// Those of the database.
pub fn list_names(sql: &mut dyn Sql) -> Result<Vec<ProcessName>, StoreError> {
    let text = "SELECT process_id, name FROM sys_flows__processes ORDER BY lower(name), process_id";
    let name = |row: &Row| {
        Ok(ProcessName { process_id: row.text(0)?.to_owned(), name: row.text(1)?.to_owned() })
    };
    sql.query(text, &[])?.iter().map(name).collect()
}

/// All processes by name, with what their instances do.
///
/// # Errors
/// Those of the database.
pub fn list_processes(sql: &mut dyn Sql) -> Result<Vec<ProcessRow>, StoreError> {
    let rows = sql.query(
        "SELECT p.process_id, p.name, p.latest_key, p.latest_version, d.deployed_at,
             (SELECT COUNT(*) FROM work__instances i
              WHERE i.process_id = p.process_id AND i.state = 'active'),
             (SELECT COUNT(*) FROM work__instances i
              WHERE i.process_id = p.process_id AND i.incidents > 0)
         FROM sys_flows__processes p JOIN sys_flows__definitions d ON d.key = p.latest_key
         ORDER BY lower(p.name), p.process_id",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            Ok(ProcessRow {
                process_id: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                latest_key: row.integer(2)?,
                latest_version: row.integer(3)?,
                deployed_at: row.integer(4)?,
                active: row.integer(5)?,
                stuck: row.integer(6)?,
            })
        })
        .collect()
}

/// How many instances of each process did all they had to.
///
/// # Errors
/// Those of the database.
pub fn count_completed(sql: &mut dyn Sql) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = sql.query(
        "SELECT process_id, COUNT(*) FROM work__instances WHERE state = 'completed'
         GROUP BY process_id",
        &[],
    )?;
    rows.iter().map(|row| Ok((row.text(0)?.to_string(), row.integer(1)?))).collect()
}

/// How many instances that run or wait each version of a process has.
///
/// # Errors
/// Those of the database.
pub fn count_active(sql: &mut dyn Sql, process_id: &str) -> Result<BTreeMap<i64, i64>, StoreError> {
    let rows = sql.query(
        "SELECT version, COUNT(*) FROM work__instances
         WHERE process_id = ?1 AND state = 'active' GROUP BY version",
        &[process_id.into()],
    )?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.integer(1)?))).collect()
}

/// The table with the business data of a process, as SQL clients name it, once it is there.
///
/// # Errors
/// Those of the database.
pub fn find_data_table(sql: &mut dyn Sql, process_id: &str) -> Result<Option<String>, StoreError> {
    let rows = sql.query(
        "SELECT schema_name FROM sys_flows__processes p WHERE process_id = ?1 AND EXISTS
             (SELECT 1 FROM work__instances i WHERE i.process_id = p.process_id)",
        &[process_id.into()],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    let between = match sql.dialect() {
        Dialect::Sqlite => "__",
        Dialect::Postgres => ".",
    };
    Ok(Some(format!("{}{between}instances", row.text(0)?)))
}

const DEFINITION: &str =
    "SELECT key, process_id, version, version_tag, name, resource_key, columns,
     deployed_at, deployed_by FROM sys_flows__definitions";

/// All versions of a process, the latest first; empty when there is no such process.
///
/// # Errors
/// `Corrupt` when a row can't be read; `Driver` from the database.
pub fn list_definitions(
    sql: &mut dyn Sql,
    process_id: &str,
) -> Result<Vec<DefinitionRow>, StoreError> {
    let select = format!("{DEFINITION} WHERE process_id = ?1 ORDER BY version DESC");
    sql.query(&select, &[process_id.into()])?.iter().map(definition).collect()
}

/// A version by its key.
///
/// # Errors
/// As for [`list_definitions`].
pub fn find_definition(sql: &mut dyn Sql, key: i64) -> Result<Option<DefinitionRow>, StoreError> {
    let select = format!("{DEFINITION} WHERE key = ?1");
    sql.query(&select, &[key.into()])?.first().map(definition).transpose()
}

fn definition(row: &Row) -> Result<DefinitionRow, StoreError> {
    let key = row.integer(0)?;
    Ok(DefinitionRow {
        key,
        process_id: row.text(1)?.to_owned(),
        version: row.integer(2)?,
        version_tag: row.optional_text(3)?.map(str::to_owned),
        name: row.text(4)?.to_owned(),
        resource_key: row.integer(5)?,
        columns: serde_json::from_str(row.text(6)?)
            .map_err(|_| StoreError::Corrupt(format!("columns of definition {key}")))?,
        deployed_at: row.integer(7)?,
        deployed_by: row.text(8)?.to_owned(),
    })
}

/// A deployed file by its key.
///
/// # Errors
/// Those of the database.
pub fn find_resource(sql: &mut dyn Sql, key: i64) -> Result<Option<ResourceRow>, StoreError> {
    let rows = sql.query(
        "SELECT name, kind, content FROM sys_flows__resources WHERE key = ?1",
        &[key.into()],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(ResourceRow {
        name: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        content: row.text(2)?.to_owned(),
    }))
}

/// The drawing of a model as SVG; empty when it has none.
#[must_use]
pub fn draw(model: &str) -> String {
    let diagram = bpmn::read_diagram(model, &bpmn::Limits::default());
    diagram.map_or_else(|_| String::new(), |it| svg::render(&it, &svg::Overlays::default()))
}

/// All timer start events, the next one to fire first.
///
/// # Errors
/// Those of the database.
pub fn list_schedules(sql: &mut dyn Sql) -> Result<Vec<ScheduleRow>, StoreError> {
    let rows = sql.query(
        "SELECT s.key, s.definition_key, s.process_id, p.name, s.element_id, s.rule, s.due_at,
             s.last_fired_at, s.is_paused
         FROM work__schedules s JOIN sys_flows__processes p ON p.process_id = s.process_id
         ORDER BY s.is_paused, s.due_at NULLS LAST, s.key",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            Ok(ScheduleRow {
                key: row.integer(0)?,
                definition_key: row.integer(1)?,
                process_id: row.text(2)?.to_owned(),
                process_name: row.text(3)?.to_owned(),
                element_id: row.text(4)?.to_owned(),
                rule: row.text(5)?.to_owned(),
                due_at: row.optional_integer(6)?,
                last_fired_at: row.optional_integer(7)?,
                is_paused: row.boolean(8)?,
            })
        })
        .collect()
}

/// Pauses a schedule or lets it go on; gives when it is due, or `None` when there is no such one.
///
/// # Errors
/// Those of the database.
pub fn set_schedule_paused(
    sql: &mut dyn Sql,
    key: i64,
    is_paused: bool,
) -> Result<Option<Option<i64>>, StoreError> {
    let rows = sql.query(
        "UPDATE work__schedules SET is_paused = ?2 WHERE key = ?1 RETURNING due_at",
        &[key.into(), is_paused.into()],
    )?;
    rows.first().map(|row| row.optional_integer(0)).transpose()
}
