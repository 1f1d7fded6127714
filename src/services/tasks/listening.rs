//! Waits for the listeners of a user task, so that whoever asked for a change is told its outcome.
//!
//! Must not know what a listener checks.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use crate::core::engine::ListenedTask;
use crate::core::model::ElementKind;
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::{Change, Definitions, Execution, find_instance};
use crate::services::tasks::{TaskError, UserTask};

/// How long whoever asked is kept waiting: a worker that checks a value answers sooner, and one
/// that takes longer is not worth a spinning browser.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Waits until the listeners of a change that was just asked for have agreed or refused. When they
/// take too long, the change goes on without anybody waiting for it.
///
/// # Errors
/// `Denied` when a listener refused; those of the database.
pub(super) async fn await_outcome(execution: &Execution, task: &UserTask) -> Result<(), TaskError> {
    let mut notices = execution.changes().listen();
    if !has_listeners(execution, task).await? {
        return Ok(());
    }
    let until = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        match read(execution, task).await? {
            Some(ListenedTask { transition: Some(_), .. }) => {}
            Some(ListenedTask { denied_reason: Some(reason), .. }) => {
                return Err(TaskError::Denied(reason));
            }
            _ => return Ok(()),
        }
        loop {
            let notice = tokio::time::timeout_at(until, notices.recv()).await;
            match notice {
                Ok(Ok(changes)) if !changes.contains(&Change::Instance(task.instance_key)) => {}
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => break,
                Ok(Err(RecvError::Closed)) | Err(_) => return Ok(()),
            }
        }
    }
}

async fn has_listeners(execution: &Execution, task: &UserTask) -> Result<bool, StoreError> {
    let (definitions, key) = (execution.definitions().clone(), task.definition_key);
    let element_id = task.element_id.clone();
    let read = move |sql: &mut dyn Sql| {
        let deployed = definitions.load(sql, key)?;
        let found = deployed.graph.find(&element_id);
        let kind = found.map(|index| &deployed.graph.element(index).kind);
        Ok(matches!(kind, Some(ElementKind::UserTask(it)) if !it.listeners.is_empty()))
    };
    execution.database().read(read).await
}

async fn read(execution: &Execution, task: &UserTask) -> Result<Option<ListenedTask>, StoreError> {
    let (definitions, task) = (execution.definitions().clone(), task.clone());
    let read = move |sql: &mut dyn Sql| find_listened(sql, &definitions, &task);
    execution.database().read(read).await
}

/// What the listeners of a user task are at, while it is open.
fn find_listened(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    task: &UserTask,
) -> Result<Option<ListenedTask>, StoreError> {
    let found = find_instance(sql, definitions, task.instance_key)?;
    let user_task = found.and_then(|(mut instance, _)| instance.user_tasks.remove(&task.key));
    Ok(user_task.and_then(|it| it.listened).map(|it| *it))
}

/// What a user task is about to become, in Camunda's words.
pub(super) fn transition_name(listened: &ListenedTask) -> Option<&'static str> {
    listened.transition.as_ref().map(|it| it.event().name())
}
