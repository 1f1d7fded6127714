//! What the indexer reads: events, and the things they changed as they are now.
//!
//! Must not know the index's files beyond opening them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::documents::{self, IndexedInstance, IndexedTask, Source};
use crate::platform::config::SearchConfig;
use crate::platform::search::{Document, Opened, SearchError, SearchIndex};
use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::audit::{self, AuditEvent};

/// Opens the index and says in the log what was found.
///
/// # Errors
/// `Storage` when the folder can't be read or written.
pub(super) fn open(folder: &Path, config: &SearchConfig) -> Result<SearchIndex, SearchError> {
    let (index, opened) = SearchIndex::open(folder, config)?;
    match opened {
        Opened::AsItWas => {}
        Opened::New => tracing::info!("a new search index is filled"),
        Opened::Wiped(reason) => tracing::warn!(reason, "the search index is filled anew"),
    }
    Ok(index)
}

/// Some events and all documents they lead to.
pub(super) struct Batch {
    /// Keys of all events read, in order.
    pub(super) keys: Vec<i64>,
    pub(super) documents: Vec<Document>,
}

/// The next events of the domain, with the instances and user tasks they changed.
///
/// # Errors
/// Those of the database.
pub(super) fn domain_batch(
    sql: &mut dyn Sql,
    after: i64,
    limit: u32,
    is_known: impl Fn(i64) -> bool,
) -> Result<Batch, StoreError> {
    let events = audit::list_after(sql, after, limit)?;
    let keys = events.iter().map(|event| event.key).collect();
    let new: Vec<AuditEvent> = events.into_iter().filter(|event| !is_known(event.key)).collect();
    let instances = list_instances(sql, new.iter().filter_map(|event| event.instance_key))?;
    let tasks = list_tasks(sql, &new)?;
    let of_task = |event: &AuditEvent| {
        let key = event.subject_key.filter(|_| event.subject_kind == "user_task");
        tasks.iter().find(|task| Some(task.key) == key)
    };
    let mut found: Vec<Document> =
        new.iter().map(|event| documents::event(event, Source::Domain, of_task(event))).collect();
    found.extend(instances.iter().map(documents::instance));
    found.extend(tasks.iter().map(documents::task));
    Ok(Batch { keys, documents: found })
}

/// The next events of the system.
///
/// # Errors
/// Those of the database.
pub(super) fn system_batch(
    sql: &mut dyn Sql,
    after: i64,
    limit: u32,
    is_known: impl Fn(i64) -> bool,
) -> Result<Batch, StoreError> {
    let events = audit::list_after(sql, after, limit)?;
    let new = events.iter().filter(|event| !is_known(event.key));
    let documents = new.map(|event| documents::event(event, Source::System, None)).collect();
    Ok(Batch { keys: events.iter().map(|event| event.key).collect(), documents })
}

fn list_instances(
    sql: &mut dyn Sql,
    keys: impl Iterator<Item = i64>,
) -> Result<Vec<IndexedInstance>, StoreError> {
    let keys: BTreeSet<i64> = keys.collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sql.query(
        "SELECT i.key, i.process_id, p.name, i.version, i.state, i.incidents, i.started_by,
             i.started_at, p.schema_name
         FROM work__instances i JOIN sys_flows__processes p ON p.process_id = i.process_id
         WHERE i.key IN (SELECT value FROM json_each(?1))",
        &[Value::integers(keys)],
    )?;
    let mut by_schema: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in &rows {
        by_schema.entry(row.text(8)?.to_owned()).or_default().push(row.integer(0)?);
    }
    let mut variables: BTreeMap<i64, String> = BTreeMap::new();
    for (schema, keys) in by_schema {
        let select = format!(
            "SELECT key, variables FROM {schema}__instances
             WHERE key IN (SELECT value FROM json_each(?1))"
        );
        for row in sql.query(&select, &[Value::integers(keys)])? {
            variables.insert(row.integer(0)?, row.text(1)?.to_owned());
        }
    }
    rows.iter()
        .map(|row| {
            let key = row.integer(0)?;
            Ok(IndexedInstance {
                key,
                process_id: row.text(1)?.to_owned(),
                process_name: row.text(2)?.to_owned(),
                version: row.integer(3)?,
                state: row.text(4)?.to_owned(),
                incidents: row.integer(5)?,
                started_by: row.text(6)?.to_owned(),
                started_at: row.integer(7)?,
                variables: variables.remove(&key).unwrap_or_default(),
            })
        })
        .collect()
}

const TASK: &str = "SELECT key, process_id, name, state, assignee, candidate_groups,
     candidate_users, created_at FROM work__user_tasks";

/// Tasks that the events name, and those that appeared or ended in the turns the events are of.
fn list_tasks(sql: &mut dyn Sql, events: &[AuditEvent]) -> Result<Vec<IndexedTask>, StoreError> {
    let Some(first_at) = events.iter().map(|event| event.at_ms).min() else { return Ok(vec![]) };
    let subjects = events.iter().filter(|event| event.subject_kind == "user_task");
    let named: BTreeSet<i64> = subjects.filter_map(|event| event.subject_key).collect();
    let instances: BTreeSet<i64> = events.iter().filter_map(|event| event.instance_key).collect();
    let by_key = format!("{TASK} WHERE key IN (SELECT value FROM json_each(?1))");
    let mut rows = sql.query(&by_key, &[Value::integers(named)])?;
    let by_instance = format!(
        "{TASK} WHERE instance_key IN (SELECT value FROM json_each(?1))
         AND (created_at >= ?2 OR ended_at >= ?2)"
    );
    rows.extend(sql.query(&by_instance, &[Value::integers(instances), first_at.into()])?);
    let tasks: Result<BTreeMap<i64, IndexedTask>, StoreError> =
        rows.iter().map(task).map(|task| task.map(|task| (task.key, task))).collect();
    Ok(tasks?.into_values().collect())
}

fn task(row: &Row) -> Result<IndexedTask, StoreError> {
    let key = row.integer(0)?;
    let list = |column| -> Result<Vec<String>, StoreError> {
        let corrupt = |_| StoreError::Corrupt(format!("candidates of user task {key}"));
        serde_json::from_str(row.text(column)?).map_err(corrupt)
    };
    Ok(IndexedTask {
        key,
        process_id: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        state: row.text(3)?.to_owned(),
        assignee: row.optional_text(4)?.map(str::to_owned),
        candidate_groups: list(5)?,
        candidate_users: list(6)?,
        created_at: row.integer(7)?,
    })
}
