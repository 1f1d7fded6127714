//! Reads XML safely and gives short ways to reach children, attributes and extension elements.
//!
//! Must not know what BPMN elements mean.
//!
//! **Invariant:** a document given out has no DTD, is well-formed and within the limits.

use roxmltree::{Document, ParsingOptions};

use super::limits::Limits;
use super::report::{Place, Report};
use super::scanner::{Piece, Scanner};

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
    let is_within_limits = check_limits(source, limits, report);
    if !is_within_limits {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    match Document::parse_with_options(source, options) {
        Ok(document) => check_root(&document, report).then_some(document),
        Err(error) => {
            report_malformed(source, &error, report);
            None
        }
    }
}

fn check_limits(source: &str, limits: &Limits, report: &mut Report<'_>) -> bool {
    let start = Place { at: 0, id: None };
    if source.len() > limits.bytes_max {
        let message = format!("the file has {} bytes", source.len());
        report.error(start, message, format!("at most {} bytes", limits.bytes_max));
        return false;
    }
    let (mut depth, mut elements) = (0_usize, 0_usize);
    for token in Scanner::new(source) {
        let place = Place { at: token.at, id: None };
        match token.piece {
            Piece::Start => (depth, elements) = (depth + 1, elements + 1),
            Piece::Empty => elements += 1,
            Piece::End => depth = depth.saturating_sub(1),
            Piece::Doctype => {
                let message = "document type definitions and entities are refused";
                report.error(place, message, "a BPMN file without `<!…` declarations");
                return false;
            }
            Piece::Other => {}
        }
        if depth > limits.depth_max {
            let expected = format!("at most {} levels", limits.depth_max);
            report.error(place, "the elements are nested too deeply", expected);
            return false;
        }
        if elements > limits.elements_max {
            let expected = format!("at most {} elements", limits.elements_max);
            report.error(place, "the file has too many elements", expected);
            return false;
        }
    }
    true
}

fn report_malformed(source: &str, error: &roxmltree::Error, report: &mut Report<'_>) {
    let text = error.to_string();
    let (row, column) = (error.pos().row, error.pos().col);
    let reason = text.strip_suffix(&format!(" at {row}:{column}")).unwrap_or(&text);
    let before: usize =
        source.split_inclusive('\n').take(row.saturating_sub(1) as usize).map(str::len).sum();
    let line = source[before..].chars().take(column.saturating_sub(1) as usize);
    let at = before + line.map(char::len_utf8).sum::<usize>();
    let message = format!("not well-formed XML: {reason}");
    report.error(Place { at, id: None }, message, "a well-formed BPMN 2.0 file");
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
