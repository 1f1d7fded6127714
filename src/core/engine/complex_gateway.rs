//! Complex gateways: which paths open them, and when they begin anew (BPMN 2.0, 13.4.5).
//!
//! A gateway that waits for its start opens as soon as its activation condition is true; without a
//! condition, the first path opens it. It then waits for its reset: until no path can come any more
//! by a flow that brought none, as an inclusive gateway would wait. What came meanwhile is taken in
//! without going on, unless an outgoing flow has a condition that is true then.
//! Must not know how its outgoing flows are chosen.
//!
//! The condition and those of the outgoing flows see `activationCount`, the number of incoming
//! flows on which a path waits; `activationCounts`, a context of how many paths wait on each flow,
//! by the flow's id; and `waitingForStart`.

use serde_json::Value;

use super::elements::ad_hoc;
use super::event::{Event, IncidentKind, Step};
use super::incidents;
use super::instance::VariableMap;
use super::joins;
use super::turn::{At, Failure, Turn};
use crate::core::model::{ElementIndex, ElementKind, FlowIndex};

/// Opens a gateway that waits for its start when its condition is true, and says whether it did.
///
/// # Errors
///
/// When the condition isn't true or false.
pub(crate) fn open(
    turn: &mut Turn<'_>,
    scope_key: i64,
    gateway: ElementIndex,
) -> Result<bool, Failure> {
    let element = turn.definition.element(gateway);
    let ElementKind::ComplexGateway { activation_condition } = &element.kind else {
        return Ok(false);
    };
    let arrived = joins::waiting_flows(turn, scope_key, gateway);
    if arrived.is_empty() || used_flows(turn, scope_key, gateway).is_some() {
        return Ok(false);
    }
    let state = state(turn, scope_key, gateway, true);
    if let Some(condition) = activation_condition {
        let failing = |message| {
            let message = format!("activation condition of gateway '{}': {message}", element.id);
            Failure::new(IncidentKind::Condition, message)
        };
        if !turn.truth(condition, scope_key, Some(&state)).map_err(failing)? {
            return Ok(false);
        }
    }
    let flow_ids = joins::take_in(turn, scope_key, gateway, &arrived);
    let gateway_id = element.id.clone();
    turn.emit(Event::ComplexGatewayOpened { scope_key, gateway_id, flow_ids });
    for kind in [IncidentKind::Condition, IncidentKind::Deadlock] {
        if let Some(key) = incidents::find(turn, scope_key, kind) {
            turn.emit(Event::IncidentResolved { key });
        }
    }
    let key = turn.create_waiting(gateway, scope_key);
    turn.set_local(key, &state);
    turn.push(Step::Activate, key);
    turn.settle(scope_key);
    Ok(true)
}

/// Looks at the gateways of a scope in which nothing moves; says whether one opened or began anew.
///
/// # Errors
///
/// When a condition isn't true or false, and no other gateway opened.
pub(crate) fn settle(turn: &mut Turn<'_>, at: At<'_>) -> Result<bool, Failure> {
    let Some(scope) = turn.instance.elements.get(&at.key) else { return Ok(false) };
    let waiting = scope.joins.keys().chain(scope.resets.keys());
    let gateways: Vec<ElementIndex> = waiting.filter_map(|id| turn.definition.find(id)).collect();
    let mut failure = None;
    for gateway in gateways {
        match open(turn, at.key, gateway) {
            Ok(false) if !reset(turn, at.key, gateway) => {}
            Ok(_) => return Ok(true),
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(false), Err)
}

/// Lets a gateway begin anew that waits for its reset, when no path is awaited any more.
fn reset(turn: &mut Turn<'_>, scope_key: i64, gateway: ElementIndex) -> bool {
    let Some(used) = used_flows(turn, scope_key, gateway) else { return false };
    let waiting = joins::waiting_flows(turn, scope_key, gateway);
    let (mut arrived, late) = (used.clone(), waiting.into_iter().filter(|it| !used.contains(it)));
    let late: Vec<FlowIndex> = late.collect();
    arrived.extend(&late);
    if joins::is_awaited(turn, scope_key, gateway, &arrived) {
        return false;
    }
    let state = state(turn, scope_key, gateway, false);
    if !late.is_empty() {
        joins::take_in(turn, scope_key, gateway, &late);
    }
    let element = turn.definition.element(gateway);
    let gateway_id = element.id.clone();
    turn.emit(Event::ComplexGatewayReset { scope_key, gateway_id });
    let may_go_on = element.outgoing.iter().any(|it| turn.definition.flow(*it).condition.is_some());
    if may_go_on {
        let key = turn.create_triggered(gateway, scope_key);
        turn.set_local(key, &state);
        turn.push(Step::Activate, key);
    } else if !late.is_empty() {
        ad_hoc::end_path(turn, scope_key);
    }
    turn.settle(scope_key);
    true
}

/// The flows whose paths opened a gateway that waits for its reset.
fn used_flows(turn: &Turn<'_>, scope_key: i64, gateway: ElementIndex) -> Option<Vec<FlowIndex>> {
    let element = turn.definition.element(gateway);
    let used = turn.instance.elements.get(&scope_key)?.resets.get(&element.id)?;
    let is_used = |flow: &FlowIndex| used.contains(&turn.definition.flow(*flow).id);
    Some(element.incoming.iter().copied().filter(is_used).collect())
}

/// What conditions see of the gateway.
fn state(turn: &Turn<'_>, scope_key: i64, gateway: ElementIndex, is_start: bool) -> VariableMap {
    let element = turn.definition.element(gateway);
    let scope = turn.instance.elements.get(&scope_key);
    let waiting = scope.and_then(|scope| scope.joins.get(&element.id));
    let count = |flow: &FlowIndex| {
        let id = &turn.definition.flow(*flow).id;
        (id.to_string(), Value::from(waiting.and_then(|it| it.get(id)).copied().unwrap_or(0)))
    };
    let counts: VariableMap = element.incoming.iter().map(count).collect();
    let arrived = counts.values().filter(|it| it.as_u64() != Some(0)).count();
    VariableMap::from_iter([
        ("activationCount".to_owned(), Value::from(arrived)),
        ("activationCounts".to_owned(), Value::Object(counts)),
        ("waitingForStart".to_owned(), Value::Bool(is_start)),
    ])
}

/// The gateways of a scope begin anew, since all in it has ended.
pub(crate) fn forget(turn: &mut Turn<'_>, scope_key: i64) {
    let scope = turn.instance.elements.get(&scope_key);
    let gateways: Vec<_> = scope.into_iter().flat_map(|it| it.resets.keys().cloned()).collect();
    for gateway_id in gateways {
        turn.emit(Event::ComplexGatewayReset { scope_key, gateway_id });
    }
}
