//! What elements refer to by id: messages, signals, errors, escalations and embedded forms.
//!
//! Must not know who refers to them.

use std::collections::HashMap;
use std::sync::Arc;

use super::expressions;
use super::report::Report;
use super::xml::{self, Located, Node};
use crate::core::feel::Expression;
use crate::core::model::Dynamic;

/// A `message` of the file (BPMN 2.0, 8.4.11).
pub(super) struct Message<'a> {
    /// Where it stands.
    pub(super) node: Node<'a>,
    /// Its name; `None` when it has none or it can't be read, which has been reported.
    pub(super) name: Option<Dynamic>,
    /// `zeebe:subscription`'s correlation key, when there is one that can be read.
    pub(super) correlation_key: Option<Expression>,
    /// Whether a correlation key was given at all.
    pub(super) has_correlation_key: bool,
}

/// Something with a code or a name, where it has one.
pub(super) type Coded<'a> = (Node<'a>, Option<Located<'a>>);

/// The root elements that others refer to.
pub(super) struct References<'a> {
    /// Messages by id.
    pub(super) messages: HashMap<&'a str, Message<'a>>,
    /// Event definitions that events share, by id.
    pub(super) event_definitions: HashMap<&'a str, Node<'a>>,
    /// Signals by id, with their name where they have one.
    pub(super) signals: HashMap<&'a str, Coded<'a>>,
    /// Errors by id, with their code where they have one.
    pub(super) errors: HashMap<&'a str, Coded<'a>>,
    /// Escalations by id, with their code where they have one.
    pub(super) escalations: HashMap<&'a str, Coded<'a>>,
}

impl<'a> References<'a> {
    /// Reads the messages, signals, errors and escalations of the file.
    pub(super) fn read(definitions: Node<'a>, report: &mut Report<'_>) -> Self {
        let messages = xml::children(definitions, xml::BPMN, "message")
            .filter_map(|node| Some((node.attribute("id")?, message(node, report))))
            .collect();
        Self {
            messages,
            event_definitions: xml::elements(definitions, xml::BPMN)
                .filter(|it| it.tag_name().name().ends_with("EventDefinition"))
                .filter_map(|it| Some((it.attribute("id")?, it)))
                .collect(),
            signals: coded(definitions, "signal", "name"),
            errors: coded(definitions, "error", "errorCode"),
            escalations: coded(definitions, "escalation", "escalationCode"),
        }
    }
}

fn coded<'a>(
    definitions: Node<'a>,
    name: &'static str,
    code: &'static str,
) -> HashMap<&'a str, Coded<'a>> {
    xml::children(definitions, xml::BPMN, name)
        .filter_map(|node| Some((node.attribute("id")?, (node, xml::attribute(node, code)))))
        .collect()
}

fn message<'a>(node: Node<'a>, report: &mut Report<'_>) -> Message<'a> {
    let name = xml::attribute(node, "name");
    if name.is_none() {
        report.error(xml::place(node), "the message has no name", "a `name`");
    }
    let subscription = xml::zeebe(node, "subscription");
    let key = subscription.and_then(|it| xml::attribute(it, "correlationKey"));
    Message {
        node,
        name: name.and_then(|it| expressions::dynamic(report, it)),
        correlation_key: key.and_then(|it| expressions::expression(report, it, "correlation key")),
        has_correlation_key: key.is_some(),
    }
}

/// The last part of a reference; some tools write it with a namespace prefix.
pub(super) fn local_name(reference: &str) -> &str {
    reference.rsplit(':').next().unwrap_or(reference).trim()
}

/// A form-js schema inside a process (`zeebe:userTaskForm`).
pub(super) fn embedded_forms<'a>(
    process: Node<'a>,
    report: &mut Report<'_>,
) -> HashMap<&'a str, Arc<str>> {
    let mut forms = HashMap::new();
    let nodes =
        xml::extensions(process, xml::ZEEBE).filter(|it| it.tag_name().name() == "userTaskForm");
    for node in nodes {
        let Some(id) = node.attribute("id") else {
            report.error(xml::place(node), "the embedded form has no id", "an `id`");
            continue;
        };
        let schema = xml::text(node).map_or("", |it| it.value.trim());
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(schema) {
            let message = format!("the embedded form `{id}` is not JSON: {error}");
            report.error(xml::place(node), message, "a form-js schema");
        }
        forms.insert(id, Arc::from(schema));
    }
    forms
}
