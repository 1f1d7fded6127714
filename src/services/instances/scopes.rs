//! Variables by scope, out of the live state.
//!
//! Must not change anything.

use super::timeline::element_name;
use crate::core::engine::{ProcessInstance, VariableMap};
use crate::core::model::ProcessDefinition;

/// The variables that one element instance holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// The element instance; the instance's own key for the outermost one.
    pub key: i64,
    /// The element.
    pub element_id: String,
    /// Its name.
    pub name: String,
    /// The scope around it.
    pub parent_key: Option<i64>,
    /// Its own variables.
    pub variables: VariableMap,
}

/// The outermost scope and all open ones that hold variables.
#[must_use]
pub fn scopes(graph: &ProcessDefinition, instance: &ProcessInstance) -> Vec<Scope> {
    let holds = |key: i64, variables: &VariableMap| key == instance.key || !variables.is_empty();
    let shown = instance.elements.iter().filter(|(key, it)| holds(**key, &it.variables));
    let mut scopes: Vec<Scope> = shown
        .map(|(key, element)| Scope {
            key: *key,
            element_id: element.element_id.to_string(),
            name: element_name(graph, &element.element_id),
            parent_key: element.scope_key,
            variables: element.variables.clone(),
        })
        .collect();
    scopes.sort_by_key(|scope| (scope.key != instance.key, scope.key));
    scopes
}
