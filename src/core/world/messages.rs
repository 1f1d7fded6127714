//! Messages in a world: who waits for one, who is started by one, and which are kept for later.
//!
//! As in Camunda 8 a message reaches each process at most once, and of several waiting instances of
//! a process the oldest one. Must not know where a message comes from.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Refusal, World};
use crate::core::engine::{Command, InstanceState, VariableMap};

/// A message from outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// Must equal that of who waits; empty where it starts a process.
    pub correlation_key: String,
    /// What it brings.
    pub variables: VariableMap,
    /// How long it is kept for who does not wait yet, in milliseconds.
    pub keep_ms: i64,
}

/// A message that may still reach somebody.
#[derive(Debug)]
pub(super) struct Kept {
    key: i64,
    message: Message,
    reached: BTreeSet<Arc<str>>,
    until_ms: i64,
}

impl World {
    /// Brings a message to all who wait for it and keeps it if it is to be kept; says how many
    /// instances it has reached.
    ///
    /// # Errors
    /// As for [`World::submit`]; an instance that no longer waits is no error.
    pub fn publish(&mut self, message: Message) -> Result<usize, Refusal> {
        let key = self.keys.take();
        let until_ms = self.now.as_millisecond().saturating_add(message.keep_ms);
        let is_kept = message.keep_ms > 0;
        let mut kept = Kept { key, message, reached: BTreeSet::new(), until_ms };
        self.deliver(&mut kept)?;
        let reached = kept.reached.len();
        if is_kept {
            self.kept.push(kept);
        }
        self.deliver_kept()?;
        Ok(reached)
    }

    /// Brings kept messages to who began to wait for them.
    pub(super) fn deliver_kept(&mut self) -> Result<(), Refusal> {
        let now_ms = self.now.as_millisecond();
        let mut is_changed = !self.kept.is_empty();
        while is_changed {
            is_changed = false;
            let mut kept = std::mem::take(&mut self.kept);
            kept.retain(|it| it.until_ms > now_ms);
            for message in &mut kept {
                let before = message.reached.len();
                self.deliver(message)?;
                is_changed |= message.reached.len() > before;
            }
            kept.append(&mut self.kept);
            self.kept = kept;
        }
        Ok(())
    }

    fn deliver(&mut self, kept: &mut Kept) -> Result<(), Refusal> {
        for (subscription_key, instance_key, process_id) in self.who_waits(&kept.message) {
            if kept.reached.contains(&process_id) {
                continue;
            }
            let command = Command::CorrelateMessage {
                subscription_key,
                message_key: kept.key,
                variables: kept.message.variables.clone(),
            };
            // An instance that refuses has just stopped waiting; the next one may take it.
            if self.turn(instance_key, &command).is_ok() {
                kept.reached.insert(process_id);
                self.work_off()?;
            }
        }
        self.start_by_message(kept)
    }

    fn who_waits(&self, message: &Message) -> Vec<(i64, i64, Arc<str>)> {
        let mut waiting: Vec<_> = self
            .instances
            .iter()
            .flat_map(|(instance_key, running)| {
                let subscriptions = running.instance.subscriptions.iter();
                let fitting = subscriptions.filter(|(_, it)| {
                    it.message_name == message.name && it.correlation_key == message.correlation_key
                });
                fitting.map(|(key, _)| (*key, *instance_key, running.definition.id.clone()))
            })
            .collect();
        waiting.sort_unstable();
        waiting
    }

    /// With a correlation key a process has one instance at a time that a message started.
    fn start_by_message(&mut self, kept: &mut Kept) -> Result<(), Refusal> {
        let starts = self.library.message_starts(&kept.message.name, self.now);
        let correlation_key = &kept.message.correlation_key;
        for start in starts {
            let (process_id, element_id) = (start.process_id.clone(), start.element_id.clone());
            let place = (process_id.clone(), correlation_key.clone());
            let taken = self.message_starts.get(&place).and_then(|key| self.instances.get(key));
            let is_taken = taken.is_some_and(|it| it.instance.state == InstanceState::Active);
            if kept.reached.contains(&process_id) || (is_taken && !correlation_key.is_empty()) {
                continue;
            }
            let gathered = self.gather(&start, correlation_key, &kept.message.variables);
            let Some(variables) = gathered else {
                // It is kept for a start that needs more than this message.
                kept.reached.insert(process_id);
                continue;
            };
            let key = self.keys.take();
            self.create(key, &process_id, variables, Some(element_id), None)?;
            self.message_starts.insert(place, key);
            kept.reached.insert(process_id);
            self.work_off()?;
        }
        Ok(())
    }
}
