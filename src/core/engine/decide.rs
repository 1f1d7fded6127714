//! What a command does to an instance.

use super::command::Command;
use super::context::{Outcome, TurnContext};
use super::instance::ProcessInstance;
use super::rejection::Rejection;
use crate::core::model::ProcessDefinition;

/// Advances an instance by one command, in place.
///
/// # Errors
///
/// When the command does not fit; the instance is then untouched.
pub fn decide(
    _definition: &ProcessDefinition,
    instance: &mut ProcessInstance,
    _command: &Command,
    _turn: &mut TurnContext,
) -> Result<Outcome, Rejection> {
    Err(Rejection::NotActive { key: instance.key, state: instance.state })
}
