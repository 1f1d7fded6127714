//! The rule of the inclusive join read word by word (BPMN 2.0, 13.4.3), slow and simple, to check
//! the engine's by.
//!
//! The engine searches backward from a gateway; here every path is followed forward from where
//! something is.

use std::collections::HashSet;
use std::sync::Arc;

use flowstead::core::engine::{Lifecycle, ProcessInstance};
use flowstead::core::model::{ElementIndex, ElementKind, FlowIndex, ProcessDefinition};

/// Whether an inclusive gateway at which a path waits may open, in a scope where nothing moves.
pub(crate) fn may_open(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
    scope_key: i64,
    gateway: ElementIndex,
) -> bool {
    let here = instance.elements[&scope_key].joins.get(&definition.element(gateway).id);
    let has_path =
        |flow: &FlowIndex| here.is_some_and(|here| here.contains_key(&definition.flow(*flow).id));
    if !definition.element(gateway).incoming.iter().any(has_path) {
        return false;
    }
    !is_awaited(definition, instance, scope_key, gateway, &has_path)
}

/// Whether a complex gateway that has opened may begin anew (BPMN 2.0, 13.4.5): no path is awaited
/// on another flow than those that opened it, those on which one waits, and those just taken in.
pub(crate) fn may_reset(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
    scope_key: i64,
    gateway: ElementIndex,
    taken_in: &[Arc<str>],
) -> bool {
    let (scope, id) = (&instance.elements[&scope_key], &definition.element(gateway).id);
    let (used, waiting) = (&scope.resets[id], scope.joins.get(id));
    let has_path = |flow: &FlowIndex| {
        let flow = &definition.flow(*flow).id;
        used.contains(flow)
            || taken_in.contains(flow)
            || waiting.is_some_and(|waiting| waiting.contains_key(flow))
    };
    !is_awaited(definition, instance, scope_key, gateway, &has_path)
}

/// Whether a path elsewhere in the scope can come by a flow that has none, and by none that has.
fn is_awaited(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
    scope_key: i64,
    gateway: ElementIndex,
    has_path: &dyn Fn(&FlowIndex) -> bool,
) -> bool {
    let joins = instance.elements[&scope_key].joins.keys();
    let elsewhere = joins.filter_map(|id| definition.find(id)).filter(|it| *it != gateway);
    // What is being ended leads nowhere but to the event that ended it.
    let place = |key: i64| {
        let element = &instance.elements[&key];
        match element.lifecycle {
            Lifecycle::Terminating => definition.find(&element.held_back.as_deref()?.event_id),
            _ => definition.find(&element.element_id),
        }
    };
    let open = instance.children(scope_key).filter_map(place);
    open.chain(elsewhere).any(|place| {
        let reached = reached_flows(definition, place, gateway);
        let comes_by_missing = reached.iter().any(|flow| !has_path(flow));
        let comes_by_arrived = reached.iter().any(has_path);
        comes_by_missing && !comes_by_arrived
    })
}

/// The incoming flows of a gateway to which a path from a place can lead without going through
/// the gateway.
fn reached_flows(
    definition: &ProcessDefinition,
    place: ElementIndex,
    gateway: ElementIndex,
) -> HashSet<FlowIndex> {
    let mut reached = HashSet::new();
    let mut seen = HashSet::new();
    follow(definition, place, gateway, &mut seen, &mut reached);
    reached
}

fn follow(
    definition: &ProcessDefinition,
    place: ElementIndex,
    gateway: ElementIndex,
    seen: &mut HashSet<ElementIndex>,
    reached: &mut HashSet<FlowIndex>,
) {
    if !seen.insert(place) {
        return;
    }
    let element = definition.element(place);
    for flow in &element.outgoing {
        let target = definition.flow(*flow).target;
        if target == gateway {
            reached.insert(*flow);
        } else {
            follow(definition, target, gateway, seen, reached);
        }
    }
    if let ElementKind::LinkThrowEvent { target } = element.kind {
        follow(definition, target, gateway, seen, reached);
    }
    for boundary in &element.boundary_events {
        follow(definition, *boundary, gateway, seen, reached);
    }
}

/// All complex gateways that wait for their reset in a scope at work: scope and gateway.
pub(crate) fn waiting_complex(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
) -> Vec<(i64, ElementIndex)> {
    let scopes = instance.elements.iter().filter(|(_, it)| it.lifecycle == Lifecycle::Activated);
    let waiting = scopes.flat_map(|(key, scope)| scope.resets.keys().map(|id| (*key, id)));
    waiting.filter_map(|(key, id)| Some((key, definition.find(id)?))).collect()
}

/// All inclusive gateways with something waiting, in scopes at work: in one that is being ended no
/// path goes on. Scope and gateway.
pub(crate) fn waiting_inclusive(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
) -> Vec<(i64, ElementIndex)> {
    let mut found = Vec::new();
    let scopes = instance.elements.iter().filter(|(_, it)| it.lifecycle == Lifecycle::Activated);
    for (scope_key, scope) in scopes {
        for gateway in scope.joins.keys().filter_map(|id| definition.find(id)) {
            if matches!(definition.element(gateway).kind, ElementKind::InclusiveGateway) {
                found.push((*scope_key, gateway));
            }
        }
    }
    found
}
