//! Data objects, properties, and sets of inputs and outputs (BPMN 2.0, 10.4.1 and 10.4.2).
//!
//! A data object is a variable of the scope that holds it: there from the scope's begin, without a
//! value until something is written. A set is complete when none of its variables is null. Must not
//! know how values get where they are: associations are mappings.

use super::event::IncidentKind;
use super::turn::{At, Failure, Turn};
use super::variables::Visible;
use crate::core::feel::Variables;

/// Makes the element's own data objects and properties, unless they are there already.
pub(crate) fn declare(turn: &mut Turn<'_>, at: At<'_>) {
    for name in &at.element.data.declares {
        if !turn.has_local(at.key, name) {
            turn.set_variable(at.key, name, &serde_json::Value::Null);
        }
    }
}

/// Makes sure that a set of inputs is complete.
///
/// # Errors
///
/// When none is.
pub(crate) fn check_inputs(turn: &Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    check(turn, at, &at.element.data.input_sets, "inputs")
}

/// Makes sure that a set of outputs is complete.
///
/// # Errors
///
/// When none is.
pub(crate) fn check_outputs(turn: &Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    check(turn, at, &at.element.data.output_sets, "outputs")
}

fn check(turn: &Turn<'_>, at: At<'_>, sets: &[Vec<String>], what: &str) -> Result<(), Failure> {
    let visible = Visible::new(turn.instance, at.key, None);
    let lacks = |name: &&String| visible.get(name).is_none_or(|value| value.to_json().is_null());
    let lacking = |set: &Vec<String>| -> Vec<String> {
        set.iter().filter(lacks).map(|name| format!("'{name}'")).collect()
    };
    let missing: Vec<Vec<String>> = sets.iter().map(lacking).collect();
    if missing.is_empty() || missing.iter().any(Vec::is_empty) {
        return Ok(());
    }
    let missing: Vec<String> = missing.iter().map(|set| set.join(" and ")).collect();
    let message = format!("{what}: expected a value for {}", missing.join(", or for "));
    Err(Failure::new(IncidentKind::Data, message))
}
