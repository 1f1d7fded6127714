//! The rows of operations and their items.
//!
//! Must not know how an item is carried out.

use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::audit::{Actor, ActorKind, Origin};
use crate::services::instances::Action;

/// Where an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// Each item is tried dry.
    Checking,
    /// Everything was tried; it waits to be begun.
    Ready,
    /// Items are carried out.
    Running,
    /// It rests.
    Paused,
    /// Every item was carried out or refused.
    Done,
    /// It was ended early.
    Canceled,
}

impl OperationState {
    const ALL: [Self; 6] =
        [Self::Checking, Self::Ready, Self::Running, Self::Paused, Self::Done, Self::Canceled];

    /// The name in tables and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing will happen any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Canceled)
    }

    /// What the audit calls getting there.
    pub(super) fn fact(self) -> &'static str {
        match self {
            Self::Running => "operation.started",
            Self::Paused => "operation.paused",
            Self::Canceled => "operation.canceled",
            Self::Checking | Self::Ready | Self::Done => "operation.changed",
        }
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl std::fmt::Display for OperationState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An operation on many instances.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its key.
    pub key: i64,
    /// What is done to each instance.
    pub action: Action,
    /// Where it is.
    pub state: OperationState,
    /// Begins by itself once everything was tried.
    pub starts_itself: bool,
    /// Who made it; its items are carried out in this name.
    pub actor: Actor,
    /// Milliseconds UTC.
    pub created_at: i64,
    /// Milliseconds UTC.
    pub started_at: Option<i64>,
    /// Milliseconds UTC.
    pub ended_at: Option<i64>,
    /// How far it is.
    pub progress: Progress,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items in all.
    pub total: i64,
    /// Items that were tried.
    pub checked: i64,
    /// Items whose try was refused.
    pub unfit: i64,
    /// Items that were carried out.
    pub done: i64,
    /// Items that were refused when they were to be carried out.
    pub refused: i64,
}

/// Where an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// Not carried out yet.
    Pending,
    /// Carried out.
    Done,
    /// Refused.
    Refused,
}

impl ItemState {
    /// The name in tables and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// One instance of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The instance.
    pub instance_key: i64,
    /// The process of the instance; empty when there is no such instance.
    pub process_name: String,
    /// The version that the instance runs now.
    pub version: Option<i64>,
    /// Whether it fits, as the dry run says; `None` before it.
    pub fits: Option<bool>,
    /// Where it is.
    pub state: ItemState,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The instance that a restart made.
    pub result_key: Option<i64>,
}

/// Adds an operation with its items.
pub(super) fn insert(
    sql: &mut dyn Sql,
    key: i64,
    (action, starts_itself): (&Action, bool),
    instance_keys: &[i64],
    origin: &Origin,
    now_ms: i64,
) -> Result<(), StoreError> {
    let action = serde_json::to_string(action)
        .map_err(|error| StoreError::Corrupt(format!("an action: {error}")))?;
    sql.execute(
        "INSERT INTO work__operations (key, action, state, starts_itself, actor_kind, actor_id,
             created_at) VALUES (?1, ?2, 'checking', ?3, ?4, ?5, ?6)",
        &[
            key.into(),
            action.into(),
            starts_itself.into(),
            origin.actor.kind.name().into(),
            (&*origin.actor.id).into(),
            now_ms.into(),
        ],
    )?;
    let rows: Vec<Vec<Value>> =
        instance_keys.iter().map(|it| vec![key.into(), (*it).into()]).collect();
    sql.execute_each(
        "INSERT INTO work__operation_items (operation_key, instance_key, state)
         VALUES (?1, ?2, 'pending')",
        &rows,
    )?;
    Ok(())
}

/// Sets the state, and the times that go with it.
pub(super) fn set_state(
    sql: &mut dyn Sql,
    key: i64,
    state: OperationState,
    now_ms: i64,
) -> Result<(), StoreError> {
    let started = (state == OperationState::Running).then_some(now_ms);
    let ended = state.is_over().then_some(now_ms);
    sql.execute(
        "UPDATE work__operations SET state = ?2, started_at = COALESCE(started_at, ?3),
             ended_at = ?4 WHERE key = ?1",
        &[key.into(), state.name().into(), started.into(), ended.into()],
    )?;
    Ok(())
}

const COLUMNS: &str = "o.key, o.action, o.state, o.starts_itself, o.actor_kind, o.actor_id,
     o.created_at, o.started_at, o.ended_at,
     COUNT(i.instance_key), COUNT(i.verdict), COUNT(CASE WHEN i.verdict = 'refused' THEN 1 END),
     COUNT(CASE WHEN i.state = 'done' THEN 1 END), COUNT(CASE WHEN i.state = 'refused' THEN 1 END)";

fn select(condition: &str, rest: &str) -> String {
    format!(
        "SELECT {COLUMNS} FROM work__operations o
         LEFT JOIN work__operation_items i ON i.operation_key = o.key
         WHERE {condition} GROUP BY o.key, o.action, o.state, o.starts_itself, o.actor_kind,
             o.actor_id, o.created_at, o.started_at, o.ended_at {rest}"
    )
}

/// Operations with keys below `before`, newest first.
pub(super) fn list(
    sql: &mut dyn Sql,
    before: i64,
    limit: u32,
) -> Result<Vec<Operation>, StoreError> {
    let newest = "o.key IN (SELECT key FROM work__operations WHERE key < ?1
         ORDER BY key DESC LIMIT ?2)";
    let text = select(newest, "ORDER BY o.key DESC");
    sql.query(&text, &[before.into(), limit.into()])?.iter().map(operation).collect()
}

/// An operation by its key.
pub(super) fn find(sql: &mut dyn Sql, key: i64) -> Result<Option<Operation>, StoreError> {
    sql.query(&select("o.key = ?1", ""), &[key.into()])?.first().map(operation).transpose()
}

/// The oldest operation that has something to do; a dry run waits for no other operation's work.
pub(super) fn find_next(sql: &mut dyn Sql) -> Result<Option<Operation>, StoreError> {
    let rows = sql.query(
        "SELECT key FROM work__operations WHERE state IN ('checking', 'running')
         ORDER BY CASE WHEN state = 'checking' THEN 0 ELSE 1 END, key LIMIT 1",
        &[],
    )?;
    let key = rows.first().map(|row| row.integer(0)).transpose()?;
    key.map_or(Ok(None), |key| find(sql, key))
}

fn operation(row: &Row) -> Result<Operation, StoreError> {
    let key = row.integer(0)?;
    let corrupt = |what: &str| StoreError::Corrupt(format!("operation {key}: {what}"));
    let kind = ActorKind::find(row.text(4)?).ok_or_else(|| corrupt("its actor"))?;
    Ok(Operation {
        key,
        action: serde_json::from_str(row.text(1)?).map_err(|_| corrupt("its action"))?,
        state: OperationState::find(row.text(2)?).ok_or_else(|| corrupt("its state"))?,
        starts_itself: row.integer(3)? != 0,
        actor: Actor { kind, id: row.text(5)?.into() },
        created_at: row.integer(6)?,
        started_at: row.optional_integer(7)?,
        ended_at: row.optional_integer(8)?,
        progress: Progress {
            total: row.integer(9)?,
            checked: row.integer(10)?,
            unfit: row.integer(11)?,
            done: row.integer(12)?,
            refused: row.integer(13)?,
        },
    })
}

/// Items with instance keys above `after`, in their order.
pub(super) fn items(
    sql: &mut dyn Sql,
    key: i64,
    only_refused: bool,
    after: i64,
    limit: u32,
) -> Result<Vec<Item>, StoreError> {
    let refused = if only_refused { "AND i.reason IS NOT NULL" } else { "" };
    let select = format!(
        "SELECT i.instance_key, p.name, n.version, i.verdict, i.state, i.reason, i.result_key
         FROM work__operation_items i
         LEFT JOIN work__instances n ON n.key = i.instance_key
         LEFT JOIN sys_flows__processes p ON p.process_id = n.process_id
         WHERE i.operation_key = ?1 AND i.instance_key > ?2 {refused}
         ORDER BY i.instance_key LIMIT ?3"
    );
    let rows = sql.query(&select, &[key.into(), after.into(), limit.into()])?;
    rows.iter()
        .map(|row| {
            Ok(Item {
                instance_key: row.integer(0)?,
                process_name: row.optional_text(1)?.unwrap_or_default().to_owned(),
                version: row.optional_integer(2)?,
                fits: row.optional_text(3)?.map(|verdict| verdict == "fits"),
                state: match row.text(4)? {
                    "done" => ItemState::Done,
                    "refused" => ItemState::Refused,
                    _ => ItemState::Pending,
                },
                reason: row.optional_text(5)?.map(str::to_owned),
                result_key: row.optional_integer(6)?,
            })
        })
        .collect()
}

/// Instances that were not tried yet.
pub(super) fn unchecked(sql: &mut dyn Sql, key: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
    let text = "SELECT instance_key FROM work__operation_items
         WHERE operation_key = ?1 AND verdict IS NULL ORDER BY instance_key LIMIT ?2";
    keys(sql, text, key, limit)
}

/// Instances that were not carried out yet.
pub(super) fn pending(sql: &mut dyn Sql, key: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
    let text = "SELECT instance_key FROM work__operation_items
         WHERE operation_key = ?1 AND state = 'pending' ORDER BY instance_key LIMIT ?2";
    keys(sql, text, key, limit)
}

fn keys(sql: &mut dyn Sql, text: &str, key: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    sql.query(text, &[key.into(), limit.into()])?.iter().map(|row| row.integer(0)).collect()
}

/// Notes what the dry run says: a reason where an item does not fit.
pub(super) fn set_verdicts(
    sql: &mut dyn Sql,
    key: i64,
    verdicts: &[(i64, Option<String>)],
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = verdicts
        .iter()
        .map(|(instance_key, reason)| {
            let verdict = if reason.is_some() { "refused" } else { "fits" };
            vec![key.into(), (*instance_key).into(), verdict.into(), reason.clone().into()]
        })
        .collect();
    sql.execute_each(
        "UPDATE work__operation_items SET verdict = ?3, reason = ?4
         WHERE operation_key = ?1 AND instance_key = ?2",
        &rows,
    )?;
    Ok(())
}

/// Notes how items went: the instance that was made, or why one was refused.
pub(super) fn set_results(
    sql: &mut dyn Sql,
    key: i64,
    results: &[(i64, Result<Option<i64>, String>)],
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = results
        .iter()
        .map(|(instance_key, result)| {
            let (state, reason, made) = match result {
                Ok(made) => ("done", None, *made),
                Err(reason) => ("refused", Some(reason.clone()), None),
            };
            vec![key.into(), (*instance_key).into(), state.into(), reason.into(), made.into()]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sql.execute_each(
        "UPDATE work__operation_items SET state = ?3, reason = ?4, result_key = ?5
         WHERE operation_key = ?1 AND instance_key = ?2",
        &rows,
    )?;
    Ok(())
}
