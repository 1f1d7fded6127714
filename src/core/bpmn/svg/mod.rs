//! Draws a diagram as SVG: accessible, with classes only, no style and no script.
//!
//! Classes: `diagram`; per shape `d-shape` and one of `d-event d-start|d-catch|d-throw|d-boundary|
//! d-end`, `d-task`, `d-call`, `d-subprocess`, `d-gateway`, `d-pool`, `d-lane`, `d-data`,
//! `d-annotation`, `d-group`; per connection `d-flow d-sequence|d-message|d-association`; inside
//! them `d-outline`, `d-inner`, `d-icon`, `d-icon-filled`, `d-line`, `d-arrow`, `d-label`,
//! `d-badge`, `d-badge-count`, `d-dashed`, `d-thick`; states `is-active`, `is-completed`, `is-stuck`,
//! `is-taken`.
//! Must not know where states come from, nor colours.
//!
//! **Invariant:** every text from the model is escaped; the output is well-formed XML.

mod edges;
mod icons;
mod labels;
mod markup;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use crate::core::bpmn::diagram::{Bounds, Diagram, ShapeKind};
use markup::Markup;

/// Room around the drawing.
const MARGIN: f64 = 20.0;

/// What is shown on top of a drawing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlays {
    /// States by element id.
    pub elements: BTreeMap<String, ElementOverlay>,
    /// Ids of the sequence flows that were taken.
    pub taken_flows: BTreeSet<String>,
}

/// The state of one element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ElementOverlay {
    /// Something waits there.
    pub is_active: bool,
    /// Something went through.
    pub is_completed: bool,
    /// An incident waits for a person.
    pub is_stuck: bool,
    /// Shown as a badge.
    pub count: Option<u64>,
}

/// Draws a diagram; a complete `svg` element that can stand in a page or a file.
#[must_use]
pub fn render(diagram: &Diagram, overlays: &Overlays) -> String {
    let frame = frame(diagram);
    let mut out = Markup::new();
    out.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"diagram\" role=\"img\"");
    out.number("width", frame.width);
    out.number("height", frame.height);
    out.raw(" viewBox=\"");
    out.list(&[frame.x, frame.y, frame.width, frame.height]);
    out.raw("\">");
    let name = diagram.name.as_deref().or(diagram.element_id.as_deref()).unwrap_or("Process");
    // Without ids, so that two drawings can stand in one page.
    out.element("title", "", name);
    out.element("desc", "", &description(diagram, overlays));
    for shape in diagram.shapes.iter().filter(|it| it.kind.is_container()) {
        shapes::draw(&mut out, shape, overlays);
    }
    for edge in &diagram.edges {
        edges::draw(&mut out, edge, overlays);
    }
    for shape in diagram.shapes.iter().filter(|it| !it.kind.is_container()) {
        shapes::draw(&mut out, shape, overlays);
    }
    out.raw("</svg>");
    out.into_text()
}

/// The drawing with the names outside its shapes and a margin.
fn frame(diagram: &Diagram) -> Bounds {
    let names = diagram.shapes.iter().filter_map(|it| {
        let has_name_outside = matches!(
            it.kind,
            ShapeKind::Event(_)
                | ShapeKind::Gateway(_)
                | ShapeKind::DataObject
                | ShapeKind::DataStore
        );
        let name = it.name.as_deref().filter(|_| has_name_outside)?;
        Some(labels::outside_bounds(name, it.bounds, it.label))
    });
    let all = names.fold(diagram.bounds().unwrap_or_default(), Bounds::around);
    Bounds {
        x: all.x - MARGIN,
        y: all.y - MARGIN,
        width: all.width + MARGIN * 2.0,
        height: all.height + MARGIN * 2.0,
    }
}

/// Says in words what the colours say.
fn description(diagram: &Diagram, overlays: &Overlays) -> String {
    let named = |wanted: fn(&ElementOverlay) -> bool| {
        let shapes = diagram
            .shapes
            .iter()
            .filter(|shape| overlays.elements.get(&shape.element_id).is_some_and(wanted));
        let names: Vec<&str> =
            shapes.map(|it| it.name.as_deref().unwrap_or(&it.element_id)).collect();
        names.join(", ")
    };
    let mut text = format!("{} elements.", diagram.shapes.len());
    for (state, names) in [
        ("Active", named(|it| it.is_active)),
        ("Stuck", named(|it| it.is_stuck)),
        ("Completed", named(|it| it.is_completed)),
    ] {
        if !names.is_empty() {
            text.extend([" ", state, ": ", &names, "."]);
        }
    }
    text
}
