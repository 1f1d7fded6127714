//! A run: one process and those it calls, until nothing can happen any more.
//!
//! Must not know who answers for people and workers.
//!
//! **Invariant:** time moves only when nothing can happen at the present moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::run::actions::{Action, actions, open_work};
use crate::cli::run::answers::Answers;
use crate::cli::run::trace::Trace;
use crate::core::engine::{InstanceState, VariableMap};
use crate::core::world::{Library, Refusal, World};

/// A run.
pub(crate) struct Simulation {
    pub(super) world: World,
    pub(super) trace: Trace,
    /// Subscriptions whose message does not come.
    pub(super) declined: BTreeSet<i64>,
}

/// How a run ended.
pub(crate) struct Ending {
    pub(crate) state: InstanceState,
    /// What it waits for, when it can't go on.
    pub(crate) open: Vec<String>,
    /// Variables of the outermost scope.
    pub(crate) variables: VariableMap,
}

impl Simulation {
    pub(crate) fn new(library: Library, now: Timestamp, zone: TimeZone, is_shown: bool) -> Self {
        Self {
            world: World::new(Arc::new(library), now, zone),
            trace: Trace::new(is_shown),
            declined: BTreeSet::new(),
        }
    }

    /// Starts a process and runs until nothing can happen any more. Without answers, asks.
    pub(crate) fn run(
        &mut self,
        process_id: &str,
        mut variables: VariableMap,
        mut answers: Option<Answers>,
    ) -> anyhow::Result<Ending> {
        self.fill_start_form(process_id, &mut variables, answers.as_mut())?;
        let key = self.world.start(process_id, variables, None);
        self.tell();
        let key = key?;
        while self.world.instances()[&key].instance.state == InstanceState::Active {
            let Some((at_ms, action)) = self.next_action(answers.as_ref()) else { break };
            self.world.move_to(at_ms);
            if let Some((instance_key, command)) = self.carry_out(action, answers.as_mut())? {
                let done = self.world.submit(instance_key, &command);
                self.tell();
                match done {
                    // What was to happen is not possible any more: nothing is left to do.
                    Ok(()) | Err(Refusal::Rejected(_)) => {}
                    Err(refusal) => return Err(refusal.into()),
                }
            }
        }
        Ok(self.ending(key))
    }

    /// Tells what has happened.
    fn tell(&mut self) {
        for record in self.world.take_records() {
            let running = &self.world.instances()[&record.instance_key];
            let caller = running.instance.parent.map(|parent| parent.element_instance_key);
            self.trace.note(&record, &running.definition, caller);
        }
    }

    fn ending(&self, key: i64) -> Ending {
        let root = &self.world.instances()[&key].instance;
        Ending {
            state: root.state,
            open: self.world.instances().values().flat_map(open_work).collect(),
            variables: root.variables().cloned().unwrap_or_default(),
        }
    }

    /// What can happen next and when, in milliseconds UTC.
    fn next_action(&self, answers: Option<&Answers>) -> Option<(i64, Action)> {
        let running = self.world.instances().iter();
        let active = running.filter(|(_, it)| it.instance.state == InstanceState::Active);
        let actions = active.flat_map(|(key, it)| actions(it, *key, answers, &self.declined));
        actions.min()
    }
}
