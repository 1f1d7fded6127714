//! Rules of compensation: what stands off the paths and is only called to undo something.
//!
//! Must not know who asks for compensation.

use super::place;
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::Report;
use crate::core::model::{ElementIndex, ElementKind, EventTrigger};

/// Checks every compensation activity and every compensation boundary event.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    for (index, element) in compiled.elements() {
        if element.is_for_compensation {
            check_activity(compiled, index, report);
        }
        if handler_at(compiled, index).is_some() && !element.outgoing.is_empty() {
            let message = "a compensation boundary event can't have an outgoing sequence flow";
            let expected = "only an association to the activity that undoes";
            report.error(place(compiled, index), message, expected);
        }
    }
}

/// The activity that a compensation boundary event leads to.
pub(super) fn handler_at(compiled: &Compiled<'_>, event: ElementIndex) -> Option<ElementIndex> {
    match &compiled.definition.element(event).kind {
        ElementKind::BoundaryEvent(it) => match it.trigger {
            EventTrigger::Compensation { handler } => handler,
            _ => None,
        },
        _ => None,
    }
}

/// A compensation activity is no part of any path (BPMN 2.0, 10.7.1; Camunda 8 for its events).
fn check_activity(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let activity = compiled.definition.element(index);
    let kind = activity.kind.name();
    if matches!(activity.kind, ElementKind::EventSubProcess { .. }) {
        let message = "an event sub-process undoes its scope by its start event";
        let expected = "a compensation start event in it, and no `isForCompensation`";
        report.error(place(compiled, index), message, expected);
    }
    if !activity.incoming.is_empty() || !activity.outgoing.is_empty() {
        let message = format!("a {kind} for compensation can't be connected by sequence flows");
        let expected = "only an association from a compensation boundary event";
        report.error(place(compiled, index), message, expected);
    }
    if !activity.boundary_events.is_empty() {
        let message = format!("a {kind} for compensation can't have boundary events");
        report.error(place(compiled, index), message, "no boundary events");
    }
}
