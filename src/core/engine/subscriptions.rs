//! Waiting for events: opens and closes timers and subscriptions of element instances.
//!
//! All expressions are computed before the first is opened, so that a failure opens nothing. Must
//! not know what a triggered event does.

use std::sync::Arc;

use super::catching::event_sub_process_starts;
use super::event::{Event, IncidentKind};
use super::facts::{Role, SubscriptionOpened, TimerScheduled};
use super::instance::{Held, ProcessInstance, VariableMap};
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
    event: ElementIndex,
    wait: Wait,
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
    let events = awaited(turn.definition, at.index, at.role);
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
        if let Some(wait) = prepare_event(turn, key, *event)? {
            prepared.push(Prepared { event: *event, wait });
        }
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
            ElementKind::EventBasedGateway => {
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

fn prepare_event(turn: &Turn<'_>, key: i64, event: ElementIndex) -> Result<Option<Wait>, Failure> {
    let (trigger, is_interrupting) = match &turn.definition.element(event).kind {
        ElementKind::ReceiveTask(message) => {
            return prepare_message(turn, key, message, true).map(Some);
        }
        ElementKind::IntermediateCatchEvent(trigger) => (Some(trigger), true),
        ElementKind::BoundaryEvent(it) => (Some(&it.trigger), it.is_interrupting),
        ElementKind::StartEvent(it) => (it.trigger.as_ref(), it.is_interrupting),
        _ => (None, true),
    };
    match trigger {
        Some(EventTrigger::Message(message)) => {
            prepare_message(turn, key, message, is_interrupting).map(Some)
        }
        Some(EventTrigger::Signal { name }) => {
            let name = signals::name(turn, key, name)?;
            Ok(Some(Wait::Signal { name, is_interrupting }))
        }
        Some(EventTrigger::Condition(_)) => Ok(Some(Wait::Condition { is_interrupting })),
        Some(EventTrigger::Timer(timer)) => prepare_timer(turn, key, timer).map(Some),
        Some(
            EventTrigger::Error { .. }
            | EventTrigger::Escalation { .. }
            | EventTrigger::Compensation { .. }
            | EventTrigger::Cancel,
        )
        | None => Ok(None),
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
    for Prepared { event, wait } in prepared {
        match wait {
            Wait::Timer(due) => schedule(turn, at.key, event, due),
            Wait::Condition { is_interrupting } => {
                conditions::subscribe(turn, at.key, event, is_interrupting);
            }
            Wait::Signal { name, is_interrupting } => {
                signals::subscribe(turn, at.key, event, name, is_interrupting);
            }
            Wait::Message { name, correlation_key, is_interrupting } => {
                let key = turn.take_key();
                turn.emit(Event::SubscriptionOpened(SubscriptionOpened {
                    key,
                    element_instance_key: at.key,
                    element_id: turn.definition.element(event).id.clone(),
                    message_name: name,
                    correlation_key,
                    is_interrupting,
                }));
            }
        }
    }
}

fn schedule(turn: &mut Turn<'_>, element_instance_key: i64, event: ElementIndex, due: Due) {
    let key = turn.take_key();
    turn.emit(Event::TimerScheduled(TimerScheduled {
        key,
        element_instance_key,
        element_id: turn.definition.element(event).id.clone(),
        due_at: due.at,
        repetition: due.repetition,
    }));
}

/// Stops waiting for the event sub-processes in a scope; its boundary events stay.
pub(crate) fn close_inside(turn: &mut Turn<'_>, scope: At<'_>) {
    let held: Vec<Held> = turn.instance.held(scope.key).collect();
    for held in held {
        match held {
            Held::Timer(key) if is_inside(turn, scope, timer_event(turn, key)) => {
                turn.emit(Event::TimerCanceled { key });
            }
            Held::Subscription(key) if is_inside(turn, scope, subscription_event(turn, key)) => {
                turn.emit(Event::SubscriptionClosed { key });
            }
            Held::Condition(key) if is_inside(turn, scope, condition_event(turn, key)) => {
                turn.emit(Event::ConditionUnsubscribed { key });
            }
            Held::Signal(key) if is_inside(turn, scope, signal_event(turn, key)) => {
                turn.emit(Event::SignalUnsubscribed { key });
            }
            _ => {}
        }
    }
}

fn timer_event(turn: &Turn<'_>, key: i64) -> Option<ElementIndex> {
    turn.definition.find(&turn.instance.timers.get(&key)?.element_id)
}

fn subscription_event(turn: &Turn<'_>, key: i64) -> Option<ElementIndex> {
    turn.definition.find(&turn.instance.subscriptions.get(&key)?.element_id)
}

fn signal_event(turn: &Turn<'_>, key: i64) -> Option<ElementIndex> {
    turn.definition.find(&turn.instance.signals.get(&key)?.element_id)
}

fn condition_event(turn: &Turn<'_>, key: i64) -> Option<ElementIndex> {
    turn.definition.find(&turn.instance.conditions.get(&key)?.element_id)
}

fn is_inside(turn: &Turn<'_>, scope: At<'_>, event: Option<ElementIndex>) -> bool {
    event.is_some_and(|event| {
        event_sub_process_starts(turn.definition, scope.index).any(|it| it == event)
    })
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

/// What happens when something held is not needed any more.
pub(crate) fn closing(held: Held) -> Event {
    match held {
        Held::Job(key) => Event::JobCanceled { key },
        Held::UserTask(key) => Event::UserTaskCanceled { key },
        Held::Timer(key) => Event::TimerCanceled { key },
        Held::Subscription(key) => Event::SubscriptionClosed { key },
        Held::Condition(key) => Event::ConditionUnsubscribed { key },
        Held::Signal(key) => Event::SignalUnsubscribed { key },
        Held::Incident(key) => Event::IncidentResolved { key },
    }
}

/// Waits for the same again, ending what it happens to or not as the definition says now. Timers
/// ask the definition when they fire and stay as they are.
pub(crate) fn reopen(turn: &mut Turn<'_>, held: Held) {
    let Some(event) = event_of(turn.instance, held).and_then(|id| turn.definition.find(id)) else {
        return;
    };
    let is_interrupting = is_interrupting(turn.definition, event);
    match held {
        Held::Subscription(key) => {
            let Some(it) = turn.instance.subscriptions.get(&key).cloned() else { return };
            turn.emit(closing(held));
            let key = turn.take_key();
            turn.emit(Event::SubscriptionOpened(SubscriptionOpened {
                key,
                element_instance_key: it.element_instance_key,
                element_id: it.element_id,
                message_name: it.message_name,
                correlation_key: it.correlation_key,
                is_interrupting,
            }));
        }
        Held::Signal(key) => {
            let Some(it) = turn.instance.signals.get(&key).cloned() else { return };
            turn.emit(closing(held));
            let host = it.element_instance_key;
            signals::subscribe(turn, host, event, it.signal_name, is_interrupting);
        }
        Held::Condition(key) => {
            let Some(it) = turn.instance.conditions.get(&key).cloned() else { return };
            turn.emit(closing(held));
            conditions::subscribe(turn, it.element_instance_key, event, is_interrupting);
        }
        Held::Job(_) | Held::UserTask(_) | Held::Timer(_) | Held::Incident(_) => {}
    }
}

/// A timer is due. One that repeats without ending its host is scheduled again.
pub(crate) fn fire_timer(turn: &mut Turn<'_>, key: i64) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::Timer, key };
    let timer = turn.instance.timers.get(&key).ok_or(not_found.clone())?.clone();
    let host = turn.at(timer.element_instance_key).ok_or(not_found.clone())?;
    let event = turn.definition.find(&timer.element_id).ok_or(not_found)?;
    turn.emit(Event::TimerFired { key });
    let repetition = timer.repetition.filter(|_| !is_interrupting(turn.definition, event));
    if let Some(repetition) = repetition {
        let (now, zone) = (turn.context.now, turn.context.zone.clone());
        // An interval that leads out of the calendar has no next time.
        if let Ok(due) = timers::next_due(&repetition, timer.due_at, now, &zone) {
            schedule(turn, host.key, event, due);
        }
    }
    triggers::trigger(turn, host, event, &VariableMap::new());
    Ok(())
}

/// Whether an event ends what it happens to. Errors and cancellations always do (BPMN 2.0,
/// 10.5.4).
pub(crate) fn is_interrupting(definition: &ProcessDefinition, event: ElementIndex) -> bool {
    let (trigger, is_interrupting) = match &definition.element(event).kind {
        ElementKind::BoundaryEvent(it) => (Some(&it.trigger), it.is_interrupting),
        ElementKind::StartEvent(it) => (it.trigger.as_ref(), it.is_interrupting),
        _ => (None, true),
    };
    is_interrupting || matches!(trigger, Some(EventTrigger::Error { .. } | EventTrigger::Cancel))
}

/// A message came.
pub(crate) fn correlate(
    turn: &mut Turn<'_>,
    key: i64,
    message_key: i64,
    variables: &VariableMap,
) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::Subscription, key };
    let subscription = turn.instance.subscriptions.get(&key).ok_or(not_found.clone())?;
    let is_interrupting = subscription.is_interrupting;
    let host = turn.at(subscription.element_instance_key).ok_or(not_found.clone())?;
    let event = turn.definition.find(&subscription.element_id).ok_or(not_found)?;
    turn.emit(Event::MessageCorrelated { key, message_key });
    if is_interrupting {
        turn.emit(Event::SubscriptionClosed { key });
    }
    triggers::trigger(turn, host, event, variables);
    Ok(())
}
