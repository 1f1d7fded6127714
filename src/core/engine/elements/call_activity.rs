//! Call activities: another process as a child (BPMN 2.0, 10.3.6; `zeebe:calledElement`).
//!
//! Must not know how the child runs: it is reached by effects and answers by commands.

use super::waiting;
use crate::core::engine::effect::Effect;
use crate::core::engine::errors::{self, Thrown};
use crate::core::engine::escalations;
use crate::core::engine::event::{Event, IncidentKind, Step};
use crate::core::engine::incidents;
use crate::core::engine::instance::VariableMap;
use crate::core::engine::rejection::{Rejection, Target};
use crate::core::engine::subscriptions;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::variables::variables_at;
use crate::core::model::{CallActivity, ElementKind};

pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &CallActivity,
) -> Result<(), Failure> {
    let prepared = subscriptions::prepare(turn, at)?;
    call(turn, at, definition)?;
    waiting::begin(turn, at, prepared);
    Ok(())
}

/// Calls the process. The child gets all variables the caller sees, or only the inputs.
pub(crate) fn call(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &CallActivity,
) -> Result<(), Failure> {
    let process_id = turn
        .text(&definition.process_id, at.key)
        .map_err(Failure::of(IncidentKind::CalledElement, "called process"))?;
    let variables = if definition.propagates_all_parent_variables {
        variables_at(turn.instance, at.key)
    } else {
        turn.instance.elements.get(&at.key).map(|it| it.variables.clone()).unwrap_or_default()
    };
    let (element_instance_key, child_key) = (at.key, turn.take_key());
    let called = process_id.clone();
    turn.emit(Event::ChildCalled { element_instance_key, child_key, process_id: called });
    turn.request(Effect::StartCalledInstance {
        process_id,
        element_instance_key,
        child_key,
        variables,
    });
    Ok(())
}

/// A call activity that ends takes its child with it.
pub(crate) fn release(turn: &mut Turn<'_>, key: i64) {
    let called = turn.instance.elements.get(&key).and_then(|it| it.child_key);
    if let Some(child_key) = called {
        turn.emit(Event::ChildReturned { element_instance_key: key, child_key });
        turn.request(Effect::CancelCalledInstance { child_key });
    }
}

/// The call activity that waits for a child.
fn load_caller<'a>(turn: &Turn<'a>, key: i64, child_key: i64) -> Result<At<'a>, Rejection> {
    let not_found = Rejection::NotFound { target: Target::ElementInstance, key };
    let waits_for = turn.instance.elements.get(&key).ok_or(not_found.clone())?.child_key;
    if waits_for != Some(child_key) {
        return Err(Rejection::NotCalled { element_instance_key: key, child_key });
    }
    turn.at(key).ok_or(not_found)
}

/// The child has completed. Its variables come back when output mappings choose from them, or when
/// all are to be propagated.
pub(crate) fn complete(
    turn: &mut Turn<'_>,
    key: i64,
    child_key: i64,
    variables: &VariableMap,
) -> Result<(), Rejection> {
    let at = load_caller(turn, key, child_key)?;
    turn.emit(Event::ChildReturned { element_instance_key: key, child_key });
    let propagates = match &at.element.kind {
        ElementKind::CallActivity(call) => call.propagates_all_child_variables,
        _ => false,
    };
    if propagates || !at.element.io.outputs.is_empty() {
        turn.take_variables(at, variables);
    }
    turn.push(Step::Complete, key);
    Ok(())
}

/// The child threw an escalation that goes on outward here. If what catches it ends the call
/// activity, the child ends with it.
pub(crate) fn escalate(
    turn: &mut Turn<'_>,
    key: i64,
    child_key: i64,
    code: &str,
) -> Result<(), Rejection> {
    let at = load_caller(turn, key, child_key)?;
    escalations::throw(turn, at, code);
    Ok(())
}

/// The child ended with an error that goes on outward here.
pub(crate) fn fail(
    turn: &mut Turn<'_>,
    key: i64,
    child_key: i64,
    error: &Thrown<'_>,
) -> Result<(), Rejection> {
    let at = load_caller(turn, key, child_key)?;
    turn.emit(Event::ChildReturned { element_instance_key: key, child_key });
    if let Err(failure) = errors::throw(turn, at, error) {
        incidents::raise(turn, key, Step::Call, failure, None);
    }
    Ok(())
}

/// The child is gone without a result, or could not be started.
pub(crate) fn lose(
    turn: &mut Turn<'_>,
    key: i64,
    child_key: i64,
    message: &str,
) -> Result<(), Rejection> {
    load_caller(turn, key, child_key)?;
    turn.emit(Event::ChildReturned { element_instance_key: key, child_key });
    let failure = Failure::new(IncidentKind::CalledElement, message);
    incidents::raise(turn, key, Step::Call, failure, None);
    Ok(())
}
