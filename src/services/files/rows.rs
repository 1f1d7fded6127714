//! The rows of files.
//!
//! Must not know contents.

use crate::core::access::Principal;
use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::files::access::visible;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// For everybody.
    #[default]
    Library,
    /// Attached to a user task.
    Attachment,
    /// An answer to a form's question.
    Form,
}

impl Purpose {
    /// The word in tables and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Attachment => "attachment",
            Self::Form => "form",
        }
    }

    fn find(name: &str) -> Option<Self> {
        [Self::Library, Self::Attachment, Self::Form].into_iter().find(|it| it.name() == name)
    }
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// Its key.
    pub key: i64,
    /// Its name, with ending.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of its contents, in hexadecimal digits.
    pub hash: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The process instance it belongs to.
    pub instance_key: Option<i64>,
    /// The user task it belongs to.
    pub user_task_key: Option<i64>,
    /// Milliseconds UTC.
    pub created_at: i64,
    /// Login name of whoever uploaded it.
    pub created_by: String,
}

/// Which files a list has; all of what is given must fit.
#[derive(Debug, Clone, Default)]
pub struct FileFilter {
    /// Words in the name.
    pub search: Option<String>,
    /// Only of this process instance.
    pub instance_key: Option<i64>,
    /// Only of this user task.
    pub user_task_key: Option<i64>,
}

const COLUMNS: &str = "f.key, f.name, f.content_type, f.size, f.hash, f.purpose, f.instance_key,
     f.user_task_key, f.created_at, f.created_by";

pub(super) fn insert(sql: &mut dyn Sql, file: &File) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO people__files (key, name, content_type, size, hash, purpose, instance_key,
             user_task_key, created_at, created_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[
            file.key.into(),
            file.name.as_str().into(),
            file.content_type.as_str().into(),
            file.size.into(),
            file.hash.as_str().into(),
            file.purpose.name().into(),
            file.instance_key.into(),
            file.user_task_key.into(),
            file.created_at.into(),
            file.created_by.as_str().into(),
        ],
    )?;
    Ok(())
}

pub(super) fn find_visible(
    sql: &mut dyn Sql,
    principal: &Principal,
    key: i64,
) -> Result<Option<File>, StoreError> {
    Ok(list_named(sql, principal, vec![key])?.pop())
}

pub(super) fn list_named(
    sql: &mut dyn Sql,
    principal: &Principal,
    keys: Vec<i64>,
) -> Result<Vec<File>, StoreError> {
    let mut values = vec![Value::integers(keys)];
    let visible = visible(principal, &mut values);
    let select = format!(
        "SELECT {COLUMNS} FROM people__files f
         WHERE f.key IN (SELECT value FROM json_each(?1)) AND {visible} ORDER BY f.key"
    );
    sql.query(&select, &values)?.iter().map(read).collect()
}

pub(super) fn list(
    sql: &mut dyn Sql,
    principal: &Principal,
    filter: &FileFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<File>, StoreError> {
    let mut values = vec![before.unwrap_or(i64::MAX).into(), limit.into()];
    let mut conditions = vec![visible(principal, &mut values)];
    let search = filter.search.as_deref().map(str::trim).filter(|it| !it.is_empty());
    let equals = [("instance_key", filter.instance_key), ("user_task_key", filter.user_task_key)];
    for (column, value) in equals {
        if let Some(value) = value {
            values.push(value.into());
            conditions.push(format!("f.{column} = ?{}", values.len()));
        }
    }
    if let Some(words) = search {
        values.push(contains_pattern(words).into());
        conditions.push(format!("lower(f.name) LIKE ?{} ESCAPE '\\'", values.len()));
    }
    let select = format!(
        "SELECT {COLUMNS} FROM people__files f WHERE f.key < ?1 AND {}
         ORDER BY f.key DESC LIMIT ?2",
        conditions.join(" AND ")
    );
    sql.query(&select, &values)?.iter().map(read).collect()
}

/// All files of a process instance, oldest first, whoever asks.
///
/// # Errors
/// Those of the database.
pub fn list_of_instance(sql: &mut dyn Sql, instance_key: i64) -> Result<Vec<File>, StoreError> {
    let select =
        format!("SELECT {COLUMNS} FROM people__files f WHERE f.instance_key = ?1 ORDER BY f.key");
    sql.query(&select, &[instance_key.into()])?.iter().map(read).collect()
}

/// Deletes the row and notes its contents; whether others still have them is seen when they are
/// swept, since another file with the same contents can be deleted at the same time.
pub(super) fn delete(sql: &mut dyn Sql, file: &File) -> Result<(), StoreError> {
    sql.execute("DELETE FROM people__files WHERE key = ?1", &[file.key.into()])?;
    note_unused(sql, &file.hash)
}

/// Says anew what a file is for and where it belongs.
pub(super) fn put(sql: &mut dyn Sql, file: &File) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE people__files SET purpose = ?2, instance_key = ?3, user_task_key = ?4
         WHERE key = ?1",
        &[
            file.key.into(),
            file.purpose.name().into(),
            file.instance_key.into(),
            file.user_task_key.into(),
        ],
    )?;
    Ok(())
}

pub(super) fn link(
    sql: &mut dyn Sql,
    keys: &[i64],
    instance_key: i64,
    user_task_key: Option<i64>,
    user_id: &str,
) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE people__files SET instance_key = ?2, user_task_key = ?3
         WHERE key IN (SELECT value FROM json_each(?1)) AND created_by = ?4
             AND purpose = 'form' AND instance_key IS NULL",
        &[
            Value::integers(keys.iter().copied()),
            instance_key.into(),
            user_task_key.into(),
            user_id.into(),
        ],
    )?;
    Ok(())
}

/// Answers to forms that were uploaded before a time and whose form was never sent.
pub(super) fn list_never_sent(sql: &mut dyn Sql, before_ms: i64) -> Result<Vec<File>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM people__files f
         WHERE f.purpose = 'form' AND f.instance_key IS NULL AND f.created_at < ?1"
    );
    sql.query(&select, &[before_ms.into()])?.iter().map(read).collect()
}

/// Notes contents that may be unused.
pub(super) fn note_unused(sql: &mut dyn Sql, hash: &str) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO people__unused_contents (hash) VALUES (?1) ON CONFLICT (hash) DO NOTHING",
        &[hash.into()],
    )?;
    Ok(())
}

pub(super) fn list_unused(sql: &mut dyn Sql) -> Result<Vec<String>, StoreError> {
    let rows = sql.query("SELECT hash FROM people__unused_contents ORDER BY hash", &[])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

pub(super) fn is_used(sql: &mut dyn Sql, hash: &str) -> Result<bool, StoreError> {
    let rows = sql.query("SELECT 1 FROM people__files WHERE hash = ?1 LIMIT 1", &[hash.into()])?;
    Ok(!rows.is_empty())
}

pub(super) fn forget_unused(sql: &mut dyn Sql, hash: &str) -> Result<(), StoreError> {
    sql.execute("DELETE FROM people__unused_contents WHERE hash = ?1", &[hash.into()])?;
    Ok(())
}

fn read(row: &Row) -> Result<File, StoreError> {
    let key = row.integer(0)?;
    let corrupt = || StoreError::Corrupt(format!("the purpose of file {key}"));
    Ok(File {
        key,
        name: row.text(1)?.to_owned(),
        content_type: row.text(2)?.to_owned(),
        size: row.integer(3)?,
        hash: row.text(4)?.to_owned(),
        purpose: Purpose::find(row.text(5)?).ok_or_else(corrupt)?,
        instance_key: row.optional_integer(6)?,
        user_task_key: row.optional_integer(7)?,
        created_at: row.integer(8)?,
        created_by: row.text(9)?.to_owned(),
    })
}

/// A LIKE pattern for names that contain the words as they stand.
fn contains_pattern(words: &str) -> String {
    let escaped = words.to_lowercase().replace('\0', "").replace('\\', "\\\\");
    format!("%{}%", escaped.replace('%', "\\%").replace('_', "\\_"))
}
