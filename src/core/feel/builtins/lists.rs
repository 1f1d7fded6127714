//! Built-ins on lists.
//! It knows nothing of sums and other statistics.

use std::sync::Arc;

use super::{Bound, Given, number_value};
use crate::core::feel::comparison::order;
use crate::core::feel::evaluator::{Evaluator, Outcome, null, position};
use crate::core::feel::number::{Number, Rounding};
use crate::core::feel::value::{Function, Value};

pub(super) fn list_contains(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    contains(evaluator, arguments.list(0)?, arguments.get(1)).map(Value::Boolean)
}

fn contains(evaluator: &mut Evaluator<'_>, items: &[Value], element: &Value) -> Outcome<bool> {
    for item in items {
        evaluator.charge(1)?;
        if evaluator.equals(item, element)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn list_replace(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = arguments.list(0)?.to_vec();
    let new_item = arguments.get(2);
    if let Value::Function(function) = arguments.get(1) {
        for item in &mut items {
            let given = Given::Positional(vec![item.clone(), new_item.clone()]);
            match evaluator.invoke(function, given)? {
                Value::Boolean(true) => *item = new_item.clone(),
                Value::Boolean(false) => {}
                _ => return null("expected the match function to give a boolean"),
            }
        }
    } else {
        let index = place(arguments, items.len())?;
        items[index] = new_item.clone();
    }
    Ok(evaluator.list(items)?)
}

/// The place the second argument names; a fraction is cut off.
fn place(arguments: &Bound, length: usize) -> Outcome<usize> {
    let number = arguments.number(1)?.round_to(0, Rounding::Down).and_then(Number::to_i64);
    match number.and_then(|number| position(number, length)) {
        Some(place) => Ok(place),
        None => null(format!("expected a position within 1 and {length}")),
    }
}

pub(super) fn count(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    arguments.list(0).map(|items| number_value(items.len()))
}

pub(super) fn is_empty(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    arguments.list(0).map(|items| Value::Boolean(items.is_empty()))
}

pub(super) fn sublist(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.list(0)?;
    let first = place(arguments, items.len())?;
    let left = items.len() - first;
    let length = if arguments.len() > 2 {
        let length = arguments.number(2)?.round_to(0, Rounding::Down).and_then(Number::to_i64);
        let length = length.and_then(|length| usize::try_from(length).ok());
        match length.filter(|length| (1..=left).contains(length)) {
            Some(length) => length,
            None => return null(format!("expected a length within 1 and {left}")),
        }
    } else {
        left
    };
    Ok(evaluator.list(items[first..first + length].to_vec())?)
}

pub(super) fn append(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = arguments.list(0)?.to_vec();
    items.extend_from_slice(&arguments.all()[1..]);
    Ok(evaluator.list(items)?)
}

pub(super) fn concatenate(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = Vec::new();
    for index in 0..arguments.len() {
        let list = arguments.list(index)?;
        evaluator.check_items(items.len() + list.len())?;
        items.extend_from_slice(list);
    }
    Ok(evaluator.list(items)?)
}

pub(super) fn insert_before(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = arguments.list(0)?.to_vec();
    let place = place(arguments, items.len())?;
    items.insert(place, arguments.get(2).clone());
    Ok(evaluator.list(items)?)
}

pub(super) fn remove(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = arguments.list(0)?.to_vec();
    let place = place(arguments, items.len())?;
    items.remove(place);
    Ok(evaluator.list(items)?)
}

pub(super) fn reverse(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.list(0)?.iter().rev().cloned().collect();
    Ok(evaluator.list(items)?)
}

pub(super) fn index_of(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut places = Vec::new();
    for (index, item) in arguments.list(0)?.iter().enumerate() {
        evaluator.charge(1)?;
        if evaluator.equals(item, arguments.get(1))? == Some(true) {
            places.push(number_value(index + 1));
        }
    }
    Ok(evaluator.list(places)?)
}

pub(super) fn union(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = Vec::new();
    for index in 0..arguments.len() {
        add_distinct(evaluator, &mut items, arguments.list(index)?)?;
    }
    Ok(evaluator.list(items)?)
}

pub(super) fn distinct_values(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut items = Vec::new();
    add_distinct(evaluator, &mut items, arguments.list(0)?)?;
    Ok(evaluator.list(items)?)
}

fn add_distinct(
    evaluator: &mut Evaluator<'_>,
    distinct: &mut Vec<Value>,
    items: &[Value],
) -> Outcome<()> {
    for item in items {
        if !contains(evaluator, distinct, item)? {
            distinct.push(item.clone());
        }
    }
    Ok(())
}

/// The values that occur more than once, each one time.
pub(super) fn duplicate_values(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.list(0)?;
    let mut duplicates = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let occurs_later = contains(evaluator, &items[index + 1..], item)?;
        if occurs_later && !contains(evaluator, &duplicates, item)? {
            duplicates.push(item.clone());
        }
    }
    Ok(evaluator.list(duplicates)?)
}

pub(super) fn flatten(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut flat = Vec::new();
    add_flat(evaluator, arguments.list(0)?, &mut flat)?;
    Ok(evaluator.list(flat)?)
}

/// Recursion is bounded, as the nesting of values is.
fn add_flat(evaluator: &mut Evaluator<'_>, items: &[Value], flat: &mut Vec<Value>) -> Outcome<()> {
    for item in items {
        evaluator.charge(1)?;
        match item {
            Value::List(inner) => add_flat(evaluator, inner, flat)?,
            item => {
                flat.push(item.clone());
                evaluator.check_items(flat.len())?;
            }
        }
    }
    Ok(())
}

/// By a function that tells whether one item precedes another, else by the values' own order.
pub(super) fn sort(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.list(0)?.to_vec();
    let precedes = if arguments.has(1) { Some(arguments.function(1)?) } else { None };
    let sorted = merge_sorted(evaluator, items, precedes)?;
    Ok(evaluator.list(sorted)?)
}

/// A stable merge from the bottom up: the standard sort may not be stopped by an error, nor trust
/// an order that a function in FEEL defines.
fn merge_sorted(
    evaluator: &mut Evaluator<'_>,
    items: Vec<Value>,
    precedes: Option<&Arc<Function>>,
) -> Outcome<Vec<Value>> {
    let (mut from, mut width) = (items, 1);
    while width < from.len() {
        let mut to = Vec::with_capacity(from.len());
        for run in from.chunks(width * 2) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let (Some(a), Some(b)) = (left.first(), right.first()) {
                if comes_first(evaluator, b, a, precedes)? {
                    to.push(b.clone());
                    right = &right[1..];
                } else {
                    to.push(a.clone());
                    left = &left[1..];
                }
            }
            to.extend_from_slice(left);
            to.extend_from_slice(right);
        }
        from = to;
        width *= 2;
    }
    Ok(from)
}

fn comes_first(
    evaluator: &mut Evaluator<'_>,
    a: &Value,
    b: &Value,
    precedes: Option<&Arc<Function>>,
) -> Outcome<bool> {
    evaluator.charge(1)?;
    if let Some(function) = precedes {
        let given = Given::Positional(vec![a.clone(), b.clone()]);
        return match evaluator.invoke(function, given)? {
            Value::Boolean(result) => Ok(result),
            other => {
                null(format!("expected `precedes` to give a boolean, found {}", other.type_name()))
            }
        };
    }
    match order(a, b) {
        Some(order) => Ok(order.is_lt()),
        None => null(format!(
            "expected items that can be compared, found {} and {}",
            a.type_name(),
            b.type_name()
        )),
    }
}

pub(super) fn partition(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.list(0)?;
    let Some(size) = usize::try_from(arguments.integer(1)?).ok().filter(|size| *size > 0) else {
        return null("expected a size of at least 1");
    };
    let mut parts = Vec::new();
    for part in items.chunks(size) {
        parts.push(evaluator.list(part.to_vec())?);
    }
    Ok(evaluator.list(parts)?)
}
