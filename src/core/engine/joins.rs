//! Joining gateways: who waits for whom, and when a scope has nothing left to do.
//!
//! Must not know what a gateway does once it is passed.

use std::sync::Arc;

use super::compensation::is_back;
use super::complex_gateway;
use super::event::{Event, IncidentKind, Step};
use super::facts::Role;
use super::incidents;
use super::lifecycle::Lifecycle;
use super::reachability::Upstream;
use super::turn::{At, Failure, Turn};
use crate::core::model::{ElementIndex, ElementKind, FlowIndex, ProcessDefinition};

/// Whether paths wait for each other there.
pub(crate) fn is_join(definition: &ProcessDefinition, target: ElementIndex) -> bool {
    let element = definition.element(target);
    if element.start_quantity > 1 {
        return true;
    }
    match &element.kind {
        ElementKind::ParallelGateway | ElementKind::InclusiveGateway => element.incoming.len() > 1,
        ElementKind::ComplexGateway { activation_condition } => {
            element.incoming.len() > 1 || activation_condition.is_some()
        }
        _ => false,
    }
}

/// A path arrives. A parallel gateway opens when every incoming flow has brought one (BPMN 2.0,
/// 13.4.2); an inclusive one is looked at when nothing else moves.
pub(crate) fn arrive(turn: &mut Turn<'_>, scope_key: i64, flow: FlowIndex) {
    let flow = turn.definition.flow(flow);
    let gateway = turn.definition.element(flow.target);
    turn.emit(Event::JoinReached {
        scope_key,
        gateway_id: gateway.id.clone(),
        flow_id: flow.id.clone(),
    });
    turn.settle(scope_key);
    if gateway.start_quantity > 1 {
        begin_with_enough(turn, scope_key, flow.target);
    }
    match gateway.kind {
        ElementKind::ParallelGateway => {
            let arrived = waiting_flows(turn, scope_key, flow.target);
            if arrived.len() == gateway.incoming.len() {
                release(turn, scope_key, flow.target, &arrived);
            }
        }
        // What can't be computed is looked at again, and reported, when nothing else moves.
        ElementKind::ComplexGateway { .. } => {
            complex_gateway::open(turn, scope_key, flow.target).unwrap_or(false);
        }
        _ => {}
    }
}

/// An activity begins with as many paths as its start quantity says (BPMN 2.0, 13.3.2), by whatever
/// flows they came.
fn begin_with_enough(turn: &mut Turn<'_>, scope_key: i64, activity: ElementIndex) {
    let element = turn.definition.element(activity);
    let scope = turn.instance.elements.get(&scope_key);
    let Some(waiting) = scope.and_then(|scope| scope.joins.get(&element.id)) else { return };
    let paths = waiting.iter().flat_map(|(flow, count)| (0..*count).map(move |_| flow.clone()));
    let quantity = element.start_quantity as usize;
    let flow_ids: Vec<Arc<str>> = paths.take(quantity).collect();
    if flow_ids.len() == quantity {
        let gateway_id = element.id.clone();
        turn.emit(Event::JoinReleased { scope_key, gateway_id, flow_ids });
        turn.create(activity, scope_key);
    }
}

/// Looks at a scope's joins when the paths or the rules may have changed.
pub(crate) fn look_again(turn: &mut Turn<'_>, scope_key: i64) {
    let scope = turn.instance.elements.get(&scope_key);
    let gateways: Vec<ElementIndex> = scope
        .into_iter()
        .flat_map(|scope| scope.joins.keys().filter_map(|id| turn.definition.find(id)))
        .collect();
    for gateway in gateways {
        let element = turn.definition.element(gateway);
        if !matches!(element.kind, ElementKind::ParallelGateway) {
            continue;
        }
        let mut arrived = waiting_flows(turn, scope_key, gateway);
        while !arrived.is_empty() && arrived.len() == element.incoming.len() {
            release(turn, scope_key, gateway, &arrived);
            arrived = waiting_flows(turn, scope_key, gateway);
        }
    }
    turn.settle(scope_key);
}

/// The incoming flows of a gateway on which a path waits, in document order.
pub(crate) fn waiting_flows(
    turn: &Turn<'_>,
    scope_key: i64,
    gateway: ElementIndex,
) -> Vec<FlowIndex> {
    let element = turn.definition.element(gateway);
    let scope = turn.instance.elements.get(&scope_key);
    let Some(waiting) = scope.and_then(|scope| scope.joins.get(&element.id)) else {
        return Vec::new();
    };
    let is_waiting = |flow: &FlowIndex| waiting.contains_key(&turn.definition.flow(*flow).id);
    element.incoming.iter().copied().filter(is_waiting).collect()
}

/// One waiting path of each flow goes into the gateway.
fn release(turn: &mut Turn<'_>, scope_key: i64, gateway: ElementIndex, flows: &[FlowIndex]) {
    take_in(turn, scope_key, gateway, flows);
    turn.create(gateway, scope_key);
}

/// One waiting path of each flow is there no more; gives the ids of the flows.
pub(crate) fn take_in(
    turn: &mut Turn<'_>,
    scope_key: i64,
    gateway: ElementIndex,
    flows: &[FlowIndex],
) -> Vec<Arc<str>> {
    let gateway_id = turn.definition.element(gateway).id.clone();
    let flow_ids: Vec<Arc<str>> =
        flows.iter().map(|flow| turn.definition.flow(*flow).id.clone()).collect();
    turn.emit(Event::JoinReleased { scope_key, gateway_id, flow_ids: flow_ids.clone() });
    flow_ids
}

/// Ends all paths that wait in a scope.
pub(crate) fn clear(turn: &mut Turn<'_>, scope_key: i64) {
    while let Some((gateway_id, flow_ids)) = first_join(turn, scope_key) {
        turn.emit(Event::JoinReleased { scope_key, gateway_id, flow_ids });
    }
    complex_gateway::forget(turn, scope_key);
}

fn first_join(turn: &Turn<'_>, scope_key: i64) -> Option<(Arc<str>, Vec<Arc<str>>)> {
    let (gateway_id, flows) = turn.instance.elements.get(&scope_key)?.joins.first_key_value()?;
    Some((gateway_id.clone(), flows.keys().cloned().collect()))
}

/// Looks at a scope in which nothing moves by itself: opens an inclusive gateway that waits in
/// vain, or completes the scope when nothing is left in it.
///
/// # Errors
///
/// When only joins are left that nothing can open any more.
pub(crate) fn settle(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if at.lifecycle != Lifecycle::Activated {
        return Ok(());
    }
    let failure = match complex_gateway::settle(turn, at) {
        Ok(true) => return Ok(()),
        Ok(false) => None,
        Err(failure) => Some(failure),
    };
    let Some(scope) = turn.instance.elements.get(&at.key) else { return Ok(()) };
    let (is_empty, is_joining) = (scope.children == 0, !scope.joins.is_empty());
    if is_joining && open_inclusive(turn, at) {
        return Ok(());
    }
    if let Some(failure) = failure {
        let is_known = incidents::find(turn, at.key, failure.kind).is_some();
        return if is_known { Ok(()) } else { Err(failure) };
    }
    match (is_empty, is_joining) {
        (true, true) => deadlock(turn, at),
        (true, false) if is_done(turn, at) => {
            turn.push(Step::Complete, at.key);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Only scopes end by having nothing left; a multi-instance body only when all items had a turn.
fn is_done(turn: &Turn<'_>, at: At<'_>) -> bool {
    if at.role != Role::Body {
        let decides_itself = matches!(at.element.kind, ElementKind::AdHocSubProcess(_));
        // What came back to be undone is done as any scope.
        return at.element.kind.is_scope() && (!decides_itself || is_back(at));
    }
    let body = turn.instance.elements.get(&at.key);
    let progress = body.and_then(|body| body.progress.as_deref());
    progress.is_some_and(|progress| progress.started == progress.total)
}

fn deadlock(turn: &Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if incidents::find(turn, at.key, IncidentKind::Deadlock).is_some() {
        return Ok(());
    }
    let scope = turn.instance.elements.get(&at.key);
    let gateways: Vec<&str> =
        scope.into_iter().flat_map(|scope| scope.joins.keys().map(AsRef::as_ref)).collect();
    let is_complex = |id: &&str| {
        let gateway = turn.definition.find(id).map(|index| &turn.definition.element(index).kind);
        matches!(gateway, Some(ElementKind::ComplexGateway { .. }))
    };
    let counts = |id: &&str| {
        let found = turn.definition.find(id);
        found.is_some_and(|index| turn.definition.element(index).start_quantity > 1)
    };
    let awaited = if gateways.iter().any(counts) {
        "more paths at"
    } else if gateways.iter().all(is_complex) {
        "a true activation condition of gateway"
    } else {
        "a path on every incoming flow of gateway"
    };
    let names = gateways.join("', '");
    let message = format!("expected {awaited} '{names}', but no other path is left");
    Err(Failure::new(IncidentKind::Deadlock, message))
}

fn open_inclusive(turn: &mut Turn<'_>, at: At<'_>) -> bool {
    let Some(scope) = turn.instance.elements.get(&at.key) else { return false };
    let gateways: Vec<ElementIndex> =
        scope.joins.keys().filter_map(|id| turn.definition.find(id)).collect();
    let free = gateways.into_iter().find(|gateway| is_free(turn, at.key, *gateway));
    if let Some(gateway) = free {
        let arrived = waiting_flows(turn, at.key, gateway);
        release(turn, at.key, gateway, &arrived);
        turn.settle(at.key);
    }
    free.is_some()
}

/// Whether an inclusive gateway may open (BPMN 2.0, 13.4.3): no path elsewhere in the scope can
/// still come by an incoming flow that has none, unless it can as well come by one that has.
fn is_free(turn: &Turn<'_>, scope_key: i64, gateway: ElementIndex) -> bool {
    let element = turn.definition.element(gateway);
    let arrived = waiting_flows(turn, scope_key, gateway);
    matches!(element.kind, ElementKind::InclusiveGateway)
        && !is_awaited(turn, scope_key, gateway, &arrived)
}

/// Whether a path elsewhere in the scope can come by another incoming flow of a gateway than
/// those given, and by none of them.
pub(crate) fn is_awaited(
    turn: &Turn<'_>,
    scope_key: i64,
    gateway: ElementIndex,
    arrived: &[FlowIndex],
) -> bool {
    let incoming = turn.definition.element(gateway).incoming.iter().copied();
    let missing: Vec<FlowIndex> = incoming.filter(|it| !arrived.contains(it)).collect();
    let to_missing = Upstream::of(turn.definition, gateway, &missing);
    let to_arrived = Upstream::of(turn.definition, gateway, arrived);
    let mut places = places(turn, scope_key, gateway);
    places.any(|place| to_missing.contains(place) && !to_arrived.contains(place))
}

/// Where the path of an open element is. One that is being ended leads nowhere but to the event
/// that ended it.
fn place_of(turn: &Turn<'_>, key: i64) -> Option<ElementIndex> {
    let at = turn.at(key)?;
    if at.lifecycle != Lifecycle::Terminating {
        return Some(at.index);
    }
    let held_back = turn.instance.elements.get(&key)?.held_back.as_deref()?;
    turn.definition.find(&held_back.event_id)
}

/// Where paths are in a scope: open elements, and other gateways at which a path waits.
fn places<'t>(
    turn: &'t Turn<'_>,
    scope_key: i64,
    gateway: ElementIndex,
) -> impl Iterator<Item = ElementIndex> + 't {
    let children = turn.instance.children(scope_key);
    let open = children.filter_map(|key| place_of(turn, key));
    let scope = turn.instance.elements.get(&scope_key);
    let joins = scope.into_iter().flat_map(|scope| scope.joins.keys());
    let waiting = joins.filter_map(|id| turn.definition.find(id)).filter(move |it| *it != gateway);
    open.chain(waiting)
}
