//! What starts instances in a world by itself: messages, signals and times, one or several of them.
//!
//! Must not know where a trigger comes from.

use std::sync::Arc;

use super::World;
use super::library::Start;
use crate::core::engine::{CameTrigger, VariableMap, matching_triggers, needed_triggers};

impl World {
    /// Takes one trigger of an element that starts a process: the variables of the instance that
    /// it starts, or nothing when others must come too.
    pub(super) fn gather(
        &mut self,
        start: &Start,
        correlation_key: &str,
        variables: &VariableMap,
    ) -> Option<VariableMap> {
        let definition = self.library.process(&start.process_id)?;
        let Some(needed) = needed_triggers(definition, &start.element_id) else {
            return Some(variables.clone());
        };
        let place: (Arc<str>, Arc<str>) = (start.process_id.clone(), start.element_id.clone());
        let came = self.start_triggers.entry(place).or_default();
        let is_known =
            came.iter().any(|it| it.part == start.part && it.correlation_key == correlation_key);
        if !is_known {
            came.push(CameTrigger {
                part: start.part,
                correlation_key: correlation_key.to_owned(),
                variables: variables.clone(),
            });
        }
        let together = matching_triggers(came, needed)?;
        let all = together.iter().flat_map(|at| came[*at].variables.clone()).collect();
        let mut at = 0;
        came.retain(|_| {
            at += 1;
            !together.contains(&(at - 1))
        });
        Some(all)
    }
}
