//! Conditions that start a process: looked at when somebody asks, with the variables given (as
//! Camunda 8 evaluates the conditional start events of processes).
//!
//! Must not know instances: there is none yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::instance::VariableMap;
use super::triggers::trigger_of;
use crate::core::feel::{self, EvaluationContext};
use crate::core::model::{
    ConditionDefinition, EventTrigger, ProcessDefinition, ProcessStart, StartTrigger,
};

/// The start events of a process whose condition is met by variables, in document order, and which
/// of their triggers it is; one that any of several triggers starts is named once.
///
/// A condition with a filter of variable names is looked at only when one of them is given. One
/// that can't be computed or gives no truth value is not met.
#[must_use]
pub fn met_starts(
    definition: &ProcessDefinition,
    variables: &VariableMap,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<(Arc<str>, u32)> {
    let limits = feel::Limits::default();
    let context = EvaluationContext { now, zone: zone.clone(), limits };
    let seen: BTreeMap<String, feel::Value> = variables
        .iter()
        .map(|(name, value)| (name.clone(), feel::Value::from_json(value)))
        .collect();
    let mut met: Vec<(Arc<str>, u32)> = Vec::new();
    for ProcessStart { element, part, trigger } in definition.starts() {
        let StartTrigger::Condition(condition) = trigger else { continue };
        let needs_all = trigger_of(definition, element).is_some_and(EventTrigger::needs_all);
        let id = &definition.element(element).id;
        let is_known = !needs_all && met.iter().any(|(other, _)| other == id);
        if !is_known && is_met(condition, &seen, &context) {
            met.push((id.clone(), part));
        }
    }
    met
}

fn is_met(
    definition: &ConditionDefinition,
    variables: &BTreeMap<String, feel::Value>,
    context: &EvaluationContext,
) -> bool {
    let names = definition.variable_names.as_ref();
    let is_about = names.is_none_or(|names| names.iter().any(|it| variables.contains_key(it)));
    is_about
        && definition
            .condition
            .evaluate(variables, context)
            .is_ok_and(|done| done.value.to_json() == serde_json::Value::Bool(true))
}

/// A trigger that came of an element that starts its process only when several have.
#[derive(Debug, Clone, PartialEq)]
pub struct CameTrigger {
    /// Which of the element's triggers, from 0.
    pub part: u32,
    /// The message's; empty for what has none.
    pub correlation_key: String,
    /// What it brought.
    pub variables: VariableMap,
}

/// How many triggers an element needs before it starts its process; `None` when any one will do.
#[must_use]
pub fn needed_triggers(definition: &ProcessDefinition, element_id: &str) -> Option<usize> {
    let trigger = trigger_of(definition, definition.find(element_id)?)?;
    trigger.needs_all().then(|| trigger.parts().len())
}

/// The positions of the triggers that start one instance, the oldest of each part, when there is
/// one of each. Messages belong together by their correlation key; what has none belongs to any.
#[must_use]
pub fn matching_triggers(came: &[CameTrigger], needed: usize) -> Option<Vec<usize>> {
    came.iter().find_map(|first| {
        let key = &first.correlation_key;
        let fits = |it: &CameTrigger| it.correlation_key.is_empty() || it.correlation_key == *key;
        let mut together: Vec<usize> = Vec::with_capacity(needed);
        for (at, it) in came.iter().enumerate().filter(|(_, it)| fits(it)) {
            if together.iter().all(|other| came[*other].part != it.part) {
                together.push(at);
            }
        }
        (together.len() == needed).then_some(together)
    })
}
