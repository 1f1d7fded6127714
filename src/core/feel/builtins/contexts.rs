//! Built-ins on contexts.
//! It knows nothing of how contexts are written.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Bound;
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::value::{Context, Value};

pub(super) fn get_value(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let context = arguments.context(0)?;
    let Value::List(keys) = arguments.get(1) else {
        return found(context.get(arguments.text(1)?));
    };
    let mut value = arguments.get(0).clone();
    for key in keys.iter() {
        evaluator.charge(1)?;
        let (Value::Context(context), Value::Text(key)) = (&value, key) else {
            return null("expected nested contexts and keys that are strings");
        };
        value = found(context.get(key))?;
    }
    if keys.is_empty() { null("expected at least one key") } else { Ok(value) }
}

fn found(value: Option<&Value>) -> Outcome {
    match value {
        Some(value) => Ok(value.clone()),
        None => null("expected an entry of that key"),
    }
}

pub(super) fn get_entries(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut entries = Vec::new();
    for (name, value) in arguments.context(0)?.iter() {
        let mut entry = IndexMap::with_capacity(2);
        entry.insert(Arc::from("key"), Value::Text(Arc::clone(name)));
        entry.insert(Arc::from("value"), value.clone());
        entries.push(evaluator.context(entry)?);
    }
    Ok(evaluator.list(entries)?)
}

pub(super) fn context_put(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let context = arguments.context(0)?;
    match arguments.get(1) {
        Value::Text(key) => put(evaluator, context, std::slice::from_ref(key), arguments.get(2)),
        Value::List(keys) => {
            let mut path = Vec::with_capacity(keys.len());
            for key in keys.iter() {
                let Value::Text(key) = key else {
                    return null("expected keys that are strings");
                };
                path.push(Arc::clone(key));
            }
            put(evaluator, context, &path, arguments.get(2))
        }
        _ => arguments.mismatch(1, "a string or a list of strings"),
    }
}

/// Sets the entry at the end of a path of keys, working from the innermost context out.
fn put(
    evaluator: &mut Evaluator<'_>,
    context: &Context,
    path: &[Arc<str>],
    value: &Value,
) -> Outcome {
    let Some((last, outer)) = path.split_last() else {
        return null("expected at least one key");
    };
    let mut levels = vec![context.to_entries()];
    for key in outer {
        let inner = match levels.last().and_then(|level| level.get(key)) {
            Some(Value::Context(inner)) => inner.to_entries(),
            Some(_) => return null(format!("expected a context in the entry `{key}`")),
            None => IndexMap::new(),
        };
        evaluator.charge(inner.len())?;
        levels.push(inner);
    }
    let mut value = value.clone();
    for (mut level, key) in
        levels.into_iter().rev().zip(std::iter::once(last).chain(outer.iter().rev()))
    {
        level.insert(Arc::clone(key), value);
        value = evaluator.context(level)?;
    }
    Ok(value)
}

/// All entries of some contexts; of equal names the last one counts.
pub(super) fn context_merge(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut merged = IndexMap::new();
    for item in arguments.items()? {
        let Value::Context(context) = item else {
            return null(format!("expected contexts, found {}", item.type_name()));
        };
        evaluator.charge(context.len())?;
        for (name, value) in context.iter() {
            merged.insert(Arc::clone(name), value.clone());
        }
    }
    Ok(evaluator.context(merged)?)
}

/// A context out of `{key: …, value: …}` entries.
pub(super) fn context(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut entries = IndexMap::new();
    for item in arguments.list(0)? {
        let Value::Context(entry) = item else {
            return null(format!("expected entries that are contexts, found {}", item.type_name()));
        };
        let (Some(Value::Text(key)), Some(value)) = (entry.get("key"), entry.get("value")) else {
            return null("expected entries with a `key` that is a string and a `value`");
        };
        if entries.insert(Arc::clone(key), value.clone()).is_some() {
            return null(format!("expected one entry with the key `{key}`, found several"));
        }
    }
    Ok(evaluator.context(entries)?)
}
