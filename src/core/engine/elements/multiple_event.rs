//! Events that throw several results, in the middle of a path or at its end (BPMN 2.0, 10.5.5).
//!
//! Signals, messages and compensation begin at once and are waited for; what leads outward
//! (escalations, then an error) follows when they are done, so that all results are thrown.

use super::{compensation_event, end_event, passing, waiting};
use crate::core::engine::catching::{Code, find_catch};
use crate::core::engine::event::IncidentKind;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::{escalations, jobs, signals};
use crate::core::model::{Dynamic, ElementKind, EndEvent};

/// All results of an element that has several.
pub(crate) fn results(kind: &ElementKind) -> Option<&[EndEvent]> {
    match kind {
        ElementKind::MultipleThrowEvent(results)
        | ElementKind::EndEvent(EndEvent::Multiple(results)) => Some(results),
        _ => None,
    }
}

/// Throws what can be thrown at once; passes when nothing of it takes time.
pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    results: &[EndEvent],
) -> Result<(), Failure> {
    let signals = results.iter().filter_map(|it| match it {
        EndEvent::Signal { name } => Some(signals::name(turn, at.key, name)),
        _ => None,
    });
    let signals = signals.collect::<Result<Vec<String>, Failure>>()?;
    let messages = results.iter().filter_map(|it| match it {
        EndEvent::Message(definition) => Some(jobs::prepare(turn, at, definition)),
        _ => None,
    });
    let messages = messages.collect::<Result<Vec<_>, Failure>>()?;
    for name in signals {
        signals::throw(turn, at, name);
    }
    for result in results {
        match result {
            EndEvent::Compensation { activity } => compensation_event::begin(turn, at, *activity),
            EndEvent::Cancel => compensation_event::begin_cancel(turn, at),
            _ => {}
        }
    }
    for message in messages {
        jobs::open(turn, message);
    }
    if is_at_it(turn, at.key) {
        waiting::begin(turn, at, Vec::new());
    } else {
        passing::activate(turn, at);
    }
    Ok(())
}

/// Whether something thrown is not done yet.
pub(crate) fn is_at_it(turn: &Turn<'_>, key: i64) -> bool {
    turn.instance.elements.get(&key).is_some_and(|it| it.undoing > 0) || jobs::has_any(turn, key)
}

/// Throws what leads outward. Whether the event still stands and goes on is the answer.
///
/// # Errors
///
/// When a code can't be computed or nothing catches the error; nothing has been thrown then.
pub(crate) fn finish(
    turn: &mut Turn<'_>,
    at: At<'_>,
    results: &[EndEvent],
) -> Result<bool, Failure> {
    let text = |turn: &Turn<'_>, kind, what, code: &Dynamic| {
        turn.text(code, at.key).map_err(Failure::of(kind, what))
    };
    let (mut escalations, mut error) = (Vec::new(), None);
    for result in results {
        match result {
            EndEvent::Escalation { code } => {
                let code = text(turn, IncidentKind::Escalation, "escalation code", code)?;
                escalations.push(code);
            }
            EndEvent::Error { code } => {
                error = Some((text(turn, IncidentKind::UnhandledError, "error code", code)?, code));
            }
            _ => {}
        }
    }
    if let Some((text, code)) = &error
        && turn.instance.parent.is_none()
        && find_catch(turn, at, Code::Error(text)).is_none()
    {
        return end_event::throw(turn, at, code).map(|()| false);
    }
    for code in escalations {
        escalations::throw(turn, at, &code);
        if turn.at(at.key).is_none() {
            return Ok(false);
        }
    }
    match error {
        Some((_, code)) => end_event::throw(turn, at, code).map(|()| false),
        None => Ok(true),
    }
}

/// Whether one of the results of an end event is of a kind.
pub(crate) fn throws(kind: &ElementKind, is_meant: fn(&EndEvent) -> bool) -> bool {
    match kind {
        ElementKind::EndEvent(EndEvent::Multiple(results)) => results.iter().any(is_meant),
        ElementKind::EndEvent(single) => is_meant(single),
        _ => false,
    }
}

/// What was undone or sent on behalf of an event is done: it goes on when nothing else is left.
pub(crate) fn is_waiting_for_more(turn: &Turn<'_>, at: At<'_>) -> bool {
    results(&at.element.kind).is_some() && is_at_it(turn, at.key)
}
