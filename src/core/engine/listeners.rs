//! Execution listeners: jobs that an element's start and end wait for, one after the other (Camunda
//! 8).
//!
//! Start listeners come after the inputs and before anything is waited for; what they give is the
//! element's own. End listeners come after the outputs and before the flows; what they give goes
//! outward. The inner instances of a multi-instance have them, the whole has none.
//! Must not know what the element does.

use super::compensation::is_back;
use super::event::{Event, Step};
use super::facts::{JobKind, Role};
use super::instance::VariableMap;
use super::jobs;
use super::lifecycle::Lifecycle;
use super::turn::{At, Failure, Turn};
use crate::core::model::JobDefinition;

/// Creates the job of the next start listener; false when all are done.
pub(crate) fn await_start(turn: &mut Turn<'_>, at: At<'_>) -> Result<bool, Failure> {
    create_next(turn, at, &at.element.listeners.start, JobKind::StartListener)
}

/// Creates the job of the next end listener; false when all are done.
pub(crate) fn await_end(turn: &mut Turn<'_>, at: At<'_>) -> Result<bool, Failure> {
    if at.element.listeners.end.is_empty() || at.role == Role::Body || is_back(at) {
        return Ok(false);
    }
    if at.lifecycle != Lifecycle::Completing {
        turn.emit(Event::ElementCompleting { key: at.key });
    }
    create_next(turn, at, &at.element.listeners.end, JobKind::EndListener)
}

fn create_next(
    turn: &mut Turn<'_>,
    at: At<'_>,
    listeners: &[JobDefinition],
    kind: JobKind,
) -> Result<bool, Failure> {
    let done = turn.instance.elements.get(&at.key).map_or(0, |it| it.listeners_done);
    let Some(next) = listeners.get(done as usize) else { return Ok(false) };
    jobs::create_of_kind(turn, at, next, kind, Vec::new())?;
    Ok(true)
}

/// A start listener is done: what it gives is local to the element.
pub(crate) fn complete_start(turn: &mut Turn<'_>, at: At<'_>, variables: &VariableMap) {
    turn.set_local(at.key, variables);
    turn.push(Step::Begin, at.key);
}

/// An end listener is done: what it gives goes outward.
pub(crate) fn complete_end(turn: &mut Turn<'_>, at: At<'_>, variables: &VariableMap) {
    turn.propagate(at.scope_key.unwrap_or(at.key), variables);
    turn.push(Step::Leave, at.key);
}
