//! Random commands: what could come next, and what could not.

use std::sync::Arc;

use flowstead::core::engine::{
    Command, CreateInstance, DateChange, ElementActivation, JobKind, JobResult, Parent,
    ProcessInstance, TaskCorrections, UserTaskChanges, VariableMap,
};
use serde_json::Value;

use super::models::{CODES, VARIABLES};
use super::random::Random;

/// The command that creates the instance.
pub(crate) fn create(random: &mut Random, key: i64, start_element_id: Option<Arc<str>>) -> Command {
    let mut variables = variables(random);
    if random.once_in(2) {
        variables.insert("items".to_owned(), serde_json::json!([1, "x", null]));
    }
    let parent = Parent { instance_key: 1, element_instance_key: 2 };
    Command::CreateInstance(Box::new(CreateInstance {
        key,
        definition_key: 5,
        process_id: "p".into(),
        version: 1,
        variables,
        start_element_id,
        parent: random.once_in(3).then_some(parent),
        started_by: None,
        origin_key: None,
    }))
}

pub(crate) fn variables(random: &mut Random) -> VariableMap {
    let mut variables = VariableMap::new();
    for name in VARIABLES {
        if !random.once_in(6) {
            variables.insert(name.to_owned(), Value::from(random.below(4)));
        }
    }
    variables
}

/// A command for something that is open, or now and then for nothing.
pub(crate) fn next(random: &mut Random, instance: &ProcessInstance) -> Command {
    if random.once_in(12) {
        return stray(random, instance);
    }
    let mut likely: Vec<fn(&mut Random, &ProcessInstance) -> Command> = Vec::new();
    for (is_there, make) in [
        (!instance.jobs.is_empty(), job as fn(&mut Random, &ProcessInstance) -> Command),
        (!instance.user_tasks.is_empty(), user_task),
        (!instance.timers.is_empty(), timer),
        (!instance.subscriptions.is_empty(), message),
        (!instance.signals.is_empty(), signal),
        (!instance.incidents.is_empty(), incident),
        (instance.elements.values().any(|it| it.child_key.is_some()), child),
    ] {
        if is_there {
            likely.push(make);
        }
    }
    if likely.is_empty() { stray(random, instance) } else { random.pick(&likely)(random, instance) }
}

fn any_key<T>(random: &mut Random, of: &std::collections::BTreeMap<i64, T>) -> i64 {
    let at = random.below(of.len().max(1));
    of.keys().nth(at).copied().unwrap_or(99)
}

fn job(random: &mut Random, instance: &ProcessInstance) -> Command {
    let job_key = any_key(random, &instance.jobs);
    let variables = variables(random);
    let message = "no luck".to_owned();
    let is_choice =
        instance.jobs.get(&job_key).is_some_and(|it| it.kind == JobKind::AdHocSubProcess);
    if is_choice && !random.once_in(5) {
        return choice(random, instance, job_key);
    }
    match random.below(10) {
        0 => {
            let retries = i32::from(random.once_in(2));
            Command::FailJob { job_key, retries, message, backoff_until: None, variables }
        }
        1 => {
            let code = (*random.pick(&CODES)).to_owned();
            Command::ThrowJobError { job_key, code, message, variables }
        }
        2 => Command::UpdateJobRetries { job_key, retries: 2 },
        3 => {
            let result = result(random);
            Command::CompleteJobWithResult { job_key, variables, result: Box::new(result) }
        }
        _ => Command::CompleteJob { job_key, variables },
    }
}

/// A worker chooses what begins in an ad-hoc sub-process, or that it is done.
fn choice(random: &mut Random, instance: &ProcessInstance, job_key: i64) -> Command {
    let result = JobResult {
        activate_elements: (0..random.below(3)).map(|_| activation(random, instance)).collect(),
        is_completion_condition_fulfilled: random.once_in(3),
        is_cancel_remaining_instances: random.once_in(3),
        ..JobResult::default()
    };
    let variables = variables(random);
    Command::CompleteJobWithResult { job_key, variables, result: Box::new(result) }
}

/// Some element of the model, by the names the models give.
fn activation(random: &mut Random, instance: &ProcessInstance) -> ElementActivation {
    let kind = *random.pick(&["service", "user", "task", "sub", "xor", "script", "call"]);
    let newest = instance.elements.values().filter_map(|it| number(&it.element_id)).max();
    let at = newest.unwrap_or(9).saturating_sub(random.below(9));
    ElementActivation { element_id: format!("{kind}{at}"), variables: variables(random) }
}

fn number(element_id: &str) -> Option<usize> {
    element_id.trim_start_matches(|it: char| !it.is_ascii_digit()).parse().ok()
}

/// What fits only some kinds of jobs.
fn result(random: &mut Random) -> JobResult {
    let denied = random.once_in(2);
    let mut corrections = TaskCorrections::default();
    if !denied || random.once_in(5) {
        corrections.assignee = Some("bert".to_owned());
        corrections.changes.priority = random.once_in(2).then_some(70);
    }
    let denied_reason = denied.then(|| "no".to_owned());
    JobResult { denied, denied_reason, corrections, ..JobResult::default() }
}

fn user_task(random: &mut Random, instance: &ProcessInstance) -> Command {
    let user_task_key = any_key(random, &instance.user_tasks);
    match random.below(6) {
        0 => Command::AssignUserTask { user_task_key, assignee: Some("anna".to_owned()) },
        1 => {
            let due_at = Some(DateChange::Set(5));
            let changes = UserTaskChanges { due_at, ..UserTaskChanges::default() };
            Command::UpdateUserTask { user_task_key, changes }
        }
        _ => Command::CompleteUserTask { user_task_key, variables: variables(random), by: None },
    }
}

fn timer(random: &mut Random, instance: &ProcessInstance) -> Command {
    Command::FireTimer { timer_key: any_key(random, &instance.timers) }
}

fn message(random: &mut Random, instance: &ProcessInstance) -> Command {
    let subscription_key = any_key(random, &instance.subscriptions);
    Command::CorrelateMessage { subscription_key, message_key: 7, variables: variables(random) }
}

fn signal(random: &mut Random, instance: &ProcessInstance) -> Command {
    let subscription_key = any_key(random, &instance.signals);
    Command::CatchSignal { subscription_key, signal_key: 9, variables: variables(random) }
}

/// Incidents are resolved, mostly after what may have caused them was mended.
fn incident(random: &mut Random, instance: &ProcessInstance) -> Command {
    let incident_key = any_key(random, &instance.incidents);
    let job_key = instance.incidents.get(&incident_key).and_then(|incident| incident.job_key);
    match (job_key, random.below(3)) {
        (Some(job_key), 0) => Command::UpdateJobRetries { job_key, retries: 1 },
        (None, 0) => {
            let mut variables = variables(random);
            variables.insert("unknown".to_owned(), Value::from(random.below(3)));
            variables.insert("items".to_owned(), serde_json::json!([1, 2]));
            Command::SetVariables { scope_key: instance.key, variables, is_local: true }
        }
        _ => Command::ResolveIncident { incident_key },
    }
}

fn child(random: &mut Random, instance: &ProcessInstance) -> Command {
    let called = instance.elements.iter().filter_map(|(key, it)| Some((*key, it.child_key?)));
    let called: Vec<(i64, i64)> = called.collect();
    let (element_instance_key, child_key) = *random.pick(&called);
    let (variables, message) = (variables(random), "gone".to_owned());
    match random.below(9) {
        8 => {
            let code = (*random.pick(&CODES)).to_owned();
            Command::EscalateCalledInstance { element_instance_key, child_key, code }
        }
        0 => Command::CalledInstanceTerminated { element_instance_key, child_key },
        1 => Command::CalledInstanceRefused { element_instance_key, child_key, message },
        2 => {
            let code = (*random.pick(&CODES)).to_owned();
            fail_child(element_instance_key, child_key, code, variables)
        }
        _ => Command::CompleteCalledInstance { element_instance_key, child_key, variables },
    }
}

fn fail_child(
    element_instance_key: i64,
    child_key: i64,
    code: String,
    variables: VariableMap,
) -> Command {
    let message = "failed".to_owned();
    Command::FailCalledInstance { element_instance_key, child_key, code, message, variables }
}

/// Something that as a rule does not fit: a key of something else, or the wrong moment.
fn stray(random: &mut Random, instance: &ProcessInstance) -> Command {
    let key = match random.below(3) {
        0 => any_key(random, &instance.elements),
        1 => any_key(random, &instance.incidents),
        _ => 12_345,
    };
    let variables = variables(random);
    match random.below(16) {
        0 => create(random, key, None),
        1 => Command::CompleteJob { job_key: key, variables },
        2 => Command::CompleteUserTask { user_task_key: key, variables, by: None },
        3 => Command::FireTimer { timer_key: key },
        4 => Command::CorrelateMessage { subscription_key: key, message_key: 8, variables },
        5 => Command::ResolveIncident { incident_key: key },
        6 => Command::UpdateJobRetries { job_key: key, retries: 0 },
        7 => Command::CompleteCalledInstance { element_instance_key: key, child_key: 3, variables },
        8 => Command::CalledInstanceTerminated { element_instance_key: key, child_key: key },
        9 => Command::AssignUserTask { user_task_key: key, assignee: None },
        10 if random.once_in(4) => Command::Cancel,
        12 => Command::ActivateElements {
            element_instance_key: key,
            element_ids: vec!["service3".to_owned()],
        },
        13 => Command::AddLoopInstances {
            element_instance_key: key,
            items: vec![Value::from(1); random.below(3)],
        },
        11 => Command::CatchSignal { subscription_key: key, signal_key: 8, variables },
        _ => Command::SetVariables { scope_key: key, variables, is_local: random.once_in(2) },
    }
}
