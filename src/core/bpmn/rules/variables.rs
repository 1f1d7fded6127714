//! Warns about variables that are read and never set.
//!
//! Only where that is certain: in a process that starts by itself and into which nothing comes from
//! outside. Anything a worker, a person, a message or a caller could bring silences the rule. Must
//! not know values.

use std::collections::BTreeSet;

use super::{flow_place, place};
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::{Place, Report};
use crate::core::feel::Expression;
use crate::core::model::{
    BoundaryEvent, Dynamic, Element, ElementKind, EndEvent, EventTrigger, LoopCharacteristics,
    LoopItems, ProcessDefinition, ScriptDefinition, StartEvent,
};

/// Names that a multi-instance or a loop gives to what is inside.
const LOOP_VARIABLES: [&str; 5] = [
    "loopCounter",
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
    "numberOfTerminatedInstances",
];

/// Warns about every variable that is read and can't have been set.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    let definition = &compiled.definition;
    let is_closed = compiled.stand_ins.is_empty()
        && starts_by_itself(definition)
        && definition.elements.iter().all(is_closed);
    if !is_closed {
        return;
    }
    let known: BTreeSet<&str> =
        definition.elements.iter().flat_map(set_by).chain(LOOP_VARIABLES).collect();
    for (index, flow) in compiled.flows() {
        let condition = flow.condition.iter();
        warn(flow_place(compiled, index), condition, &known, report);
    }
    for (index, element) in compiled.elements() {
        warn(place(compiled, index), read_by(element).into_iter(), &known, report);
    }
}

fn warn<'e>(
    place: Place<'_>,
    expressions: impl Iterator<Item = &'e Expression>,
    known: &BTreeSet<&str>,
    report: &mut Report<'_>,
) {
    for name in expressions.flat_map(Expression::variables) {
        if !known.contains(name.as_str()) {
            let message = format!("the variable `{name}` is read, but never set");
            let expected = "something that sets it: the process starts by itself, and nothing \
                            comes into it from outside";
            report.warning(place, message, expected);
        }
    }
}

/// Whether only the clock starts it, so that nobody gives it variables.
fn starts_by_itself(definition: &ProcessDefinition) -> bool {
    let root = definition.element(ProcessDefinition::ROOT);
    let mut starts =
        root.children.iter().filter_map(|child| match &definition.element(*child).kind {
            ElementKind::StartEvent(start) => Some(start),
            _ => None,
        });
    starts.all(|start| matches!(start.trigger, Some(EventTrigger::Timer(_))))
}

/// Whether nothing comes into the process here.
fn is_closed(element: &Element) -> bool {
    let listeners = &element.listeners;
    if !listeners.start.is_empty() || !listeners.end.is_empty() {
        return false;
    }
    match &element.kind {
        ElementKind::StartEvent(StartEvent { trigger: Some(trigger), .. })
        | ElementKind::IntermediateCatchEvent(trigger)
        | ElementKind::BoundaryEvent(BoundaryEvent { trigger, .. }) => !matches!(
            trigger,
            EventTrigger::Message(_) | EventTrigger::Signal { .. } | EventTrigger::Error { .. }
        ),
        ElementKind::AdHocSubProcess(definition) => definition.job.is_none(),
        ElementKind::EndEvent(end) => !matches!(end, EndEvent::Message(_)),
        ElementKind::Process
        | ElementKind::SubProcess
        | ElementKind::Transaction
        | ElementKind::EventSubProcess { .. }
        | ElementKind::StartEvent(_)
        | ElementKind::IntermediateThrowEvent
        | ElementKind::ScriptTask(ScriptDefinition::Feel { .. })
        | ElementKind::ManualTask
        | ElementKind::UndefinedTask
        | ElementKind::ExclusiveGateway
        | ElementKind::ParallelGateway
        | ElementKind::InclusiveGateway => true,
        _ => false,
    }
}

/// The variables that an element sets.
fn set_by(element: &Element) -> Vec<&str> {
    let mappings = element.io.inputs.iter().chain(&element.io.outputs);
    let mut names: Vec<&str> =
        mappings.filter_map(|it| it.target.0.first()).map(String::as_str).collect();
    names.extend(element.data.declares.iter().map(String::as_str));
    match &element.kind {
        ElementKind::ScriptTask(ScriptDefinition::Feel { result_variable, .. }) => {
            names.push(result_variable);
        }
        ElementKind::AdHocSubProcess(definition) => {
            names.extend(definition.output_collection.as_deref());
        }
        _ => {}
    }
    if let Some(marker) = &element.multi_instance {
        names.extend(marker.input_element.as_deref());
        names.extend(marker.output_collection.as_deref());
    }
    names
}

/// The expressions of an element.
fn read_by(element: &Element) -> Vec<&Expression> {
    let mappings = element.io.inputs.iter().chain(&element.io.outputs);
    let mut read: Vec<&Expression> = mappings
        .filter_map(|it| match &it.source {
            Dynamic::Expression(expression) => Some(expression),
            Dynamic::Literal(_) => None,
        })
        .collect();
    if let ElementKind::ScriptTask(ScriptDefinition::Feel { expression, .. }) = &element.kind {
        read.push(expression);
    }
    read.extend(element.multi_instance.as_ref().into_iter().flat_map(read_by_loop));
    read
}

fn read_by_loop(marker: &LoopCharacteristics) -> Vec<&Expression> {
    let items = match &marker.items {
        LoopItems::Collection(expression) | LoopItems::Cardinality(expression) => Some(expression),
        LoopItems::While(standard) => standard.condition.as_ref(),
    };
    items.into_iter().chain(&marker.output_element).chain(&marker.completion_condition).collect()
}
