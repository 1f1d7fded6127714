//! Elements that do nothing of their own: events that just happen, gateways, and tasks done outside
//! the system. They pass at once.

use crate::core::engine::event::Step;
use crate::core::engine::turn::{At, Turn};

pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>) {
    turn.next(Step::Complete, at.key);
}
