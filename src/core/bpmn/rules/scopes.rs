//! Rules of scopes: how processes and sub-processes begin.
//!
//! Must not know flows inside a scope.

use std::collections::HashMap;

use super::place;
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::Report;
use crate::core::bpmn::xml;
use crate::core::model::{
    Dynamic, ElementIndex, ElementKind, EventTrigger, ProcessDefinition, ProcessStart, StartEvent,
    StartTrigger,
};

/// Checks every scope that can be executed.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    for (index, element) in compiled.elements() {
        if compiled.stand_ins.contains(&index) {
            continue;
        }
        match element.kind {
            ElementKind::Process => check_process(compiled, report),
            ElementKind::AdHocSubProcess(_) => check_ad_hoc(compiled, index, report),
            ElementKind::SubProcess | ElementKind::Transaction => {
                check_sub_process(compiled, index, report);
            }
            _ => {}
        }
        if element.kind.is_scope() {
            check_code_handlers(compiled, index, report);
        }
    }
}

/// The start events directly inside a scope.
fn starts<'c>(
    compiled: &'c Compiled<'_>,
    scope: ElementIndex,
) -> impl Iterator<Item = (ElementIndex, &'c StartEvent)> {
    let definition = &compiled.definition;
    definition.element(scope).children.iter().filter_map(|index| {
        match &definition.element(*index).kind {
            ElementKind::StartEvent(start) => Some((*index, start)),
            _ => None,
        }
    })
}

/// A process has a start event, and at most one without a trigger (Camunda 8: a started or called
/// process must know where it begins).
fn check_process(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    let root = ProcessDefinition::ROOT;
    // What can't be read may be what starts it.
    let is_started = starts(compiled, root).next().is_some()
        || !compiled.definition.starts().is_empty()
        || compiled.stand_ins.iter().any(|it| instantiates(compiled, *it));
    if !is_started {
        let message = "the process has no start event";
        report.error(place(compiled, root), message, "at least one start event");
    }
    let plain = starts(compiled, root)
        .filter(|(index, start)| start.trigger.is_none() && !compiled.stand_ins.contains(index));
    for (index, _) in plain.skip(1) {
        let message = "the process has more than one start event without a trigger";
        report.error(place(compiled, index), message, "one start event without a trigger");
    }
    check_start_names(compiled, report);
}

fn instantiates(compiled: &Compiled<'_>, index: ElementIndex) -> bool {
    xml::flag(compiled.node(index), "instantiate", false)
}

/// One message or signal must not start a process twice (Camunda 8).
fn check_start_names(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    let mut seen: HashMap<(&str, &str), ElementIndex> = HashMap::new();
    for ProcessStart { element: index, trigger, .. } in compiled.definition.starts() {
        let (what, name) = match trigger {
            StartTrigger::Message(message) => ("message", &message.name),
            StartTrigger::Signal(name) => ("signal", name),
            StartTrigger::Timer(_) | StartTrigger::Condition(_) => continue,
        };
        let Dynamic::Literal(name) = name else { continue };
        let first = seen.insert((what, name), index);
        if let Some(first) = first.filter(|first| *first != index) {
            let first = &compiled.definition.element(first).id;
            let message = format!("the {what} `{name}` starts the process already at `{first}`");
            report.error(place(compiled, index), message, format!("a {what} of its own"));
        }
    }
}

/// An embedded sub-process has exactly one start event, without a trigger (BPMN 2.0, 10.3.5).
fn check_sub_process(compiled: &Compiled<'_>, scope: ElementIndex, report: &mut Report<'_>) {
    let count = starts(compiled, scope).count();
    if count != 1 {
        let message = format!("the sub-process has {count} start events");
        let expected = "exactly one start event, without a trigger";
        report.error(place(compiled, scope), message, expected);
    }
}

/// An ad-hoc sub-process holds activities, and neither start nor end events (BPMN 2.0, 10.3.5).
fn check_ad_hoc(compiled: &Compiled<'_>, scope: ElementIndex, report: &mut Report<'_>) {
    let children = &compiled.definition.element(scope).children;
    for child in children {
        let kind = &compiled.definition.element(*child).kind;
        if matches!(kind, ElementKind::StartEvent(_) | ElementKind::EndEvent(_)) {
            let message = "an ad-hoc sub-process holds no start and no end events";
            report.error(place(compiled, *child), message, "activities, events and gateways");
        }
    }
    let is_activity = |child: &ElementIndex| {
        let name = compiled.node(*child).tag_name().name();
        name.ends_with("ask")
            || name.ends_with("rocess")
            || matches!(name, "callActivity" | "transaction")
    };
    if !children.iter().any(is_activity) {
        let message = "the ad-hoc sub-process holds no activity";
        report.error(place(compiled, scope), message, "at least one activity");
    }
}

/// Two handlers of the same code in one scope would leave open which of them runs.
fn check_code_handlers(compiled: &Compiled<'_>, scope: ElementIndex, report: &mut Report<'_>) {
    let definition = &compiled.definition;
    let mut seen: Vec<(&str, &Option<String>)> = Vec::new();
    for child in &definition.element(scope).children {
        let ElementKind::EventSubProcess { start } = definition.element(*child).kind else {
            continue;
        };
        let ElementKind::StartEvent(event) = &definition.element(start).kind else { continue };
        for part in event.trigger.as_ref().map_or(&[][..], EventTrigger::parts) {
            let caught = match part {
                EventTrigger::Error { code } => ("error", code),
                EventTrigger::Escalation { code } => ("escalation", code),
                _ => continue,
            };
            if seen.contains(&caught) {
                let what = caught.0;
                let message =
                    format!("another event sub-process of the scope catches the same {what}");
                report.error(place(compiled, start), message, format!("an {what} code of its own"));
            }
            seen.push(caught);
        }
    }
}
