//! Which sequence flows are taken when an element is left.
//!
//! Must not know what lies behind them.

use super::event::IncidentKind;
use super::turn::{At, Failure, Turn};
use crate::core::model::{ElementKind, FlowIndex};

/// Chooses among the outgoing flows.
///
/// # Errors
///
/// When a condition isn't true or false, or no flow fits and there is no default flow.
pub(crate) fn choose(turn: &Turn<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
    match at.element.kind {
        ElementKind::ParallelGateway => Ok(at.element.outgoing.clone()),
        ElementKind::ExclusiveGateway => choose_while(turn, at, <[FlowIndex]>::is_empty),
        ElementKind::ComplexGateway { .. } if at.is_triggered => choose_at_reset(turn, at),
        // Activities and events choose like an inclusive gateway (BPMN 2.0, 13.3.2).
        _ => choose_while(turn, at, |_| true),
    }
}

/// Takes flows whose condition is true, or that have none, as long as more are wanted; the default
/// flow only if there is no other (BPMN 2.0, 13.4.2 and 13.4.3).
fn choose_while(
    turn: &Turn<'_>,
    at: At<'_>,
    wants_more: impl Fn(&[FlowIndex]) -> bool,
) -> Result<Vec<FlowIndex>, Failure> {
    let mut taken = Vec::new();
    for &flow in &at.element.outgoing {
        if Some(flow) == at.element.default_flow || !wants_more(&taken) {
            continue;
        }
        if is_open(turn, at, flow)? {
            taken.push(flow);
        }
    }
    if taken.is_empty() {
        taken.extend(at.element.default_flow);
    }
    if taken.is_empty() && !at.element.outgoing.is_empty() {
        let message = "expected one condition to be true, but none is and there is no default flow";
        return Err(Failure::new(IncidentKind::NoMatchingFlow, message));
    }
    Ok(taken)
}

/// A complex gateway that begins anew takes the flows whose condition is true then, or else the
/// default flow, or none (BPMN 2.0, 13.4.5). A flow without a condition is for the start alone: a
/// gateway that waits for the first of several paths would else go on twice.
fn choose_at_reset(turn: &Turn<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
    let mut taken = Vec::new();
    for &flow in &at.element.outgoing {
        if turn.definition.flow(flow).condition.is_some() && is_open(turn, at, flow)? {
            taken.push(flow);
        }
    }
    if taken.is_empty() {
        taken.extend(at.element.default_flow);
    }
    Ok(taken)
}

fn is_open(turn: &Turn<'_>, at: At<'_>, flow: FlowIndex) -> Result<bool, Failure> {
    let flow = turn.definition.flow(flow);
    let Some(condition) = &flow.condition else { return Ok(true) };
    turn.truth(condition, at.key, None).map_err(|message| {
        let message = format!("condition of sequence flow '{}': {message}", flow.id);
        Failure::new(IncidentKind::Condition, message)
    })
}

/// Each flow as often as an activity's completion quantity says (BPMN 2.0, 13.3.2).
pub(crate) fn repeated(flows: &[FlowIndex], quantity: u32) -> Vec<FlowIndex> {
    flows.iter().flat_map(|flow| std::iter::repeat_n(*flow, quantity as usize)).collect()
}
