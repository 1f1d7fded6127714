//! Ad-hoc sub-processes: what begins is chosen by a list, not by a start event (BPMN 2.0, 10.3.5;
//! the list and when it is done are Camunda 8's).

use serde_json::Value;

use super::waiting;
use crate::core::engine::command::{ElementActivation, JobResult};
use crate::core::engine::compensation::is_back;
use crate::core::engine::event::{AdHocStep, Event, IncidentKind, Step};
use crate::core::engine::facts::{JobKind, LoopStarted, Role};
use crate::core::engine::instance::{Held, VariableMap};
use crate::core::engine::lifecycle::Lifecycle;
use crate::core::engine::rejection::{Rejection, Target};
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::{incidents, jobs, joins, subscriptions};
use crate::core::model::{AdHocDefinition, ElementIndex, ElementKind, ProcessDefinition};

/// Begins the elements that the list names, or asks the worker. With none of them it stays at work
/// all the same.
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
    ask(turn, at, definition)?;
    if let Some(output_collection) = definition.output_collection.clone() {
        turn.emit(Event::LoopStarted(LoopStarted {
            key: at.key,
            total: 0,
            items: Vec::new(),
            output_collection: Some(output_collection),
        }));
    }
    waiting::begin(turn, at, prepared);
    let activations =
        chosen.into_iter().map(|index| activation(&turn.definition.element(index).id));
    let activations = activations.collect();
    begin_all(turn, at, definition, activations);
    for key in placed {
        turn.push(Step::Activate, key);
    }
    Ok(())
}

fn activation(element_id: &str) -> ElementActivation {
    ElementActivation { element_id: element_id.to_owned(), variables: VariableMap::new() }
}

/// Creates the job of the worker that chooses what begins, in the place of the one before.
fn ask(turn: &mut Turn<'_>, at: At<'_>, definition: &AdHocDefinition) -> Result<(), Failure> {
    let Some(job) = &definition.job else { return Ok(()) };
    call_off(turn, at);
    jobs::create_of_kind(turn, at, job, JobKind::AdHocSubProcess, Vec::new())
}

/// The worker is not asked any more, and what it ran into is of no concern.
fn call_off(turn: &mut Turn<'_>, at: At<'_>) {
    let is_choice = |turn: &Turn<'_>, key: i64| {
        turn.instance.jobs.get(&key).is_some_and(|it| it.kind == JobKind::AdHocSubProcess)
    };
    let is_about_choice = |turn: &Turn<'_>, held: &Held| match held {
        Held::Job(key) => is_choice(turn, *key),
        Held::Incident(key) => {
            let about = turn.instance.incidents.get(key).and_then(|it| it.job_key);
            about.is_some_and(|key| is_choice(turn, key))
        }
        _ => false,
    };
    let held: Vec<Held> = turn.instance.held(at.key).collect();
    let held: Vec<Held> = held.into_iter().filter(|held| is_about_choice(turn, held)).collect();
    for held in held {
        turn.release_held(held);
    }
}

/// Begins elements, all at once or in the order given.
fn begin_all(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &AdHocDefinition,
    activations: Vec<ElementActivation>,
) {
    if activations.is_empty() {
        return;
    }
    if definition.is_sequential {
        turn.emit(Event::AdHocProgressed { key: at.key, step: AdHocStep::Queued(activations) });
        return begin_next(turn, at);
    }
    for activation in activations {
        begin_one(turn, at, &activation);
    }
}

fn begin_one(turn: &mut Turn<'_>, at: At<'_>, activation: &ElementActivation) {
    let Some(index) = turn.definition.find(&activation.element_id) else { return };
    let key = turn.create(index, at.key);
    turn.set_local(key, &activation.variables);
}

/// In sequence, the next one begins when nothing else is at work.
fn begin_next(turn: &mut Turn<'_>, at: At<'_>) {
    let Some(scope) = turn.instance.elements.get(&at.key) else { return };
    let next = scope.ad_hoc.as_deref().and_then(|it| it.queue.first()).cloned();
    if let Some(next) = next.filter(|_| scope.children == 0 && scope.joins.is_empty()) {
        turn.emit(Event::AdHocProgressed { key: at.key, step: AdHocStep::Dequeued });
        begin_one(turn, at, &next);
    }
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
    ids.iter().try_for_each(|id| find(id).map(drop))?;
    if let ElementKind::AdHocSubProcess(definition) = &at.element.kind {
        begin_all(turn, at, definition, ids.iter().map(|id| activation(id)).collect());
    }
    Ok(())
}

/// The worker has chosen: elements begin, and it may be done.
pub(crate) fn complete_job(
    turn: &mut Turn<'_>,
    at: At<'_>,
    job_key: i64,
    variables: &VariableMap,
    result: &JobResult,
) -> Result<(), Rejection> {
    let ElementKind::AdHocSubProcess(definition) = &at.element.kind else { return Ok(()) };
    if !result.fits_ad_hoc() {
        let expected = "elements to begin and whether the ad-hoc sub-process is done";
        return Err(Rejection::ResultNotFitting { key: job_key, expected });
    }
    for activation in &result.activate_elements {
        let found = turn.definition.find(&activation.element_id);
        if !found.is_some_and(|index| can_begin(turn.definition, at.index, index)) {
            return Err(Rejection::CannotBegin { element_id: activation.element_id.clone() });
        }
    }
    turn.emit(Event::JobCompleted { key: job_key });
    turn.set_local(at.key, variables);
    if result.is_cancel_remaining_instances {
        cancel_remaining(turn, at);
    }
    if result.is_completion_condition_fulfilled {
        turn.emit(Event::AdHocProgressed { key: at.key, step: AdHocStep::Fulfilled });
    }
    begin_all(turn, at, definition, result.activate_elements.clone());
    if result.is_completion_condition_fulfilled {
        complete_if_empty(turn, at);
    }
    Ok(())
}

fn cancel_remaining(turn: &mut Turn<'_>, at: At<'_>) {
    let rest: Vec<i64> = turn.instance.children(at.key).collect();
    for key in rest {
        turn.terminate(key);
    }
    joins::clear(turn, at.key);
}

fn complete_if_empty(turn: &mut Turn<'_>, at: At<'_>) {
    let scope = turn.instance.elements.get(&at.key);
    let is_empty = scope.is_some_and(|scope| {
        let waits = scope.ad_hoc.as_deref().is_some_and(|it| !it.queue.is_empty());
        scope.children == 0 && scope.joins.is_empty() && !waits
    });
    if is_empty {
        turn.push(Step::Complete, at.key);
    }
}

/// Whether something would still begin, or the condition be asked again, though it is met.
fn begins_no_more(turn: &Turn<'_>, at: At<'_>, definition: &AdHocDefinition) -> bool {
    let Some(scope) = turn.instance.elements.get(&at.key) else { return false };
    let waits = scope.ad_hoc.as_deref().is_some_and(|it| !it.queue.is_empty());
    waits || definition.cancels_remaining && scope.children > 0
}

/// Collects the result of a path that is about to end with an element.
///
/// # Errors
///
/// When the result can't be computed.
pub(crate) fn collect(turn: &mut Turn<'_>, at: At<'_>, scope_key: i64) -> Result<(), Failure> {
    let Some(scope) = turn.at(scope_key) else { return Ok(()) };
    let ElementKind::AdHocSubProcess(definition) = &scope.element.kind else { return Ok(()) };
    let is_path = !matches!(at.element.kind, ElementKind::EventSubProcess { .. })
        && at.compensates.is_none()
        && !is_back(scope);
    let Some(expression) = definition.output_element.as_ref().filter(|_| is_path) else {
        return Ok(());
    };
    let value = turn
        .evaluate(expression, at.key, None)
        .map_err(Failure::of(IncidentKind::AdHoc, "output element"))?;
    let progress = turn.instance.elements.get(&scope_key).and_then(|it| it.progress.as_deref());
    let count = progress.map_or(0, |progress| progress.results.len());
    let loop_counter = u32::try_from(count + 1).unwrap_or(u32::MAX);
    turn.emit(Event::LoopResultCollected { key: scope_key, loop_counter, value });
    Ok(())
}

/// It is done: nothing is chosen any more, and what it collected goes outward.
pub(crate) fn finish(turn: &mut Turn<'_>, at: At<'_>) {
    let ElementKind::AdHocSubProcess(definition) = &at.element.kind else { return };
    call_off(turn, at);
    let Some(name) = definition.output_collection.clone() else { return };
    let scope = turn.instance.elements.get(&at.key);
    let results = scope.and_then(|it| it.progress.as_deref()).map(|it| it.results.clone());
    let results = Value::Array(results.unwrap_or_default());
    turn.take_variables(at, &VariableMap::from_iter([(name, results)]));
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

/// Checks whether it is done; if not, what waits begins, or the worker is asked again.
pub(crate) fn check(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    let ElementKind::AdHocSubProcess(definition) = &at.element.kind else { return Ok(()) };
    let progress = turn.instance.elements.get(&at.key).and_then(|it| it.ad_hoc.as_deref());
    let is_fulfilled = progress.is_some_and(|it| it.is_fulfilled);
    let is_met = match &definition.completion_condition {
        Some(condition) if !is_fulfilled => turn
            .truth(condition, at.key, None)
            .map_err(Failure::of(IncidentKind::AdHoc, "completion condition"))?,
        _ => false,
    };
    if is_met && definition.cancels_remaining {
        cancel_remaining(turn, at);
    }
    if is_met && begins_no_more(turn, at, definition) {
        turn.emit(Event::AdHocProgressed { key: at.key, step: AdHocStep::Fulfilled });
    }
    begin_next(turn, at);
    if definition.job.is_some() && !is_fulfilled {
        return ask(turn, at, definition);
    }
    if is_met || is_fulfilled || definition.completion_condition.is_none() {
        complete_if_empty(turn, at);
    }
    Ok(())
}
