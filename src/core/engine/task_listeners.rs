//! User-task listeners: jobs that a user task's transitions wait for, one after the other (Camunda
//! 8).
//!
//! A transition is begun by a command or by the element, then each listener's job is created in
//! turn; a listener may correct what surrounds the task, or refuse the transition. Must not know
//! who asked for the transition.
//!
//! **Invariant:** a user task has one transition at a time.

use jiff::Timestamp;

use super::command::{JobResult, TaskCorrections, UserTaskChanges};
use super::event::{Event, Step, TransitionStep};
use super::facts::{JobKind, TaskForm, UserTaskCreated};
use super::instance::{Held, VariableMap};
use super::jobs;
use super::listened::{ListenedTask, TaskTransition};
use super::rejection::Rejection;
use super::turn::{At, Failure, Turn};
use crate::core::model::{ElementKind, JobDefinition, TaskListenerEvent};

/// Prefix of the headers that tell a listener about its user task, as in Camunda 8.
pub const HEADER_PREFIX: &str = "io.camunda.zeebe:";

/// What a worker may say when it is done with a listener of a user task.
const EXPECTED_RESULT: &str = "no refusal of a transition that can't be refused, and either a \
                               refusal or corrections with a priority from 0 to 100";

/// The listeners of an element's user task for an event.
fn listeners(at: At<'_>, event: TaskListenerEvent) -> impl Iterator<Item = &JobDefinition> {
    let all = match &at.element.kind {
        ElementKind::UserTask(definition) => definition.listeners.as_slice(),
        _ => &[],
    };
    all.iter().filter(move |it| it.on == event).map(|it| &it.job)
}

/// Whether a transition of an element's user task is listened to.
pub(crate) fn listens(at: At<'_>, event: TaskListenerEvent) -> bool {
    listeners(at, event).next().is_some()
}

/// Begins a transition; its first listener's job follows.
pub(crate) fn begin(turn: &mut Turn<'_>, at: At<'_>, key: i64, transition: TaskTransition) {
    turn.emit(Event::UserTaskTransition { key, step: TransitionStep::Begun(Box::new(transition)) });
    turn.push(Step::TaskListener, at.key);
}

/// Refuses to begin a second transition.
pub(crate) fn check_rest(turn: &Turn<'_>, key: i64) -> Result<(), Rejection> {
    let user_task = turn.instance.user_tasks.get(&key);
    let listened = user_task.and_then(|it| it.listened.as_deref());
    match listened.and_then(|it| it.transition.as_ref()) {
        Some(transition) => {
            Err(Rejection::UserTaskBusy { key, transition: transition.event().name() })
        }
        None => Ok(()),
    }
}

/// Creates the job of the transition's next listener, or ends the transition after the last one.
pub(crate) fn go_on(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    let Some((key, user_task)) = turn.instance.user_task_of(at.key) else { return Ok(()) };
    let Some(listened) = user_task.listened.clone() else { return Ok(()) };
    let Some(transition) = listened.transition.clone() else { return Ok(()) };
    let event = transition.event();
    if let Some(job) = listeners(at, event).nth(listened.listeners_done as usize) {
        let headers = headers(&listened, &transition);
        return jobs::create_of_kind(turn, at, job, JobKind::TaskListener(event), headers);
    }
    accept(turn, at, key, *listened, transition);
    Ok(())
}

/// A listener is done.
pub(crate) fn complete(
    turn: &mut Turn<'_>,
    at: At<'_>,
    job_key: i64,
    event: TaskListenerEvent,
    said: (&VariableMap, &JobResult),
) -> Result<(), Rejection> {
    let (variables, result) = said;
    let is_impossible = !result.fits_user_task()
        || result.denied && (!event.can_be_denied() || !result.corrections.is_empty());
    let priority = result.corrections.changes.priority;
    if is_impossible || priority.is_some_and(|it| !(0..=100).contains(&it)) {
        return Err(Rejection::ResultNotFitting { key: job_key, expected: EXPECTED_RESULT });
    }
    turn.emit(Event::JobCompleted { key: job_key });
    turn.set_local(at.key, variables);
    let Some((key, _)) = turn.instance.user_task_of(at.key) else { return Ok(()) };
    if result.denied {
        let reason = result.denied_reason.clone().unwrap_or_default();
        turn.emit(Event::UserTaskTransition { key, step: TransitionStep::Denied(reason) });
        return Ok(());
    }
    if !result.corrections.is_empty() {
        let corrections = Box::new(result.corrections.clone());
        turn.emit(Event::UserTaskTransition { key, step: TransitionStep::Corrected(corrections) });
    }
    turn.push(Step::TaskListener, at.key);
    Ok(())
}

/// The user task becomes what it was about to become, with what the listeners corrected.
fn accept(
    turn: &mut Turn<'_>,
    at: At<'_>,
    key: i64,
    listened: ListenedTask,
    transition: TaskTransition,
) {
    let corrections = listened.corrections.clone();
    if transition != TaskTransition::Creating {
        turn.emit(Event::UserTaskTransition { key, step: TransitionStep::Accepted });
    }
    match transition {
        TaskTransition::Creating => {
            let mut draft = listened;
            draft.update(&corrections.changes);
            let assignee = corrected(&corrections, draft.facts.assignee.take());
            create(turn, at, UserTaskCreated { assignee, ..draft.facts });
        }
        TaskTransition::Assigning { assignee } => {
            let assignee = corrected(&corrections, assignee);
            turn.emit(Event::UserTaskAssigned { key, assignee });
            update(turn, key, corrections.changes);
        }
        TaskTransition::Updating { changes } => {
            let mut all = TaskCorrections { assignee: None, changes };
            all.extend(&corrections);
            reassign(turn, key, &corrections);
            update(turn, key, all.changes);
        }
        TaskTransition::Completing { variables, by } => {
            reassign(turn, key, &corrections);
            update(turn, key, corrections.changes);
            turn.emit(Event::UserTaskCompleted { key, by });
            turn.take_variables(at, &variables);
            turn.push(Step::Complete, at.key);
        }
        TaskTransition::Canceling => {
            turn.emit(Event::UserTaskCanceled { key });
            turn.finish_terminating(at.key);
        }
    }
}

/// Who gets it; the empty text is nobody.
fn corrected(corrections: &TaskCorrections, asked: Option<String>) -> Option<String> {
    match &corrections.assignee {
        Some(who) => Some(who.clone()).filter(|who| !who.is_empty()),
        None => asked,
    }
}

fn reassign(turn: &mut Turn<'_>, key: i64, corrections: &TaskCorrections) {
    if corrections.assignee.is_some() {
        let assignee = corrected(corrections, None);
        turn.emit(Event::UserTaskAssigned { key, assignee });
    }
}

fn update(turn: &mut Turn<'_>, key: i64, changes: UserTaskChanges) {
    if !changes.is_empty() {
        turn.emit(Event::UserTaskUpdated { key, changes });
    }
}

/// Lets people see the user task. Who it is for gets it by a transition of its own, when that is
/// listened to.
pub(crate) fn create(turn: &mut Turn<'_>, at: At<'_>, facts: UserTaskCreated) {
    let key = facts.key;
    let is_assigned_later = listens(at, TaskListenerEvent::Assigning) && facts.assignee.is_some();
    if !is_assigned_later {
        return turn.emit(Event::UserTaskCreated(Box::new(facts)));
    }
    let assignee = facts.assignee.clone();
    turn.emit(Event::UserTaskCreated(Box::new(UserTaskCreated { assignee: None, ..facts })));
    begin(turn, at, key, TaskTransition::Assigning { assignee });
}

/// Whether an element instance that is to end waits for the listeners of its user task. What the
/// task was about to become is called off.
pub(crate) fn holds_back_end(turn: &mut Turn<'_>, at: At<'_>) -> bool {
    let Some((key, user_task)) = turn.instance.user_task_of(at.key) else { return false };
    let transition = user_task.listened.as_deref().and_then(|it| it.transition.clone());
    // What nobody has seen yet ends unheard.
    let is_unseen = transition == Some(TaskTransition::Creating);
    if is_unseen || !listens(at, TaskListenerEvent::Canceling) {
        return false;
    }
    if transition != Some(TaskTransition::Canceling) {
        let held: Vec<Held> = turn.instance.held(at.key).collect();
        for held in held.into_iter().filter(|held| *held != Held::UserTask(key)) {
            turn.release_held(held);
        }
        begin(turn, at, key, TaskTransition::Canceling);
    }
    true
}

/// What a listener is told about its user task.
fn headers(listened: &ListenedTask, transition: &TaskTransition) -> Vec<(String, String)> {
    let facts = &listened.facts;
    let mut seen = ListenedTask::new(facts.clone());
    if let TaskTransition::Updating { changes } = transition {
        seen.update(changes);
    }
    seen.update(&listened.corrections.changes);
    let asked = match transition {
        TaskTransition::Assigning { assignee } => assignee.clone(),
        _ => facts.assignee.clone(),
    };
    let assignee = listened.corrections.assignee.clone().or(asked);
    let list = |names: &[String]| {
        (!names.is_empty()).then(|| serde_json::Value::from(names.to_vec()).to_string())
    };
    let date = |at: Option<i64>| Some(Timestamp::from_millisecond(at?).ok()?.to_string());
    let form = facts.form.as_ref().and_then(|form| match form {
        TaskForm::Id(id) => Some(id.clone()),
        _ => None,
    });
    [
        ("action", Some(transition.event().name().to_owned())),
        ("assignee", assignee.filter(|who| !who.is_empty())),
        ("candidateGroups", list(&seen.facts.candidate_groups)),
        ("candidateUsers", list(&seen.facts.candidate_users)),
        ("dueDate", date(seen.facts.due_at)),
        ("followUpDate", date(seen.facts.follow_up_at)),
        ("formId", form),
        ("priority", Some(seen.facts.priority.to_string())),
        ("changedAttributes", list(&changed(transition))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((format!("{HEADER_PREFIX}{name}"), value?)))
    .collect()
}

/// What a transition asks to change, by Camunda's names.
fn changed(transition: &TaskTransition) -> Vec<String> {
    let names: Vec<&str> = match transition {
        TaskTransition::Assigning { .. } => vec!["assignee"],
        TaskTransition::Updating { changes } => [
            ("candidateGroups", changes.candidate_groups.is_some()),
            ("candidateUsers", changes.candidate_users.is_some()),
            ("dueDate", changes.due_at.is_some()),
            ("followUpDate", changes.follow_up_at.is_some()),
            ("priority", changes.priority.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect(),
        _ => Vec::new(),
    };
    names.into_iter().map(str::to_owned).collect()
}
