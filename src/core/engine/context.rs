//! What a turn is given from outside, and what it gives back.
//!
//! Must not know what a turn does with it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::decisions::Decisions;
use super::effect::Effect;
use super::event::Event;
use crate::core::model::{Binding, ProcessDefinition};

/// Distance between two keys of one node; the node's number stands in the ten bits below.
pub const KEY_STEP: i64 = 1024;

/// A source of keys for one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// The next key to be given out; never given out before on any node.
    pub next: i64,
}

impl Keys {
    /// The next key.
    pub fn take(&mut self) -> i64 {
        let key = self.next;
        self.next += KEY_STEP;
        key
    }
}

/// How far one turn may go before it has to stop with an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sequence flows taken in one scope: reached by a loop that never waits.
    pub flows_per_scope_max: u32,
    /// Element instances created in all.
    pub elements_max: u32,
    /// Decisions made.
    pub decisions_max: u32,
}

impl Default for Limits {
    /// A loop stops after 1,000 flows; a multi-instance of 10,000 items passes in one turn, also
    /// one that decides about each of them.
    fn default() -> Self {
        Self { flows_per_scope_max: 1_000, elements_max: 100_000, decisions_max: 10_000 }
    }
}

/// Time, keys and limits of one turn.
#[derive(Debug, Clone)]
pub struct TurnContext {
    /// The time of the turn.
    pub now: Timestamp,
    /// Where local times and calendar days are.
    pub zone: TimeZone,
    /// Moved on by each key the turn takes.
    pub keys: Keys,
    /// How far the turn may go.
    pub limits: Limits,
    /// The decisions it may call.
    pub decisions: Decisions,
    /// The definition that a [`super::Command::MigrateInstance`] leads to; nothing else reads it.
    pub target: Option<Arc<ProcessDefinition>>,
}

impl TurnContext {
    /// A turn with the usual limits and no decisions.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone, keys: Keys) -> Self {
        Self {
            now,
            zone,
            keys,
            limits: Limits::default(),
            decisions: Decisions::default(),
            target: None,
        }
    }
}

/// What a turn did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// What happened, in order; already applied to the instance.
    pub events: Vec<Event>,
    /// What other instances are to do, in order.
    pub effects: Vec<Effect>,
    /// Decisions that were called and not among those the turn was given.
    pub missing_decisions: Vec<(String, Binding)>,
}
