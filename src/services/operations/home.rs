//! The numbers of the home page.
//!
//! Must not know how they are shown.

use crate::core::access::{Permission, Principal};
use crate::platform::store::{Sql, StoreError, Value};

/// Counting stops here.
pub const COUNT_MAX: i64 = 1_000;

/// What a person sees first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HomeNumbers {
    /// Open user tasks for this person, at most [`COUNT_MAX`] and one.
    pub waiting: i64,
    /// How many of them are overdue.
    pub overdue: i64,
    /// Active instances this person may see, at most ten times [`COUNT_MAX`] and one.
    pub running: i64,
    /// Open incidents, for those who may see them.
    pub stuck: i64,
}

/// A user task in the short list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrgentTask {
    /// Its key.
    pub key: i64,
    /// Its name.
    pub name: String,
    /// Name of its process.
    pub process_name: String,
    /// Who has it.
    pub assignee: Option<String>,
    /// When it should be done, in milliseconds UTC.
    pub due_at: Option<i64>,
    /// 0 to 100.
    pub priority: i64,
    /// Milliseconds UTC.
    pub created_at: i64,
}

/// Whose numbers.
pub(super) struct Who {
    user_id: String,
    groups: Vec<String>,
    may_work: bool,
    may_see_all: bool,
}

impl Who {
    pub(super) fn of(principal: &Principal) -> Self {
        Self {
            user_id: principal.user_id.to_string(),
            groups: principal.groups.to_vec(),
            may_work: principal.may(Permission::TasksWork),
            may_see_all: principal.may(Permission::InstancesRead),
        }
    }
}

/// Tasks that are this person's, and unassigned ones that it may claim.
const MINE: &str = "
     SELECT t.key FROM work__user_tasks t WHERE t.assignee = ?1 AND t.state = 'open'
     UNION
     SELECT t.key FROM work__candidates c JOIN work__user_tasks t ON t.key = c.user_task_key
     WHERE t.assignee IS NULL AND t.state = 'open'
       AND ((c.kind = 'user' AND c.id = ?1) OR (c.kind = 'anyone' AND c.id = '')
            OR (c.kind = 'group' AND c.id IN (SELECT value FROM json_each(?2))))";

/// Everything the home page counts.
///
/// # Errors
/// Those of the database.
pub(super) fn numbers(
    sql: &mut dyn Sql,
    who: &Who,
    now_ms: i64,
) -> Result<HomeNumbers, StoreError> {
    let mut numbers = HomeNumbers::default();
    if who.may_work {
        let select = format!(
            "SELECT COUNT(*), SUM(CASE WHEN t.due_at < ?3 THEN 1 ELSE 0 END)
             FROM (SELECT mine.key FROM ({MINE}) AS mine LIMIT {}) AS first_ones
             JOIN work__user_tasks t ON t.key = first_ones.key",
            COUNT_MAX + 1
        );
        let rows = sql.query(&select, &[whoami(who), groups(who), now_ms.into()])?;
        if let Some(row) = rows.first() {
            numbers.waiting = row.integer(0)?;
            numbers.overdue = row.optional_integer(1)?.unwrap_or(0);
        }
    }
    let limit = COUNT_MAX * 10 + 1;
    if who.may_see_all {
        numbers.running =
            count(sql, "SELECT key FROM work__instances WHERE state = 'active'", &[], limit)?;
        numbers.stuck =
            count(sql, "SELECT key FROM work__incidents WHERE resolved_at IS NULL", &[], limit)?;
    } else {
        let own = "SELECT key FROM work__instances WHERE started_by = ?1 AND state = 'active'";
        numbers.running = count(sql, own, &[whoami(who)], limit)?;
    }
    Ok(numbers)
}

fn count(
    sql: &mut dyn Sql,
    select: &str,
    parameters: &[Value],
    limit: i64,
) -> Result<i64, StoreError> {
    let select = format!("SELECT COUNT(*) FROM ({select} LIMIT {limit}) AS counted");
    sql.query(&select, parameters)?.first().map_or(Ok(0), |row| row.integer(0))
}

/// The most urgent tasks: by priority, then by when they are due.
///
/// # Errors
/// Those of the database.
pub(super) fn urgent_tasks(
    sql: &mut dyn Sql,
    who: &Who,
    limit: u32,
) -> Result<Vec<UrgentTask>, StoreError> {
    if !who.may_work {
        return Ok(Vec::new());
    }
    let select = format!(
        "SELECT t.key, t.name, p.name, t.assignee, t.due_at, t.priority, t.created_at
         FROM (SELECT mine.key FROM ({MINE}) AS mine LIMIT {}) AS first_ones
         JOIN work__user_tasks t ON t.key = first_ones.key
         JOIN sys_flows__processes p ON p.process_id = t.process_id
         ORDER BY t.priority DESC, t.due_at NULLS LAST, t.key LIMIT ?3",
        COUNT_MAX + 1
    );
    let rows = sql.query(&select, &[whoami(who), groups(who), limit.into()])?;
    rows.iter()
        .map(|row| {
            Ok(UrgentTask {
                key: row.integer(0)?,
                name: row.text(1)?.to_owned(),
                process_name: row.text(2)?.to_owned(),
                assignee: row.optional_text(3)?.map(str::to_owned),
                due_at: row.optional_integer(4)?,
                priority: row.integer(5)?,
                created_at: row.integer(6)?,
            })
        })
        .collect()
}

fn whoami(who: &Who) -> Value {
    (&who.user_id).into()
}

fn groups(who: &Who) -> Value {
    Value::texts(who.groups.iter().map(String::as_str))
}
