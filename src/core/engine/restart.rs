//! How an instance was started, read from its first turn, so that another can be started alike.
//!
//! Must not know which version the other one runs.

use std::sync::Arc;

use super::event::Event;
use super::instance::VariableMap;

/// What an instance was started with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Start {
    /// Variables given to it, or carried by what triggered it.
    pub variables: VariableMap,
    /// The start event that was triggered; `None` is the none start event.
    pub start_element_id: Option<Arc<str>>,
}

/// Reads the start from the events of an instance's first turn; `None` if they are of another one.
#[must_use]
pub fn start_of(events: &[Event]) -> Option<Start> {
    let (Event::InstanceCreated(facts), rest) = events.split_first()? else { return None };
    // What was given is set before anything is at work, on the process or the triggered start.
    let given = rest.iter().take_while(|event| {
        matches!(event, Event::ElementActivating(_) | Event::VariableSet { .. })
    });
    let variables = given.filter_map(|event| match event {
        Event::VariableSet { name, value, .. } => Some((name.clone(), value.clone())),
        _ => None,
    });
    Some(Start { variables: variables.collect(), start_element_id: facts.start_element_id.clone() })
}
