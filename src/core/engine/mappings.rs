//! Input and output mappings (`zeebe:ioMapping`), with the variable scopes of Camunda 8.
//!
//! Must not know which element they belong to.

use serde_json::Value;

use super::event::IncidentKind;
use super::instance::VariableMap;
use super::turn::{At, Failure, Turn};
use super::variables::Visible;
use crate::core::feel::Variables;
use crate::core::model::{Mapping, VariablePath};

/// Computes the inputs and makes them the element's own variables. A later mapping sees what an
/// earlier one made; if one fails, none is set.
pub(crate) fn apply_inputs(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if at.element.io.inputs.is_empty() {
        return Ok(());
    }
    let mapped = compute(turn, at.key, &at.element.io.inputs, "input", |_| None)?;
    turn.set_local(at.key, &mapped);
    Ok(())
}

/// Computes the outputs and hands them outward, from the element's scope on. A path inside a
/// variable that exists changes that place and keeps the rest.
pub(crate) fn apply_outputs(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    let Some(scope_key) = at.scope_key else { return Ok(()) };
    if at.element.io.outputs.is_empty() {
        return Ok(());
    }
    let existing = |name: &str| {
        let value = Visible::new(turn.instance, scope_key, None).get(name)?;
        Some(value.to_json())
    };
    let mapped = compute(turn, at.key, &at.element.io.outputs, "output", existing)?;
    turn.propagate(scope_key, &mapped);
    Ok(())
}

fn compute(
    turn: &Turn<'_>,
    key: i64,
    mappings: &[Mapping],
    direction: &str,
    existing: impl Fn(&str) -> Option<Value>,
) -> Result<VariableMap, Failure> {
    let mut mapped = VariableMap::new();
    for mapping in mappings {
        let value = turn.value(&mapping.source, key, Some(&mapped)).map_err(|message| {
            let target = mapping.target.0.join(".");
            let message = format!("{direction} mapping to '{target}': {message}");
            Failure::new(IncidentKind::IoMapping, message)
        })?;
        put(&mut mapped, &mapping.target, value, &existing);
    }
    Ok(mapped)
}

fn put(
    mapped: &mut VariableMap,
    target: &VariablePath,
    value: Value,
    existing: impl Fn(&str) -> Option<Value>,
) {
    let Some((name, path)) = target.0.split_first() else { return };
    let base = || if path.is_empty() { None } else { existing(name) };
    let mut place = mapped.entry(name.clone()).or_insert_with(|| base().unwrap_or(Value::Null));
    for part in path {
        if !place.is_object() {
            *place = Value::Object(VariableMap::new());
        }
        place = &mut place[part.as_str()];
    }
    *place = value;
}
