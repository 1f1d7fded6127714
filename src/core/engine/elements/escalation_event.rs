//! Events that throw an escalation, in the middle of a path or at its end (BPMN 2.0, 10.5.5).

use super::passing;
use crate::core::engine::escalations;
use crate::core::engine::event::IncidentKind;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::model::Dynamic;

/// Goes on at once, unless what catches the escalation has ended it.
pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>, code: &Dynamic) -> Result<(), Failure> {
    let code = turn
        .text(code, at.key)
        .map_err(Failure::of(IncidentKind::Escalation, "escalation code"))?;
    escalations::throw(turn, at, &code);
    if turn.at(at.key).is_some() {
        passing::activate(turn, at);
    }
    Ok(())
}
