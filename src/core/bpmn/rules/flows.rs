//! Rules of sequence flows: where they may begin and end, and where conditions may stand.
//!
//! Must not know which elements are reached.

use super::{flow_place, place};
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::Report;
use crate::core::model::{Element, ElementKind};

/// Checks every sequence flow.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    for (index, flow) in compiled.flows() {
        let source = compiled.definition.element(flow.source);
        if flow.condition.is_some() && !takes_conditions(&source.kind) {
            let message = format!("a flow from a {} can't have a condition", source.kind.name());
            let expected =
                "a condition behind an exclusive, inclusive or complex gateway or an activity";
            report.error(flow_place(compiled, index), message, expected);
        }
        if flow.condition.is_some() && source.default_flow == Some(index) {
            let message = "the default flow has a condition";
            report.error(flow_place(compiled, index), message, "no condition");
        }
    }
    for (index, element) in compiled.elements() {
        check_constants(compiled, element, report);
        let is_event_sub_process = matches!(element.kind, ElementKind::EventSubProcess { .. });
        let has_flows = !element.incoming.is_empty() || !element.outgoing.is_empty();
        if is_event_sub_process && has_flows {
            let message = "an event sub-process can't be connected by sequence flows";
            report.error(place(compiled, index), message, "no sequence flow to or from it");
        }
        if is_event_sub_process && element.multi_instance.is_some() {
            let message = "an event sub-process can't be a multi-instance";
            report.error(place(compiled, index), message, "a multi-instance activity inside it");
        }
    }
}

/// A condition that is always false closes its flow; behind one that is always true, an exclusive
/// gateway looks no further.
fn check_constants(compiled: &Compiled<'_>, element: &Element, report: &mut Report<'_>) {
    let is_exclusive = matches!(element.kind, ElementKind::ExclusiveGateway);
    let mut is_decided = false;
    for index in &element.outgoing {
        let condition = compiled.definition.flow(*index).condition.as_ref();
        let constant = condition.map(|it| it.source().trim());
        let is_default = element.default_flow == Some(*index);
        if constant == Some("false") {
            let message = "the flow is never taken: its condition is always false";
            report.warning(flow_place(compiled, *index), message, "a condition that can be true");
        } else if is_decided && !is_default {
            let message = "the flow is never taken: a flow before it always is";
            let expected = "conditions that can be false on the flows before it";
            report.warning(flow_place(compiled, *index), message, expected);
        }
        is_decided |= is_exclusive && constant == Some("true");
    }
}

/// Conditions stand behind exclusive, inclusive and complex gateways and activities (BPMN 2.0,
/// 8.4.13).
fn takes_conditions(kind: &ElementKind) -> bool {
    match kind {
        ElementKind::ExclusiveGateway
        | ElementKind::InclusiveGateway
        | ElementKind::SubProcess
        | ElementKind::Transaction
        | ElementKind::AdHocSubProcess(_)
        | ElementKind::ServiceTask(_)
        | ElementKind::SendTask(_)
        | ElementKind::ScriptTask(_)
        | ElementKind::BusinessRuleTask(_)
        | ElementKind::UserTask(_)
        | ElementKind::ReceiveTask(_)
        | ElementKind::InstantiatingReceiveTask(_)
        | ElementKind::ComplexGateway { .. }
        | ElementKind::ManualTask
        | ElementKind::UndefinedTask
        | ElementKind::CallActivity(_) => true,
        ElementKind::Process
        | ElementKind::EventSubProcess { .. }
        | ElementKind::StartEvent(_)
        | ElementKind::IntermediateCatchEvent(_)
        | ElementKind::IntermediateThrowEvent
        | ElementKind::MessageThrowEvent(_)
        | ElementKind::EscalationThrowEvent { .. }
        | ElementKind::SignalThrowEvent { .. }
        | ElementKind::CompensationThrowEvent { .. }
        | ElementKind::LinkThrowEvent { .. }
        | ElementKind::LinkCatchEvent
        | ElementKind::BoundaryEvent(_)
        | ElementKind::EndEvent(_)
        | ElementKind::ParallelGateway
        | ElementKind::MultipleThrowEvent(_)
        | ElementKind::EventBasedGateway(_) => false,
    }
}
