//! Business errors: thrown at one place, caught by the nearest scope outward (BPMN 2.0, 10.5.5).
//!
//! Must not know why an error is thrown.

use super::catching::{Code, find_catch};
use super::effect::CallResult;
use super::event::{Event, IncidentKind};
use super::facts::AwaitedTrigger;
use super::instance::VariableMap;
use super::triggers;
use super::turn::{At, Failure, Turn};

/// An error on its way.
pub(crate) struct Thrown<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) variables: &'a VariableMap,
}

/// Hands an error outward from an element instance. What no scope catches ends a called instance
/// with the error handed to its caller.
///
/// # Errors
///
/// When nothing catches it and nobody called; nothing has ended then.
pub(crate) fn throw(turn: &mut Turn<'_>, at: At<'_>, error: &Thrown<'_>) -> Result<(), Failure> {
    let catch = find_catch(turn, at, Code::Error(error.code));
    let caught_by = catch.as_ref().map(|it| turn.definition.element(it.awaits.event).id.clone());
    turn.emit(Event::ErrorThrown {
        element_instance_key: at.key,
        code: error.code.to_owned(),
        message: error.message.to_owned(),
        caught_by,
    });
    match (catch, turn.instance.parent) {
        (Some(catch), _) => {
            let what = AwaitedTrigger::Thrown;
            triggers::come(turn, catch.host, catch.awaits, what, error.variables);
        }
        (None, Some(_)) => {
            turn.end_instance(CallResult::Failed {
                code: error.code.to_owned(),
                message: error.message.to_owned(),
                variables: error.variables.clone(),
            });
        }
        (None, None) => {
            let message = format!("nothing catches error '{}': {}", error.code, error.message);
            return Err(Failure::new(IncidentKind::UnhandledError, message));
        }
    }
    Ok(())
}
