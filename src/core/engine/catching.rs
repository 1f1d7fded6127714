//! Who catches what is thrown by a code: errors and escalations (BPMN 2.0, 10.5.5).
//!
//! Must not know what throwing or catching leads to.

use super::compensation::is_back;
use super::facts::Role;
use super::subscriptions::Awaits;
use super::triggers::trigger_of;
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
    pub(crate) awaits: Awaits,
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
            if let Some(awaits) = matching(definition, events, code) {
                return Some(Catch { host: at, awaits });
            }
        }
        let scope = turn.at(at.scope_key?)?;
        let is_inside = matches!(at.element.kind, ElementKind::EventSubProcess { .. });
        if scope.role != Role::Body && !is_inside && !is_back(scope) {
            let events = event_sub_process_starts(definition, scope.index);
            if let Some(awaits) = matching(definition, events, code) {
                return Some(Catch { host: scope, awaits });
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
) -> Option<Awaits> {
    let mut catching_all = None;
    for event in events {
        let Some(trigger) = trigger_of(definition, event) else { continue };
        for (number, part) in (0u32..).zip(trigger.parts()) {
            let caught = match (part, thrown) {
                (EventTrigger::Error { code }, Code::Error(thrown))
                | (EventTrigger::Escalation { code }, Code::Escalation(thrown)) => (code, thrown),
                _ => continue,
            };
            let part = matches!(trigger, EventTrigger::Multiple { .. }).then_some(number);
            match caught {
                (Some(code), thrown) if code == thrown => return Some(Awaits { event, part }),
                (None, _) => catching_all = catching_all.or(Some(Awaits { event, part })),
                _ => {}
            }
        }
    }
    catching_all
}
