//! Draws connections: lines with round corners, arrows and marks at their start.
//!
//! Must not know what a flow means beyond its kind.

use super::Overlays;
use super::labels;
use super::markup::Markup;
use crate::core::bpmn::diagram::{Bounds, Edge, EdgeKind, Point};

/// Draws one connection with its name.
pub(super) fn draw(out: &mut Markup, edge: &Edge, overlays: &Overlays) {
    let class = match edge.kind {
        EdgeKind::Sequence { .. } => "d-sequence",
        EdgeKind::Message => "d-message",
        EdgeKind::Association | EdgeKind::DataAssociation => "d-association",
    };
    let is_taken = overlays.taken_flows.contains(&edge.element_id);
    let state = if is_taken { " is-taken" } else { "" };
    out.raw(&format!("<g class=\"d-flow {class}{state}\" data-element-id=\""));
    out.text(&edge.element_id);
    out.raw("\">");
    out.element("title", "", edge.name.as_deref().unwrap_or(&edge.element_id));
    let line = if class == "d-sequence" { "d-line" } else { "d-line d-dashed" };
    out.path(line, &edge.waypoints, false);
    draw_ends(out, edge);
    if let Some(name) = &edge.name {
        draw_name(out, name, edge);
    }
    out.raw("</g>");
}

fn draw_ends(out: &mut Markup, edge: &Edge) {
    let points = &edge.waypoints;
    let [.., before, last] = points.as_slice() else { return };
    let [first, second, ..] = points.as_slice() else { return };
    match edge.kind {
        EdgeKind::Sequence { is_default, is_conditional } => {
            out.path("d-arrow", &arrow(*before, *last), true);
            if is_default {
                out.path("d-line", &stroke(*first, *second), false);
            } else if is_conditional {
                out.path("d-line", &diamond(*first, *second), true);
            }
        }
        EdgeKind::Message => {
            out.circle("d-line", *first, 4.0);
            out.path("d-line", &arrow(*before, *last), true);
        }
        EdgeKind::DataAssociation => {
            let [left, tip, right] = arrow(*before, *last);
            out.path("d-line", &[left, tip, right], false);
        }
        EdgeKind::Association => {}
    }
}

/// A point `along` from a point towards another, and `aside` from the line.
fn beside(from: Point, to: Point, along: f64, aside: f64) -> Point {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy).max(0.001);
    let (ux, uy) = (dx / length, dy / length);
    Point { x: from.x + ux * along - uy * aside, y: from.y + uy * along + ux * aside }
}

fn arrow(before: Point, tip: Point) -> [Point; 3] {
    [beside(tip, before, 9.0, 4.0), tip, beside(tip, before, 9.0, -4.0)]
}

fn stroke(first: Point, second: Point) -> [Point; 2] {
    [beside(first, second, 6.0, 5.0), beside(first, second, 11.0, -5.0)]
}

fn diamond(first: Point, second: Point) -> [Point; 4] {
    [
        first,
        beside(first, second, 7.0, 4.0),
        beside(first, second, 14.0, 0.0),
        beside(first, second, 7.0, -4.0),
    ]
}

/// Where the file is silent, beside the middle of the longest piece.
fn draw_name(out: &mut Markup, name: &str, edge: &Edge) {
    let longest = edge.waypoints.windows(2).max_by(|a, b| {
        let length = |it: &[Point]| (it[1].x - it[0].x).hypot(it[1].y - it[0].y);
        length(a).total_cmp(&length(b))
    });
    let Some([a, b]) = longest else { return };
    let middle = Point { x: f64::midpoint(a.x, b.x), y: f64::midpoint(a.y, b.y) };
    if edge.label.is_none() && (a.x - b.x).abs() < (a.y - b.y).abs() {
        return labels::right_of(out, name, middle);
    }
    let place = Bounds { x: middle.x - 45.0, y: middle.y - 18.0, width: 90.0, height: 14.0 };
    labels::outside(out, name, place, Some(edge.label.unwrap_or(place)));
}
