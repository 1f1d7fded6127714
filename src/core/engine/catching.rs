//! Who catches what is thrown by a code: errors and escalations (BPMN 2.0, 10.5.5).
//!
//! Must not know what throwing or catching leads to.

use super::compensation::is_back;
use super::facts::Role;
use super::turn::{At, Turn};
use crate::core::model::{ElementIndex, ElementKind, EventTrigger, ProcessDefinition};

/// What is on its way outward.
#[derive(Clone, Copy)]
pub(crate) enum Code<'a> {
    /// An error's code.
    Error(&'a str),
    /// An escalation's code.
    Escalation(&'a str),
}

/// What catches it: an event and the element instance it belongs to.
pub(crate) struct Catch<'a> {
    pub(crate) host: At<'a>,
    pub(crate) event: ElementIndex,
}

/// The nearest catching event outward. An activity's boundary events come first, then the event
/// sub-processes of its scope. What is thrown inside an event sub-process is not for its
/// neighbours, but for the scope's outside.
pub(crate) fn find_catch<'a>(turn: &Turn<'a>, from: At<'a>, code: Code<'_>) -> Option<Catch<'a>> {
    let definition = turn.definition;
    let mut at = from;
    loop {
        // The boundary events of a multi-instance belong to its body.
        if !matches!(at.role, Role::Inner { .. }) && !is_back(at) {
            let events = at.element.boundary_events.iter().copied();
            if let Some(event) = matching(definition, events, code) {
                return Some(Catch { host: at, event });
            }
        }
        let scope = turn.at(at.scope_key?)?;
        let is_inside = matches!(at.element.kind, ElementKind::EventSubProcess { .. });
        if scope.role != Role::Body && !is_inside && !is_back(scope) {
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

/// The event that names the code, or else one that catches every code of the kind.
fn matching(
    definition: &ProcessDefinition,
    events: impl Iterator<Item = ElementIndex>,
    thrown: Code<'_>,
) -> Option<ElementIndex> {
    let mut catching_all = None;
    for event in events {
        let caught = match (trigger_of(definition, event), thrown) {
            (Some(EventTrigger::Error { code }), Code::Error(thrown))
            | (Some(EventTrigger::Escalation { code }), Code::Escalation(thrown)) => (code, thrown),
            _ => continue,
        };
        match caught {
            (Some(code), thrown) if code == thrown => return Some(event),
            (None, _) => catching_all = catching_all.or(Some(event)),
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
