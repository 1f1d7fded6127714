//! User tasks: work for a person.

use super::waiting;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::{subscriptions, user_tasks};
use crate::core::model::UserTaskDefinition;

pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &UserTaskDefinition,
) -> Result<(), Failure> {
    let prepared = subscriptions::prepare(turn, at)?;
    user_tasks::create(turn, at, definition)?;
    waiting::begin(turn, at, prepared);
    Ok(())
}
