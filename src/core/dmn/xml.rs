//! Short ways to reach the elements, attributes and texts of a DMN file.
//!
//! Must not know what elements mean.

use crate::core::xml::report::Place;

/// A node of a document that was read.
pub(super) type Node<'a> = roxmltree::Node<'a, 'a>;

/// The model namespaces of DMN 1.1 to 1.5.
const MODEL: [&str; 5] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
];

/// A text and where it stands.
#[derive(Clone)]
pub(super) struct Located {
    /// The text, with entities resolved.
    pub(super) value: String,
    /// Where it starts, in bytes.
    pub(super) at: usize,
    /// Whether an offset in `value` is an offset in the source.
    is_verbatim: bool,
}

impl Located {
    /// Where a part of the text stands in the source, as nearly as can be said.
    pub(super) fn offset(&self, within: usize) -> usize {
        self.at + if self.is_verbatim { within } else { 0 }
    }
}

/// Whether an element belongs to DMN, and not to a diagram or an extension.
pub(super) fn is_dmn(node: &Node<'_>) -> bool {
    node.is_element() && node.tag_name().namespace().is_some_and(|uri| MODEL.contains(&uri))
}

/// The DMN elements in an element.
pub(super) fn elements(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    node.children().filter(is_dmn)
}

/// The DMN elements of one name in an element.
pub(super) fn children<'a>(node: Node<'a>, name: &'static str) -> impl Iterator<Item = Node<'a>> {
    elements(node).filter(move |child| child.tag_name().name() == name)
}

/// The first DMN element of a name in an element.
pub(super) fn child<'a>(node: Node<'a>, name: &'static str) -> Option<Node<'a>> {
    children(node, name).next()
}

/// The namespace of Camunda 8's extensions.
const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";

/// The first extension element of Camunda 8 with a name.
pub(super) fn zeebe<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    let mut extensions = child(node, "extensionElements")?.children();
    extensions.find(|it| it.is_element() && it.has_tag_name((ZEEBE, name)))
}

/// An attribute without blanks around it; an empty one counts as missing.
pub(super) fn attribute<'a>(node: Node<'a>, name: &str) -> Option<&'a str> {
    node.attribute(name).map(str::trim).filter(|value| !value.is_empty())
}

/// Where an attribute's value starts, else where its element does.
pub(super) fn attribute_at(node: Node<'_>, name: &str) -> usize {
    node.attribute_node(name).map_or(node.range().start, |found| found.range_value().start)
}

/// The text in the element's `text` child.
pub(super) fn text(node: Node<'_>) -> Option<Located> {
    content(child(node, "text")?)
}

/// The text in an element; an empty one counts as missing.
pub(super) fn content(node: Node<'_>) -> Option<Located> {
    let texts: Vec<_> = node.children().filter(Node::is_text).collect();
    let first = texts.first()?;
    let value: String = texts.iter().filter_map(Node::text).collect();
    let is_verbatim = node.document().input_text()[first.range()] == *value;
    let at = first.range().start;
    (!value.trim().is_empty()).then_some(Located { value, at, is_verbatim })
}

/// Where an element starts, and the nearest id around it.
pub(super) fn place(node: Node<'_>) -> Place<'_> {
    Place { at: node.range().start, id: id_around(node) }
}

/// The id of the element or of the nearest one around it.
pub(super) fn id_around(node: Node<'_>) -> Option<&str> {
    let with_id = node.ancestors().find(|it| is_dmn(it) && it.has_attribute("id"))?;
    with_id.attribute("id").filter(|_| with_id.tag_name().name() != "definitions")
}
