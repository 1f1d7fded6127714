//! Comments on user tasks and on process instances.
//!
//! Must not know who is told of them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::core::access::{Permission, Principal, may_see_instance_of};
use crate::platform::store::{Row, Sql, StoreError};
use crate::services::audit::{self, Change, Origin, Subject};
use crate::services::execution::{self, Execution};
use crate::services::tasks::TaskError;
use crate::services::tasks::detail::load_seen;

/// Characters of a comment: some pages of text.
pub const COMMENT_CHARS_MAX: usize = 10_000;

/// Characters of a comment that the audit's sentence repeats; its details have the whole text.
const EXCERPT_CHARS: usize = 200;

/// What a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its key.
    pub key: i64,
    /// The process instance.
    pub instance_key: i64,
    /// The user task; `None` when it is about the instance as a whole.
    pub user_task_key: Option<i64>,
    /// Login name of the author.
    pub author: String,
    /// The text as it was written.
    pub text: String,
    /// Milliseconds UTC.
    pub created_at: i64,
}

/// What a comment is written on.
struct Place {
    instance_key: i64,
    user_task_key: Option<i64>,
    process_id: String,
    name: String,
}

/// Adds a comment to a user task, also to one that is done.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Unacceptable` for an empty or too long text; those of the database.
pub async fn add_comment(
    execution: &Execution,
    principal: &Principal,
    user_task_key: i64,
    text: &str,
    origin: Origin,
) -> Result<Comment, TaskError> {
    let principal = principal.clone();
    let place = move |sql: &mut dyn Sql| {
        let task = load_seen(sql, &principal, user_task_key)?;
        if !principal.may(Permission::TasksWork) && !principal.may(Permission::TasksManage) {
            return Err(TaskError::Forbidden("you may not work on user tasks"));
        }
        Ok(Place {
            instance_key: task.instance_key,
            user_task_key: Some(task.key),
            process_id: task.process_id,
            name: task.name,
        })
    };
    add(execution, text, origin, place).await
}

/// Adds a comment to a process instance as a whole.
///
/// # Errors
/// As for [`add_comment`].
pub async fn add_instance_comment(
    execution: &Execution,
    principal: &Principal,
    instance_key: i64,
    text: &str,
    origin: Origin,
) -> Result<Comment, TaskError> {
    let principal = principal.clone();
    let place = move |sql: &mut dyn Sql| {
        let rows = sql.query(
            "SELECT i.process_id, p.name, i.started_by FROM work__instances i
             JOIN sys_flows__processes p ON p.process_id = i.process_id WHERE i.key = ?1",
            &[instance_key.into()],
        )?;
        let row = rows.first().ok_or(TaskError::NotFound)?;
        if !may_see_instance_of(&principal, Some(row.text(2)?)) {
            return Err(TaskError::NotFound);
        }
        let (process_id, name) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        Ok(Place { instance_key, user_task_key: None, process_id, name })
    };
    add(execution, text, origin, place).await
}

async fn add<P>(
    execution: &Execution,
    text: &str,
    origin: Origin,
    place: P,
) -> Result<Comment, TaskError>
where
    P: FnOnce(&mut dyn Sql) -> Result<Place, TaskError> + Send + 'static,
{
    let text = checked_text(text)?;
    let foundation = execution.foundation().clone();
    let write = move |sql: &mut dyn Sql| {
        let place = place(sql)?;
        let now_ms = foundation.clock.now_ms();
        let comment = Comment {
            key: foundation.keys.next(now_ms),
            instance_key: place.instance_key,
            user_task_key: place.user_task_key,
            author: origin.actor.id.to_string(),
            text,
            created_at: now_ms,
        };
        insert(sql, &comment)?;
        let event = change(&comment, place).at(foundation.keys.next(now_ms), now_ms, &origin);
        audit::record(sql, &event)?;
        Ok::<_, TaskError>(comment)
    };
    let comment = execution.database().write(write).await?;
    let noticed = [execution::Change::UserTasks, execution::Change::Instance(comment.instance_key)];
    execution.changes().publish(BTreeSet::from(noticed));
    Ok(comment)
}

fn checked_text(text: &str) -> Result<String, TaskError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let length = text.chars().count();
    if text.is_empty() || length > COMMENT_CHARS_MAX {
        let message = format!("expected 1 to {COMMENT_CHARS_MAX} characters, found {length}");
        return Err(TaskError::unacceptable("text", message));
    }
    if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\t')) {
        return Err(TaskError::unacceptable("text", "expected a text without control characters"));
    }
    Ok(text.to_owned())
}

fn change(comment: &Comment, place: Place) -> Change {
    let line = comment.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut excerpt: String = line.chars().take(EXCERPT_CHARS).collect();
    if excerpt.len() < line.len() {
        excerpt.push('…');
    }
    let (action, kind) = match place.user_task_key {
        Some(_) => ("user_task.commented", "user_task"),
        None => ("instance.commented", "process_instance"),
    };
    let key = place.user_task_key.unwrap_or(place.instance_key);
    Change {
        action,
        subject: Subject { kind, key: Some(key), id: None },
        process_id: Some(place.process_id),
        instance_key: Some(place.instance_key),
        summary: format!("commented on \"{}\": {excerpt}", place.name),
        details: Some(json!({ "comment_key": comment.key.to_string(), "text": comment.text })),
    }
}

const COLUMNS: &str = "key, instance_key, user_task_key, author, text, created_at";

fn insert(sql: &mut dyn Sql, comment: &Comment) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO people__comments (key, instance_key, user_task_key, author, text, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[
            comment.key.into(),
            comment.instance_key.into(),
            comment.user_task_key.into(),
            comment.author.as_str().into(),
            comment.text.as_str().into(),
            comment.created_at.into(),
        ],
    )?;
    Ok(())
}

/// The comments that belong to a user task: on itself and on its instance, oldest first.
///
/// # Errors
/// Those of the database.
pub fn list_comments(
    sql: &mut dyn Sql,
    instance_key: i64,
    user_task_key: i64,
) -> Result<Vec<Comment>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM people__comments
         WHERE instance_key = ?1 AND (user_task_key IS NULL OR user_task_key = ?2) ORDER BY key"
    );
    let rows = sql.query(&select, &[instance_key.into(), user_task_key.into()])?;
    rows.iter().map(comment).collect()
}

/// All comments in a process instance, also those on its user tasks, oldest first.
///
/// # Errors
/// Those of the database.
pub fn list_instance_comments(
    sql: &mut dyn Sql,
    instance_key: i64,
) -> Result<Vec<Comment>, StoreError> {
    let select =
        format!("SELECT {COLUMNS} FROM people__comments WHERE instance_key = ?1 ORDER BY key");
    sql.query(&select, &[instance_key.into()])?.iter().map(comment).collect()
}

fn comment(row: &Row) -> Result<Comment, StoreError> {
    Ok(Comment {
        key: row.integer(0)?,
        instance_key: row.integer(1)?,
        user_task_key: row.optional_integer(2)?,
        author: row.text(3)?.to_owned(),
        text: row.text(4)?.to_owned(),
        created_at: row.integer(5)?,
    })
}
