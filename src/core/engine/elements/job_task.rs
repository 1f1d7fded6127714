//! Elements whose work is a job: service, send and script tasks, and thrown messages.

use super::waiting;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::{jobs, subscriptions};
use crate::core::model::JobDefinition;

pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &JobDefinition,
) -> Result<(), Failure> {
    let prepared = subscriptions::prepare(turn, at)?;
    jobs::create(turn, at, definition)?;
    waiting::begin(turn, at, prepared);
    Ok(())
}
