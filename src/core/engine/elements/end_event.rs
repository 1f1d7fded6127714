//! End events that do more than end their path (BPMN 2.0, 10.5.3).

use crate::core::engine::errors::{self, Thrown};
use crate::core::engine::event::IncidentKind;
use crate::core::engine::instance::VariableMap;
use crate::core::engine::joins;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::model::Dynamic;

/// The error ends the scope that catches it, and this event with it.
pub(crate) fn throw(turn: &mut Turn<'_>, at: At<'_>, code: &Dynamic) -> Result<(), Failure> {
    let code =
        turn.text(code, at.key).map_err(Failure::of(IncidentKind::UnhandledError, "error code"))?;
    let message = format!("thrown by end event '{}'", at.element.id);
    let error = Thrown { code: &code, message: &message, variables: &VariableMap::new() };
    errors::throw(turn, at, &error)
}

/// Everything else in the scope ends; the scope then completes.
pub(crate) fn terminate_scope(turn: &mut Turn<'_>, scope_key: i64) {
    terminate_others(turn, scope_key, scope_key);
}

/// Everything in the scope ends but one element instance.
pub(crate) fn terminate_others(turn: &mut Turn<'_>, scope_key: i64, stays: i64) {
    let others: Vec<i64> = turn.instance.children(scope_key).filter(|key| *key != stays).collect();
    for key in others {
        turn.terminate(key);
    }
    joins::clear(turn, scope_key);
}
