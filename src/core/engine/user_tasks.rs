//! User tasks: created for an element, changed and done by people.
//!
//! Must not know who may do what: that was settled before the command came.

use super::command::UserTaskChanges;
use super::event::{Event, IncidentKind, Step};
use super::facts::{TaskForm, UserTaskCreated};
use super::instance::VariableMap;
use super::listened::TaskTransition;
use super::rejection::{Rejection, Target};
use super::turn::{At, Failure, Turn};
use super::{task_listeners, timers};
use crate::core::model::{Dynamic, FormReference, TaskListenerEvent, UserTaskDefinition};

/// Priority when the model is silent, as in Camunda 8.
const PRIORITY_DEFAULT: i32 = 50;

/// Creates the user task of an element.
pub(crate) fn create(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &UserTaskDefinition,
) -> Result<(), Failure> {
    let failing = |what| Failure::of(IncidentKind::UserTask, what);
    let user_task = UserTaskCreated {
        key: 0,
        element_instance_key: at.key,
        element_id: at.element.id.clone(),
        name: at.element.name.clone().unwrap_or_else(|| at.element.id.to_string()),
        form: form(turn, at, definition.form.as_ref()).map_err(failing("form"))?,
        assignee: turn
            .optional_text(definition.assignee.as_ref(), at.key)
            .map_err(failing("assignee"))?,
        candidate_groups: turn
            .texts(definition.candidate_groups.as_ref(), at.key)
            .map_err(failing("candidate groups"))?,
        candidate_users: turn
            .texts(definition.candidate_users.as_ref(), at.key)
            .map_err(failing("candidate users"))?,
        due_at: date(turn, at, definition.due_date.as_ref()).map_err(failing("due date"))?,
        follow_up_at: date(turn, at, definition.follow_up_date.as_ref())
            .map_err(failing("follow-up date"))?,
        priority: priority(turn, at, definition).map_err(failing("priority"))?,
        headers: definition.headers.clone(),
        is_listened: !definition.listeners.is_empty(),
    };
    let facts = UserTaskCreated { key: turn.take_key(), ..user_task };
    if task_listeners::listens(at, TaskListenerEvent::Creating) {
        turn.emit(Event::UserTaskCreating(Box::new(facts)));
        turn.push(Step::TaskListener, at.key);
    } else {
        task_listeners::create(turn, at, facts);
    }
    Ok(())
}

fn form(
    turn: &Turn<'_>,
    at: At<'_>,
    reference: Option<&FormReference>,
) -> Result<Option<TaskForm>, String> {
    Ok(match reference {
        None => None,
        Some(FormReference::Id(id) | FormReference::Bound(id, _)) => Some(TaskForm::Id(id.clone())),
        Some(FormReference::Embedded(_)) => Some(TaskForm::Embedded),
        Some(FormReference::External(address)) => {
            Some(TaskForm::External(turn.text(address, at.key)?))
        }
    })
}

fn date(turn: &Turn<'_>, at: At<'_>, dynamic: Option<&Dynamic>) -> Result<Option<i64>, String> {
    let text = turn.optional_text(dynamic, at.key)?;
    text.map(|text| timers::moment(text.trim(), &turn.context.zone)).transpose()
}

fn priority(turn: &Turn<'_>, at: At<'_>, definition: &UserTaskDefinition) -> Result<i32, String> {
    let Some(dynamic) = &definition.priority else { return Ok(PRIORITY_DEFAULT) };
    let priority = turn.integer(dynamic, at.key)?;
    if (0..=100).contains(&priority) {
        return Ok(priority);
    }
    Err(format!("expected 0 to 100, but got {priority}"))
}

/// The element instance of an open user task that nothing is about to change.
fn load<'a>(turn: &Turn<'a>, key: i64) -> Result<At<'a>, Rejection> {
    let user_task = turn.instance.user_tasks.get(&key);
    let at = user_task.and_then(|user_task| turn.at(user_task.element_instance_key));
    let at = at.ok_or(Rejection::NotFound { target: Target::UserTask, key })?;
    task_listeners::check_rest(turn, key)?;
    Ok(at)
}

pub(crate) fn complete(
    turn: &mut Turn<'_>,
    key: i64,
    variables: &VariableMap,
    by: Option<&String>,
) -> Result<(), Rejection> {
    let at = load(turn, key)?;
    if task_listeners::listens(at, TaskListenerEvent::Completing) {
        let transition =
            TaskTransition::Completing { variables: variables.clone(), by: by.cloned() };
        task_listeners::begin(turn, at, key, transition);
        return Ok(());
    }
    turn.emit(Event::UserTaskCompleted { key, by: by.cloned() });
    turn.take_variables(at, variables);
    turn.push(Step::Complete, at.key);
    Ok(())
}

pub(crate) fn assign(
    turn: &mut Turn<'_>,
    key: i64,
    assignee: Option<&String>,
) -> Result<(), Rejection> {
    let at = load(turn, key)?;
    let assignee = assignee.cloned();
    if task_listeners::listens(at, TaskListenerEvent::Assigning) {
        task_listeners::begin(turn, at, key, TaskTransition::Assigning { assignee });
    } else {
        turn.emit(Event::UserTaskAssigned { key, assignee });
    }
    Ok(())
}

pub(crate) fn update(
    turn: &mut Turn<'_>,
    key: i64,
    changes: &UserTaskChanges,
) -> Result<(), Rejection> {
    let at = load(turn, key)?;
    match changes.priority {
        Some(priority) if !(0..=100).contains(&priority) => {
            return Err(Rejection::PriorityOutOfRange { priority });
        }
        _ if task_listeners::listens(at, TaskListenerEvent::Updating) => {
            let changes = changes.clone();
            task_listeners::begin(turn, at, key, TaskTransition::Updating { changes });
        }
        _ => turn.emit(Event::UserTaskUpdated { key, changes: changes.clone() }),
    }
    Ok(())
}
