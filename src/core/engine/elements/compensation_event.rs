//! Events that ask for compensation, and the one that cancels a transaction (BPMN 2.0, 10.5.5 and
//! 10.3.5).

use super::{end_event, passing};
use crate::core::engine::event::Event;
use crate::core::engine::facts::Role;
use crate::core::engine::instance::VariableMap;
use crate::core::engine::turn::{At, Turn};
use crate::core::engine::{compensation, subscriptions, triggers};
use crate::core::model::{ElementIndex, ElementKind, EventTrigger};

/// Waits until everything is undone that was done; passes at once when that is nothing.
pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>, activity: Option<ElementIndex>) {
    begin(turn, at, activity);
    if turn.instance.elements.get(&at.key).is_some_and(|it| it.undoing > 0) {
        turn.emit(Event::ElementActivated { key: at.key });
    } else {
        passing::activate(turn, at);
    }
}

/// Asks for compensation.
pub(crate) fn begin(turn: &mut Turn<'_>, at: At<'_>, activity: Option<ElementIndex>) {
    let activity_id = activity.map(|index| turn.definition.element(index).id.clone());
    turn.emit(Event::CompensationThrown { element_instance_key: at.key, activity_id });
    compensation::undo(turn, at, activity);
}

/// Cancels the transaction around it, and waits until all is undone.
pub(crate) fn cancel(turn: &mut Turn<'_>, at: At<'_>) {
    end_others(turn, at);
    activate(turn, at, None);
}

/// Ends everything else in the transaction, then begins to undo what was done in it.
pub(crate) fn begin_cancel(turn: &mut Turn<'_>, at: At<'_>) {
    end_others(turn, at);
    begin(turn, at, None);
}

fn end_others(turn: &mut Turn<'_>, at: At<'_>) {
    if let Some(transaction) = at.scope_key.and_then(|key| turn.at(key)) {
        end_event::terminate_others(turn, transaction.key, at.key);
        subscriptions::close_inside(turn, transaction);
    }
}

/// All is undone: the transaction is left by its cancel boundary event.
pub(crate) fn leave_transaction(turn: &mut Turn<'_>, scope_key: i64) {
    let Some(transaction) = turn.at(scope_key) else { return };
    let body = transaction.scope_key.filter(|_| matches!(transaction.role, Role::Inner { .. }));
    let host = body.and_then(|key| turn.at(key)).unwrap_or(transaction);
    let event = host.element.boundary_events.iter().copied().find(|event| {
        let kind = &turn.definition.element(*event).kind;
        let ElementKind::BoundaryEvent(it) = kind else { return false };
        it.trigger.parts().iter().any(|part| matches!(part, EventTrigger::Cancel))
    });
    if let Some(event) = event {
        triggers::trigger(turn, host, event, &VariableMap::new());
    }
}
