//! Multi-instance activities (BPMN 2.0, 10.3.8): a body that holds one inner instance an item.
//!
//! The body stands for the whole: boundary events and sequence flows are its. Mappings and the
//! activity's own work belong to the inner instances. Must not know what the activity does.
//!
//! **Invariant:** what one inner instance costs does not depend on how many there are.

use serde_json::Value;

use super::event::{Event, IncidentKind, Step};
use super::facts::{LoopExtended, LoopStarted, Role};
use super::instance::{LoopProgress, VariableMap};
use super::lifecycle::Lifecycle;
use super::rejection::{Rejection, Target};
use super::turn::{At, Failure, Turn};
use super::{compensation, loop_events, loops, subscriptions};
use crate::core::feel::Expression;
use crate::core::model::{Dynamic, LoopCharacteristics, LoopItems};

/// Begins: computes the items and creates the first inner instance, or all.
pub(crate) fn activate(
    turn: &mut Turn<'_>,
    body: At<'_>,
    characteristics: &LoopCharacteristics,
) -> Result<(), Failure> {
    let items = match &characteristics.items {
        LoopItems::While(standard) => {
            return loops::activate(turn, body, characteristics, standard);
        }
        LoopItems::Collection(list) => turn
            .list(list, body.key)
            .and_then(|items| bounded(turn, items))
            .map_err(Failure::of(IncidentKind::MultiInstance, "input collection"))?,
        LoopItems::Cardinality(number) => counted(turn, body, number)
            .map_err(Failure::of(IncidentKind::MultiInstance, "loop cardinality"))?,
    };
    let prepared = subscriptions::prepare(turn, body)?;
    let total = u32::try_from(items.len()).expect("the number of items was bounded");
    turn.emit(Event::LoopStarted(LoopStarted {
        key: body.key,
        total,
        items: if characteristics.is_sequential { items.clone() } else { Vec::new() },
        output_collection: characteristics.output_collection.clone(),
    }));
    turn.emit(Event::ElementActivated { key: body.key });
    subscriptions::open(turn, body, prepared);
    let first = if characteristics.is_sequential { 1 } else { items.len() };
    for (number, item) in (1..).zip(items.iter().take(first)) {
        begin_inner(turn, body, characteristics, number, item);
    }
    turn.settle(body.key);
    Ok(())
}

/// As many items as a number says; they carry nothing.
fn counted(turn: &Turn<'_>, body: At<'_>, number: &Expression) -> Result<Vec<Value>, String> {
    let count = turn.integer(&Dynamic::Expression(number.clone()), body.key)?;
    let count = usize::try_from(count)
        .map_err(|_| format!("expected a number that is not negative, but got {count}"))?;
    let limit = turn.context.limits.elements_max as usize;
    if count > limit {
        return Err(format!("expected at most {limit} items, but got {count}"));
    }
    Ok(vec![Value::Null; count])
}

fn bounded(turn: &Turn<'_>, items: Vec<Value>) -> Result<Vec<Value>, String> {
    let limit = turn.context.limits.elements_max as usize;
    if items.len() <= limit {
        return Ok(items);
    }
    Err(format!("expected at most {limit} items, but got {}", items.len()))
}

/// Creates one inner instance with its item.
pub(crate) fn begin_inner(
    turn: &mut Turn<'_>,
    body: At<'_>,
    characteristics: &LoopCharacteristics,
    number: u32,
    item: &Value,
) {
    let key = turn.create_inner(body.index, body.key, number);
    turn.set_variable(key, "loopCounter", &Value::from(number));
    if let Some(name) = &characteristics.input_element {
        turn.set_variable(key, name, item);
    }
    // Results that go by the output element's name stay in the inner instance, as in Camunda 8.
    if let Some(name) = characteristics.output_element.as_ref().and_then(variable_name)
        && !turn.has_local(key, name)
    {
        turn.set_variable(key, name, &Value::Null);
    }
}

/// The variable an expression reads, when it is nothing but a variable or a path into one.
fn variable_name(expression: &Expression) -> Option<&str> {
    let text = expression.source().trim();
    let is_path = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|it| it.is_alphanumeric() || it == '_')
    };
    let is_literal = matches!(text, "true" | "false" | "null");
    (!is_literal && text.split('.').all(is_path)).then(|| text.split('.').next()).flatten()
}

/// An inner instance leaves: its result is collected, and the body goes on or is done.
pub(crate) fn leave_inner(
    turn: &mut Turn<'_>,
    inner: At<'_>,
    characteristics: &LoopCharacteristics,
    number: u32,
) -> Result<(), Failure> {
    let Some(body) = inner.scope_key.and_then(|key| turn.at(key)) else { return Ok(()) };
    collect(turn, inner, body, characteristics, number)?;
    let is_enough = is_enough(turn, inner, body, characteristics)?;
    let thrown = loop_events::thrown(turn, inner, body, &characteristics.behavior)?;
    let goes_on = match &characteristics.items {
        LoopItems::While(standard) => Some(loops::goes_on(turn, inner, standard, number)?),
        _ => None,
    };
    let records = compensation::records_of(turn, inner);
    turn.release_all(inner.key);
    turn.emit(Event::ElementCompleted { key: inner.key });
    compensation::remember(turn, body.key, records);
    loop_events::throw(turn, body, thrown);
    let is_at_work = turn.at(body.key).is_some_and(|it| it.lifecycle == Lifecycle::Activated);
    if !is_at_work {
        return Ok(());
    }
    if let Some(goes_on) = goes_on {
        loops::go_on(turn, body, characteristics, goes_on.then_some(number + 1));
        return Ok(());
    }
    if is_enough {
        let rest: Vec<i64> = turn.instance.children(body.key).collect();
        for key in rest {
            turn.terminate(key);
        }
        if turn.instance.children(body.key).next().is_none() {
            turn.push(Step::Complete, body.key);
        }
        return Ok(());
    }
    if let Some((number, item)) = next_item(turn, body) {
        begin_inner(turn, body, characteristics, number, &item);
    }
    turn.settle(body.key);
    Ok(())
}

fn collect(
    turn: &mut Turn<'_>,
    inner: At<'_>,
    body: At<'_>,
    characteristics: &LoopCharacteristics,
    loop_counter: u32,
) -> Result<(), Failure> {
    let Some(expression) = &characteristics.output_element else { return Ok(()) };
    if characteristics.output_collection.is_none() {
        return Ok(());
    }
    let value = turn
        .evaluate(expression, inner.key, None)
        .map_err(Failure::of(IncidentKind::MultiInstance, "output element"))?;
    turn.emit(Event::LoopResultCollected { key: body.key, loop_counter, value });
    Ok(())
}

/// The completion condition sees the inner instance, and how far the body is with it counted.
fn is_enough(
    turn: &Turn<'_>,
    inner: At<'_>,
    body: At<'_>,
    characteristics: &LoopCharacteristics,
) -> Result<bool, Failure> {
    let Some(condition) = &characteristics.completion_condition else { return Ok(false) };
    turn.truth(condition, inner.key, Some(&counts(turn, body)))
        .map_err(Failure::of(IncidentKind::MultiInstance, "completion condition"))
}

/// How far a body is when the inner instance that is about to leave is counted as completed.
pub(crate) fn counts(turn: &Turn<'_>, body: At<'_>) -> VariableMap {
    let mut counts = VariableMap::new();
    let Some(progress) = progress(turn, body) else { return counts };
    let active = turn.instance.elements.get(&body.key).map_or(0, |it| it.children);
    let completed = progress.completed + 1;
    counts.insert("numberOfInstances".into(), progress.total.into());
    counts.insert("numberOfActiveInstances".into(), active.saturating_sub(1).into());
    counts.insert("numberOfCompletedInstances".into(), completed.into());
    let terminated = progress.started.saturating_sub(active + progress.completed);
    counts.insert("numberOfTerminatedInstances".into(), terminated.into());
    counts
}

/// Adds items to a multi-instance at work; a parallel one begins them at once.
pub(crate) fn extend(turn: &mut Turn<'_>, key: i64, items: &[Value]) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::ElementInstance, key };
    let items_max = turn.context.limits.elements_max;
    let refused = Rejection::CannotAddInstances { items_max };
    let at = turn.at(key).ok_or(not_found)?;
    let body = match (at.role, at.scope_key) {
        (Role::Inner { .. }, Some(body)) => turn.at(body).ok_or(refused.clone())?,
        _ => at,
    };
    let Some(characteristics) = &body.element.multi_instance else { return Err(refused) };
    let is_counted = !matches!(characteristics.items, LoopItems::While(_));
    let is_open = body.role == Role::Body && body.lifecycle == Lifecycle::Activated && is_counted;
    let total =
        progress(turn, body).filter(|_| is_open).map(|it| it.total).ok_or(refused.clone())?;
    let added = u32::try_from(items.len()).map_err(|_| refused.clone())?;
    if total.checked_add(added).is_none_or(|all| all > items_max) {
        return Err(refused);
    }
    let kept = if characteristics.is_sequential { items.to_vec() } else { Vec::new() };
    turn.emit(Event::LoopExtended(LoopExtended { key: body.key, added, items: kept }));
    if !characteristics.is_sequential {
        for (number, item) in (total + 1..).zip(items) {
            begin_inner(turn, body, characteristics, number, item);
        }
    }
    Ok(())
}

fn progress<'t>(turn: &'t Turn<'_>, body: At<'_>) -> Option<&'t LoopProgress> {
    turn.instance.elements.get(&body.key)?.progress.as_deref()
}

/// The next item of a sequential multi-instance, with its number.
fn next_item(turn: &Turn<'_>, body: At<'_>) -> Option<(u32, Value)> {
    let progress = progress(turn, body)?;
    let item = progress.items.get(progress.started as usize)?;
    Some((progress.started + 1, item.clone()))
}

/// The body is done: the collected results go outward.
pub(crate) fn hand_over_results(turn: &mut Turn<'_>, body: At<'_>) {
    let Some(scope_key) = body.scope_key else { return };
    let Some(progress) = progress(turn, body) else { return };
    let Some(name) = progress.output_collection.clone() else { return };
    let results = Value::Array(progress.results.clone());
    turn.propagate(scope_key, &VariableMap::from_iter([(name, results)]));
}
