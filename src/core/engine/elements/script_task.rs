//! Script tasks in FEEL: computed inside the turn. Other scripts are jobs.

use super::passing;
use crate::core::engine::event::IncidentKind;
use crate::core::engine::instance::VariableMap;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::feel::Expression;

pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    expression: &Expression,
    result_variable: &str,
) -> Result<(), Failure> {
    let value = turn
        .evaluate(expression, at.key, None)
        .map_err(Failure::of(IncidentKind::Script, "script"))?;
    turn.take_variables(at, &VariableMap::from_iter([(result_variable.to_owned(), value)]));
    passing::activate(turn, at);
    Ok(())
}
