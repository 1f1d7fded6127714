//! What holds for every instance between two turns, whatever the model.

use flowstead::core::engine::{
    Held, InstanceState, JobKind, Lifecycle, Postponed, ProcessInstance, Role,
};
use flowstead::core::model::{ElementKind, ProcessDefinition};

/// Says what is wrong with an instance that rests, or nothing.
pub(crate) fn violation(definition: &ProcessDefinition, it: &ProcessInstance) -> Option<String> {
    if !it.is_open() {
        return leftover(it);
    }
    let stuck = it.elements.keys().find_map(|key| stuck(definition, it, *key));
    let unknown = unknown(definition, it);
    stuck.or(unknown).or_else(|| dangling(it)).or_else(|| miscounted(it))
}

/// An instance that is over holds nothing but its outermost scope.
fn leftover(it: &ProcessInstance) -> Option<String> {
    let held = it.jobs.len()
        + it.user_tasks.len()
        + it.timers.len()
        + it.subscriptions.len()
        + it.signals.len()
        + it.conditions.len()
        + it.postponed.len()
        + it.incidents.len();
    let is_clean = held == 0
        && it.elements.len() <= 1
        && it.elements.values().all(|it| {
            let waits = !it.joins.is_empty() || !it.resets.is_empty() || !it.collected.is_empty();
            it.lifecycle.is_over() && !waits
        });
    (!is_clean).then(|| format!("an instance that is {} holds something: {it:?}", it.state))
}

/// Every open element instance waits for something that can still come.
fn stuck(definition: &ProcessDefinition, it: &ProcessInstance, key: i64) -> Option<String> {
    let element = &it.elements[&key];
    if is_postponed(it, key) {
        return None;
    }
    let wrong = |what: &str| Some(format!("{what}: {key} of '{}' in {it:?}", element.element_id));
    let held: Vec<Held> = it.held(key).collect();
    let has_incident = held.iter().any(|held| matches!(held, Held::Incident(_)));
    let is_listened = held.iter().any(|held| is_listener(it, *held));
    let kind = &definition.element(definition.find(&element.element_id)?).kind;
    match element.lifecycle {
        Lifecycle::Activating if is_start_in_waiting(it, element.scope_key) => None,
        Lifecycle::Activating | Lifecycle::Completing if !has_incident && !is_listened => {
            wrong("held up without an incident or a listener")
        }
        Lifecycle::Activating | Lifecycle::Completing => None,
        Lifecycle::Terminating if has_incident || is_listened || element.children > 0 => None,
        Lifecycle::Activated => {
            let own = held.iter().any(|held| waits_for(it, kind, &element.element_id, *held));
            let is_scope = kind.is_scope() || element.role == Role::Body;
            let waits = has_incident
                || element.child_key.is_some()
                || element.undoing > 0
                || if is_scope { is_open(kind) || element.children > 0 } else { own };
            if waits { None } else { wrong("waits for nothing") }
        }
        _ => wrong("neither open nor gone"),
    }
}

fn is_listener(it: &ProcessInstance, held: Held) -> bool {
    match held {
        Held::Job(key) => it.jobs.get(&key).is_some_and(|job| job.kind != JobKind::Element),
        _ => false,
    }
}

/// A suspended instance has steps to take and joins to look at when it goes on.
fn is_postponed(it: &ProcessInstance, key: i64) -> bool {
    if it.state == InstanceState::Suspended && !it.elements[&key].joins.is_empty() {
        return true;
    }
    let is_it = |one: &Postponed| match one {
        Postponed::Step { element_instance_key, .. } => *element_instance_key == key,
        Postponed::Signal { .. } => false,
    };
    it.state == InstanceState::Suspended && it.postponed.iter().any(is_it)
}

/// What stays open with nothing in it, until somebody begins something.
fn is_open(kind: &ElementKind) -> bool {
    matches!(kind, ElementKind::AdHocSubProcess(_))
}

/// A triggered start event exists before its scope is ready.
fn is_start_in_waiting(it: &ProcessInstance, scope_key: Option<i64>) -> bool {
    let scope = scope_key.and_then(|key| it.elements.get(&key));
    scope.is_some_and(|scope| scope.lifecycle == Lifecycle::Activating)
}

fn waits_for(it: &ProcessInstance, kind: &ElementKind, id: &str, held: Held) -> bool {
    let event = match held {
        Held::Subscription(key) => it.subscriptions.get(&key).map(|held| &held.element_id),
        Held::Condition(key) => it.conditions.get(&key).map(|held| &held.element_id),
        Held::Signal(key) => it.signals.get(&key).map(|held| &held.element_id),
        Held::Timer(key) => it.timers.get(&key).map(|held| &held.element_id),
        _ => None,
    };
    match kind {
        ElementKind::UserTask(_) => matches!(held, Held::UserTask(_)),
        ElementKind::ReceiveTask(_) | ElementKind::IntermediateCatchEvent(_) => {
            event.is_some_and(|event| **event == *id)
        }
        ElementKind::EventBasedGateway(_) => event.is_some(),
        ElementKind::CallActivity(_) => false,
        _ => matches!(held, Held::Job(_)),
    }
}

/// Every id of the model that the instance holds is one of its version.
fn unknown(definition: &ProcessDefinition, it: &ProcessInstance) -> Option<String> {
    let joins = it.elements.values().flat_map(|it| it.joins.iter());
    let flow_ids = joins.clone().flat_map(|(_, waiting)| waiting.keys());
    let mut flow_ids = flow_ids.filter(|id| definition.flows.iter().all(|it| it.id != **id));
    let records = it.elements.values().flat_map(|it| it.compensations.iter());
    let mut element_ids = (it.elements.values().map(|it| &it.element_id))
        .chain(joins.map(|(gateway, _)| gateway))
        .chain(records.map(|record| &record.element_id))
        .chain(it.timers.values().map(|it| &it.element_id))
        .chain(it.subscriptions.values().map(|it| &it.element_id))
        .chain(it.signals.values().map(|it| &it.element_id))
        .chain(it.conditions.values().map(|it| &it.element_id))
        .filter(|id| definition.find(id).is_none());
    let lost = element_ids.next().or_else(|| flow_ids.next());
    lost.map(|id| format!("'{id}' is not of the definition: {it:?}"))
}

/// Everything held belongs to an open element instance, and every scope is open.
fn dangling(it: &ProcessInstance) -> Option<String> {
    let owners = (it.jobs.values().map(|held| held.element_instance_key))
        .chain(it.user_tasks.values().map(|held| held.element_instance_key))
        .chain(it.timers.values().map(|held| held.element_instance_key))
        .chain(it.subscriptions.values().map(|held| held.element_instance_key))
        .chain(it.conditions.values().map(|held| held.element_instance_key))
        .chain(it.signals.values().map(|held| held.element_instance_key))
        .chain(it.incidents.values().map(|held| held.element_instance_key))
        .chain(it.elements.values().filter_map(|element| element.scope_key));
    let mut lost = owners.filter(|key| !it.elements.contains_key(key));
    lost.next().map(|key| format!("belongs to {key}, which is not there: {it:?}"))
}

/// Who asked for compensation counts those that are at it.
fn miscounted(it: &ProcessInstance) -> Option<String> {
    let at_it = |key: i64| it.elements.values().filter(|it| it.compensates == Some(key)).count();
    let mut wrong = it.elements.iter().filter(|(key, one)| one.undoing as usize != at_it(**key));
    wrong.next().map(|(key, _)| format!("{key} miscounts what undoes for it: {it:?}"))
}
