//! Business rule tasks that call a decision: made inside the turn. Other ones are jobs.

use super::passing;
use crate::core::engine::decisions;
use crate::core::engine::instance::VariableMap;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::model::CalledDecision;

pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    called: &CalledDecision,
) -> Result<(), Failure> {
    let value = decisions::make(turn, at, called)?;
    let result = VariableMap::from_iter([(called.result_variable.clone(), value)]);
    turn.take_variables(at, &result);
    passing::activate(turn, at);
    Ok(())
}
