//! Built-ins on truth and on what is missing.
//! It knows nothing of variables: what is missing arrives as null.

#![expect(clippy::unnecessary_wraps, reason = "the table holds functions of one type")]

use super::Bound;
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::value::Value;

pub(super) fn not(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    arguments.boolean(0).map(|value| Value::Boolean(!value))
}

/// Same value in every respect: unlike with `=`, the zone counts as it is written.
pub(super) fn is(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (a, b) = (arguments.get(0), arguments.get(1));
    let is_same = match (a, b) {
        (Value::Time(a), Value::Time(b)) => a.civil == b.civil && a.zone == b.zone,
        (Value::DateTime(a), Value::DateTime(b)) => a == b,
        _ => evaluator.equals(a, b)? == Some(true),
    };
    Ok(Value::Boolean(is_same))
}

pub(super) fn is_defined(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(Value::Boolean(arguments.has(0)))
}

pub(super) fn get_or_else(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(arguments.get(usize::from(!arguments.has(0))).clone())
}

/// The value if the condition holds; otherwise null, with the cause as the reason.
pub(super) fn assert(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    match arguments.get(1) {
        Value::Boolean(true) => Ok(arguments.get(0).clone()),
        _ if arguments.has(2) => null(arguments.text(2)?),
        _ => null("expected the asserted condition to hold"),
    }
}

/// The value an agent filled in; the other arguments only describe it to the agent.
pub(super) fn from_ai(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(arguments.get(0).clone())
}

pub(super) fn all(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    junction(evaluator, arguments, false)
}

pub(super) fn any(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    junction(evaluator, arguments, true)
}

/// `decisive` settles it; otherwise an item that is no boolean makes it null.
fn junction(evaluator: &mut Evaluator<'_>, arguments: &Bound, decisive: bool) -> Outcome {
    let items = arguments.items()?;
    evaluator.charge(items.len())?;
    if items.contains(&Value::Boolean(decisive)) {
        return Ok(Value::Boolean(decisive));
    }
    match items.iter().find(|item| item.as_bool().is_none()) {
        Some(other) => null(format!("expected booleans, found {}", other.type_name())),
        None => Ok(Value::Boolean(!decisive)),
    }
}
