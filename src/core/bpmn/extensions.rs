//! The extension elements and attributes that are understood, and what becomes of the others.
//!
//! What is not listed has no effect; a warning says so, since it is likely misspelled. What would
//! change what a process does and is not executed is refused.
//! Must not know what the listed ones mean: that stands where they are read.

use super::drafts;
use super::report::{Place, Report};
use super::xml::{self, Node};

/// `zeebe:` elements with their attributes, as Camunda 8 defines them.
const ZEEBE_ELEMENTS: [(&str, &[&str]); 30] = [
    ("adHoc", &["activeElementsCollection", "outputCollection", "outputElement"]),
    ("assignmentDefinition", &["assignee", "candidateGroups", "candidateUsers"]),
    ("calledDecision", &["decisionId", "resultVariable", "bindingType", "versionTag"]),
    ("calledElement", &CALLED_ELEMENT),
    ("conditionalFilter", &["variableNames", "variableEvents"]),
    ("executionListener", &["eventType", "type", "retries"]),
    ("executionListeners", &[]),
    ("formDefinition", &["formId", "formKey", "externalReference", "bindingType", "versionTag"]),
    ("header", &["key", "value"]),
    ("input", &["source", "target"]),
    ("ioMapping", &[]),
    ("jobPriorityDefinition", &["priority"]),
    ("linkedResource", &["resourceId", "resourceType", "linkName", "bindingType", "versionTag"]),
    ("linkedResources", &[]),
    ("loopCharacteristics", &LOOP_CHARACTERISTICS),
    ("output", &["source", "target"]),
    ("priorityDefinition", &["priority"]),
    ("properties", &[]),
    ("property", &["name", "value"]),
    ("publishMessage", &["correlationKey", "messageId", "timeToLive"]),
    ("script", &["expression", "resultVariable"]),
    ("subscription", &["correlationKey"]),
    ("taskDefinition", &["type", "retries"]),
    ("taskHeaders", &[]),
    ("taskListener", &["eventType", "type", "retries"]),
    ("taskListeners", &[]),
    ("taskSchedule", &["dueDate", "followUpDate"]),
    ("userTask", &[]),
    ("userTaskForm", &["id"]),
    ("versionTag", &["value"]),
];

const CALLED_ELEMENT: [&str; 5] = [
    "processId",
    "propagateAllChildVariables",
    "propagateAllParentVariables",
    "bindingType",
    "versionTag",
];

const LOOP_CHARACTERISTICS: [&str; 4] =
    ["inputCollection", "inputElement", "outputCollection", "outputElement"];

/// `zeebe:` attributes that modelling tools put on BPMN elements.
const ZEEBE_ATTRIBUTES: [&str; 3] =
    ["modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"];

/// `camunda:` attributes that are translated, or that say what is so anyway.
const CAMUNDA_ATTRIBUTES: [&str; 23] = [
    "assignee",
    "asyncAfter",
    "asyncBefore",
    "candidateGroups",
    "candidateUsers",
    "class",
    "collection",
    "delegateExpression",
    "diagramRelationId",
    "dueDate",
    "elementVariable",
    "exclusive",
    "expression",
    "followUpDate",
    "formKey",
    "formRef",
    "historyTimeToLive",
    "initiator",
    "isStartableInTasklist",
    "priority",
    "resultVariable",
    "topic",
    "type",
];

/// Checks all extension elements and attributes of a process or of the whole file.
pub(super) fn check(root: Node<'_>, report: &mut Report<'_>) {
    for node in root.descendants().filter(Node::is_element) {
        match node.tag_name().namespace() {
            Some(xml::ZEEBE) => check_zeebe(node, report),
            Some(xml::CAMUNDA) => check_camunda(node, report),
            _ => {}
        }
        check_attributes(node, report);
    }
}

fn check_zeebe(node: Node<'_>, report: &mut Report<'_>) {
    let name = node.tag_name().name();
    let Some((_, attributes)) = ZEEBE_ELEMENTS.iter().find(|(known, _)| *known == name) else {
        let message = format!("`zeebe:{name}` is not known and has no effect");
        report.warning(xml::place(node), message, "an extension element of Camunda 8");
        return;
    };
    refuse(node, name, report);
    for attribute in node.attributes().filter(|it| it.namespace().is_none()) {
        if !attributes.contains(&attribute.name()) {
            let place = Place { at: attribute.range().start, ..xml::place(node) };
            let message =
                format!("`{}` of `zeebe:{name}` is not known and has no effect", attribute.name());
            report.warning(place, message, expected_names(attributes));
        }
    }
}

fn expected_names(names: &[&str]) -> String {
    if names.is_empty() {
        return "no attribute".to_owned();
    }
    format!("one of `{}`", names.join("`, `"))
}

/// What would change the execution and is not executed.
fn refuse(node: Node<'_>, name: &str, report: &mut Report<'_>) {
    let instead = match name {
        "taskListeners" if holder(node) != Some("userTask") => {
            let message = "only a user task has task listeners";
            return report.error(xml::place(node), message, "`zeebe:executionListeners`");
        }
        "executionListeners" if !holder(node).is_some_and(is_executed) => {
            let message = "what is not executed has no execution listeners";
            return report.error(xml::place(node), message, "a process or an element of one");
        }
        "linkedResource" => "a task header that names the resource",
        "publishMessage" => "a `zeebe:taskDefinition` whose worker sends the message",
        _ => return,
    };
    report.error(xml::place(node), format!("can't be executed yet: `zeebe:{name}`"), instead);
}

/// The name of the element whose extension this is.
fn holder(node: Node<'_>) -> Option<&str> {
    Some(node.parent()?.parent()?.tag_name().name())
}

fn is_executed(name: &str) -> bool {
    name == "process" || drafts::FLOW_NODES.contains(&name)
}

fn check_camunda(node: Node<'_>, report: &mut Report<'_>) {
    let name = node.tag_name().name();
    let is_translated = matches!(
        name,
        "inputOutput" | "inputParameter" | "outputParameter" | "properties" | "property"
    );
    if !is_translated {
        let message = format!("`camunda:{name}` is not translated and has no effect");
        report.warning(xml::place(node), message, "a `zeebe:` extension element");
    }
}

fn check_attributes(node: Node<'_>, report: &mut Report<'_>) {
    for attribute in node.attributes() {
        let (prefix, known) = match attribute.namespace() {
            Some(xml::ZEEBE) => ("zeebe", ZEEBE_ATTRIBUTES.as_slice()),
            Some(xml::CAMUNDA) => ("camunda", CAMUNDA_ATTRIBUTES.as_slice()),
            _ => continue,
        };
        if !known.contains(&attribute.name()) {
            let place = Place { at: attribute.range().start, ..xml::place(node) };
            let message = format!("`{prefix}:{}` is not known and has no effect", attribute.name());
            report.warning(place, message, expected_names(known));
        }
    }
}
