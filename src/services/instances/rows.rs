//! The rows of instances and of what waits in them.
//!
//! Must not change anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::filter::{Conditions, InstanceFilter, ListError};
use crate::core::model::{ElementKind, ProcessDefinition};
use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::execution::Definitions;

/// Counting stops here: nobody needs the exact number, and every count stays cheap.
pub const COUNT_MAX: i64 = 10_000;

/// An instance in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRow {
    /// Its key.
    pub key: i64,
    /// The process it runs.
    pub process_id: String,
    /// The process's name in this version.
    pub process_name: String,
    /// The definition it runs.
    pub definition_key: i64,
    /// The definition's version.
    pub version: i64,
    /// `active`, `suspended`, `completed` or `terminated`.
    pub state: String,
    /// Turns done.
    pub turn: i64,
    /// The instance that called it.
    pub parent_key: Option<i64>,
    /// The call activity that called it.
    pub parent_element_key: Option<i64>,
    /// Open incidents.
    pub incidents: i64,
    /// Login name of the user who started it, or the name of the part that did.
    pub started_by: String,
    /// Milliseconds UTC.
    pub started_at: i64,
    /// Milliseconds UTC.
    pub ended_at: Option<i64>,
    /// The instance it was made after.
    pub origin_key: Option<i64>,
}

/// A job of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceJob {
    /// Its key.
    pub key: i64,
    /// Its element.
    pub element_id: String,
    /// Which workers take it.
    pub job_type: String,
    /// `available`, `leased`, `held` while the instance is suspended, or `dead`.
    pub state: String,
    /// Attempts left.
    pub retries: i64,
    /// Attempts made.
    pub attempts: i64,
    /// From when on it may be taken, or until when it is leased.
    pub due_at: i64,
    /// Who has it.
    pub worker: Option<String>,
    /// The last error.
    pub message: Option<String>,
}

const COLUMNS: &str = "i.key, i.process_id,
     (SELECT d.name FROM sys_flows__definitions d WHERE d.key = i.definition_key),
     i.definition_key, i.version, i.state, i.turn, i.parent_key, i.parent_element_key,
     i.incidents, i.started_by, i.started_at, i.ended_at, i.origin_key";

/// Instances before a key, newest first.
///
/// # Errors
/// `Filter` for a filter that can't be met; those of the database.
pub(super) fn list(
    sql: &mut dyn Sql,
    filter: &InstanceFilter,
    before: i64,
    limit: u32,
) -> Result<Vec<InstanceRow>, ListError> {
    let Some(mut conditions) = Conditions::of(sql, filter)? else { return Ok(Vec::new()) };
    // The business table's own key, where it leads: its indexes end in it.
    let key = if conditions.from.starts_with("work__") { "i.key" } else { "b.key" };
    conditions.add(&format!("{key} < "), before.into());
    let limit = conditions.parameter(limit.into());
    let select = format!(
        "SELECT {COLUMNS} FROM {} WHERE {} ORDER BY {key} DESC LIMIT ?{limit}",
        conditions.from, conditions.text
    );
    let rows = sql.query(&select, &conditions.parameters)?;
    Ok(rows.iter().map(instance).collect::<Result<_, _>>()?)
}

/// How many instances there are, at most [`COUNT_MAX`] and one.
///
/// # Errors
/// As for [`list`].
pub(super) fn count(sql: &mut dyn Sql, filter: &InstanceFilter) -> Result<i64, ListError> {
    let Some(conditions) = Conditions::of(sql, filter)? else { return Ok(0) };
    let select = format!(
        "SELECT COUNT(*) FROM (SELECT i.key FROM {} WHERE {} LIMIT {}) AS counted",
        conditions.from,
        conditions.text,
        COUNT_MAX + 1
    );
    let rows = sql.query(&select, &conditions.parameters)?;
    Ok(rows.first().map_or(Ok(0), |row| row.integer(0))?)
}

/// An instance by its key.
///
/// # Errors
/// Those of the database.
pub(super) fn find(sql: &mut dyn Sql, key: i64) -> Result<Option<InstanceRow>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM work__instances i WHERE i.key = ?1");
    sql.query(&select, &[key.into()])?.first().map(instance).transpose()
}

fn instance(row: &Row) -> Result<InstanceRow, StoreError> {
    let process_id = row.text(1)?.to_owned();
    Ok(InstanceRow {
        key: row.integer(0)?,
        process_name: row.optional_text(2)?.map_or_else(|| process_id.clone(), str::to_owned),
        process_id,
        definition_key: row.integer(3)?,
        version: row.integer(4)?,
        state: row.text(5)?.to_owned(),
        turn: row.integer(6)?,
        parent_key: row.optional_integer(7)?,
        parent_element_key: row.optional_integer(8)?,
        incidents: row.integer(9)?,
        started_by: row.text(10)?.to_owned(),
        started_at: row.integer(11)?,
        ended_at: row.optional_integer(12)?,
        origin_key: row.optional_integer(13)?,
    })
}

/// The open jobs of an instance, oldest first.
///
/// # Errors
/// Those of the database.
pub(super) fn jobs(sql: &mut dyn Sql, instance_key: i64) -> Result<Vec<InstanceJob>, StoreError> {
    let rows = sql.query(
        "SELECT key, element_id, job_type, state, retries, attempts, due_at, worker, message
         FROM work__jobs WHERE instance_key = ?1 ORDER BY key LIMIT 500",
        &[instance_key.into()],
    )?;
    rows.iter()
        .map(|row| {
            Ok(InstanceJob {
                key: row.integer(0)?,
                element_id: row.text(1)?.to_owned(),
                job_type: row.text(2)?.to_owned(),
                state: row.text(3)?.to_owned(),
                retries: row.integer(4)?,
                attempts: row.integer(5)?,
                due_at: row.integer(6)?,
                worker: row.optional_text(7)?.map(str::to_owned),
                message: row.optional_text(8)?.map(str::to_owned),
            })
        })
        .collect()
}

/// What waits in these instances, found by the rows that wait for it.
const WAITING: &str = "
     SELECT instance_key, element_id FROM work__jobs
         WHERE instance_key IN (SELECT value FROM json_each(?1))
     UNION SELECT instance_key, element_id FROM work__user_tasks
         WHERE state = 'open' AND instance_key IN (SELECT value FROM json_each(?1))
     UNION SELECT instance_key, element_id FROM work__timers
         WHERE instance_key IN (SELECT value FROM json_each(?1))
     UNION SELECT instance_key, element_id FROM work__subscriptions
         WHERE instance_key IN (SELECT value FROM json_each(?1))
     UNION SELECT instance_key, element_id FROM work__signal_subscriptions
         WHERE instance_key IN (SELECT value FROM json_each(?1))
     UNION SELECT instance_key, element_id FROM work__incidents
         WHERE resolved_at IS NULL AND instance_key IN (SELECT value FROM json_each(?1))";
const CALLED: &str = "SELECT i.parent_key, p.name FROM work__instances i
     JOIN sys_flows__processes p ON p.process_id = i.process_id
     WHERE i.state IN ('active', 'suspended') AND i.parent_key IN (SELECT value FROM json_each(?1))
     ORDER BY i.key";

/// Names of the elements where active instances are, by instance key.
///
/// # Errors
/// Those of the database.
pub(super) fn places(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    rows: &[InstanceRow],
) -> Result<BTreeMap<i64, Vec<String>>, StoreError> {
    let active = rows.iter().filter(|row| row.state == "active");
    let of: BTreeMap<i64, i64> = active.map(|row| (row.key, row.definition_key)).collect();
    let mut places: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    if of.is_empty() {
        return Ok(places);
    }
    let keys = Value::integers(of.keys().copied());
    for row in sql.query(WAITING, std::slice::from_ref(&keys))? {
        let key = row.integer(0)?;
        let Some(definition_key) = of.get(&key) else { continue };
        let deployed = definitions.load(sql, *definition_key)?;
        let name = place_name(&deployed.graph, row.text(1)?);
        let names = places.entry(key).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for row in sql.query(CALLED, &[keys])? {
        let names = places.entry(row.integer(0)?).or_default();
        let name = format!("in {}", row.text(1)?);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(places)
}

/// A boundary event waits for the sake of its activity, so that is where the instance is.
fn place_name(graph: &ProcessDefinition, element_id: &str) -> String {
    let Some(index) = graph.find(element_id) else { return element_id.to_owned() };
    let element = graph.element(index);
    let host = matches!(element.kind, ElementKind::BoundaryEvent(_))
        .then(|| graph.elements.iter().find(|it| it.boundary_events.contains(&index)))
        .flatten();
    let shown = host.unwrap_or(element);
    shown.name.clone().unwrap_or_else(|| shown.id.to_string())
}

/// The model file of a definition.
///
/// # Errors
/// `Corrupt` when there is none; those of the database.
pub(super) fn load_model(sql: &mut dyn Sql, definition_key: i64) -> Result<Arc<str>, StoreError> {
    let rows = sql.query(
        "SELECT r.content FROM sys_flows__definitions d
         JOIN sys_flows__resources r ON r.key = d.resource_key WHERE d.key = ?1",
        &[definition_key.into()],
    )?;
    let missing = || StoreError::Corrupt(format!("the model of definition {definition_key}"));
    Ok(rows.first().ok_or_else(missing)?.text(0)?.into())
}
