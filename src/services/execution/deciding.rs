//! A turn with the decisions it may call.
//!
//! What a definition calls by fixed ids is found before the turn. Where an id is computed, the turn
//! says what it lacked, and is taken again from the instance as it was.
//! Must not know what a turn does with them.
//!
//! **Invariant:** a turn that is given a decision saw it in its own transaction.

use std::sync::Arc;

use super::batch::Batch;
use super::definitions::Deployed;
use crate::core::engine::{
    self, Command, Decisions, DeployedDecision, Keys, Outcome, ProcessInstance, Rejection,
    TurnContext,
};
use crate::core::model::{Binding, Dynamic, ElementKind, ProcessDefinition};
use crate::platform::clock::KEY_STEP;
use crate::platform::store::StoreError;

/// How often a turn is taken again because it lacked decisions; then it is stuck as if there were
/// none. A chain of computed ids needs one time each.
const RETURNS_MAX: usize = 50;

/// A decision as an element means it.
type Wanted = (String, Binding);

/// What a process calls.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// By fixed ids.
    fixed: Vec<Wanted>,
    /// Whether ids are computed.
    has_computed: bool,
}

impl Calls {
    /// What the elements of a graph call.
    pub(crate) fn of(graph: &ProcessDefinition) -> Self {
        let mut calls = Self::default();
        for element in &graph.elements {
            let ElementKind::BusinessRuleTask(called) = &element.kind else { continue };
            match &called.decision_id {
                Dynamic::Literal(id) => {
                    let wanted = (id.to_string(), called.binding.clone());
                    if !calls.fixed.contains(&wanted) {
                        calls.fixed.push(wanted);
                    }
                }
                Dynamic::Expression(_) => calls.has_computed = true,
            }
        }
        calls
    }
}

impl Batch<'_> {
    /// Advances an instance by one command; a refused command changes nothing.
    pub(crate) fn take_turn(
        &mut self,
        deployed: &Deployed,
        instance: &mut ProcessInstance,
        (command, target): (&Command, Option<&Arc<ProcessDefinition>>),
    ) -> Result<Result<Outcome, Rejection>, StoreError> {
        let command = (command, target);
        let mut known = self.find_all(deployed, &deployed.calls.fixed)?;
        if !deployed.calls.has_computed {
            return Ok(self.take_turn_with(deployed, instance, command, known));
        }
        let before = instance.clone();
        for _ in 0..RETURNS_MAX {
            let decided = self.take_turn_with(deployed, instance, command, known.clone());
            let Ok(outcome) = &decided else { return Ok(decided) };
            let found = self.find_all(deployed, &outcome.missing_decisions)?;
            if found.is_empty() {
                return Ok(decided);
            }
            known.extend(found);
            instance.clone_from(&before);
        }
        Ok(self.take_turn_with(deployed, instance, command, known))
    }

    fn take_turn_with(
        &self,
        deployed: &Deployed,
        instance: &mut ProcessInstance,
        (command, target): (&Command, Option<&Arc<ProcessDefinition>>),
        known: Vec<(String, Binding, DeployedDecision)>,
    ) -> Result<Outcome, Rejection> {
        let mut lease = self.around.keys.lease(self.now_ms());
        let keys = Keys { next: lease.first() };
        let mut context = TurnContext::new(self.now, self.around.zone.clone(), keys);
        context.target = target.map(Arc::clone);
        context.decisions = known.into_iter().collect::<Decisions>();
        let decided = engine::decide(&deployed.graph, instance, command, &mut context);
        lease.advance(context.keys.next - KEY_STEP);
        decided
    }

    /// The decisions among the wanted ones that are deployed.
    fn find_all(
        &mut self,
        caller: &Deployed,
        wanted: &[Wanted],
    ) -> Result<Vec<(String, Binding, DeployedDecision)>, StoreError> {
        let mut found = Vec::with_capacity(wanted.len());
        for (id, binding) in wanted {
            let scope = if *binding == Binding::Deployment { caller.deployment_key } else { 0 };
            let place = (id.clone(), binding.clone(), scope);
            let decision = match self.decisions.get(&place) {
                Some(known) => known.clone(),
                None => {
                    let decisions = &self.around.decisions;
                    let decision = decisions.find(self.sql, caller, id, binding)?;
                    self.decisions.insert(place, decision.clone());
                    decision
                }
            };
            found.extend(decision.map(|decision| (id.clone(), binding.clone(), decision)));
        }
        Ok(found)
    }
}
