//! Short ways to reach children, attributes and extension elements of a BPMN file.
//!
//! Must not know what BPMN elements mean.
//!
//! **Invariant:** a document given out has no DTD, is well-formed and within the limits.

use roxmltree::Document;

use super::limits::Limits;
use super::report::{Place, Report};
use crate::core::xml;

/// A node of a document that was read.
pub(super) type Node<'a> = roxmltree::Node<'a, 'a>;

/// BPMN 2.0 model elements.
pub(super) const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
/// BPMN 2.0 diagram interchange.
pub(super) const BPMNDI: &str = "http://www.omg.org/spec/BPMN/20100524/DI";
/// Bounds of diagram interchange.
pub(super) const DC: &str = "http://www.omg.org/spec/DD/20100524/DC";
/// Waypoints of diagram interchange.
pub(super) const DI: &str = "http://www.omg.org/spec/DD/20100524/DI";
/// Camunda 8's extensions.
pub(super) const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";
/// Camunda 7's extensions.
pub(super) const CAMUNDA: &str = "http://camunda.org/schema/1.0/bpmn";

/// A text and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located<'a> {
    /// The text, with entities resolved.
    pub(super) value: &'a str,
    /// Where it starts and whom it belongs to.
    pub(super) place: Place<'a>,
    /// Whether an offset in `value` is an offset in the source.
    pub(super) is_verbatim: bool,
}

/// Reads a BPMN file's XML; reports why it can't be read.
pub(super) fn read<'a>(
    source: &'a str,
    limits: &Limits,
    report: &mut Report<'_>,
) -> Option<Document<'a>> {
    let document = xml::read(source, "BPMN 2.0", limits, report)?;
    check_root(&document, report).then_some(document)
}

fn check_root(document: &Document<'_>, report: &mut Report<'_>) -> bool {
    let root = document.root_element();
    let is_bpmn = root.has_tag_name((BPMN, "definitions"));
    if !is_bpmn {
        let message = format!("the outermost element is `{}`", root.tag_name().name());
        let place = Place { at: root.range().start, id: None };
        report.error(place, message, format!("`definitions` in the namespace {BPMN}"));
    }
    is_bpmn
}

/// Child elements in a namespace.
pub(super) fn elements<'a>(
    node: Node<'a>,
    namespace: &'static str,
) -> impl Iterator<Item = Node<'a>> {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().namespace() == Some(namespace))
}

/// Child elements of one name.
pub(super) fn children<'a>(
    node: Node<'a>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a>> {
    elements(node, namespace).filter(move |child| child.tag_name().name() == name)
}

/// The first BPMN child of a name.
pub(super) fn bpmn_child<'a>(node: Node<'a>, name: &'static str) -> Option<Node<'a>> {
    children(node, BPMN, name).next()
}

/// Extension elements of a namespace.
pub(super) fn extensions<'a>(
    node: Node<'a>,
    namespace: &'static str,
) -> impl Iterator<Item = Node<'a>> {
    children(node, BPMN, "extensionElements").flat_map(move |holder| elements(holder, namespace))
}

/// The first `zeebe:` extension element of a name.
pub(super) fn zeebe<'a>(node: Node<'a>, name: &'static str) -> Option<Node<'a>> {
    extensions(node, ZEEBE).find(|child| child.tag_name().name() == name)
}

/// An attribute without a prefix; an empty one counts as missing.
pub(super) fn attribute<'a>(node: Node<'a>, name: &'static str) -> Option<Located<'a>> {
    located(node, node.attribute_node(name)?)
}

/// A `camunda:` attribute; an empty one counts as missing.
pub(super) fn camunda<'a>(node: Node<'a>, name: &'static str) -> Option<Located<'a>> {
    located(node, node.attribute_node((CAMUNDA, name))?)
}

/// Whether an attribute says `true`; `default` when it is missing.
pub(super) fn flag(node: Node<'_>, name: &'static str, default: bool) -> bool {
    node.attribute(name).map_or(default, |value| value.trim() == "true")
}

fn located<'a>(node: Node<'a>, attribute: roxmltree::Attribute<'a, 'a>) -> Option<Located<'a>> {
    let value = attribute.value();
    let range = attribute.range_value();
    let place = Place { at: range.start, ..place(node) };
    (!value.trim().is_empty()).then_some(Located {
        value,
        place,
        is_verbatim: range.len() == value.len(),
    })
}

/// The text inside an element; an empty one counts as missing.
pub(super) fn text(node: Node<'_>) -> Option<Located<'_>> {
    let child = node.children().find(Node::is_text)?;
    let value = child.text()?;
    let is_verbatim = node.document().input_text()[child.range()] == *value;
    let at = child.range().start;
    (!value.trim().is_empty()).then_some(Located {
        value,
        place: Place { at, ..place(node) },
        is_verbatim,
    })
}

/// Where an element starts, and the id of the BPMN element it is or belongs to.
pub(super) fn place(node: Node<'_>) -> Place<'_> {
    let owner = node.ancestors().find(|it| {
        it.tag_name().namespace() == Some(BPMN)
            && it.has_attribute("id")
            && !is_part(it.tag_name().name())
    });
    Place { at: node.range().start, id: owner.and_then(|it| it.attribute("id")) }
}

/// Parts of a BPMN element that carry ids of their own but mean nothing to a person.
fn is_part(name: &str) -> bool {
    name.ends_with("EventDefinition")
        || name.ends_with("LoopCharacteristics")
        || name.ends_with("xpression")
        || matches!(name, "timeDate" | "timeDuration" | "timeCycle" | "completionCondition")
        || name == "definitions"
}
