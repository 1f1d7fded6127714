//! Waiting for events: opens and closes timers and subscriptions of element instances.
//!
//! All expressions are computed before the first is opened, so that a failure opens nothing. Must
//! not know what a triggered event does.

use std::sync::Arc;

use super::catching::event_sub_process_starts;
use super::event::{Event, IncidentKind};
use super::facts::{AwaitedTrigger, Role, SubscriptionOpened, TimerScheduled};
use super::instance::{Held, ProcessInstance, Subscription, VariableMap};
use super::rejection::{Rejection, Target};
use super::timers::{self, Due};
use super::triggers;
use super::turn::{At, Failure, Turn};
use super::{conditions, signals};
use crate::core::model::{
    ElementIndex, ElementKind, EventTrigger, MessageDefinition, ProcessDefinition, TimerDefinition,
};

/// One event to wait for, ready to be opened.
pub(crate) struct Prepared {
    awaits: Awaits,
    wait: Wait,
}

/// An event that is waited for, and which of its triggers where it has several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Awaits {
    pub(crate) event: ElementIndex,
    pub(crate) part: Option<u32>,
}

enum Wait {
    Timer(Due),
    Message { name: String, correlation_key: String, is_interrupting: bool },
    Signal { name: String, is_interrupting: bool },
    Condition { is_interrupting: bool },
}

/// Computes everything an element instance waits for: its own event, its boundary events, the
/// event sub-processes in it, or the events behind an event-based gateway.
pub(crate) fn prepare(turn: &Turn<'_>, at: At<'_>) -> Result<Vec<Prepared>, Failure> {
    let mut events = awaited(turn.definition, at.index, at.role);
    if matches!(at.element.kind, ElementKind::EventBasedGateway(_)) {
        // One of them has started the process.
        events.retain(|it| !triggers::has_come(turn, at.key, *it));
    }
    prepare_events(turn, at.key, &events)
}

/// Computes some events that an element instance is to wait for.
pub(crate) fn prepare_events(
    turn: &Turn<'_>,
    key: i64,
    events: &[ElementIndex],
) -> Result<Vec<Prepared>, Failure> {
    let mut prepared = Vec::new();
    for event in events {
        prepare_event(turn, key, *event, &mut prepared)?;
    }
    Ok(prepared)
}

/// The events that an instance of an element waits for in a role.
pub(crate) fn awaited(
    definition: &ProcessDefinition,
    index: ElementIndex,
    role: Role,
) -> Vec<ElementIndex> {
    let element = definition.element(index);
    let mut events = Vec::new();
    if role != Role::Body {
        match element.kind {
            ElementKind::IntermediateCatchEvent(_) | ElementKind::ReceiveTask(_) => {
                events.push(index);
            }
            ElementKind::EventBasedGateway(_) => {
                let flows = element.outgoing.iter();
                events.extend(flows.map(|flow| definition.flow(*flow).target));
            }
            _ if element.kind.is_scope() => {
                events.extend(event_sub_process_starts(definition, index));
            }
            _ => {}
        }
    }
    if !matches!(role, Role::Inner { .. }) {
        events.extend(&element.boundary_events);
    }
    events
}

/// Computes the waits of one event: one for each of its triggers that is waited for.
fn prepare_event(
    turn: &Turn<'_>,
    key: i64,
    event: ElementIndex,
    prepared: &mut Vec<Prepared>,
) -> Result<(), Failure> {
    if let ElementKind::ReceiveTask(message) = &turn.definition.element(event).kind {
        let wait = prepare_message(turn, key, message, true)?;
        prepared.push(Prepared { awaits: Awaits { event, part: None }, wait });
        return Ok(());
    }
    let Some(trigger) = triggers::trigger_of(turn.definition, event) else { return Ok(()) };
    let ends_wait = ends_wait(turn.definition, event);
    for (number, part) in (0u32..).zip(trigger.parts()) {
        let part_number = matches!(trigger, EventTrigger::Multiple { .. }).then_some(number);
        if let Some(wait) = prepare_trigger(turn, key, part, ends_wait)? {
            prepared.push(Prepared { awaits: Awaits { event, part: part_number }, wait });
        }
    }
    Ok(())
}

fn prepare_trigger(
    turn: &Turn<'_>,
    key: i64,
    trigger: &EventTrigger,
    is_interrupting: bool,
) -> Result<Option<Wait>, Failure> {
    match trigger {
        EventTrigger::Message(message) => {
            prepare_message(turn, key, message, is_interrupting).map(Some)
        }
        EventTrigger::Signal { name } => {
            let name = signals::name(turn, key, name)?;
            Ok(Some(Wait::Signal { name, is_interrupting }))
        }
        EventTrigger::Condition(_) => Ok(Some(Wait::Condition { is_interrupting })),
        EventTrigger::Timer(timer) => prepare_timer(turn, key, timer).map(Some),
        EventTrigger::Error { .. }
        | EventTrigger::Escalation { .. }
        | EventTrigger::Compensation { .. }
        | EventTrigger::Cancel
        | EventTrigger::Multiple { .. } => Ok(None),
    }
}

fn prepare_message(
    turn: &Turn<'_>,
    key: i64,
    message: &MessageDefinition,
    is_interrupting: bool,
) -> Result<Wait, Failure> {
    let failing = |what| Failure::of(IncidentKind::Message, what);
    let name = turn.text(&message.name, key).map_err(failing("message name"))?;
    let missing = || "expected an expression, but there is none".to_owned();
    let correlation_key = message
        .correlation_key
        .as_ref()
        .ok_or_else(missing)
        .and_then(|expression| turn.correlation_key(expression, key))
        .map_err(failing("correlation key"))?;
    Ok(Wait::Message { name, correlation_key, is_interrupting })
}

fn prepare_timer(turn: &Turn<'_>, key: i64, timer: &TimerDefinition) -> Result<Wait, Failure> {
    turn.text(timers::timer_expression(timer), key)
        .and_then(|text| timers::first_due(timer, &text, turn.context.now, &turn.context.zone))
        .map(Wait::Timer)
        .map_err(Failure::of(IncidentKind::Timer, "timer"))
}

/// Begins to wait.
pub(crate) fn open(turn: &mut Turn<'_>, at: At<'_>, prepared: Vec<Prepared>) {
    for Prepared { awaits, wait } in prepared {
        match wait {
            Wait::Timer(due) => schedule(turn, at.key, awaits, due),
            Wait::Condition { is_interrupting } => {
                let key = conditions::subscribe(turn, at.key, awaits, is_interrupting);
                turn.reconsider(key);
            }
            Wait::Signal { name, is_interrupting } => {
                signals::subscribe(turn, at.key, awaits, name, is_interrupting);
            }
            Wait::Message { name, correlation_key, is_interrupting } => {
                let key = turn.take_key();
                turn.emit(Event::SubscriptionOpened(SubscriptionOpened {
                    key,
                    element_instance_key: at.key,
                    element_id: turn.definition.element(awaits.event).id.clone(),
                    message_name: name,
                    correlation_key,
                    is_interrupting,
                    part: awaits.part,
                }));
            }
        }
    }
}

/// Waits again for what had come once, now that the event has happened. A condition is looked at
/// again when a variable changes: it would else be met for ever.
pub(crate) fn reopen(turn: &mut Turn<'_>, host: At<'_>, awaits: Awaits, again: AwaitedTrigger) {
    let wait = match again {
        AwaitedTrigger::Timer | AwaitedTrigger::Thrown => return,
        AwaitedTrigger::Condition => {
            conditions::subscribe(turn, host.key, awaits, true);
            return;
        }
        AwaitedTrigger::Message { name, correlation_key } => {
            Wait::Message { name, correlation_key, is_interrupting: true }
        }
        AwaitedTrigger::Signal { name } => Wait::Signal { name, is_interrupting: true },
    };
    open(turn, host, vec![Prepared { awaits, wait }]);
}

fn schedule(turn: &mut Turn<'_>, element_instance_key: i64, awaits: Awaits, due: Due) {
    let key = turn.take_key();
    turn.emit(Event::TimerScheduled(TimerScheduled {
        key,
        element_instance_key,
        element_id: turn.definition.element(awaits.event).id.clone(),
        due_at: due.at,
        repetition: due.repetition,
        part: awaits.part,
    }));
}

/// Stops waiting for the event sub-processes in a scope; its boundary events stay.
pub(crate) fn close_inside(turn: &mut Turn<'_>, scope: At<'_>) {
    let inside: Vec<ElementIndex> =
        event_sub_process_starts(turn.definition, scope.index).collect();
    for event in inside {
        close_event(turn, scope.key, event);
    }
}

/// Stops waiting for one event, by whichever of its triggers.
pub(crate) fn close_event(turn: &mut Turn<'_>, key: i64, event: ElementIndex) {
    let id = &turn.definition.element(event).id;
    let held: Vec<Held> = turn.instance.held(key).collect();
    for held in held {
        if event_of(turn.instance, held) == Some(id) {
            turn.release_held(held);
        }
    }
    triggers::forget(turn, key, event);
}

/// The event that something held by an element instance waits for; `None` when it is no wait.
pub(crate) fn event_of(instance: &ProcessInstance, held: Held) -> Option<&Arc<str>> {
    match held {
        Held::Timer(key) => instance.timers.get(&key).map(|it| &it.element_id),
        Held::Subscription(key) => instance.subscriptions.get(&key).map(|it| &it.element_id),
        Held::Signal(key) => instance.signals.get(&key).map(|it| &it.element_id),
        Held::Condition(key) => instance.conditions.get(&key).map(|it| &it.element_id),
        Held::Job(_) | Held::UserTask(_) | Held::Incident(_) => None,
    }
}

/// A timer is due. One that repeats without ending its host is scheduled again.
pub(crate) fn fire_timer(turn: &mut Turn<'_>, key: i64) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::Timer, key };
    let timer = turn.instance.timers.get(&key).ok_or(not_found.clone())?.clone();
    let host = turn.at(timer.element_instance_key).ok_or(not_found.clone())?;
    let event = turn.definition.find(&timer.element_id).ok_or(not_found)?;
    let awaits = Awaits { event, part: timer.part };
    turn.emit(Event::TimerFired { key });
    let repetition = timer.repetition.filter(|_| !is_interrupting(turn.definition, event));
    if let Some(repetition) = repetition {
        let (now, zone) = (turn.context.now, turn.context.zone.clone());
        // An interval that leads out of the calendar has no next time.
        if let Ok(due) = timers::next_due(&repetition, timer.due_at, now, &zone) {
            schedule(turn, host.key, awaits, due);
        }
    }
    triggers::come(turn, host, awaits, AwaitedTrigger::Timer, &VariableMap::new());
    Ok(())
}

/// Whether one coming ends the wait. Of several that must all come, each is waited for once.
pub(crate) fn ends_wait(definition: &ProcessDefinition, event: ElementIndex) -> bool {
    let trigger = triggers::trigger_of(definition, event);
    trigger.is_some_and(EventTrigger::needs_all) || is_interrupting(definition, event)
}

/// Whether an event ends what it happens to. Errors and cancellations always do (BPMN 2.0,
/// 10.5.4).
pub(crate) fn is_interrupting(definition: &ProcessDefinition, event: ElementIndex) -> bool {
    let always = |trigger: &EventTrigger| {
        let mut parts = trigger.parts().iter();
        parts.any(|it| matches!(it, EventTrigger::Error { .. } | EventTrigger::Cancel))
    };
    let says_so = match &definition.element(event).kind {
        ElementKind::BoundaryEvent(it) => it.is_interrupting,
        ElementKind::StartEvent(it) => it.is_interrupting,
        _ => true,
    };
    says_so || triggers::trigger_of(definition, event).is_some_and(always)
}

/// A message came.
pub(crate) fn correlate(
    turn: &mut Turn<'_>,
    key: i64,
    message_key: i64,
    variables: &VariableMap,
) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::Subscription, key };
    let subscription = turn.instance.subscriptions.get(&key).ok_or(not_found.clone())?.clone();
    let host = turn.at(subscription.element_instance_key).ok_or(not_found.clone())?;
    let event = turn.definition.find(&subscription.element_id).ok_or(not_found)?;
    turn.emit(Event::MessageCorrelated { key, message_key });
    if subscription.is_interrupting {
        turn.emit(Event::SubscriptionClosed { key });
    }
    let awaits = Awaits { event, part: subscription.part };
    let Subscription { message_name: name, correlation_key, .. } = subscription;
    let what = AwaitedTrigger::Message { name, correlation_key };
    triggers::come(turn, host, awaits, what, variables);
    Ok(())
}
