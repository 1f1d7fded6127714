//! How events of listeners, multi-instances and ad-hoc sub-processes change state.
//!
//! Must not know the definition. An event about something that is not there changes nothing.

use serde_json::Value;

use super::apply::remove_job;
use super::event::{AdHocStep, Event, TransitionStep};
use super::facts::{JobKind, LoopExtended, LoopStarted, UserTaskCreated};
use super::instance::{AdHocProgress, Held, HeldBack, LoopProgress, ProcessInstance, UserTask};
use super::listened::{ListenedTask, TaskTransition};

/// A listener that is done is counted where it is waited for.
pub(super) fn complete_job(it: &mut ProcessInstance, key: i64) {
    let Some((kind, element_instance_key)) =
        it.jobs.get(&key).map(|job| (job.kind, job.element_instance_key))
    else {
        return;
    };
    remove_job(it, key);
    match kind {
        JobKind::Element | JobKind::AdHocSubProcess => {}
        JobKind::StartListener | JobKind::EndListener => {
            if let Some(element) = it.elements.get_mut(&element_instance_key) {
                element.listeners_done += 1;
            }
        }
        JobKind::TaskListener(_) => {
            let user_task = it.user_task_of(element_instance_key).map(|(key, _)| key);
            if let Some(listened) = user_task.and_then(|key| listened(it, key)) {
                listened.listeners_done += 1;
            }
        }
    }
}

fn listened(it: &mut ProcessInstance, user_task_key: i64) -> Option<&mut ListenedTask> {
    it.user_tasks.get_mut(&user_task_key)?.listened.as_deref_mut()
}

pub(super) fn apply_to_user_task(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::UserTaskCreated(facts) => create_user_task(it, facts),
        Event::UserTaskCreating(facts) => {
            create_user_task(it, facts);
            begin_transition(it, facts.key, &TaskTransition::Creating);
        }
        Event::UserTaskAssigned { key, assignee } => assign(it, *key, assignee.as_ref()),
        Event::UserTaskUpdated { key, changes } => {
            if let Some(listened) = listened(it, *key) {
                listened.update(changes);
            }
        }
        Event::UserTaskTransition { key, step } => step_on(it, *key, step),
        _ => {}
    }
}

fn step_on(it: &mut ProcessInstance, key: i64, step: &TransitionStep) {
    match step {
        TransitionStep::Begun(transition) => begin_transition(it, key, transition),
        TransitionStep::Corrected(corrections) => {
            if let Some(listened) = listened(it, key) {
                listened.corrections.extend(corrections);
            }
        }
        TransitionStep::Accepted => end_transition(it, key, None),
        TransitionStep::Denied(reason) => end_transition(it, key, Some(reason)),
    }
}

fn begin_transition(it: &mut ProcessInstance, key: i64, transition: &TaskTransition) {
    if let Some(listened) = listened(it, key) {
        *listened = ListenedTask {
            transition: Some(transition.clone()),
            ..ListenedTask::new(listened.facts.clone())
        };
    }
}

fn end_transition(it: &mut ProcessInstance, key: i64, denied: Option<&String>) {
    if let Some(listened) = listened(it, key) {
        *listened = ListenedTask {
            denied_reason: denied.cloned(),
            ..ListenedTask::new(listened.facts.clone())
        };
    }
}

fn create_user_task(it: &mut ProcessInstance, facts: &UserTaskCreated) {
    let element_instance_key = facts.element_instance_key;
    let listened = facts.is_listened.then(|| Box::new(ListenedTask::new(facts.clone())));
    let user_task = UserTask { element_instance_key, assignee: facts.assignee.clone(), listened };
    it.user_tasks.insert(facts.key, user_task);
    it.hold(element_instance_key, Held::UserTask(facts.key));
}

fn assign(it: &mut ProcessInstance, key: i64, assignee: Option<&String>) {
    if let Some(user_task) = it.user_tasks.get_mut(&key) {
        user_task.assignee = assignee.cloned();
        if let Some(listened) = user_task.listened.as_deref_mut() {
            listened.facts.assignee = assignee.cloned();
        }
    }
}

/// What concerns the elements inside another, or what ends them.
pub(super) fn apply_to_inner(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::TriggerHeldBack { key, event_id, variables } => {
            if let Some(element) = it.elements.get_mut(key) {
                let (event_id, variables) = (event_id.clone(), variables.clone());
                element.held_back = Some(Box::new(HeldBack { event_id, variables }));
            }
        }
        Event::LoopExtended(facts) => extend_loop(it, facts),
        Event::LoopResultCollected { key, loop_counter, value } => {
            collect(it, *key, *loop_counter, value);
        }
        Event::AdHocProgressed { key, step } => {
            if let Some(scope) = it.elements.get_mut(key) {
                progress(scope.ad_hoc.get_or_insert_default(), step);
            }
        }
        _ => {}
    }
}

fn progress(progress: &mut AdHocProgress, step: &AdHocStep) {
    match step {
        AdHocStep::Queued(activations) => progress.queue.extend(activations.iter().cloned()),
        AdHocStep::Dequeued if progress.queue.is_empty() => {}
        AdHocStep::Dequeued => {
            progress.queue.remove(0);
        }
        AdHocStep::Fulfilled => {
            progress.queue.clear();
            progress.is_fulfilled = true;
        }
    }
}

pub(super) fn start_loop(it: &mut ProcessInstance, facts: &LoopStarted) {
    let Some(body) = it.elements.get_mut(&facts.key) else { return };
    let results = match &facts.output_collection {
        Some(_) => vec![Value::Null; facts.total as usize],
        None => Vec::new(),
    };
    body.progress = Some(Box::new(LoopProgress {
        total: facts.total,
        started: 0,
        completed: 0,
        items: facts.items.clone(),
        output_collection: facts.output_collection.clone(),
        results,
    }));
}

fn extend_loop(it: &mut ProcessInstance, facts: &LoopExtended) {
    let body = it.elements.get_mut(&facts.key);
    let Some(progress) = body.and_then(|body| body.progress.as_deref_mut()) else { return };
    progress.total += facts.added;
    progress.items.extend(facts.items.iter().cloned());
    if progress.output_collection.is_some() {
        progress.results.resize(progress.total as usize, Value::Null);
    }
}

fn collect(it: &mut ProcessInstance, key: i64, loop_counter: u32, value: &Value) {
    let body = it.elements.get_mut(&key);
    let Some(progress) = body.and_then(|body| body.progress.as_deref_mut()) else { return };
    let index = (loop_counter as usize).wrapping_sub(1);
    // Paths of an ad-hoc sub-process are not counted before.
    if index == progress.results.len() {
        progress.results.push(value.clone());
    } else if let Some(result) = progress.results.get_mut(index) {
        *result = value.clone();
    }
}
