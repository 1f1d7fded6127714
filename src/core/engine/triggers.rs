//! What happens when an event that was waited for comes: a timer, a message, an error.
//!
//! Must not know how an event is waited for.

use super::event::{Event, IncidentKind, Step};
use super::instance::{HeldBack, VariableMap};
use super::turn::{At, Turn};
use super::{incidents, joins, subscriptions};
use crate::core::model::{ElementIndex, ElementKind};

/// Lets an event happen at the element instance that waited for it.
pub(crate) fn trigger(
    turn: &mut Turn<'_>,
    host: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    if event == host.index {
        turn.take_variables(host, variables);
        return turn.push(Step::Complete, host.key);
    }
    match &turn.definition.element(event).kind {
        ElementKind::BoundaryEvent(_) => trigger_boundary(turn, host, event, variables),
        ElementKind::StartEvent(_) => start_event_sub_process(turn, host, event, variables),
        _ => choose(turn, host, event, variables),
    }
}

fn trigger_boundary(
    turn: &mut Turn<'_>,
    host: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    let Some(scope_key) = host.scope_key else { return };
    if subscriptions::is_interrupting(turn.definition, event) {
        turn.terminate(host.key);
        if turn.at(host.key).is_some() {
            return hold_back(turn, host.key, event, variables);
        }
    }
    pass(turn, event, scope_key, variables);
    turn.settle(scope_key);
}

/// Creates an element whose event has happened, and gives it what the event brought.
fn pass(turn: &mut Turn<'_>, event: ElementIndex, scope_key: i64, variables: &VariableMap) {
    let key = turn.create_triggered(event, scope_key);
    if let Some(at) = turn.at(key) {
        turn.take_variables(at, variables);
    }
    turn.push(Step::Activate, key);
}

/// The start event exists before its sub-process is prepared, so that what the event brought
/// survives an incident there. It is local to the sub-process unless output mappings choose.
fn start_event_sub_process(
    turn: &mut Turn<'_>,
    scope: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    if subscriptions::is_interrupting(turn.definition, event) {
        interrupt(turn, scope);
        if turn.instance.children(scope.key).next().is_some() {
            return hold_back(turn, scope.key, event, variables);
        }
    }
    begin_event_sub_process(turn, scope, event, variables);
}

fn begin_event_sub_process(
    turn: &mut Turn<'_>,
    scope: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    let start = turn.definition.element(event);
    let Some(sub_process) = start.parent else { return };
    let key = turn.create_triggered(sub_process, scope.key);
    let start_key = turn.create_triggered(event, key);
    let holder = if start.io.outputs.is_empty() { key } else { start_key };
    turn.set_local(holder, variables);
    turn.push(Step::Activate, key);
}

/// What is interrupted waits for listeners: the event goes on when it has ended (as in Camunda 8).
fn hold_back(turn: &mut Turn<'_>, key: i64, event: ElementIndex, variables: &VariableMap) {
    let (event_id, variables) = (turn.definition.element(event).id.clone(), variables.clone());
    turn.emit(Event::TriggerHeldBack { key, event_id, variables });
}

/// A host has ended that its boundary event waited for.
pub(crate) fn pass_held_back(turn: &mut Turn<'_>, scope_key: i64, held: &HeldBack) {
    let Some(event) = turn.definition.find(&held.event_id) else { return };
    if matches!(turn.definition.element(event).kind, ElementKind::BoundaryEvent(_)) {
        pass(turn, event, scope_key, &held.variables);
    }
}

/// A scope is empty that an event sub-process waited for.
pub(crate) fn begin_held_back(turn: &mut Turn<'_>, scope: At<'_>) {
    let is_empty = turn.instance.children(scope.key).next().is_none();
    let held = turn.instance.elements.get(&scope.key).and_then(|it| it.held_back.clone());
    let Some(held) = held.filter(|_| is_empty) else { return };
    let Some(event) = turn.definition.find(&held.event_id) else { return };
    begin_event_sub_process(turn, scope, event, &held.variables);
}

/// Ends everything in a scope but the scope itself. What else could be triggered in it is over too.
fn interrupt(turn: &mut Turn<'_>, scope: At<'_>) {
    let children: Vec<i64> = turn.instance.children(scope.key).collect();
    for child in children {
        turn.terminate(child);
    }
    joins::clear(turn, scope.key);
    subscriptions::close_inside(turn, scope);
    if let Some(key) = incidents::find(turn, scope.key, IncidentKind::Deadlock) {
        turn.emit(Event::IncidentResolved { key });
    }
}

/// The first event behind an event-based gateway wins (BPMN 2.0, 10.6.6).
fn choose(turn: &mut Turn<'_>, gateway: At<'_>, event: ElementIndex, variables: &VariableMap) {
    let Some(scope_key) = gateway.scope_key else { return };
    let mut flows = gateway.element.outgoing.iter();
    let Some(&flow) = flows.find(|flow| turn.definition.flow(**flow).target == event) else {
        return;
    };
    turn.release_all(gateway.key);
    turn.emit(Event::ElementCompleted { key: gateway.key });
    let flow_id = turn.definition.flow(flow).id.clone();
    turn.emit(Event::SequenceFlowTaken { scope_key, flow_id });
    pass(turn, event, scope_key, variables);
    turn.settle(scope_key);
}
