//! Which cells of the tables an element of a definition belongs to: what it is, and where.

use flowstead::core::model::{
    Element, ElementIndex, ElementKind, EndEvent, EventTrigger, LoopBehavior, LoopCharacteristics,
    LoopItems, ProcessDefinition, ScriptDefinition, TimerDefinition,
};

/// A row and a column.
pub(crate) type Cell = (&'static str, &'static str);

/// All cells of an element.
pub(crate) fn of(definition: &ProcessDefinition, index: ElementIndex) -> Vec<Cell> {
    let element = definition.element(index);
    let Some(row) = row(&element.kind) else { return Vec::new() };
    let cells = places(definition, element).into_iter().map(|place| (row, place));
    cells.chain(element.multi_instance.as_ref().and_then(behavior)).collect()
}

fn row(kind: &ElementKind) -> Option<&'static str> {
    Some(match kind {
        ElementKind::StartEvent(start) => start.trigger.as_ref().map_or("none", trigger),
        ElementKind::IntermediateCatchEvent(it) => trigger(it),
        ElementKind::BoundaryEvent(it) => trigger(&it.trigger),
        ElementKind::EndEvent(it) => result(it),
        ElementKind::IntermediateThrowEvent => "none",
        ElementKind::MessageThrowEvent(_) => "message",
        ElementKind::EscalationThrowEvent { .. } => "escalation",
        ElementKind::SignalThrowEvent { .. } => "signal",
        ElementKind::CompensationThrowEvent { .. } => "compensation",
        ElementKind::MultipleThrowEvent(_) => "multiple",
        ElementKind::LinkThrowEvent { .. } | ElementKind::LinkCatchEvent => "link",
        other => return activity(other).or_else(|| gateway(other)),
    })
}

fn activity(kind: &ElementKind) -> Option<&'static str> {
    Some(match kind {
        ElementKind::ServiceTask(_) => "service task",
        ElementKind::SendTask(_) => "send task",
        ElementKind::ScriptTask(ScriptDefinition::Feel { .. }) => "script task, FEEL",
        ElementKind::ScriptTask(ScriptDefinition::Job(_)) => "script task, job",
        ElementKind::BusinessRuleTask(_) => "business rule task, decision",
        ElementKind::UserTask(_) => "user task",
        ElementKind::ReceiveTask(_) => "receive task",
        ElementKind::InstantiatingReceiveTask(_) => "receive task, instantiating",
        ElementKind::ManualTask => "manual task",
        ElementKind::UndefinedTask => "task",
        ElementKind::CallActivity(_) => "call activity",
        ElementKind::SubProcess => "sub-process",
        ElementKind::Transaction => "transaction",
        ElementKind::AdHocSubProcess(it) if it.job.is_some() => "ad-hoc sub-process, by a worker",
        ElementKind::AdHocSubProcess(it) if it.is_sequential => "ad-hoc sub-process, in order",
        ElementKind::AdHocSubProcess(_) => "ad-hoc sub-process",
        ElementKind::EventSubProcess { .. } => "event sub-process",
        _ => return None,
    })
}

/// The events that a multi-instance throws as inner instances complete.
fn behavior(marker: &LoopCharacteristics) -> Option<Cell> {
    let row = match &marker.behavior {
        LoopBehavior::All => return None,
        LoopBehavior::None(_) => "an event for each",
        LoopBehavior::One(_) => "an event for the first",
        LoopBehavior::Complex(_) => "events under conditions",
    };
    Some((row, if marker.is_sequential { "sequential" } else { "parallel" }))
}

fn gateway(kind: &ElementKind) -> Option<&'static str> {
    Some(match kind {
        ElementKind::ExclusiveGateway => "exclusive",
        ElementKind::ParallelGateway => "parallel",
        ElementKind::InclusiveGateway => "inclusive",
        ElementKind::ComplexGateway { activation_condition: Some(_) } => {
            "complex, with a condition"
        }
        ElementKind::ComplexGateway { activation_condition: None } => "complex",
        ElementKind::EventBasedGateway(it) => match (it.is_instantiating, it.needs_all) {
            (false, _) => "event-based",
            (true, false) => "event-based, instantiating",
            (true, true) => "event-based, instantiating, parallel",
        },
        _ => return None,
    })
}

fn trigger(trigger: &EventTrigger) -> &'static str {
    match trigger {
        EventTrigger::Message(_) => "message",
        EventTrigger::Timer(TimerDefinition::Date(_)) => "timer, date",
        EventTrigger::Timer(TimerDefinition::Duration(_)) => "timer, duration",
        EventTrigger::Timer(TimerDefinition::Cycle(_)) => "timer, cycle",
        EventTrigger::Error { code: Some(_) } => "error",
        EventTrigger::Error { code: None } => "error, any",
        EventTrigger::Escalation { code: Some(_) } => "escalation",
        EventTrigger::Escalation { code: None } => "escalation, any",
        EventTrigger::Signal { .. } => "signal",
        EventTrigger::Condition(_) => "conditional",
        EventTrigger::Compensation { .. } => "compensation",
        EventTrigger::Cancel => "cancel",
        EventTrigger::Multiple { needs_all: false, .. } => "multiple",
        EventTrigger::Multiple { needs_all: true, .. } => "parallel multiple",
    }
}

fn result(end: &EndEvent) -> &'static str {
    match end {
        EndEvent::None => "none",
        EndEvent::Error { .. } => "error",
        EndEvent::Escalation { .. } => "escalation",
        EndEvent::Signal { .. } => "signal",
        EndEvent::Compensation { .. } => "compensation",
        EndEvent::Cancel => "cancel",
        EndEvent::Terminate => "terminate",
        EndEvent::Message(_) => "message",
        EndEvent::Multiple(_) => "multiple",
    }
}

fn places(definition: &ProcessDefinition, element: &Element) -> Vec<&'static str> {
    let parent = element.parent.map(|parent| &definition.element(parent).kind);
    match &element.kind {
        ElementKind::StartEvent(start) => vec![match parent {
            Some(ElementKind::Process) => "process start",
            Some(ElementKind::EventSubProcess { .. }) if start.is_interrupting => {
                "event sub-process start"
            }
            Some(ElementKind::EventSubProcess { .. }) => {
                "event sub-process start, not interrupting"
            }
            _ => "sub-process start",
        }],
        ElementKind::IntermediateCatchEvent(_) | ElementKind::LinkCatchEvent => {
            let is_behind = element.incoming.iter().any(|flow| {
                let source = definition.flow(*flow).source;
                matches!(definition.element(source).kind, ElementKind::EventBasedGateway(_))
            });
            vec![if is_behind { "behind a gateway" } else { "catch" }]
        }
        ElementKind::BoundaryEvent(it) if it.is_interrupting => vec!["boundary"],
        ElementKind::BoundaryEvent(_) => vec!["boundary, not interrupting"],
        ElementKind::EndEvent(_) => vec!["end"],
        kind if activity(kind).is_none() && gateway(kind).is_none() => vec!["throw"],
        _ => {
            let mut places: Vec<&'static str> = parent.into_iter().filter_map(scope).collect();
            places.extend(element.multi_instance.as_ref().map(|it| match it.items {
                LoopItems::While(_) => "standard loop",
                _ if it.is_sequential => "multi-instance, sequential",
                _ => "multi-instance, parallel",
            }));
            places.extend(element.is_for_compensation.then_some("undoing"));
            places
        }
    }
}

fn scope(kind: &ElementKind) -> Option<&'static str> {
    Some(match kind {
        ElementKind::Process => "process",
        ElementKind::SubProcess => "sub-process",
        ElementKind::Transaction => "transaction",
        ElementKind::AdHocSubProcess(_) => "ad-hoc sub-process",
        ElementKind::EventSubProcess { .. } => "event sub-process",
        _ => return None,
    })
}
