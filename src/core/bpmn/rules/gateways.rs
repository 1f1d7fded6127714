//! Rules of gateways.
//!
//! Must not know how a gateway is executed.

use super::{flow_place, place};
use crate::core::bpmn::events::with_article;
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::Report;
use crate::core::bpmn::xml;
use crate::core::model::{
    Dynamic, Element, ElementIndex, ElementKind, EventTrigger, FlowIndex, MessageDefinition,
    ProcessDefinition,
};

/// Checks every gateway.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    for (index, element) in compiled.elements() {
        match element.kind {
            ElementKind::ExclusiveGateway | ElementKind::InclusiveGateway => {
                check_conditions(compiled, index, report);
                check_use(compiled, index, report);
            }
            ElementKind::ParallelGateway if !compiled.stand_ins.contains(&index) => {
                check_use(compiled, index, report);
            }
            ElementKind::EventBasedGateway(it) => {
                check_event_based(compiled, index, report);
                if it.is_instantiating {
                    check_instantiating(compiled, index, report);
                }
            }
            ElementKind::ComplexGateway { .. } => check_use(compiled, index, report),
            _ => {}
        }
    }
}

/// With several ways out, each but the default needs a condition (BPMN 2.0, 10.6.2 and 10.6.3).
fn check_conditions(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let gateway = compiled.definition.element(index);
    if gateway.outgoing.len() < 2 {
        return;
    }
    for flow in &gateway.outgoing {
        // A condition that is there but can't be read has been reported already.
        let is_conditional = has_condition(compiled, *flow);
        if !is_conditional && gateway.default_flow != Some(*flow) {
            let message = format!("the flow from the {} has no condition", gateway.kind.name());
            let expected = "a condition, or to be the gateway's default flow";
            report.error(flow_place(compiled, *flow), message, expected);
        }
    }
}

fn has_condition(compiled: &Compiled<'_>, flow: FlowIndex) -> bool {
    xml::bpmn_child(compiled.flow_node(flow), "conditionExpression").and_then(xml::text).is_some()
}

/// A gateway with one way in and one way out decides nothing.
fn check_use(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let gateway = compiled.definition.element(index);
    let is_conditional =
        gateway.outgoing.iter().any(|it| compiled.definition.flow(*it).condition.is_some());
    if gateway.incoming.len() < 2 && gateway.outgoing.len() < 2 && !is_conditional {
        let message = format!("the {} neither splits nor joins", gateway.kind.name());
        let expected = "several sequence flows to it or from it";
        report.warning(place(compiled, index), message, expected);
    }
}

/// BPMN 2.0, 10.6.6: at least two ways out, each to something that waits for one event.
fn check_event_based(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let definition = &compiled.definition;
    let gateway = definition.element(index);
    if gateway.outgoing.len() < 2 {
        let message = "the event-based gateway has less than two ways out";
        report.error(place(compiled, index), message, "at least two outgoing sequence flows");
    }
    let targets: Vec<(ElementIndex, &Element)> = gateway
        .outgoing
        .iter()
        .map(|it| definition.flow(*it).target)
        .filter(|it| !compiled.stand_ins.contains(it))
        .map(|it| (it, definition.element(it)))
        .collect();
    for (target, element) in &targets {
        check_target(compiled, *target, element, report);
    }
    check_mixture(compiled, index, &targets, report);
    check_message_names(compiled, &targets, report);
}

fn check_target(
    compiled: &Compiled<'_>,
    index: ElementIndex,
    target: &Element,
    report: &mut Report<'_>,
) {
    let can_wait = match &target.kind {
        ElementKind::ReceiveTask(_) => true,
        ElementKind::IntermediateCatchEvent(trigger) if !trigger.needs_all() => {
            trigger.parts().iter().all(can_win)
        }
        _ => false,
    };
    if !can_wait {
        let message =
            format!("an event-based gateway can't lead to {}", with_article(target.kind.name()));
        let expected = "a message, timer, signal or conditional catch event, or a receive task";
        report.error(place(compiled, index), message, expected);
        return;
    }
    if target.incoming.len() > 1 {
        let message = "the target of an event-based gateway has other incoming sequence flows";
        report.error(place(compiled, index), message, "only the flow from the gateway");
    }
    if !target.boundary_events.is_empty() {
        let message = "the target of an event-based gateway has boundary events";
        report.error(place(compiled, index), message, "a receive task without boundary events");
    }
}

fn can_win(trigger: &EventTrigger) -> bool {
    matches!(
        trigger,
        EventTrigger::Message(_)
            | EventTrigger::Timer(_)
            | EventTrigger::Signal { .. }
            | EventTrigger::Condition(_)
    )
}

/// What starts a process comes first in it (BPMN 2.0, 10.6.6).
fn check_instantiating(compiled: &Compiled<'_>, index: ElementIndex, report: &mut Report<'_>) {
    let gateway = compiled.definition.element(index);
    if !gateway.incoming.is_empty() {
        let message = "an instantiating event-based gateway has an incoming sequence flow";
        report.error(place(compiled, index), message, "only outgoing sequence flows");
    }
    if gateway.parent != Some(ProcessDefinition::ROOT) {
        let message = "only a process can be instantiated";
        report.error(place(compiled, index), message, "a gateway directly in the process");
    }
    let needs_all = matches!(gateway.kind, ElementKind::EventBasedGateway(it) if it.needs_all);
    let targets = gateway.outgoing.iter().map(|it| compiled.definition.flow(*it).target);
    for target in targets.filter(|it| needs_all && !compiled.stand_ins.contains(it)) {
        let element = compiled.definition.element(target);
        let is_message = matches!(
            element.kind,
            ElementKind::ReceiveTask(_)
                | ElementKind::IntermediateCatchEvent(EventTrigger::Message(_))
        );
        if !is_message {
            let message = "what comes later can't find the instance that the first event started";
            let expected = "messages with correlation keys behind a parallel event-based gateway";
            report.error(place(compiled, target), message, expected);
        }
    }
}

fn check_mixture(
    compiled: &Compiled<'_>,
    gateway: ElementIndex,
    targets: &[(ElementIndex, &Element)],
    report: &mut Report<'_>,
) {
    let has_task = targets.iter().any(|(_, it)| matches!(it.kind, ElementKind::ReceiveTask(_)));
    let has_message = targets.iter().any(|(_, it)| {
        messages(it).next().is_some() && !matches!(it.kind, ElementKind::ReceiveTask(_))
    });
    if has_task && has_message {
        let message = "the event-based gateway mixes message catch events and receive tasks";
        report.error(place(compiled, gateway), message, "one of the two kinds");
    }
}

/// The same message at two targets would leave open which way is taken.
fn check_message_names(
    compiled: &Compiled<'_>,
    targets: &[(ElementIndex, &Element)],
    report: &mut Report<'_>,
) {
    let mut seen: Vec<&Dynamic> = Vec::new();
    for (index, target) in targets {
        for MessageDefinition { name, .. } in messages(target) {
            if seen.contains(&name) {
                let message = "another way of the event-based gateway waits for the same message";
                report.error(place(compiled, *index), message, "a message of its own");
            }
            seen.push(name);
        }
    }
}

/// The messages that an element waits for.
fn messages(element: &Element) -> impl Iterator<Item = &MessageDefinition> {
    let (task, parts) = match &element.kind {
        ElementKind::ReceiveTask(message) => (Some(message), &[][..]),
        ElementKind::IntermediateCatchEvent(trigger) => (None, trigger.parts()),
        _ => (None, &[][..]),
    };
    let caught = parts.iter().filter_map(|part| match part {
        EventTrigger::Message(message) => Some(message),
        _ => None,
    });
    task.into_iter().chain(caught)
}
