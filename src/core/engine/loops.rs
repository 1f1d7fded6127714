//! Standard loops (BPMN 2.0, 10.3.7): an activity again and again, while a condition holds.
//!
//! A loop is a body with one inner instance at a time, as a sequential multi-instance is. Must not
//! know what the activity does.

use super::event::{Event, IncidentKind, Step};
use super::facts::LoopStarted;
use super::turn::{At, Failure, Turn};
use super::{multi_instance, subscriptions};
use crate::core::model::{LoopCharacteristics, StandardLoop};

/// Begins the first time, unless the condition is tested before and does not hold.
pub(crate) fn activate(
    turn: &mut Turn<'_>,
    body: At<'_>,
    characteristics: &LoopCharacteristics,
    standard: &StandardLoop,
) -> Result<(), Failure> {
    let begins = !standard.tests_before || holds(turn, body.key, standard)?;
    let prepared = subscriptions::prepare(turn, body)?;
    let started =
        LoopStarted { key: body.key, total: 0, items: Vec::new(), output_collection: None };
    turn.emit(Event::LoopStarted(started));
    turn.emit(Event::ElementActivated { key: body.key });
    subscriptions::open(turn, body, prepared);
    if begins {
        begin(turn, body, characteristics, 1);
    }
    turn.settle(body.key);
    Ok(())
}

/// Whether the loop goes on after an inner instance that is about to leave.
pub(crate) fn goes_on(
    turn: &Turn<'_>,
    inner: At<'_>,
    standard: &StandardLoop,
    number: u32,
) -> Result<bool, Failure> {
    let is_below_maximum = standard.maximum.is_none_or(|maximum| number < maximum);
    Ok(is_below_maximum && holds(turn, inner.key, standard)?)
}

fn holds(turn: &Turn<'_>, key: i64, standard: &StandardLoop) -> Result<bool, Failure> {
    let Some(condition) = &standard.condition else { return Ok(true) };
    turn.truth(condition, key, None)
        .map_err(Failure::of(IncidentKind::MultiInstance, "loop condition"))
}

/// Begins once more, or is done.
pub(crate) fn go_on(
    turn: &mut Turn<'_>,
    body: At<'_>,
    characteristics: &LoopCharacteristics,
    next: Option<u32>,
) {
    match next {
        Some(number) => begin(turn, body, characteristics, number),
        None => turn.push(Step::Complete, body.key),
    }
}

/// Counts like a sequence flow, so that a loop that never waits stops as others do.
fn begin(turn: &mut Turn<'_>, body: At<'_>, characteristics: &LoopCharacteristics, number: u32) {
    turn.count_flow(body.key);
    multi_instance::begin_inner(turn, body, characteristics, number, &serde_json::Value::Null);
}
