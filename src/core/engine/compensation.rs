//! Compensation: what was done and can be undone, and undoing it (BPMN 2.0, 10.7).
//!
//! A scope remembers the completed activities in it that can be compensated. When they are, all
//! handlers begin at once, as in Camunda 8, the one of the activity that completed last first.
//! What completed inside a sub-process is remembered by the sub-process's record: to undo it, the
//! sub-process comes back as a scope that holds nothing but the handlers.
//! Must not know what throws compensation, or what a handler does.
//!
//! **Invariant:** a record is gone as soon as its handler is created: nothing is undone twice.

use std::sync::Arc;

use super::catching::event_sub_process_starts;
use super::elements::multiple_event;
use super::event::{Event, Step};
use super::facts::Role;
use super::instance::{Compensation, VariableMap};
use super::turn::{At, Turn};
use crate::core::model::{ElementIndex, ElementKind, EventTrigger, ProcessDefinition, StartEvent};

/// The handler that undoes an activity, where it has one.
pub(crate) fn handler(
    definition: &ProcessDefinition,
    activity: ElementIndex,
) -> Option<ElementIndex> {
    let boundaries = &definition.element(activity).boundary_events;
    boundaries.iter().find_map(|event| match &definition.element(*event).kind {
        ElementKind::BoundaryEvent(boundary) => match boundary.trigger {
            EventTrigger::Compensation { handler } => handler,
            _ => None,
        },
        _ => None,
    })
}

/// The start event of the event sub-process in a scope that undoes the whole of it.
fn undoing_start(definition: &ProcessDefinition, scope: ElementIndex) -> Option<ElementIndex> {
    event_sub_process_starts(definition, scope).find(|start| {
        let kind = &definition.element(*start).kind;
        let trigger = match kind {
            ElementKind::StartEvent(StartEvent { trigger, .. }) => trigger.as_ref(),
            _ => None,
        };
        matches!(trigger, Some(EventTrigger::Compensation { .. }))
    })
}

/// What a completed activity leaves behind to be remembered, in order; called before it is gone.
pub(crate) fn records_of(turn: &mut Turn<'_>, at: At<'_>) -> Vec<Compensation> {
    if at.compensates.is_some() || at.element.is_for_compensation {
        return Vec::new();
    }
    let Some(own) = turn.instance.elements.get(&at.key) else { return Vec::new() };
    let has_handler = handler(turn.definition, at.index).is_some();
    let is_scope = at.element.kind.is_scope();
    match at.role {
        // Each inner instance has left a record of its own in the body, or the whole has one.
        Role::Body if !has_handler => return own.compensations.clone(),
        Role::Inner { .. } if has_handler => return Vec::new(),
        _ => {}
    }
    let inner = if has_handler { Vec::new() } else { own.compensations.clone() };
    let undoes_itself = is_scope && undoing_start(turn.definition, at.index).is_some();
    if !has_handler && inner.is_empty() && !undoes_itself {
        return Vec::new();
    }
    let variables = if is_scope { own.variables.clone() } else { VariableMap::new() };
    let element_id = at.element.id.clone();
    vec![Compensation { key: turn.take_key(), element_id, variables, inner }]
}

/// Lets a scope remember what completed in it.
pub(crate) fn remember(turn: &mut Turn<'_>, scope_key: i64, records: Vec<Compensation>) {
    for record in records {
        turn.emit(Event::CompensationRecorded { scope_key, record: Box::new(record) });
    }
}

/// Undoes one activity, or all that can be undone, on behalf of the event that asks for it.
pub(crate) fn undo(turn: &mut Turn<'_>, thrower: At<'_>, activity: Option<ElementIndex>) {
    let wanted = activity.map(|index| turn.definition.element(index).id.clone());
    for scope_key in scopes_in_reach(turn, thrower) {
        undo_scope(turn, scope_key, wanted.as_ref(), Some(thrower.key));
    }
}

/// From inside an event sub-process the scope around it is undone too.
fn scopes_in_reach(turn: &Turn<'_>, thrower: At<'_>) -> Vec<i64> {
    let mut scopes = Vec::new();
    let mut next = thrower.scope_key;
    while let Some(scope) = next.and_then(|key| turn.at(key)) {
        scopes.push(scope.key);
        let is_inside = matches!(scope.element.kind, ElementKind::EventSubProcess { .. });
        next = scope.scope_key.filter(|_| is_inside);
    }
    scopes
}

fn undo_scope(
    turn: &mut Turn<'_>,
    scope_key: i64,
    wanted: Option<&Arc<str>>,
    thrower: Option<i64>,
) {
    let Some(scope) = turn.instance.elements.get(&scope_key) else { return };
    let is_wanted = |record: &&Compensation| wanted.is_none_or(|id| *id == record.element_id);
    let records: Vec<Compensation> =
        scope.compensations.iter().rev().filter(is_wanted).cloned().collect();
    for record in records {
        turn.emit(Event::CompensationTaken { scope_key, key: record.key });
        begin(turn, scope_key, record, thrower);
    }
}

/// Creates the handler, or brings back the sub-process with the handlers inside.
fn begin(turn: &mut Turn<'_>, scope_key: i64, record: Compensation, thrower: Option<i64>) {
    let Some(activity) = turn.definition.find(&record.element_id) else { return };
    let index = handler(turn.definition, activity).unwrap_or(activity);
    // Inside what came back nobody waits for a single handler, but for all of it.
    let compensates = thrower.unwrap_or(scope_key);
    let key = turn.create_compensating(index, scope_key, compensates);
    turn.set_local(key, &record.variables);
    remember(turn, key, record.inner);
    turn.push(Step::Activate, key);
}

/// A sub-process that came back begins its handlers, or the event sub-process that undoes it.
pub(crate) fn activate_again(turn: &mut Turn<'_>, at: At<'_>) {
    turn.emit(Event::ElementActivated { key: at.key });
    match undoing_start(turn.definition, at.index) {
        Some(start) => {
            if let Some(sub_process) = turn.definition.element(start).parent {
                let key = turn.create_triggered(sub_process, at.key);
                turn.create_triggered(start, key);
                turn.push(Step::Activate, key);
            }
        }
        None => undo_scope(turn, at.key, None, None),
    }
    turn.settle(at.key);
}

/// What undid something is done: the event that asked for it goes on when it was the last.
pub(crate) fn undone(turn: &mut Turn<'_>, thrower: i64) {
    let is_last = turn.instance.elements.get(&thrower).is_some_and(|it| it.undoing == 0);
    let goes_on = turn.at(thrower).is_some_and(|at| {
        !at.element.kind.is_scope() && !multiple_event::is_waiting_for_more(turn, at)
    });
    if is_last && goes_on {
        turn.push(Step::Complete, thrower);
    }
}

/// Whether an element instance is a completed sub-process that came back to be undone: it catches
/// nothing, takes no flows and has no results.
pub(crate) fn is_back(at: At<'_>) -> bool {
    at.compensates.is_some() && !at.element.is_for_compensation
}
