//! Rules of events: what may flow in and out, and what may stand at one activity together.
//!
//! Must not know gateways.

use super::place;
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::Report;
use crate::core::model::{BoundaryEvent, Element, ElementIndex, ElementKind, EventTrigger};

/// Checks every event and every activity's boundary events.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    for (index, element) in compiled.elements() {
        let (incoming, outgoing) = (element.incoming.len(), element.outgoing.len());
        match compiled.node(index).tag_name().name() {
            "startEvent" if incoming > 0 => {
                let message = "a start event can't have an incoming sequence flow";
                report.error(place(compiled, index), message, "only outgoing sequence flows");
            }
            "endEvent" if outgoing > 0 => {
                let message = "an end event can't have an outgoing sequence flow";
                report.error(place(compiled, index), message, "only incoming sequence flows");
            }
            "boundaryEvent" => check_boundary(compiled, index, report),
            _ => check_link(compiled, index, report),
        }
        check_same_triggers(compiled, index, report);
    }
}

/// A boundary event begins a path (BPMN 2.0, 10.5.4).
fn check_boundary(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let element = compiled.definition.element(index);
    if !element.incoming.is_empty() {
        let message = "a boundary event can't have an incoming sequence flow";
        report.error(place(compiled, index), message, "only outgoing sequence flows");
    }
    if element.outgoing.is_empty() && !is_compensation(element) {
        let message = "the boundary event leads nowhere";
        report.error(place(compiled, index), message, "an outgoing sequence flow");
    }
}

/// What undoes an activity is no path: an association leads to it.
fn is_compensation(event: &Element) -> bool {
    let is_caught = |it: &BoundaryEvent| matches!(it.trigger, EventTrigger::Compensation { .. });
    matches!(&event.kind, ElementKind::BoundaryEvent(it) if is_caught(it))
}

/// A link takes the place of a sequence flow (BPMN 2.0, 10.5.5).
fn check_link(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let element = compiled.definition.element(index);
    match element.kind {
        ElementKind::LinkThrowEvent { .. } if !element.outgoing.is_empty() => {
            let message = "a link throw event can't have an outgoing sequence flow";
            report.error(place(compiled, index), message, "only incoming sequence flows");
        }
        ElementKind::LinkCatchEvent if !element.incoming.is_empty() => {
            let message = "a link catch event can't have an incoming sequence flow";
            report.error(place(compiled, index), message, "only outgoing sequence flows");
        }
        _ => {}
    }
}

/// Two boundary events for the same error or message would leave open which one is triggered.
fn check_same_triggers(compiled: &Compiled<'_>, host: ElementIndex, report: &mut Report<'_>) {
    let boundaries = &compiled.definition.element(host).boundary_events;
    for (position, index) in boundaries.iter().enumerate() {
        let Some(trigger) = boundary_trigger(compiled, *index) else { continue };
        let is_repeated = boundaries[..position]
            .iter()
            .filter_map(|earlier| boundary_trigger(compiled, *earlier))
            .any(|earlier| share_a_trigger(earlier, trigger));
        if is_repeated {
            let message = "another boundary event of the activity waits for the same";
            let expected = "a code, a message or a signal of its own";
            report.error(place(compiled, *index), message, expected);
        }
    }
}

fn boundary_trigger<'c>(
    compiled: &'c Compiled<'_>,
    index: ElementIndex,
) -> Option<&'c EventTrigger> {
    match &compiled.definition.element(index).kind {
        ElementKind::BoundaryEvent(event) => Some(&event.trigger),
        _ => None,
    }
}

/// Several events may each wait for all of several triggers, and share some of them.
fn share_a_trigger(a: &EventTrigger, b: &EventTrigger) -> bool {
    !a.needs_all()
        && !b.needs_all()
        && a.parts().iter().any(|a| b.parts().iter().any(|b| is_same(a, b)))
}

pub(super) fn is_same(a: &EventTrigger, b: &EventTrigger) -> bool {
    match (a, b) {
        (EventTrigger::Error { code: a }, EventTrigger::Error { code: b })
        | (EventTrigger::Escalation { code: a }, EventTrigger::Escalation { code: b }) => a == b,
        (EventTrigger::Compensation { .. }, EventTrigger::Compensation { .. })
        | (EventTrigger::Cancel, EventTrigger::Cancel) => true,
        (EventTrigger::Message(a), EventTrigger::Message(b)) => a.name == b.name,
        (EventTrigger::Signal { name: a }, EventTrigger::Signal { name: b }) => a == b,
        _ => false,
    }
}
