//! The rows of audit events.
//!
//! Must not know what the events mean.

use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::audit::{ActorKind, AuditEvent};

const COLUMNS: &str = "event_key, at, actor_kind, actor_id, action, subject_kind, subject_key, \
     subject_id, process_id, instance_key, summary, details, request_id, address";

const INSERT: &str = "INSERT INTO audit__events (event_key, at, actor_kind, actor_id, action,
         subject_kind, subject_key, subject_id, process_id, instance_key, summary, details,
         request_id, address)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// Writes an event; its key must be new.
///
/// # Errors
/// Those of the database.
pub fn record(sql: &mut dyn Sql, event: &AuditEvent) -> Result<(), StoreError> {
    sql.execute(INSERT, &row(event)).map(|_| ())
}

/// Writes several events by one statement; their keys must be new.
///
/// # Errors
/// Those of the database.
pub fn record_all(sql: &mut dyn Sql, events: &[AuditEvent]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = events.iter().map(row).collect();
    if rows.is_empty() { Ok(()) } else { sql.execute_each(INSERT, &rows).map(|_| ()) }
}

fn row(event: &AuditEvent) -> Vec<Value> {
    vec![
        event.key.into(),
        event.at_ms.into(),
        event.actor_kind.name().into(),
        event.actor_id.as_str().into(),
        event.action.as_str().into(),
        event.subject_kind.as_str().into(),
        event.subject_key.into(),
        event.subject_id.as_ref().into(),
        event.process_id.as_ref().into(),
        event.instance_key.into(),
        event.summary.as_str().into(),
        event.details.as_ref().map(ToString::to_string).into(),
        event.request_id.as_ref().into(),
        event.address.as_ref().into(),
    ]
}

/// The largest key of any event, if there is one: keys made later lie above it.
///
/// # Errors
/// Those of the database.
pub fn largest_key(sql: &mut dyn Sql) -> Result<Option<i64>, StoreError> {
    let rows = sql.query("SELECT MAX(event_key) FROM audit__events", &[])?;
    rows.first().map_or(Ok(None), |row| row.optional_integer(0))
}

/// The events after a position, oldest first: how the search index follows.
///
/// # Errors
/// Those of the database.
pub fn list_after(
    sql: &mut dyn Sql,
    position: i64,
    limit: u32,
) -> Result<Vec<AuditEvent>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM audit__events WHERE event_key > ?1 ORDER BY event_key LIMIT ?2"
    );
    sql.query(&text, &[position.into(), limit.into()])?.iter().map(event).collect()
}

/// The events before a position, newest first; `i64::MAX` begins with the newest.
///
/// # Errors
/// Those of the database.
pub fn list_before(
    sql: &mut dyn Sql,
    position: i64,
    limit: u32,
) -> Result<Vec<AuditEvent>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM audit__events WHERE event_key < ?1
         ORDER BY event_key DESC LIMIT ?2"
    );
    sql.query(&text, &[position.into(), limit.into()])?.iter().map(event).collect()
}

/// The events with these keys, newest first; keys without an event are passed over.
///
/// # Errors
/// Those of the database.
pub fn list_by_keys(
    sql: &mut dyn Sql,
    keys: impl IntoIterator<Item = i64>,
) -> Result<Vec<AuditEvent>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM audit__events
         WHERE event_key IN (SELECT value FROM json_each(?1)) ORDER BY event_key DESC"
    );
    sql.query(&text, &[Value::integers(keys)])?.iter().map(event).collect()
}

/// How many events there are after a position, at most `max`.
///
/// # Errors
/// Those of the database.
pub fn count_after(sql: &mut dyn Sql, position: i64, max: u32) -> Result<i64, StoreError> {
    let rows = sql.query(
        "SELECT COUNT(*) FROM
             (SELECT event_key FROM audit__events WHERE event_key > ?1 LIMIT ?2) AS counted",
        &[position.into(), max.into()],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// The event with a key.
///
/// # Errors
/// `Corrupt` when there is none; those of the database.
pub fn load(sql: &mut dyn Sql, key: i64) -> Result<AuditEvent, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM audit__events WHERE event_key = ?1");
    let rows = sql.query(&text, &[key.into()])?;
    let row = rows.first();
    row.map_or_else(|| Err(StoreError::Corrupt(format!("audit event {key} is missing"))), event)
}

fn event(row: &Row) -> Result<AuditEvent, StoreError> {
    let kind = row.text(2)?;
    let owned = |column| Ok::<_, StoreError>(row.optional_text(column)?.map(ToOwned::to_owned));
    let details = row.optional_text(11)?.map(serde_json::from_str).transpose();
    Ok(AuditEvent {
        key: row.integer(0)?,
        at_ms: row.integer(1)?,
        actor_kind: ActorKind::find(kind)
            .ok_or_else(|| StoreError::Corrupt(format!("unknown kind of actor `{kind}`")))?,
        actor_id: row.text(3)?.to_owned(),
        action: row.text(4)?.to_owned(),
        subject_kind: row.text(5)?.to_owned(),
        subject_key: row.optional_integer(6)?,
        subject_id: owned(7)?,
        process_id: owned(8)?,
        instance_key: row.optional_integer(9)?,
        summary: row.text(10)?.to_owned(),
        details: details.map_err(|it| StoreError::Corrupt(format!("audit details: {it}")))?,
        request_id: owned(12)?,
        address: owned(13)?,
    })
}
