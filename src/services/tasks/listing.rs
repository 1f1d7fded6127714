//! Lists of user tasks: what a person may see, narrowed, in order, a page at a time.
//!
//! The SQL says the same as `core::access::may_see_task`, so that a list can be cut by the
//! database. Must not know how a list is shown.

use crate::core::access::{Permission, Principal};
use crate::platform::store::{Sql, StoreError, Value};
use crate::services::tasks::task::{COLUMNS, TABLES, UserTask, read};

/// Counts end here, so that a count never looks at more rows.
pub const COUNT_MAX: i64 = 1000;

/// Which user tasks of those that a person may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskView {
    /// Open ones that the person has.
    #[default]
    Mine,
    /// Open ones that nobody has and the person may claim.
    Unassigned,
    /// All open ones.
    All,
    /// Completed ones: the person's own, or everybody's for those who manage user tasks.
    Done,
}

impl TaskView {
    /// Every view, in the order of the inbox.
    pub const ALL: [Self; 4] = [Self::Mine, Self::Unassigned, Self::All, Self::Done];

    /// The word in addresses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::All => "all",
            Self::Done => "done",
        }
    }

    /// The view of this word.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.id() == id)
    }
}

/// The order of a list; completed user tasks always come latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskSort {
    /// The one that is due first; those without a due date last.
    #[default]
    Due,
    /// The most urgent first.
    Priority,
    /// The newest first.
    Created,
}

impl TaskSort {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::Due, Self::Priority, Self::Created];

    /// The word in addresses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Priority => "priority",
            Self::Created => "created",
        }
    }

    /// The order of this word.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.id() == id)
    }
}

/// What a list has, in which order, and where it goes on.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Which user tasks.
    pub view: TaskView,
    /// Only of this process.
    pub process_id: Option<String>,
    /// Only of this process instance.
    pub instance_key: Option<i64>,
    /// Only with these words in the name.
    pub search: Option<String>,
    /// In which order.
    pub sort: TaskSort,
    /// Only what comes after this position.
    pub after: Option<TaskPosition>,
}

/// The place of a user task in a list: what it is ordered by, and its key.
pub type TaskPosition = (i64, i64);

impl TaskFilter {
    /// The place of a user task in this list.
    #[must_use]
    pub fn position(&self, task: &UserTask) -> TaskPosition {
        let rank = match (self.view, self.sort) {
            (TaskView::Done, _) => -task.ended_at.unwrap_or_default(),
            (_, TaskSort::Due) => task.due_at.unwrap_or(i64::MAX),
            (_, TaskSort::Priority) => -task.priority,
            (_, TaskSort::Created) => -task.key,
        };
        (rank, task.key)
    }

    /// What the list is ordered by, as the indexes have it; the least comes first.
    fn rank(&self) -> &'static str {
        match (self.view, self.sort) {
            (TaskView::Done, _) => "-t.ended_at",
            (_, TaskSort::Due) => "COALESCE(t.due_at, 9223372036854775807)",
            (_, TaskSort::Priority) => "-t.priority",
            (_, TaskSort::Created) => "-t.key",
        }
    }
}

/// A page of the user tasks that the principal may see.
///
/// # Errors
/// `Corrupt` when a row can't be read; `Driver` from the database.
pub fn list(
    sql: &mut dyn Sql,
    principal: &Principal,
    filter: &TaskFilter,
    limit: u32,
) -> Result<Vec<UserTask>, StoreError> {
    let mut conditions = Conditions::of(principal, filter);
    let rank = filter.rank();
    if let Some((after_rank, after_key)) = filter.after {
        let (first, second) = (conditions.value(after_rank), conditions.value(after_key));
        conditions.push(format!("({rank}, t.key) > ({first}, {second})"));
    }
    let limit = conditions.value(limit);
    // The page is cut from the index before anything else is looked at.
    let select = format!(
        "SELECT {COLUMNS} FROM {TABLES} JOIN
             (SELECT t.key, {rank} AS place FROM work__user_tasks t WHERE {}
              ORDER BY {rank}, t.key LIMIT {limit}) page ON page.key = t.key
         ORDER BY page.place, page.key",
        conditions.text()
    );
    sql.query(&select, &conditions.values)?.iter().map(read).collect()
}

/// How many user tasks a list has, at most [`COUNT_MAX`].
///
/// # Errors
/// Those of the database.
pub fn count(
    sql: &mut dyn Sql,
    principal: &Principal,
    filter: &TaskFilter,
) -> Result<i64, StoreError> {
    let conditions = Conditions::of(principal, filter);
    let select = format!(
        "SELECT COUNT(*) FROM
             (SELECT 1 AS one FROM work__user_tasks t WHERE {} LIMIT {COUNT_MAX}) counted",
        conditions.text()
    );
    let rows = sql.query(&select, &conditions.values)?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Conditions on `work__user_tasks t` with the values they name.
struct Conditions {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn of(principal: &Principal, filter: &TaskFilter) -> Self {
        let mut conditions = Self { parts: Vec::new(), values: Vec::new() };
        conditions.view(principal, filter.view);
        if let Some(process_id) = &filter.process_id {
            let value = conditions.value(process_id);
            conditions.push(format!("t.process_id = {value}"));
        }
        if let Some(instance_key) = filter.instance_key {
            let value = conditions.value(instance_key);
            conditions.push(format!("t.instance_key = {value}"));
        }
        if let Some(words) = filter.search.as_deref().map(str::trim).filter(|it| !it.is_empty()) {
            let pattern = conditions.value(contains_pattern(words));
            conditions.push(format!("lower(t.name) LIKE {pattern} ESCAPE '\\'"));
        }
        conditions
    }

    fn view(&mut self, principal: &Principal, view: TaskView) {
        let is_manager = principal.may(Permission::TasksManage);
        let me = &*principal.user_id;
        match view {
            TaskView::Mine => {
                let me = self.value(me);
                self.push(format!("t.assignee = {me} AND t.state = 'open'"));
            }
            TaskView::Done if is_manager => self.push("t.state = 'completed'".to_owned()),
            TaskView::Done => {
                let me = self.value(me);
                self.push(format!("t.state = 'completed' AND t.ended_by = {me}"));
            }
            TaskView::Unassigned => {
                self.push("t.state = 'open' AND t.assignee IS NULL".to_owned());
                if !is_manager {
                    let offered = self.offered(principal);
                    self.push(format!("t.key IN ({offered})"));
                }
            }
            TaskView::All => {
                self.push("t.state = 'open'".to_owned());
                if !is_manager {
                    let (offered, me) = (self.offered(principal), self.value(me));
                    self.push(format!(
                        "t.key IN ({offered} UNION ALL SELECT own.key FROM work__user_tasks own
                             WHERE own.assignee = {me} AND own.state = 'open')"
                    ));
                }
            }
        }
    }

    /// A query for the keys of open user tasks that the principal is a candidate for, or everybody.
    fn offered(&mut self, principal: &Principal) -> String {
        let me = self.value(&*principal.user_id);
        let groups = self.value(Value::texts(principal.groups.iter().map(String::as_str)));
        format!(
            "SELECT user_task_key FROM work__candidates WHERE kind = 'user' AND id = {me}
             UNION ALL SELECT user_task_key FROM work__candidates
                 WHERE kind = 'group' AND id IN (SELECT value FROM json_each({groups}))
             UNION ALL SELECT free.key FROM work__user_tasks free
                 WHERE free.state = 'open' AND free.assignee IS NULL
                     AND free.candidate_groups = '[]' AND free.candidate_users = '[]'"
        )
    }

    fn push(&mut self, part: String) {
        self.parts.push(part);
    }

    /// The placeholder of a value.
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn text(&self) -> String {
        self.parts.join(" AND ")
    }
}

/// A LIKE pattern for texts that contain the words as they stand.
fn contains_pattern(words: &str) -> String {
    let escaped = words.to_lowercase().replace('\0', "").replace('\\', "\\\\");
    format!("%{}%", escaped.replace('%', "\\%").replace('_', "\\_"))
}
