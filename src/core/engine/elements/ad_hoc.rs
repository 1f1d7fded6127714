//! Ad-hoc sub-processes: what begins is chosen by a list, not by a start event (BPMN 2.0, 10.3.5;
//! the list and when it is done are Camunda 8's).

use super::waiting;
use crate::core::engine::compensation::is_back;
use crate::core::engine::event::{IncidentKind, Step};
use crate::core::engine::facts::Role;
use crate::core::engine::lifecycle::Lifecycle;
use crate::core::engine::rejection::{Rejection, Target};
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::{incidents, joins, subscriptions};
use crate::core::model::{AdHocDefinition, ElementIndex, ElementKind, ProcessDefinition};

/// Begins the elements that the list names. With none of them it stays at work all the same.
pub(crate) fn activate(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &AdHocDefinition,
) -> Result<(), Failure> {
    // What a modification has placed here already is what begins.
    let placed: Vec<i64> = turn.instance.children(at.key).collect();
    let chosen = if placed.is_empty() {
        chosen(turn, at, definition).map_err(Failure::of(IncidentKind::AdHoc, "active elements"))?
    } else {
        Vec::new()
    };
    let prepared = subscriptions::prepare(turn, at)?;
    waiting::begin(turn, at, prepared);
    for index in chosen {
        turn.create(index, at.key);
    }
    for key in placed {
        turn.push(Step::Activate, key);
    }
    Ok(())
}

fn chosen(
    turn: &Turn<'_>,
    at: At<'_>,
    definition: &AdHocDefinition,
) -> Result<Vec<ElementIndex>, String> {
    let Some(expression) = &definition.active_elements else { return Ok(Vec::new()) };
    let items = turn.list(expression, at.key)?;
    items
        .iter()
        .map(|item| {
            let found = item.as_str().and_then(|id| turn.definition.find(id));
            found.filter(|index| can_begin(turn.definition, at.index, *index)).ok_or_else(|| {
                format!("expected ids of elements inside that no flow leads to, but got {item}")
            })
        })
        .collect()
}

/// Whether an element inside can be begun by its id.
pub(crate) fn can_begin(
    definition: &ProcessDefinition,
    scope: ElementIndex,
    index: ElementIndex,
) -> bool {
    let element = definition.element(index);
    let waits_elsewhere = matches!(
        element.kind,
        ElementKind::BoundaryEvent(_)
            | ElementKind::EventSubProcess { .. }
            | ElementKind::LinkCatchEvent
    );
    element.parent == Some(scope)
        && element.incoming.is_empty()
        && !waits_elsewhere
        && !element.is_for_compensation
}

/// Begins elements from outside, all or none.
pub(crate) fn begin(turn: &mut Turn<'_>, key: i64, ids: &[String]) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::ElementInstance, key };
    let at = turn.at(key).ok_or(not_found)?;
    let is_open = at.lifecycle == Lifecycle::Activated && !is_back(at) && at.role != Role::Body;
    if !is_open || !matches!(at.element.kind, ElementKind::AdHocSubProcess(_)) {
        return Err(Rejection::NotAdHoc { key });
    }
    let find = |id: &String| {
        let found = turn.definition.find(id);
        let chosen = found.filter(|index| can_begin(turn.definition, at.index, *index));
        chosen.ok_or_else(|| Rejection::CannotBegin { element_id: id.clone() })
    };
    let chosen = ids.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    for index in chosen {
        turn.create(index, key);
    }
    Ok(())
}

/// A path inside has come to its end: it is done when its condition says so, or, without one, when
/// nothing is left.
pub(crate) fn end_path(turn: &mut Turn<'_>, scope_key: i64) {
    let Some(at) = turn.at(scope_key) else { return };
    // One that came back to be undone is done as any scope.
    if at.lifecycle != Lifecycle::Activated || is_back(at) {
        return;
    }
    let is_known = incidents::find(turn, scope_key, IncidentKind::AdHoc).is_some();
    if let Err(failure) = check(turn, at)
        && !is_known
    {
        incidents::raise(turn, scope_key, Step::CompletionCondition, failure, None);
    }
}

/// Checks whether it is done.
pub(crate) fn check(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    let ElementKind::AdHocSubProcess(definition) = &at.element.kind else { return Ok(()) };
    let is_met = match &definition.completion_condition {
        Some(condition) => Some(
            turn.truth(condition, at.key, None)
                .map_err(Failure::of(IncidentKind::AdHoc, "completion condition"))?,
        ),
        None => None,
    };
    if is_met == Some(true) && definition.cancels_remaining {
        let rest: Vec<i64> = turn.instance.children(at.key).collect();
        for key in rest {
            turn.terminate(key);
        }
        joins::clear(turn, at.key);
    }
    let scope = turn.instance.elements.get(&at.key);
    let is_empty = scope.is_some_and(|scope| scope.children == 0 && scope.joins.is_empty());
    if is_empty && is_met != Some(false) {
        turn.push(Step::Complete, at.key);
    }
    Ok(())
}
