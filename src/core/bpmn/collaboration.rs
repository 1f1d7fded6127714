//! Checks message flows, which are drawn for people: messages find their way by name and
//! correlation key (BPMN 2.0, 9.3).
//!
//! Must not know what the elements at their ends do.

use std::collections::HashMap;

use super::references::local_name;
use super::report::Report;
use super::xml::{self, Node};

/// Warns about message flows that can't be meant as they are.
pub(super) fn check(definitions: Node<'_>, report: &mut Report<'_>) {
    let collaborations = || xml::children(definitions, xml::BPMN, "collaboration");
    if collaborations().next().is_none() {
        return;
    }
    let all = definitions.descendants().filter(|it| it.tag_name().namespace() == Some(xml::BPMN));
    let by_id: HashMap<&str, Node<'_>> =
        all.filter_map(|it| Some((it.attribute("id")?, it))).collect();
    for collaboration in collaborations() {
        for flow in xml::children(collaboration, xml::BPMN, "messageFlow") {
            check_flow(&by_id, flow, report);
        }
        for participant in xml::children(collaboration, xml::BPMN, "participant") {
            check_participant(&by_id, participant, report);
        }
    }
}

/// A message flow connects two pools (BPMN 2.0, 9.3).
fn check_flow(by_id: &HashMap<&str, Node<'_>>, flow: Node<'_>, report: &mut Report<'_>) {
    let source = end(by_id, flow, "sourceRef", report);
    let target = end(by_id, flow, "targetRef", report);
    let (Some(source), Some(target)) = (source, target) else { return };
    if pool(source).is_some_and(|pool_of_source| Some(pool_of_source) == pool(target)) {
        let message = "the message flow stays inside one pool";
        report.warning(xml::place(flow), message, "a sequence flow, or ends in two pools");
    }
}

fn end<'a>(
    by_id: &HashMap<&str, Node<'a>>,
    flow: Node<'_>,
    attribute: &'static str,
    report: &mut Report<'_>,
) -> Option<Node<'a>> {
    let reference = xml::attribute(flow, attribute)?;
    let id = local_name(reference.value);
    let found = by_id.get(id).copied();
    if found.is_none() {
        let message = format!("the message flow leads to `{id}`, which doesn't exist");
        report.warning(reference.place, message, "the id of a pool or an element in one");
    }
    found
}

/// The process that a pool or an element belongs to, by its id.
fn pool(node: Node<'_>) -> Option<&str> {
    if node.has_tag_name((xml::BPMN, "participant")) {
        return node.attribute("processRef").map(local_name);
    }
    node.ancestors().find(|it| it.has_tag_name((xml::BPMN, "process")))?.attribute("id")
}

/// A pool shows a process of the file, or nothing of what is inside.
fn check_participant(
    by_id: &HashMap<&str, Node<'_>>,
    participant: Node<'_>,
    report: &mut Report<'_>,
) {
    let Some(reference) = xml::attribute(participant, "processRef") else { return };
    let id = local_name(reference.value);
    let is_there = by_id.get(id).is_some_and(|it| it.has_tag_name((xml::BPMN, "process")));
    if !is_there {
        let message = format!("the pool shows the process `{id}`, which is not in the file");
        report.warning(reference.place, message, "the id of a process of the file");
    }
}
