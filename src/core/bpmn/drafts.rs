//! Walks a process's XML and finds its elements and sequence flows, before they are understood.
//!
//! Must not know what a kind of element needs.
//!
//! **Invariant:** draft `i` becomes element `i` of the definition.

use std::collections::HashMap;

use super::references::local_name;
use super::report::Report;
use super::xml::{self, Node};
use crate::core::model::{ElementIndex, ProcessDefinition};

/// An element of the process.
pub(super) struct Draft<'a> {
    pub(super) node: Node<'a>,
    pub(super) id: &'a str,
    pub(super) parent: Option<ElementIndex>,
    pub(super) children: Vec<ElementIndex>,
}

/// A sequence flow whose ends were found.
pub(super) struct DraftFlow<'a> {
    pub(super) node: Node<'a>,
    pub(super) id: &'a str,
    pub(super) source: ElementIndex,
    pub(super) target: ElementIndex,
}

/// All elements and flows of a process.
pub(super) struct Drafts<'a> {
    pub(super) elements: Vec<Draft<'a>>,
    pub(super) flows: Vec<DraftFlow<'a>>,
    pub(super) by_id: HashMap<&'a str, ElementIndex>,
}

/// Elements that flows connect (BPMN 2.0, 8.4.7), whether they can be executed or not.
pub(super) const FLOW_NODES: [&str; 24] = [
    "adHocSubProcess",
    "boundaryEvent",
    "businessRuleTask",
    "callActivity",
    "complexGateway",
    "endEvent",
    "eventBasedGateway",
    "exclusiveGateway",
    "implicitThrowEvent",
    "inclusiveGateway",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "manualTask",
    "parallelGateway",
    "receiveTask",
    "scriptTask",
    "sendTask",
    "serviceTask",
    "startEvent",
    "subProcess",
    "task",
    "transaction",
    "userTask",
    "event",
];

/// Parts and decoration of processes that say nothing about the execution, or are read elsewhere.
const DECORATION: [&str; 33] = [
    "artifact",
    "association",
    "auditing",
    "categoryValueRef",
    "completionCondition",
    "correlationSubscription",
    "dataInputAssociation",
    "dataObject",
    "dataObjectReference",
    "dataOutputAssociation",
    "dataStoreReference",
    "documentation",
    "extensionElements",
    "group",
    "humanPerformer",
    "incoming",
    "ioBinding",
    "ioSpecification",
    "laneSet",
    "monitoring",
    "multiInstanceLoopCharacteristics",
    "outgoing",
    "performer",
    "potentialOwner",
    "property",
    "resourceRole",
    "sequenceFlow",
    "standardLoopCharacteristics",
    "supportedInterfaceRef",
    "supports",
    "textAnnotation",
    "rendering",
    "script",
];

/// Whether a BPMN element holds elements of the process.
pub(super) fn is_scope(name: &str) -> bool {
    matches!(name, "process" | "subProcess" | "transaction" | "adHocSubProcess")
}

/// Finds all elements and flows of a process.
pub(super) fn collect<'a>(process: Node<'a>, id: &'a str, report: &mut Report<'_>) -> Drafts<'a> {
    let root = Draft { node: process, id, parent: None, children: Vec::new() };
    let by_id = HashMap::from([(id, ProcessDefinition::ROOT)]);
    let mut drafts = Drafts { elements: vec![root], flows: Vec::new(), by_id };
    drafts.collect_scope(ProcessDefinition::ROOT, report);
    for at in 0..drafts.elements.len() {
        drafts.collect_flows(at, report);
    }
    drafts.check_references(report);
    drafts
}

impl<'a> Drafts<'a> {
    /// The draft of an element.
    pub(super) fn element(&self, index: ElementIndex) -> &Draft<'a> {
        &self.elements[index.0 as usize]
    }

    /// Goes into a scope and the scopes inside; the depth is bounded by the file's.
    fn collect_scope(&mut self, scope: ElementIndex, report: &mut Report<'_>) {
        for node in xml::elements(self.element(scope).node, xml::BPMN) {
            let name = node.tag_name().name();
            if FLOW_NODES.contains(&name) {
                self.collect_element(node, scope, report);
            } else if !DECORATION.contains(&name) {
                let message = format!("`{name}` is not known inside a process");
                report.error(xml::place(node), message, "an element of BPMN 2.0");
            }
        }
    }

    fn collect_element(&mut self, node: Node<'a>, scope: ElementIndex, report: &mut Report<'_>) {
        let name = node.tag_name().name();
        let Some(id) = xml::attribute(node, "id") else {
            report.error(xml::place(node), format!("the {name} has no id"), "an `id`");
            return;
        };
        let Ok(position) = u32::try_from(self.elements.len()) else { return };
        let index = ElementIndex(position);
        let id = id.value;
        self.elements.push(Draft { node, id, parent: Some(scope), children: Vec::new() });
        self.elements[scope.0 as usize].children.push(index);
        self.by_id.entry(id).or_insert(index);
        if is_scope(name) {
            self.collect_scope(index, report);
        }
    }

    fn collect_flows(&mut self, at: usize, report: &mut Report<'_>) {
        let Draft { node, parent, .. } = self.elements[at];
        if parent.is_some() && !is_scope(node.tag_name().name()) {
            return;
        }
        for flow in xml::children(node, xml::BPMN, "sequenceFlow") {
            let Some(id) = xml::attribute(flow, "id") else {
                report.error(xml::place(flow), "the sequence flow has no id", "an `id`");
                continue;
            };
            let source = self.end(flow, "sourceRef", at, report);
            let target = self.end(flow, "targetRef", at, report);
            if let (Some(source), Some(target)) = (source, target) {
                self.flows.push(DraftFlow { node: flow, id: id.value, source, target });
            }
        }
    }

    /// One end of a flow; it must stand in the flow's own scope (BPMN 2.0, 8.4.13 and 10.3.5).
    fn end(
        &self,
        flow: Node<'a>,
        attribute: &'static str,
        scope: usize,
        report: &mut Report<'_>,
    ) -> Option<ElementIndex> {
        let Some(reference) = xml::attribute(flow, attribute) else {
            let message = format!("the sequence flow has no `{attribute}`");
            report.error(xml::place(flow), message, "the id of an element in the same scope");
            return None;
        };
        let id = local_name(reference.value);
        let Some(index) = self.by_id.get(id).copied() else {
            let message = format!("`{id}` doesn't exist in this process");
            report.error(reference.place, message, "the id of an element in the same scope");
            return None;
        };
        let parent = self.element(index).parent;
        if parent.is_none_or(|it| it.0 as usize != scope) {
            let message = format!("the sequence flow leaves its scope: `{id}` stands in another");
            report.error(reference.place, message, "the id of an element in the same scope");
            return None;
        }
        Some(index)
    }

    /// `incoming` and `outgoing` only repeat what the flows say; a stale one hints at damage.
    fn check_references(&self, report: &mut Report<'_>) {
        let known: Vec<&str> = self
            .elements
            .iter()
            .flat_map(|it| xml::children(it.node, xml::BPMN, "sequenceFlow"))
            .filter_map(|flow| flow.attribute("id"))
            .collect();
        let known: std::collections::HashSet<&str> = known.into_iter().collect();
        for draft in &self.elements[1..] {
            let repeated = xml::elements(draft.node, xml::BPMN)
                .filter(|it| matches!(it.tag_name().name(), "incoming" | "outgoing"));
            for text in repeated.filter_map(xml::text) {
                let id = local_name(text.value);
                if !known.contains(id) {
                    let message = format!("the sequence flow `{id}` doesn't exist");
                    report.warning(text.place, message, "the id of a sequence flow");
                }
            }
        }
    }
}
