//! Conditions that start a process: looked at when somebody asks, with the variables given (as
//! Camunda 8 evaluates the conditional start events of processes).
//!
//! Must not know instances: there is none yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::instance::VariableMap;
use crate::core::feel::{self, EvaluationContext};
use crate::core::model::{ConditionDefinition, ProcessDefinition, StartTrigger};

/// The start events of a process whose condition is met by variables, in document order, each once.
///
/// A condition with a filter of variable names is looked at only when one of them is given. One
/// that can't be computed or gives no truth value is not met.
#[must_use]
pub fn met_starts(
    definition: &ProcessDefinition,
    variables: &VariableMap,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<Arc<str>> {
    let limits = feel::Limits::default();
    let context = EvaluationContext { now, zone: zone.clone(), limits };
    let seen: BTreeMap<String, feel::Value> = variables
        .iter()
        .map(|(name, value)| (name.clone(), feel::Value::from_json(value)))
        .collect();
    let mut met: Vec<Arc<str>> = Vec::new();
    for (index, trigger) in definition.starts() {
        let StartTrigger::Condition(condition) = trigger else { continue };
        let id = &definition.element(index).id;
        if !met.contains(id) && is_met(condition, &seen, &context) {
            met.push(id.clone());
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
