//! Signals in a world: to everybody who waits, and to the processes they start.
//!
//! Must not know who throws them.

use super::{Refusal, World};
use crate::core::engine::{Command, VariableMap};

impl World {
    /// Broadcasts a signal from outside; says how many instances it has been sent to.
    ///
    /// # Errors
    /// As for [`World::submit`].
    pub fn broadcast(
        &mut self,
        signal_name: &str,
        variables: &VariableMap,
    ) -> Result<usize, Refusal> {
        let signal_key = self.keys.take();
        let reached = self.spread(signal_key, signal_name, variables);
        self.work_off()?;
        self.deliver_kept()?;
        Ok(reached)
    }

    /// Queues a signal for all who waited for it when it was thrown, and for what it starts.
    pub(super) fn spread(
        &mut self,
        signal_key: i64,
        signal_name: &str,
        variables: &VariableMap,
    ) -> usize {
        let before = self.queue.len();
        for (instance_key, running) in &self.instances {
            let signals = running.instance.signals.iter();
            let reached =
                signals.filter(|(key, it)| **key < signal_key && it.signal_name == signal_name);
            self.queue.extend(reached.map(|(key, _)| {
                let (subscription_key, variables) = (*key, variables.clone());
                (*instance_key, Command::CatchSignal { subscription_key, signal_key, variables })
            }));
        }
        for start in self.library.signal_starts(signal_name, self.now) {
            let Some(variables) = self.gather(&start, "", variables) else { continue };
            let key = self.keys.take();
            // The process is in the library, so there is nothing to refuse.
            let _ = self.create(key, &start.process_id, variables, Some(start.element_id), None);
        }
        self.queue.len() - before
    }
}
