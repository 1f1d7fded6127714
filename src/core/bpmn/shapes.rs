//! Says how a BPMN element is drawn, from its XML.
//!
//! Must not know whether it can be executed: everything that is legal is drawn.

use super::diagram::{
    ActivityKind, ActivityShape, EdgeKind, EventMark, EventPosition, EventShape, GatewayMark,
    Repetition, ShapeKind,
};
use super::references::local_name;
use super::xml::{self, Node};

/// How an element with a place is drawn; `is_expanded` is what the diagram says of sub-processes.
pub(super) fn shape_kind(node: Node<'_>, is_expanded: bool) -> Option<ShapeKind> {
    let name = node.tag_name().name();
    if let Some(position) = event_position(name) {
        return Some(ShapeKind::Event(event(node, position)));
    }
    if let Some(mark) = gateway_mark(node) {
        return Some(ShapeKind::Gateway(mark));
    }
    if let Some(kind) = activity_kind(node, is_expanded) {
        return Some(ShapeKind::Activity(ActivityShape {
            kind,
            repetition: repetition(node),
            is_for_compensation: xml::flag(node, "isForCompensation", false),
        }));
    }
    match name {
        "participant" => Some(ShapeKind::Participant { is_horizontal: true }),
        "lane" => Some(ShapeKind::Lane { is_horizontal: true }),
        "dataObjectReference" | "dataObject" | "dataInput" | "dataOutput" => {
            Some(ShapeKind::DataObject)
        }
        "dataStoreReference" | "dataStore" => Some(ShapeKind::DataStore),
        "textAnnotation" => Some(ShapeKind::TextAnnotation),
        "group" => Some(ShapeKind::Group),
        _ => None,
    }
}

/// How a connection is drawn; what a sequence flow's source says of it is given.
pub(super) fn edge_kind(
    node: Node<'_>,
    is_default: bool,
    is_from_activity: bool,
) -> Option<EdgeKind> {
    match node.tag_name().name() {
        "sequenceFlow" => Some(EdgeKind::Sequence {
            is_default,
            is_conditional: is_from_activity
                && xml::bpmn_child(node, "conditionExpression").is_some(),
        }),
        "messageFlow" => Some(EdgeKind::Message),
        "association" => Some(EdgeKind::Association),
        "dataInputAssociation" | "dataOutputAssociation" => Some(EdgeKind::DataAssociation),
        _ => None,
    }
}

/// The text that belongs to an element: its name, or what an annotation says.
pub(super) fn display_name(node: Node<'_>) -> Option<String> {
    let text = match node.tag_name().name() {
        "textAnnotation" => xml::bpmn_child(node, "text").and_then(xml::text),
        _ => xml::attribute(node, "name"),
    };
    text.map(|it| it.value.trim().to_owned())
}

fn event_position(name: &str) -> Option<EventPosition> {
    match name {
        "startEvent" => Some(EventPosition::Start),
        "intermediateCatchEvent" => Some(EventPosition::Catch),
        "intermediateThrowEvent" | "implicitThrowEvent" => Some(EventPosition::Throw),
        "boundaryEvent" => Some(EventPosition::Boundary),
        "endEvent" => Some(EventPosition::End),
        _ => None,
    }
}

fn event(node: Node<'_>, position: EventPosition) -> EventShape {
    let mut marks = xml::elements(node, xml::BPMN).filter_map(|it| event_mark(definition_name(it)));
    let first = marks.next();
    let several = if xml::flag(node, "parallelMultiple", false) {
        EventMark::ParallelMultiple
    } else {
        EventMark::Multiple
    };
    let mark = if marks.next().is_some() { Some(several) } else { first };
    let is_interrupting =
        xml::flag(node, "isInterrupting", true) && xml::flag(node, "cancelActivity", true);
    EventShape { position, mark, is_interrupting }
}

/// The name of an event definition, also of one that events share.
fn definition_name(node: Node<'_>) -> &str {
    if node.tag_name().name() != "eventDefinitionRef" {
        return node.tag_name().name();
    }
    let id = xml::text(node).map_or("", |it| local_name(it.value));
    let shared = xml::elements(node.document().root_element(), xml::BPMN)
        .find(|it| it.attribute("id") == Some(id));
    shared.map_or("", |it| it.tag_name().name())
}

fn event_mark(definition: &str) -> Option<EventMark> {
    match definition.strip_suffix("EventDefinition")? {
        "message" => Some(EventMark::Message),
        "timer" => Some(EventMark::Timer),
        "error" => Some(EventMark::Error),
        "terminate" => Some(EventMark::Terminate),
        "signal" => Some(EventMark::Signal),
        "escalation" => Some(EventMark::Escalation),
        "conditional" => Some(EventMark::Conditional),
        "link" => Some(EventMark::Link),
        "compensate" => Some(EventMark::Compensation),
        "cancel" => Some(EventMark::Cancel),
        _ => None,
    }
}

fn gateway_mark(node: Node<'_>) -> Option<GatewayMark> {
    match node.tag_name().name() {
        "exclusiveGateway" => Some(GatewayMark::Exclusive),
        "parallelGateway" => Some(GatewayMark::Parallel),
        "inclusiveGateway" => Some(GatewayMark::Inclusive),
        "eventBasedGateway" if node.attribute("eventGatewayType") == Some("Parallel") => {
            Some(GatewayMark::ParallelEventBased)
        }
        "eventBasedGateway" if xml::flag(node, "instantiate", false) => {
            Some(GatewayMark::InstantiatingEventBased)
        }
        "eventBasedGateway" => Some(GatewayMark::EventBased),
        "complexGateway" => Some(GatewayMark::Complex),
        _ => None,
    }
}

fn activity_kind(node: Node<'_>, is_expanded: bool) -> Option<ActivityKind> {
    match node.tag_name().name() {
        "task" => Some(ActivityKind::Task),
        "userTask" => Some(ActivityKind::User),
        "serviceTask" => Some(ActivityKind::Service),
        "scriptTask" => Some(ActivityKind::Script),
        "sendTask" => Some(ActivityKind::Send),
        "receiveTask" if xml::flag(node, "instantiate", false) => {
            Some(ActivityKind::InstantiatingReceive)
        }
        "receiveTask" => Some(ActivityKind::Receive),
        "manualTask" => Some(ActivityKind::Manual),
        "businessRuleTask" => Some(ActivityKind::BusinessRule),
        "callActivity" => Some(ActivityKind::CallActivity),
        "subProcess" | "transaction" | "adHocSubProcess" => Some(ActivityKind::SubProcess {
            is_transaction: node.tag_name().name() == "transaction",
            is_ad_hoc: node.tag_name().name() == "adHocSubProcess",
            is_expanded,
            is_event: xml::flag(node, "triggeredByEvent", false),
        }),
        _ => None,
    }
}

fn repetition(node: Node<'_>) -> Option<Repetition> {
    if xml::bpmn_child(node, "standardLoopCharacteristics").is_some() {
        return Some(Repetition::Loop);
    }
    let marker = xml::bpmn_child(node, "multiInstanceLoopCharacteristics")?;
    let is_sequential = xml::flag(marker, "isSequential", false);
    Some(if is_sequential { Repetition::Sequential } else { Repetition::Parallel })
}
