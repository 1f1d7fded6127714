//! Conditional events: waited for by looking again whenever a variable they read changes (BPMN 2.0,
//! 10.5.5; what counts as a change is Camunda 8's).
//!
//! A condition is looked at when its wait begins, and before the next element begins after a
//! variable changed. One that can't be computed or gives no truth value is not met. Must not know
//! what a met condition leads to.

use super::event::Event;
use super::facts::{AwaitedTrigger, ConditionSubscribed};
use super::instance::VariableMap;
use super::lifecycle::Lifecycle;
use super::subscriptions::Awaits;
use super::triggers;
use super::turn::Turn;
use super::variables::outward;
use crate::core::model::{
    ConditionDefinition, ElementIndex, ElementKind, EventTrigger, ProcessDefinition,
};

/// Begins to wait for a condition; gives the key of the wait.
pub(crate) fn subscribe(
    turn: &mut Turn<'_>,
    element_instance_key: i64,
    awaits: Awaits,
    is_interrupting: bool,
) -> i64 {
    let key = turn.take_key();
    turn.emit(Event::ConditionSubscribed(ConditionSubscribed {
        key,
        element_instance_key,
        element_id: turn.definition.element(awaits.event).id.clone(),
        is_interrupting,
        part: awaits.part,
    }));
    key
}

/// The open conditions that a change of a variable concerns: those that read it, from inside the
/// scope that holds it.
pub(crate) fn concerned(turn: &Turn<'_>, scope_key: i64, name: &str) -> Vec<i64> {
    if turn.instance.conditions.is_empty() {
        return Vec::new();
    }
    let scope = turn.instance.elements.get(&scope_key);
    let is_new = !scope.is_some_and(|scope| scope.variables.contains_key(name));
    let open = turn.instance.conditions.iter().filter(|(_, open)| {
        let event = turn.definition.find(&open.element_id);
        let awaits = event.map(|event| Awaits { event, part: open.part });
        let definition = awaits.and_then(|it| definition_of(turn.definition, it));
        definition.is_some_and(|it| it.is_about(name, is_new))
            && outward(turn.instance, open.element_instance_key).any(|(key, _)| key == scope_key)
    });
    open.map(|(key, _)| *key).collect()
}

/// Looks at one condition: lets its event happen when it is met.
pub(crate) fn look(turn: &mut Turn<'_>, key: i64) {
    let Some(open) = turn.instance.conditions.get(&key).cloned() else { return };
    let Some(host) = turn.at(open.element_instance_key) else { return };
    let Some(event) = turn.definition.find(&open.element_id) else { return };
    let awaits = Awaits { event, part: open.part };
    let Some(definition) = definition_of(turn.definition, awaits) else { return };
    let is_met = turn.truth(&definition.condition, host.key, None).unwrap_or(false);
    if host.lifecycle != Lifecycle::Activated || !is_met {
        return;
    }
    turn.emit(Event::ConditionMet { key });
    if open.is_interrupting {
        turn.emit(Event::ConditionUnsubscribed { key });
    }
    // A handler that meets its own condition again must end as any loop does.
    turn.count_flow(if event_is_inside(turn.definition, event) {
        host.key
    } else {
        host.scope_key.unwrap_or(host.key)
    });
    triggers::come(turn, host, awaits, AwaitedTrigger::Condition, &VariableMap::new());
}

fn event_is_inside(definition: &ProcessDefinition, event: ElementIndex) -> bool {
    matches!(definition.element(event).kind, ElementKind::StartEvent(_))
}

/// The condition of an event, or of the one of its triggers that is meant.
pub(crate) fn definition_of(
    definition: &ProcessDefinition,
    awaits: Awaits,
) -> Option<&ConditionDefinition> {
    let trigger = triggers::trigger_of(definition, awaits.event)?;
    match trigger.parts().get(awaits.part.unwrap_or(0) as usize) {
        Some(EventTrigger::Condition(it)) => Some(it),
        _ => None,
    }
}
