//! A user task as its row holds it.
//!
//! Must not know who looks at it.

use crate::core::access::TaskFacts;
use crate::core::engine::TaskForm;
use crate::platform::store::{Row, Sql, StoreError};

/// Whether a user task is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// It waits for a person.
    Open,
    /// A person has done it.
    Completed,
    /// Its process went on without it.
    Canceled,
}

impl TaskState {
    /// The word in tables and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }

    fn find(name: &str) -> Option<Self> {
        [Self::Open, Self::Completed, Self::Canceled].into_iter().find(|it| it.name() == name)
    }
}

/// A user task. Times are milliseconds UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct UserTask {
    /// Its key.
    pub key: i64,
    /// The process instance it belongs to.
    pub instance_key: i64,
    /// The element instance that waits for it.
    pub element_instance_key: i64,
    /// The element of the model.
    pub element_id: String,
    /// The process.
    pub process_id: String,
    /// Name of the process's latest version.
    pub process_name: String,
    /// The version of the process.
    pub definition_key: i64,
    /// What is to be done, as the model names it.
    pub name: String,
    /// Whether it is still to be done.
    pub state: TaskState,
    /// The form it shows.
    pub form: Option<TaskForm>,
    /// Login name of whoever has it.
    pub assignee: Option<String>,
    /// Groups whose members may claim it.
    pub candidate_groups: Vec<String>,
    /// People who may claim it.
    pub candidate_users: Vec<String>,
    /// When it should be done.
    pub due_at: Option<i64>,
    /// From when on it should be looked at.
    pub follow_up_at: Option<i64>,
    /// 0 to 100; 50 is usual.
    pub priority: i64,
    /// Rises with every change.
    pub rev: i64,
    /// When it was created.
    pub created_at: i64,
    /// When it was completed or canceled.
    pub ended_at: Option<i64>,
    /// Who completed it.
    pub ended_by: Option<String>,
}

impl UserTask {
    /// What the rules of access need to know of it.
    #[must_use]
    pub fn facts(&self) -> TaskFacts<'_> {
        TaskFacts {
            assignee: self.assignee.as_deref(),
            candidate_users: &self.candidate_users,
            candidate_groups: &self.candidate_groups,
        }
    }

    /// Whether it still waits for a person.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == TaskState::Open
    }
}

/// The columns that [`read`] takes, of `t` and of the process `p`.
pub(super) const COLUMNS: &str = "t.key, t.instance_key, t.element_instance_key, t.element_id,
     t.process_id, p.name, t.definition_key, t.name, t.state, t.form, t.assignee,
     t.candidate_groups, t.candidate_users, t.due_at, t.follow_up_at, t.priority, t.rev,
     t.created_at, t.ended_at, t.ended_by";

pub(super) const TABLES: &str =
    "work__user_tasks t JOIN sys_flows__processes p ON p.process_id = t.process_id";

/// The user task with a key, whoever asks.
///
/// # Errors
/// `Corrupt` when its row can't be read; `Driver` from the database.
pub fn find(sql: &mut dyn Sql, key: i64) -> Result<Option<UserTask>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM {TABLES} WHERE t.key = ?1");
    sql.query(&select, &[key.into()])?.first().map(read).transpose()
}

/// All user tasks of a process instance, oldest first, whoever asks.
///
/// # Errors
/// As for [`find`].
pub fn list_instance_tasks(
    sql: &mut dyn Sql,
    instance_key: i64,
) -> Result<Vec<UserTask>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM {TABLES} WHERE t.instance_key = ?1 ORDER BY t.key");
    sql.query(&select, &[instance_key.into()])?.iter().map(read).collect()
}

/// A row of [`COLUMNS`].
pub(super) fn read(row: &Row) -> Result<UserTask, StoreError> {
    let key = row.integer(0)?;
    let corrupt = |what: &str| StoreError::Corrupt(format!("user task {key}: {what}"));
    let owned = |column| Ok::<_, StoreError>(row.optional_text(column)?.map(ToOwned::to_owned));
    let names =
        |column| serde_json::from_str(row.text(column)?).map_err(|_| corrupt("its candidates"));
    let form = row.optional_text(9)?.map(serde_json::from_str).transpose();
    Ok(UserTask {
        key,
        instance_key: row.integer(1)?,
        element_instance_key: row.integer(2)?,
        element_id: row.text(3)?.to_owned(),
        process_id: row.text(4)?.to_owned(),
        process_name: row.text(5)?.to_owned(),
        definition_key: row.integer(6)?,
        name: row.text(7)?.to_owned(),
        state: TaskState::find(row.text(8)?).ok_or_else(|| corrupt("its state"))?,
        form: form.map_err(|_| corrupt("its form"))?,
        assignee: owned(10)?,
        candidate_groups: names(11)?,
        candidate_users: names(12)?,
        due_at: row.optional_integer(13)?,
        follow_up_at: row.optional_integer(14)?,
        priority: row.integer(15)?,
        rev: row.integer(16)?,
        created_at: row.integer(17)?,
        ended_at: row.optional_integer(18)?,
        ended_by: owned(19)?,
    })
}
