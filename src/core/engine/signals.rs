//! Signals: thrown to everybody, caught by whoever waits for the name (BPMN 2.0, 10.5.5).
//!
//! Must not know who else catches a signal: reaching other instances is the shell's.

use super::effect::Effect;
use super::event::{Event, IncidentKind};
use super::facts::{AwaitedTrigger, SignalSubscribed};
use super::instance::VariableMap;
use super::rejection::{Rejection, Target};
use super::subscriptions::Awaits;
use super::triggers;
use super::turn::{At, Failure, Turn};
use crate::core::model::Dynamic;

/// The name of a signal, where an element instance stands.
pub(crate) fn name(turn: &Turn<'_>, key: i64, name: &Dynamic) -> Result<String, Failure> {
    turn.text(name, key).map_err(Failure::of(IncidentKind::Signal, "signal name"))
}

/// Begins to wait for a signal.
pub(crate) fn subscribe(
    turn: &mut Turn<'_>,
    element_instance_key: i64,
    awaits: Awaits,
    signal_name: String,
    is_interrupting: bool,
) {
    let key = turn.take_key();
    turn.emit(Event::SignalSubscribed(SignalSubscribed {
        key,
        element_instance_key,
        element_id: turn.definition.element(awaits.event).id.clone(),
        signal_name,
        is_interrupting,
        part: awaits.part,
    }));
}

/// Throws a signal. It carries the event's own variables, which input mappings made.
pub(crate) fn throw(turn: &mut Turn<'_>, at: At<'_>, signal_name: String) {
    let own = turn.instance.elements.get(&at.key).map(|it| it.variables.clone());
    let signal_key = turn.take_key();
    turn.emit(Event::SignalThrown {
        element_instance_key: at.key,
        signal_key,
        signal_name: signal_name.clone(),
    });
    let variables = own.unwrap_or_default();
    turn.request(Effect::BroadcastSignal { signal_key, signal_name, variables });
}

/// A signal came.
pub(crate) fn catch(
    turn: &mut Turn<'_>,
    key: i64,
    signal_key: i64,
    variables: &VariableMap,
) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::SignalSubscription, key };
    let subscription = turn.instance.signals.get(&key).ok_or(not_found.clone())?.clone();
    let host = turn.at(subscription.element_instance_key).ok_or(not_found.clone())?;
    let event = turn.definition.find(&subscription.element_id).ok_or(not_found)?;
    turn.emit(Event::SignalCaught { key, signal_key });
    if subscription.is_interrupting {
        turn.emit(Event::SignalUnsubscribed { key });
    }
    let awaits = Awaits { event, part: subscription.part };
    let what = AwaitedTrigger::Signal { name: subscription.signal_name };
    triggers::come(turn, host, awaits, what, variables);
    Ok(())
}
