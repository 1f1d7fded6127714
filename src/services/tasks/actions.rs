//! What people do with a user task: claim it, give it back, assign it, change it, complete it.
//!
//! Must not know what comes after a user task.
//!
//! **Invariant:** the engine carries out a change only at the revision whose rights were checked;
//! when somebody else was faster, the rights are checked again.

use crate::core::access::{
    Permission, Principal, TaskFacts, may_assign, may_claim, may_complete, may_release,
    may_see_task,
};
use crate::core::engine::{Command, UserTaskChanges};
use crate::platform::store::Sql;
use crate::services::audit::Origin;
use crate::services::execution::{Execution, Refusal, Target, Work};
use crate::services::files::{Files, Place};
use crate::services::identity::{Identity, IdentityError};
use crate::services::tasks::detail::{TaskDetail, TaskForm, load_seen, load_visible};
use crate::services::tasks::filling::{Submitted, fill};
use crate::services::tasks::listening::await_outcome;
use crate::services::tasks::{TaskError, TaskState, UserTask, add_comment, find};

/// How often a change is tried again after somebody else's.
const ATTEMPTS_MAX: u32 = 5;

/// Gives an open user task that nobody has to the principal; its own one stays as it is.
///
/// # Errors
/// `Taken` when somebody else has it; `NotFound`, `Ended`, `Forbidden`; those of the engine.
pub async fn claim(
    execution: &Execution,
    principal: &Principal,
    key: i64,
    origin: Origin,
) -> Result<UserTask, TaskError> {
    let decide = |task: &UserTask| {
        if may_claim(principal, &task.facts()) {
            return Ok(assignment(task, Some(&principal.user_id)));
        }
        Err(taken_or(task, "you may not claim this user task"))
    };
    match change(execution, principal, key, None, origin, decide).await {
        Err(TaskError::NotFound) => Err(taken_before(execution, principal, key).await?),
        outcome => outcome,
    }
}

/// Why a user task is not there for the principal: perhaps it was, until somebody claimed it.
async fn taken_before(
    execution: &Execution,
    principal: &Principal,
    key: i64,
) -> Result<TaskError, TaskError> {
    let task = load(execution, key).await?;
    let was_seen = may_see_task(principal, &TaskFacts { assignee: None, ..task.facts() });
    Ok(match task.assignee {
        Some(assignee) if was_seen && task.state == TaskState::Open => {
            TaskError::Taken { assignee, rev: task.rev }
        }
        _ => TaskError::NotFound,
    })
}

/// Takes a user task from whoever has it, so that it can be claimed again.
///
/// # Errors
/// `NotFound`, `Ended`, `Forbidden`; those of the engine.
pub async fn unclaim(
    execution: &Execution,
    principal: &Principal,
    key: i64,
    origin: Origin,
) -> Result<UserTask, TaskError> {
    let decide = |task: &UserTask| {
        if may_release(principal, &task.facts()) {
            return Ok(assignment(task, None));
        }
        Err(taken_or(task, "you may not give this user task back"))
    };
    change(execution, principal, key, None, origin, decide).await
}

/// Gives a user task to a user, whoever has it.
///
/// # Errors
/// `Unacceptable` when there is no such enabled user; `Changed` against an expected revision;
/// `NotFound`, `Ended`, `Forbidden`; those of the engine.
pub async fn assign(
    execution: &Execution,
    identity: &Identity,
    principal: &Principal,
    key: i64,
    assignee: &str,
    expected_rev: Option<i64>,
    origin: Origin,
) -> Result<UserTask, TaskError> {
    let user_id = assignable(identity, assignee).await?;
    let decide = |task: &UserTask| {
        if may_assign(principal) {
            return Ok(assignment(task, Some(&user_id)));
        }
        Err(TaskError::Forbidden("you may not assign user tasks"))
    };
    change(execution, principal, key, expected_rev, origin, decide).await
}

/// Changes dates, priority or candidates: who manages user tasks all of it, the assignee only
/// the follow-up date.
///
/// # Errors
/// `Changed` against an expected revision; `NotFound`, `Ended`, `Forbidden`; those of the engine,
/// such as a priority out of range.
pub async fn update(
    execution: &Execution,
    principal: &Principal,
    key: i64,
    changes: UserTaskChanges,
    expected_rev: Option<i64>,
    origin: Origin,
) -> Result<UserTask, TaskError> {
    let follow_up_only =
        UserTaskChanges { follow_up_at: changes.follow_up_at, ..UserTaskChanges::default() };
    let is_personal = changes == follow_up_only;
    let decide = |task: &UserTask| {
        let is_own = task.assignee.as_deref() == Some(&*principal.user_id);
        if may_assign(principal) || is_personal && is_own {
            let changes = changes.clone();
            return Ok(Some(Command::UpdateUserTask { user_task_key: key, changes }));
        }
        Err(TaskError::Forbidden("you may not change this user task"))
    };
    change(execution, principal, key, expected_rev, origin, decide).await
}

/// What a person hands in to complete a user task.
#[derive(Debug, Clone, Default)]
pub struct Completion {
    /// What was filled in.
    pub submitted: Submitted,
    /// A comment to go with it.
    pub comment: Option<String>,
    /// Files to be attached, uploaded before as answers to a form.
    pub attachments: Vec<i64>,
    /// The revision that was seen; `None` takes any.
    pub expected_rev: Option<i64>,
}

/// Completes a user task with what was filled in, checked against its form.
///
/// Without a form, a JSON object is taken as it is and an HTML form gives no variables. The
/// comment and the attachments are stored once everything was found right, and stay also when
/// somebody else is faster in completing it.
///
/// # Errors
/// `Invalid` with every value that does not fit; `Taken` when somebody else has it; `Changed`
/// against an expected revision; `NotFound`, `Ended`, `Forbidden`; those of the engine.
pub async fn complete(
    execution: &Execution,
    files: &Files,
    principal: &Principal,
    key: i64,
    completion: Completion,
    origin: Origin,
) -> Result<UserTask, TaskError> {
    let Completion { submitted, mut comment, attachments, expected_rev } = completion;
    let mut attachments = Some(attachments);
    for _ in 0..ATTEMPTS_MAX {
        let detail = read_detail(execution, principal, key).await?;
        check_revision(&detail.task, expected_rev)?;
        if !may_complete(principal, &detail.task.facts()) {
            return Err(taken_or(&detail.task, "you may not complete this user task"));
        }
        let (variables, file_keys) = match &detail.form {
            TaskForm::Form(form) => {
                let filled = fill(execution, files, principal, form, &submitted, &detail.variables);
                filled.await?
            }
            _ => (submitted.clone().into_variables(), Vec::new()),
        };
        if let Some(text) = comment.take() {
            add_comment(execution, principal, key, &text, origin.clone()).await?;
        }
        if let Some(keys) = attachments.take() {
            files.attach(keys, place_of(&detail.task), principal, &origin).await?;
        }
        files.link(&file_keys, detail.task.instance_key, Some(key), principal).await?;
        let by = Some(principal.user_id.to_string());
        let command = Command::CompleteUserTask { user_task_key: key, variables, by };
        if submit(execution, &detail.task, command, origin.clone()).await? {
            return load(execution, key).await;
        }
    }
    Err(TaskError::Contended)
}

/// Where a file goes that the principal attaches to a user task.
///
/// # Errors
/// `NotFound`, `Forbidden`; those of the database.
pub async fn attachment_place(
    execution: &Execution,
    principal: &Principal,
    key: i64,
) -> Result<Place, TaskError> {
    let viewer = principal.clone();
    let read = move |sql: &mut dyn Sql| load_seen(sql, &viewer, key);
    let task = execution.database().read(read).await?;
    if !principal.may(Permission::TasksWork) && !principal.may(Permission::TasksManage) {
        return Err(TaskError::Forbidden("you may not work on user tasks"));
    }
    Ok(place_of(&task))
}

fn place_of(task: &UserTask) -> Place {
    Place::UserTask {
        key: task.key,
        instance_key: task.instance_key,
        process_id: task.process_id.clone(),
        name: task.name.clone(),
    }
}

async fn read_detail(
    execution: &Execution,
    principal: &Principal,
    key: i64,
) -> Result<TaskDetail, TaskError> {
    let (principal, definitions) = (principal.clone(), execution.definitions().clone());
    let read = move |sql: &mut dyn Sql| load_visible(sql, &definitions, &principal, key);
    let detail = execution.database().read(read).await?;
    if detail.task.is_open() { Ok(detail) } else { Err(TaskError::Ended) }
}

/// Reads the user task, lets `decide` check the rights, and carries out the command it gives.
async fn change(
    execution: &Execution,
    principal: &Principal,
    key: i64,
    expected_rev: Option<i64>,
    origin: Origin,
    decide: impl Fn(&UserTask) -> Result<Option<Command>, TaskError>,
) -> Result<UserTask, TaskError> {
    for _ in 0..ATTEMPTS_MAX {
        let viewer = principal.clone();
        let read = move |sql: &mut dyn Sql| load_seen(sql, &viewer, key);
        let task = execution.database().read(read).await?;
        if !task.is_open() {
            return Err(TaskError::Ended);
        }
        check_revision(&task, expected_rev)?;
        let Some(command) = decide(&task)? else { return Ok(task) };
        if submit(execution, &task, command, origin.clone()).await? {
            return load(execution, key).await;
        }
    }
    Err(TaskError::Contended)
}

/// Whether the command was carried out, its listeners' agreement included; false when somebody else
/// changed the user task first.
async fn submit(
    execution: &Execution,
    task: &UserTask,
    command: Command,
    origin: Origin,
) -> Result<bool, TaskError> {
    let target = Target::UserTask { key: task.key, rev: Some(task.rev) };
    match execution.submit(Work::Command { target, command }, origin).await {
        Ok(_) => await_outcome(execution, task).await.map(|()| true),
        Err(Refusal::Changed { .. }) => Ok(false),
        Err(Refusal::NotFound { .. }) => Err(TaskError::Ended),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn load(execution: &Execution, key: i64) -> Result<UserTask, TaskError> {
    let read = move |sql: &mut dyn Sql| find(sql, key)?.ok_or(TaskError::NotFound);
    execution.database().read(read).await
}

fn check_revision(task: &UserTask, expected_rev: Option<i64>) -> Result<(), TaskError> {
    match expected_rev {
        Some(expected) if expected != task.rev => {
            Err(TaskError::Changed { expected, found: task.rev })
        }
        _ => Ok(()),
    }
}

/// The command that makes somebody the assignee; none when that is so already.
fn assignment(task: &UserTask, assignee: Option<&str>) -> Option<Command> {
    let command = || Command::AssignUserTask {
        user_task_key: task.key,
        assignee: assignee.map(ToOwned::to_owned),
    };
    (task.assignee.as_deref() != assignee).then(command)
}

fn taken_or(task: &UserTask, reason: &'static str) -> TaskError {
    match &task.assignee {
        Some(assignee) => TaskError::Taken { assignee: assignee.clone(), rev: task.rev },
        None => TaskError::Forbidden(reason),
    }
}

async fn assignable(identity: &Identity, assignee: &str) -> Result<String, TaskError> {
    let found = identity.find_user(assignee).await.map_err(|error| match error {
        IdentityError::Store(error) => TaskError::Store(error),
        other => TaskError::unacceptable("assignee", other.to_string()),
    })?;
    let user = found.filter(|user| {
        let mut permissions = user.roles.iter().map(|role| role.permissions());
        !user.is_disabled && permissions.any(|it| it.contains(Permission::TasksWork))
    });
    let message = || format!("expected a user who works on user tasks, found `{assignee}`");
    user.map(|it| it.user_id).ok_or_else(|| TaskError::unacceptable("assignee", message()))
}
