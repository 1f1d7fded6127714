//! Instances in memory and how they come back: a snapshot and the turns after it.
//!
//! Must not know commands.
//!
//! **Invariant:** the journal alone gives the instance; a snapshot only shortens the way.

use std::collections::HashMap;
use std::sync::Arc;

use hashlink::LruCache;

use super::definitions::{Definitions, Deployed};
use super::process_schema::ProcessSchema;
use super::rows::write_each;
use crate::core::engine::{self, Event, InstanceState, ProcessInstance, VariableMap};
use crate::platform::store::{Dialect, Row, Sql, StoreError, Value};

/// A snapshot is written when the journal since the last one has grown beyond this and beyond
/// twice the snapshot, so that the cost of snapshots stays a fraction of the journal's.
const JOURNAL_BYTES_MIN: usize = 16 * 1024;

/// An instance in memory, with what its rows need.
pub(crate) struct Hot {
    pub(crate) instance: ProcessInstance,
    pub(crate) deployed: Arc<Deployed>,
    /// Turns done.
    pub(crate) turn: i64,
    pub(crate) started_at: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) started_by: Arc<str>,
    /// The instance it was made after; known while it is new.
    pub(crate) origin_key: Option<i64>,
    /// Not in the database yet.
    pub(crate) is_new: bool,
    /// Its rows are older than it is.
    pub(crate) is_dirty: bool,
    /// Variables of the outermost scope changed since the rows were written.
    pub(crate) has_new_variables: bool,
    journal_bytes: usize,
    snapshot_bytes: usize,
}

impl Hot {
    /// An instance that does not exist yet.
    pub(crate) fn empty(deployed: Arc<Deployed>, started_by: Arc<str>, now_ms: i64) -> Self {
        Self {
            instance: ProcessInstance::empty(),
            deployed,
            turn: 0,
            started_at: now_ms,
            ended_at: None,
            started_by,
            origin_key: None,
            is_new: true,
            is_dirty: false,
            has_new_variables: true,
            journal_bytes: 0,
            snapshot_bytes: 0,
        }
    }

    /// Whether it has not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.instance.is_open()
    }

    /// Counts a turn whose events take so many bytes.
    pub(crate) fn count_turn(&mut self, bytes: usize) {
        self.turn += 1;
        self.journal_bytes += bytes;
    }

    /// The snapshot to write now, if one pays.
    fn take_snapshot(&mut self) -> Option<String> {
        if self.journal_bytes < JOURNAL_BYTES_MIN.max(2 * self.snapshot_bytes) {
            return None;
        }
        let text = serde_json::to_string(&self.instance).ok()?;
        self.journal_bytes = 0;
        self.snapshot_bytes = text.len();
        Some(text)
    }
}

const INSERT_INSTANCE: &str =
    "INSERT INTO work__instances (key, process_id, definition_key, version,
     state, turn, parent_key, parent_element_key, incidents, started_by, started_at, ended_at,
     origin_key) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)";
const UPDATE_INSTANCE: &str = "UPDATE work__instances SET state = ?2, turn = ?3, incidents = ?4,
     ended_at = ?5, definition_key = ?6, version = ?7 WHERE key = ?1";

/// Rows of one process's schema.
#[derive(Default)]
struct ProcessRows {
    inserts: Vec<Vec<Value>>,
    updates: Vec<Vec<Value>>,
    snapshots: Vec<Vec<Value>>,
}

/// Writes the rows of instances as they are now.
///
/// # Errors
/// Those of the database.
pub(crate) fn write(
    sql: &mut dyn Sql,
    schemas: &HashMap<i64, Arc<ProcessSchema>>,
    dirty: Vec<&mut Box<Hot>>,
) -> Result<(), StoreError> {
    let (mut inserts, mut updates) = (Vec::new(), Vec::new());
    let mut by_definition: HashMap<i64, ProcessRows> = HashMap::new();
    for hot in dirty {
        let rows = if hot.is_new { &mut inserts } else { &mut updates };
        rows.push(if hot.is_new { instance_row(hot) } else { instance_change(hot) });
        let schema = schemas.get(&hot.deployed.key).expect("a turn was written into its schema");
        write_process_rows(hot, schema, by_definition.entry(hot.deployed.key).or_default());
        hot.is_new = false;
        hot.is_dirty = false;
        hot.has_new_variables = false;
    }
    write_each(sql, INSERT_INSTANCE, &inserts)?;
    write_each(sql, UPDATE_INSTANCE, &updates)?;
    for (definition_key, rows) in by_definition {
        let schema = &schemas[&definition_key];
        write_each(sql, &schema.insert_instance, &rows.inserts)?;
        write_each(sql, &schema.update_instance, &rows.updates)?;
        write_each(sql, &schema.put_snapshot, &rows.snapshots)?;
    }
    Ok(())
}

fn instance_row(hot: &Hot) -> Vec<Value> {
    let parent = hot.instance.parent;
    vec![
        hot.instance.key.into(),
        (&*hot.deployed.process_id).into(),
        hot.deployed.key.into(),
        hot.deployed.version.into(),
        state_name(hot.instance.state).into(),
        hot.turn.into(),
        parent.map(|parent| parent.instance_key).into(),
        parent.map(|parent| parent.element_instance_key).into(),
        incident_count(hot).into(),
        (&*hot.started_by).into(),
        hot.started_at.into(),
        hot.ended_at.into(),
        hot.origin_key.into(),
    ]
}

fn instance_change(hot: &Hot) -> Vec<Value> {
    vec![
        hot.instance.key.into(),
        state_name(hot.instance.state).into(),
        hot.turn.into(),
        incident_count(hot).into(),
        hot.ended_at.into(),
        hot.deployed.key.into(),
        hot.deployed.version.into(),
    ]
}

fn write_process_rows(hot: &mut Hot, schema: &ProcessSchema, rows: &mut ProcessRows) {
    let key = Value::from(hot.instance.key);
    if let Some(state) = hot.take_snapshot() {
        rows.snapshots.push(vec![key.clone(), hot.turn.into(), state.into()]);
    }
    if !hot.is_new && !hot.has_new_variables && hot.is_open() {
        return;
    }
    let none = VariableMap::new();
    let variables = hot.instance.variables().unwrap_or(&none);
    let text = serde_json::to_string(variables).expect("variables are JSON already");
    let state = Value::from(state_name(hot.instance.state));
    let mut row = vec![key];
    if hot.is_new {
        row.extend([hot.deployed.version.into(), state, hot.started_at.into()]);
    } else {
        row.push(state);
    }
    row.extend([hot.ended_at.into(), text.into()]);
    row.extend(schema.column_values(variables));
    if hot.is_new { rows.inserts.push(row) } else { rows.updates.push(row) }
}

fn incident_count(hot: &Hot) -> i64 {
    i64::try_from(hot.instance.incidents.len()).unwrap_or(i64::MAX)
}

/// The name of a state in tables and in the API.
#[must_use]
pub(crate) fn state_name(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Empty | InstanceState::Active => "active",
        InstanceState::Suspended => "suspended",
        InstanceState::Completed => "completed",
        InstanceState::Terminated => "terminated",
    }
}

/// On PostgreSQL other nodes may have advanced an instance that is kept here: the rows are locked
/// in key order, and what is out of date is forgotten. On SQLite this process is the only writer.
///
/// # Errors
/// Those of the database.
pub(crate) fn lock(
    sql: &mut dyn Sql,
    hot: &mut LruCache<i64, Box<Hot>>,
    keys: impl Iterator<Item = i64>,
) -> Result<(), StoreError> {
    if sql.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let kept: Vec<i64> = keys.filter(|key| hot.contains_key(key)).collect();
    if kept.is_empty() {
        return Ok(());
    }
    let rows = sql.query(
        "SELECT key, turn FROM work__instances
         WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY key /*postgres FOR UPDATE */",
        &[Value::integers(kept)],
    )?;
    for row in rows {
        let (key, turn) = (row.integer(0)?, row.integer(1)?);
        if hot.get(&key).is_some_and(|known| known.turn != turn) {
            hot.remove(&key);
        }
    }
    Ok(())
}

const SELECT: &str = "SELECT definition_key, turn, started_by, started_at, ended_at
     FROM work__instances WHERE key = ?1";

/// Reads an instance back, locked until the transaction ends; `None` when there is none.
///
/// # Errors
/// As for [`find`].
pub(crate) fn find_locked(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
) -> Result<Option<Hot>, StoreError> {
    let rows = sql.query(&format!("{SELECT} /*postgres FOR UPDATE */"), &[key.into()])?;
    rows.first().map(|row| read_back(sql, definitions, key, row)).transpose()
}

/// Reads an instance back to be looked at; `None` when there is none.
///
/// # Errors
/// `Corrupt` when its journal can't be read; `Driver` from the database.
pub(crate) fn find(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
) -> Result<Option<Hot>, StoreError> {
    let rows = sql.query(SELECT, &[key.into()])?;
    rows.first().map(|row| read_back(sql, definitions, key, row)).transpose()
}

fn read_back(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    row: &Row,
) -> Result<Hot, StoreError> {
    let deployed = definitions.load(sql, row.integer(0)?)?;
    let mut hot = Hot::empty(deployed, row.text(2)?.into(), row.integer(3)?);
    hot.ended_at = row.optional_integer(4)?;
    hot.is_new = false;
    hot.has_new_variables = false;
    restore(sql, &mut hot, key, row.integer(1)?)?;
    Ok(hot)
}

/// Folds the snapshot and the turns after it, up to and including a turn.
fn restore(sql: &mut dyn Sql, hot: &mut Hot, key: i64, turn: i64) -> Result<(), StoreError> {
    let corrupt = |what: String| StoreError::Corrupt(format!("process instance {key}: {what}"));
    let schema = &hot.deployed.schema_name;
    let select = format!(
        "SELECT turn, state FROM {schema}__snapshots WHERE instance_key = ?1 AND turn <= ?2"
    );
    if let Some(row) = sql.query(&select, &[key.into(), turn.into()])?.first() {
        let text = row.text(1)?;
        hot.turn = row.integer(0)?;
        hot.snapshot_bytes = text.len();
        hot.instance = serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))?;
    }
    let select = format!(
        "SELECT turn, events FROM {schema}__journal
         WHERE instance_key = ?1 AND turn > ?2 AND turn <= ?3 ORDER BY turn"
    );
    for row in sql.query(&select, &[key.into(), hot.turn.into(), turn.into()])? {
        let (bytes, events) = read_turn(&row).map_err(|error| corrupt(error.to_string()))?;
        for event in &events {
            engine::apply(&mut hot.instance, event);
        }
        hot.count_turn(bytes);
    }
    if hot.turn == turn {
        Ok(())
    } else {
        Err(corrupt(format!("expected {turn} turns in its journal, but found {}", hot.turn)))
    }
}

fn read_turn(row: &Row) -> Result<(usize, Vec<Event>), Box<dyn std::error::Error>> {
    let text = row.text(1)?;
    Ok((text.len(), engine::decode(text)?))
}
