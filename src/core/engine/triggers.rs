//! What happens when an event that was waited for comes: a timer, a message, an error.
//!
//! Must not know how an event is waited for.

use super::event::{Event, IncidentKind, Step};
use super::facts::{AwaitedTrigger, CollectedTrigger, TriggerCollected};
use super::instance::{Held, HeldBack, VariableMap};
use super::subscriptions::Awaits;
use super::turn::{At, Turn};
use super::{incidents, joins, subscriptions};
use crate::core::model::{ElementIndex, ElementKind, EventTrigger, ProcessDefinition};

/// What an event waits for; `None` for what is no event or has no trigger.
pub(crate) fn trigger_of(
    definition: &ProcessDefinition,
    event: ElementIndex,
) -> Option<&EventTrigger> {
    match &definition.element(event).kind {
        ElementKind::BoundaryEvent(boundary) => Some(&boundary.trigger),
        ElementKind::StartEvent(start) => start.trigger.as_ref(),
        ElementKind::IntermediateCatchEvent(trigger) => Some(trigger),
        _ => None,
    }
}

/// One trigger of an event came: lets the event happen, or, where others must come too, keeps it
/// until they have. One that comes again meanwhile says nothing new.
pub(crate) fn come(
    turn: &mut Turn<'_>,
    host: At<'_>,
    awaits: Awaits,
    awaited: AwaitedTrigger,
    variables: &VariableMap,
) {
    let definition = trigger_of(turn.definition, awaits.event);
    let (Some(part), Some(definition)) = (awaits.part, definition.filter(|it| it.needs_all()))
    else {
        return trigger(turn, host, awaits.event, variables);
    };
    if collected(turn, host.key, awaits.event).iter().any(|it| it.part == part) {
        return;
    }
    let variables = variables.clone();
    collect(turn, host.key, awaits.event, CollectedTrigger { part, variables, awaited });
    let collected = collected(turn, host.key, awaits.event);
    if collected.len() == definition.parts().len() {
        let collected = collected.to_vec();
        happen(turn, host, awaits.event, collected);
    }
}

/// All triggers have come. What came last wins where several brought the same variable.
fn happen(
    turn: &mut Turn<'_>,
    host: At<'_>,
    event: ElementIndex,
    collected: Vec<CollectedTrigger>,
) {
    forget(turn, host.key, event);
    let mut variables = VariableMap::new();
    let goes_on = !subscriptions::is_interrupting(turn.definition, event);
    let is_over = goes_on && collected.iter().any(|it| is_over(turn, host.key, event, it));
    for CollectedTrigger { part, variables: brought, awaited } in collected {
        variables.extend(brought);
        if goes_on && !is_over {
            subscriptions::reopen(turn, host, Awaits { event, part: Some(part) }, awaited);
        }
    }
    if is_over {
        subscriptions::close_event(turn, host.key, event);
    }
    trigger(turn, host, event, &variables);
}

/// Whether a trigger can't come again: a timer that is not planned any more.
fn is_over(turn: &Turn<'_>, key: i64, event: ElementIndex, trigger: &CollectedTrigger) -> bool {
    let id = &turn.definition.element(event).id;
    let is_planned = |held: Held| match held {
        Held::Timer(timer) => turn
            .instance
            .timers
            .get(&timer)
            .is_some_and(|timer| timer.element_id == *id && timer.part == Some(trigger.part)),
        _ => false,
    };
    trigger.awaited == AwaitedTrigger::Timer && !turn.instance.held(key).any(is_planned)
}

fn collected<'t>(turn: &'t Turn<'_>, key: i64, event: ElementIndex) -> &'t [CollectedTrigger] {
    let id = &turn.definition.element(event).id;
    let host = turn.instance.elements.get(&key);
    host.and_then(|host| host.collected.get(id)).map_or(&[], Vec::as_slice)
}

/// Whether an event behind a gateway has come already.
pub(crate) fn has_come(turn: &Turn<'_>, gateway_key: i64, event: ElementIndex) -> bool {
    !collected(turn, gateway_key, event).is_empty()
}

/// Remembers that a trigger came.
pub(crate) fn collect(
    turn: &mut Turn<'_>,
    key: i64,
    event: ElementIndex,
    trigger: CollectedTrigger,
) {
    turn.emit(Event::TriggerCollected(Box::new(TriggerCollected {
        element_instance_key: key,
        element_id: turn.definition.element(event).id.clone(),
        trigger,
    })));
}

/// Forgets what came of an event that happened or is not waited for any more.
pub(crate) fn forget(turn: &mut Turn<'_>, key: i64, event: ElementIndex) {
    if collected(turn, key, event).is_empty() {
        return;
    }
    let element_id = turn.definition.element(event).id.clone();
    turn.emit(Event::TriggersReleased { element_instance_key: key, element_id });
}

/// Lets an event happen at the element instance that waited for it.
pub(crate) fn trigger(
    turn: &mut Turn<'_>,
    host: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    if event == host.index {
        // Its other triggers are not waited for any more.
        subscriptions::close_event(turn, host.key, event);
        turn.take_variables(host, variables);
        return turn.push(Step::Complete, host.key);
    }
    match &turn.definition.element(event).kind {
        ElementKind::BoundaryEvent(_) => trigger_boundary(turn, host, event, variables),
        ElementKind::StartEvent(_) => start_event_sub_process(turn, host, event, variables),
        _ => choose(turn, host, event, variables),
    }
}

fn trigger_boundary(
    turn: &mut Turn<'_>,
    host: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    let Some(scope_key) = host.scope_key else { return };
    if subscriptions::is_interrupting(turn.definition, event) {
        turn.terminate(host.key);
        if turn.at(host.key).is_some() {
            return hold_back(turn, host.key, event, variables);
        }
    }
    pass(turn, event, scope_key, variables);
    turn.settle(scope_key);
}

/// Creates an element whose event has happened, and gives it what the event brought.
fn pass(turn: &mut Turn<'_>, event: ElementIndex, scope_key: i64, variables: &VariableMap) {
    let key = turn.create_triggered(event, scope_key);
    if let Some(at) = turn.at(key) {
        turn.take_variables(at, variables);
    }
    turn.push(Step::Activate, key);
}

/// The start event exists before its sub-process is prepared, so that what the event brought
/// survives an incident there. It is local to the sub-process unless output mappings choose.
fn start_event_sub_process(
    turn: &mut Turn<'_>,
    scope: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    if subscriptions::is_interrupting(turn.definition, event) {
        interrupt(turn, scope);
        if turn.instance.children(scope.key).next().is_some() {
            return hold_back(turn, scope.key, event, variables);
        }
    }
    begin_event_sub_process(turn, scope, event, variables);
}

fn begin_event_sub_process(
    turn: &mut Turn<'_>,
    scope: At<'_>,
    event: ElementIndex,
    variables: &VariableMap,
) {
    let start = turn.definition.element(event);
    let Some(sub_process) = start.parent else { return };
    let key = turn.create_triggered(sub_process, scope.key);
    let start_key = turn.create_triggered(event, key);
    let holder = if start.io.outputs.is_empty() { key } else { start_key };
    turn.set_local(holder, variables);
    turn.push(Step::Activate, key);
}

/// What is interrupted waits for listeners: the event goes on when it has ended (as in Camunda 8).
fn hold_back(turn: &mut Turn<'_>, key: i64, event: ElementIndex, variables: &VariableMap) {
    let (event_id, variables) = (turn.definition.element(event).id.clone(), variables.clone());
    turn.emit(Event::TriggerHeldBack { key, event_id, variables });
    if let Some(scope_key) = turn.instance.elements.get(&key).and_then(|it| it.scope_key) {
        turn.settle(scope_key);
    }
}

/// A host has ended that its boundary event waited for.
pub(crate) fn pass_held_back(turn: &mut Turn<'_>, scope_key: i64, held: &HeldBack) {
    let Some(event) = turn.definition.find(&held.event_id) else { return };
    if matches!(turn.definition.element(event).kind, ElementKind::BoundaryEvent(_)) {
        pass(turn, event, scope_key, &held.variables);
    }
}

/// A scope is empty that an event sub-process waited for.
pub(crate) fn begin_held_back(turn: &mut Turn<'_>, scope: At<'_>) {
    let is_empty = turn.instance.children(scope.key).next().is_none();
    let held = turn.instance.elements.get(&scope.key).and_then(|it| it.held_back.clone());
    let Some(held) = held.filter(|_| is_empty) else { return };
    let Some(event) = turn.definition.find(&held.event_id) else { return };
    begin_event_sub_process(turn, scope, event, &held.variables);
}

/// Ends everything in a scope but the scope itself. What else could be triggered in it is over too.
fn interrupt(turn: &mut Turn<'_>, scope: At<'_>) {
    let children: Vec<i64> = turn.instance.children(scope.key).collect();
    for child in children {
        turn.terminate(child);
    }
    joins::clear(turn, scope.key);
    subscriptions::close_inside(turn, scope);
    if let Some(key) = incidents::find(turn, scope.key, IncidentKind::Deadlock) {
        turn.emit(Event::IncidentResolved { key });
    }
}

/// The first event behind an event-based gateway wins (BPMN 2.0, 10.6.6). One that started the
/// process as the first of all goes on when the last has come.
fn choose(turn: &mut Turn<'_>, gateway: At<'_>, event: ElementIndex, variables: &VariableMap) {
    let Some(scope_key) = gateway.scope_key else { return };
    let mut flows = gateway.element.outgoing.iter();
    let Some(&flow) = flows.find(|flow| turn.definition.flow(**flow).target == event) else {
        return;
    };
    let needs_all =
        matches!(gateway.element.kind, ElementKind::EventBasedGateway(it) if it.needs_all);
    if needs_all {
        subscriptions::close_event(turn, gateway.key, event);
        let (variables, awaited) = (VariableMap::new(), AwaitedTrigger::Thrown);
        collect(turn, gateway.key, event, CollectedTrigger { part: 0, variables, awaited });
    }
    let mut targets = gateway.element.outgoing.iter().map(|it| turn.definition.flow(*it).target);
    if !needs_all || targets.all(|it| has_come(turn, gateway.key, it)) {
        turn.release_all(gateway.key);
        turn.emit(Event::ElementCompleted { key: gateway.key });
    }
    let flow_id = turn.definition.flow(flow).id.clone();
    turn.emit(Event::SequenceFlowTaken { scope_key, flow_id });
    pass(turn, event, scope_key, variables);
    turn.settle(scope_key);
}
