//! What an event of an older version would say in the version that runs now.
//!
//! Must not know why it is asked.

use std::sync::Arc;

use crate::core::engine::event::Event;
use crate::core::engine::facts::InstanceMigrated;

/// An event about something open, with the element's id after some later migrations, in order.
#[must_use]
pub fn named_anew<'m>(
    event: &Event,
    later: impl IntoIterator<Item = &'m InstanceMigrated>,
) -> Event {
    let mut event = event.clone();
    let Some(element_id) = element_of(&mut event) else { return event };
    for migration in later {
        let renamed = migration.elements.iter().find(|(old, _)| old == element_id);
        if let Some((_, new)) = renamed {
            *element_id = new.clone();
        }
    }
    event
}

fn element_of(event: &mut Event) -> Option<&mut Arc<str>> {
    match event {
        Event::JobCreated(facts) => Some(&mut facts.element_id),
        Event::UserTaskCreated(facts) => Some(&mut facts.element_id),
        Event::TimerScheduled(facts) => Some(&mut facts.element_id),
        Event::SubscriptionOpened(facts) => Some(&mut facts.element_id),
        Event::SignalSubscribed(facts) => Some(&mut facts.element_id),
        Event::IncidentRaised(facts) => Some(&mut facts.element_id),
        _ => None,
    }
}
