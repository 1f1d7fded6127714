//! Who sees which variables, and where a new value goes.
//!
//! Variables belong to element instances. An element instance sees its own and those of every scope
//! outward; the nearest wins. Must not know expressions or mappings.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::event::Event;
use super::instance::{ElementInstance, ProcessInstance, VariableMap};
use super::turn::{At, Turn};
use crate::core::feel;

/// The variables an expression sees at one element instance; nothing is copied until it is read.
pub(crate) struct Visible<'a> {
    instance: &'a ProcessInstance,
    key: i64,
    overlay: Option<&'a VariableMap>,
}

impl<'a> Visible<'a> {
    /// The overlay is nearer than everything else.
    pub(crate) fn new(
        instance: &'a ProcessInstance,
        key: i64,
        overlay: Option<&'a VariableMap>,
    ) -> Self {
        Self { instance, key, overlay }
    }

    fn find(&self, name: &str) -> Option<Cow<'a, Value>> {
        if let Some(value) = self.overlay.and_then(|overlay| overlay.get(name)) {
            return Some(Cow::Borrowed(value));
        }
        outward(self.instance, self.key).find_map(|(_, it)| own(it, name))
    }
}

/// An element instance's own variable. A multi-instance body shows the results collected so far.
fn own<'a>(it: &'a ElementInstance, name: &str) -> Option<Cow<'a, Value>> {
    if let Some(value) = it.variables.get(name) {
        return Some(Cow::Borrowed(value));
    }
    let progress = it.progress.as_deref()?;
    let is_collection = progress.output_collection.as_deref() == Some(name);
    is_collection.then(|| Cow::Owned(Value::Array(progress.results.clone())))
}

impl feel::Variables for Visible<'_> {
    fn get(&self, name: &str) -> Option<feel::Value> {
        self.find(name).map(|value| feel::Value::from_json(&value))
    }

    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn get_path(&self, name: &str, path: &[Arc<str>]) -> Option<(feel::Value, usize)> {
        let value = self.find(name)?;
        let (value, taken) = descend(&value, path);
        Some((feel::Value::from_json(value), taken))
    }
}

/// An element instance and its scopes, from the inside out.
pub(crate) fn outward(
    instance: &ProcessInstance,
    key: i64,
) -> impl Iterator<Item = (i64, &ElementInstance)> {
    let first = instance.elements.get(&key).map(|it| (key, it));
    std::iter::successors(first, |(_, it)| {
        let scope_key = it.scope_key?;
        instance.elements.get(&scope_key).map(|scope| (scope_key, scope))
    })
}

/// All variables that an element instance sees, each once, the nearest value.
#[must_use]
pub fn variables_at(instance: &ProcessInstance, key: i64) -> VariableMap {
    let scopes: Vec<&ElementInstance> = outward(instance, key).map(|(_, it)| it).collect();
    let mut all = VariableMap::new();
    for scope in scopes.into_iter().rev() {
        all.extend(scope.variables.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    all
}

impl Turn<'_> {
    /// Sets a variable exactly there. A value that is already there is no event.
    pub(crate) fn set_variable(&mut self, scope_key: i64, name: &str, value: &Value) {
        let scope = self.instance.elements.get(&scope_key);
        if scope.is_some_and(|scope| scope.variables.get(name) == Some(value)) {
            return;
        }
        let (name, value) = (name.to_owned(), value.clone());
        self.emit(Event::VariableSet { scope_key, name, value });
    }

    /// Whether the variable is there, not further outward.
    pub(crate) fn has_local(&self, key: i64, name: &str) -> bool {
        self.instance.elements.get(&key).is_some_and(|it| it.variables.contains_key(name))
    }

    /// Sets variables exactly there.
    pub(crate) fn set_local(&mut self, scope_key: i64, variables: &VariableMap) {
        for (name, value) in variables {
            self.set_variable(scope_key, name, value);
        }
    }

    /// Sets each variable in the nearest scope that has it, from `key` outward; a new one goes to
    /// the outermost scope.
    pub(crate) fn propagate(&mut self, key: i64, variables: &VariableMap) {
        for (name, value) in variables {
            let holder = outward(self.instance, key)
                .find(|(_, it)| it.variables.contains_key(name))
                .map_or(self.instance.key, |(holder, _)| holder);
            self.set_variable(holder, name, value);
        }
    }

    /// Takes in what a job, a person, a message or a called process brought: local to the element
    /// when output mappings choose from it, visible outward when there are none.
    pub(crate) fn take_variables(&mut self, at: At<'_>, variables: &VariableMap) {
        if at.element.io.outputs.is_empty() {
            self.propagate(at.key, variables);
        } else {
            self.set_local(at.key, variables);
        }
    }
}

/// Steps into a value as far as the path leads through contexts.
fn descend<'v>(value: &'v Value, path: &[Arc<str>]) -> (&'v Value, usize) {
    let mut at = value;
    for (taken, name) in path.iter().enumerate() {
        match at.get(name.as_ref()) {
            Some(inner) if at.is_object() => at = inner,
            _ => return (at, taken),
        }
    }
    (at, path.len())
}
