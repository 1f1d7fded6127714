//! Scopes: the process, sub-processes, transactions and event sub-processes (BPMN 2.0, 10.2, 10.3.5).

use super::waiting;
use crate::core::engine::effect::{CallResult, Effect};
use crate::core::engine::event::{Event, Step};
use crate::core::engine::subscriptions;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::model::{ElementIndex, ElementKind, EventBasedGateway, ProcessDefinition};

/// Begins the paths inside. Where a start event has been triggered, it exists already.
pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    let prepared = subscriptions::prepare(turn, at)?;
    waiting::begin(turn, at, prepared);
    let triggered: Vec<i64> = turn.instance.children(at.key).collect();
    if triggered.is_empty() {
        for index in entries(turn.definition, at.index) {
            turn.create(index, at.key);
        }
    }
    for key in triggered {
        turn.push(Step::Activate, key);
    }
    turn.settle(at.key);
    Ok(())
}

/// The none start event of a scope, or, in a scope without start events, every element that no
/// sequence flow leads to (BPMN 2.0, 10.5.2).
fn entries(definition: &ProcessDefinition, scope: ElementIndex) -> Vec<ElementIndex> {
    let children = &definition.element(scope).children;
    let none_start = children.iter().find(|child| is_none_start(definition, **child));
    match none_start {
        Some(start) => vec![*start],
        None => children.iter().copied().filter(|child| is_entry(definition, *child)).collect(),
    }
}

/// Whether an element is a start event without a trigger.
pub(crate) fn is_none_start(definition: &ProcessDefinition, index: ElementIndex) -> bool {
    matches!(&definition.element(index).kind, ElementKind::StartEvent(it) if it.trigger.is_none())
}

fn is_entry(definition: &ProcessDefinition, index: ElementIndex) -> bool {
    let element = definition.element(index);
    let has_own_trigger = matches!(
        element.kind,
        ElementKind::StartEvent(_)
            | ElementKind::InstantiatingReceiveTask(_)
            | ElementKind::EventBasedGateway(EventBasedGateway { is_instantiating: true, .. })
            | ElementKind::BoundaryEvent(_)
            | ElementKind::LinkCatchEvent
            | ElementKind::EventSubProcess { .. }
    );
    element.incoming.is_empty() && !has_own_trigger && !element.is_for_compensation
}

/// All has been done; a caller gets the variables.
pub(crate) fn leave_process(turn: &mut Turn<'_>, at: At<'_>) {
    turn.release_all(at.key);
    turn.emit(Event::ElementCompleted { key: at.key });
    turn.emit(Event::InstanceCompleted);
    if let Some(parent) = turn.instance.parent {
        let variables = turn.instance.variables().cloned().unwrap_or_default();
        turn.request(Effect::NotifyParent { parent, result: CallResult::Completed { variables } });
    }
}
