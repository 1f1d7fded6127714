//! Elements that wait for a timer or a message: catch events, receive tasks (BPMN 2.0, 10.5.4), and
//! event-based gateways, which wait for the events behind them (10.6.6).

use super::passing;
use crate::core::engine::event::Event;
use crate::core::engine::subscriptions::{self, Prepared};
use crate::core::engine::turn::{At, Failure, Turn};

/// Behind an event-based gateway the event has happened already.
pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if at.is_triggered {
        passing::activate(turn, at);
        return Ok(());
    }
    let prepared = subscriptions::prepare(turn, at)?;
    begin(turn, at, prepared);
    Ok(())
}

/// From here on the element waits.
pub(crate) fn begin(turn: &mut Turn<'_>, at: At<'_>, prepared: Vec<Prepared>) {
    turn.emit(Event::ElementActivated { key: at.key });
    subscriptions::open(turn, at, prepared);
}
