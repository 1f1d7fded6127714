//! Business errors: thrown at one place, caught by the nearest scope outward (BPMN 2.0, 10.5.5).
//!
//! Must not know why an error is thrown.

use super::effect::{CallResult, Effect};
use super::event::{Event, IncidentKind, Role};
use super::instance::VariableMap;
use super::triggers;
use super::turn::{At, Failure, Turn};
use crate::core::model::{ElementIndex, ElementKind, EventTrigger, ProcessDefinition};

/// An error on its way.
pub(crate) struct Thrown<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) variables: &'a VariableMap,
}

/// What catches an error: an event and the element instance it ends.
struct Catch<'a> {
    host: At<'a>,
    event: ElementIndex,
}

/// Hands an error outward from an element instance. What no scope catches ends a called instance
/// with the error handed to its caller.
///
/// # Errors
///
/// When nothing catches it and nobody called; nothing has ended then.
pub(crate) fn throw(turn: &mut Turn<'_>, at: At<'_>, error: &Thrown<'_>) -> Result<(), Failure> {
    let catch = find_catch(turn, at, error.code);
    let caught_by = catch.as_ref().map(|it| turn.definition.element(it.event).id.clone());
    turn.emit(Event::ErrorThrown {
        element_instance_key: at.key,
        code: error.code.to_owned(),
        message: error.message.to_owned(),
        caught_by,
    });
    match (catch, turn.instance.parent) {
        (Some(catch), _) => triggers::trigger(turn, catch.host, catch.event, error.variables),
        (None, Some(parent)) => {
            turn.terminate(turn.instance.key);
            turn.emit(Event::InstanceTerminated);
            let result = CallResult::Failed {
                code: error.code.to_owned(),
                message: error.message.to_owned(),
                variables: error.variables.clone(),
            };
            turn.request(Effect::NotifyParent { parent, result });
        }
        (None, None) => {
            let message = format!("nothing catches error '{}': {}", error.code, error.message);
            return Err(Failure::new(IncidentKind::UnhandledError, message));
        }
    }
    Ok(())
}

/// An activity's boundary events come first, then the event sub-processes of its scope. What is
/// thrown inside an event sub-process is not for its neighbours, but for the scope's outside.
fn find_catch<'a>(turn: &Turn<'a>, from: At<'a>, code: &str) -> Option<Catch<'a>> {
    let definition = turn.definition;
    let mut at = from;
    loop {
        // The boundary events of a multi-instance belong to its body.
        if !matches!(at.role, Role::Inner { .. }) {
            let events = at.element.boundary_events.iter().copied();
            if let Some(event) = matching(definition, events, code) {
                return Some(Catch { host: at, event });
            }
        }
        let scope = turn.at(at.scope_key?)?;
        let is_inside = matches!(at.element.kind, ElementKind::EventSubProcess { .. });
        if scope.role != Role::Body && !is_inside {
            let events = event_sub_process_starts(definition, scope.index);
            if let Some(event) = matching(definition, events, code) {
                return Some(Catch { host: scope, event });
            }
        }
        at = scope;
    }
}

/// The start events of the event sub-processes directly in a scope.
pub(crate) fn event_sub_process_starts(
    definition: &ProcessDefinition,
    scope: ElementIndex,
) -> impl Iterator<Item = ElementIndex> + '_ {
    definition.element(scope).children.iter().filter_map(|child| {
        match definition.element(*child).kind {
            ElementKind::EventSubProcess { start } => Some(start),
            _ => None,
        }
    })
}

/// The event that names the code, or else one that catches every error.
fn matching(
    definition: &ProcessDefinition,
    events: impl Iterator<Item = ElementIndex>,
    thrown: &str,
) -> Option<ElementIndex> {
    let mut catching_all = None;
    for event in events {
        match trigger_of(definition, event) {
            Some(EventTrigger::Error { code: Some(code) }) if code == thrown => return Some(event),
            Some(EventTrigger::Error { code: None }) => catching_all = catching_all.or(Some(event)),
            _ => {}
        }
    }
    catching_all
}

fn trigger_of(definition: &ProcessDefinition, event: ElementIndex) -> Option<&EventTrigger> {
    match &definition.element(event).kind {
        ElementKind::BoundaryEvent(boundary) => Some(&boundary.trigger),
        ElementKind::StartEvent(start) => start.trigger.as_ref(),
        _ => None,
    }
}
