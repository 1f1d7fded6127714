//! Draws shapes: events, activities, gateways, pools and decoration.
//!
//! Must not know connections.

use super::markup::Markup;
use super::{ElementOverlay, Overlays, icons, labels};
use crate::core::bpmn::diagram::{
    ActivityKind, ActivityShape, Bounds, EventPosition, EventShape, GatewayMark, Point, Shape,
    ShapeKind,
};

/// Room for a mark at the lower side of an activity.
const MARK_WIDTH: f64 = 22.0;

/// Draws one shape with its name and state.
pub(super) fn draw(out: &mut Markup, shape: &Shape, overlays: &Overlays) {
    let overlay = overlays.elements.get(&shape.element_id).copied().unwrap_or_default();
    out.raw(&format!("<g class=\"d-shape {}{}\" data-element-id=\"", class(shape), state(overlay)));
    out.text(&shape.element_id);
    out.raw("\">");
    out.element("title", "", &title(shape, overlay));
    draw_outline(out, shape);
    draw_name(out, shape);
    if let Some(count) = overlay.count {
        draw_badge(out, shape.bounds, count);
    }
    out.raw("</g>");
}

fn class(shape: &Shape) -> &'static str {
    match shape.kind {
        ShapeKind::Event(event) => match event.position {
            EventPosition::Start => "d-event d-start",
            EventPosition::Catch => "d-event d-catch",
            EventPosition::Throw => "d-event d-throw",
            EventPosition::Boundary => "d-event d-boundary",
            EventPosition::End => "d-event d-end",
        },
        ShapeKind::Activity(activity) => match activity.kind {
            ActivityKind::CallActivity => "d-task d-call",
            ActivityKind::SubProcess { .. } => "d-subprocess",
            _ => "d-task",
        },
        ShapeKind::Gateway(_) => "d-gateway",
        ShapeKind::Participant { .. } => "d-pool",
        ShapeKind::Lane { .. } => "d-lane",
        ShapeKind::DataObject | ShapeKind::DataStore => "d-data",
        ShapeKind::TextAnnotation => "d-annotation",
        ShapeKind::Group => "d-group",
    }
}

fn state(overlay: ElementOverlay) -> String {
    let states = [
        (overlay.is_active, " is-active"),
        (overlay.is_completed, " is-completed"),
        (overlay.is_stuck, " is-stuck"),
    ];
    states.iter().filter(|(is_so, _)| *is_so).map(|(_, class)| *class).collect()
}

fn title(shape: &Shape, overlay: ElementOverlay) -> String {
    let mut title = shape.name.clone().unwrap_or_else(|| shape.element_id.clone());
    let states = [
        (overlay.is_active, ", active"),
        (overlay.is_completed, ", completed"),
        (overlay.is_stuck, ", stuck"),
    ];
    title.extend(states.iter().filter(|(is_so, _)| *is_so).map(|(_, word)| *word));
    title
}

fn draw_outline(out: &mut Markup, shape: &Shape) {
    let bounds = shape.bounds;
    match shape.kind {
        ShapeKind::Event(event) => draw_event(out, bounds, event),
        ShapeKind::Activity(activity) => draw_activity(out, bounds, activity),
        ShapeKind::Gateway(mark) => draw_gateway(out, bounds, mark),
        ShapeKind::Participant { is_horizontal } => {
            rectangle(out, "d-outline", bounds, 0.0);
            let (a, b) = if is_horizontal {
                let x = bounds.x + 30.0;
                (Point { x, y: bounds.y }, Point { x, y: bounds.bottom() })
            } else {
                let y = bounds.y + 30.0;
                (Point { x: bounds.x, y }, Point { x: bounds.right(), y })
            };
            out.path("d-line", &[a, b], false);
        }
        ShapeKind::Lane { .. } => rectangle(out, "d-outline", bounds, 0.0),
        ShapeKind::Group => rectangle(out, "d-outline d-dashed", bounds, 10.0),
        ShapeKind::DataObject => draw_sheet(out, bounds),
        ShapeKind::DataStore => draw_drum(out, bounds),
        ShapeKind::TextAnnotation => {
            let (x, right) = (bounds.x, bounds.x + 10.0);
            let (y, bottom) = (bounds.y, bounds.bottom());
            let corners = [(right, y), (x, y), (x, bottom), (right, bottom)];
            out.path("d-line", &corners.map(|(x, y)| Point { x, y }), false);
        }
    }
}

fn draw_name(out: &mut Markup, shape: &Shape) {
    let Some(name) = &shape.name else { return };
    let bounds = shape.bounds;
    match shape.kind {
        ShapeKind::Event(_)
        | ShapeKind::Gateway(_)
        | ShapeKind::DataObject
        | ShapeKind::DataStore => labels::outside(out, name, bounds, shape.label),
        ShapeKind::Activity(_) if shape.kind.is_container() => labels::at_top(out, name, bounds),
        ShapeKind::Activity(_) => labels::inside(out, name, bounds, 4),
        ShapeKind::Participant { is_horizontal } | ShapeKind::Lane { is_horizontal } => {
            if is_horizontal {
                labels::along_side(out, name, bounds);
            } else {
                labels::at_top(out, name, bounds);
            }
        }
        ShapeKind::Group => labels::at_top(out, name, bounds),
        ShapeKind::TextAnnotation => labels::from_corner(out, name, bounds),
    }
}

fn draw_event(out: &mut Markup, bounds: Bounds, event: EventShape) {
    let center = bounds.center();
    let radius = bounds.width.min(bounds.height) / 2.0;
    let dashed = if event.is_interrupting { "" } else { " d-dashed" };
    out.circle(&format!("d-outline{dashed}"), center, radius);
    let is_double = !matches!(event.position, EventPosition::Start | EventPosition::End);
    if is_double {
        out.circle(&format!("d-inner{dashed}"), center, (radius - 3.0).max(1.0));
    }
    let Some(mark) = event.mark else { return };
    let is_thrown = matches!(event.position, EventPosition::Throw | EventPosition::End);
    icons::draw_event(out, mark, is_thrown, center);
}

fn draw_activity(out: &mut Markup, bounds: Bounds, activity: ActivityShape) {
    let is_dashed = matches!(activity.kind, ActivityKind::SubProcess { is_event: true, .. });
    let class = if is_dashed { "d-outline d-dashed" } else { "d-outline" };
    rectangle(out, class, bounds, 10.0);
    if matches!(activity.kind, ActivityKind::SubProcess { is_transaction: true, .. }) {
        let inner = Bounds {
            x: bounds.x + 3.0,
            y: bounds.y + 3.0,
            width: (bounds.width - 6.0).max(0.0),
            height: (bounds.height - 6.0).max(0.0),
        };
        rectangle(out, "d-inner", inner, 8.0);
    }
    icons::draw_task(out, activity.kind, Point { x: bounds.x + 5.0, y: bounds.y + 5.0 });
    draw_marks(out, bounds, activity);
}

/// The marks at the lower side, side by side around its middle.
fn draw_marks(out: &mut Markup, bounds: Bounds, activity: ActivityShape) {
    let is_collapsed = matches!(activity.kind, ActivityKind::SubProcess { is_expanded: false, .. });
    let is_ad_hoc = matches!(activity.kind, ActivityKind::SubProcess { is_ad_hoc: true, .. });
    let marks =
        [activity.repetition.is_some(), activity.is_for_compensation, is_collapsed, is_ad_hoc];
    let count = marks.iter().filter(|is_there| **is_there).count();
    let mut at = Point { x: bounds.center().x + MARK_WIDTH / 2.0, y: bounds.bottom() };
    for _ in 0..count {
        at.x -= MARK_WIDTH / 2.0;
    }
    let mut next = || {
        let place = at;
        at.x += MARK_WIDTH;
        place
    };
    if let Some(repetition) = activity.repetition {
        icons::draw_repetition(out, repetition, next());
    }
    if activity.is_for_compensation {
        icons::draw_compensation(out, next());
    }
    if is_collapsed {
        icons::draw_collapsed(out, next());
    }
    if is_ad_hoc {
        icons::draw_ad_hoc(out, next());
    }
}

fn draw_gateway(out: &mut Markup, bounds: Bounds, mark: GatewayMark) {
    let center = bounds.center();
    let corners = [
        Point { x: center.x, y: bounds.y },
        Point { x: bounds.right(), y: center.y },
        Point { x: center.x, y: bounds.bottom() },
        Point { x: bounds.x, y: center.y },
    ];
    out.path("d-outline", &corners, true);
    icons::draw_gateway(out, mark, center);
}

fn draw_sheet(out: &mut Markup, bounds: Bounds) {
    let fold = 10.0_f64.min(bounds.width / 2.0);
    let corners = [
        (bounds.x, bounds.y),
        (bounds.right() - fold, bounds.y),
        (bounds.right(), bounds.y + fold),
        (bounds.right(), bounds.bottom()),
        (bounds.x, bounds.bottom()),
    ];
    out.path("d-outline", &corners.map(|(x, y)| Point { x, y }), true);
    let folded = [
        (bounds.right() - fold, bounds.y),
        (bounds.right() - fold, bounds.y + fold),
        (bounds.right(), bounds.y + fold),
    ];
    out.path("d-line", &folded.map(|(x, y)| Point { x, y }), false);
}

fn draw_drum(out: &mut Markup, bounds: Bounds) {
    rectangle(out, "d-outline", bounds, bounds.width.min(bounds.height) / 4.0);
    let y = bounds.y + bounds.height / 4.0;
    out.path("d-line", &[Point { x: bounds.x, y }, Point { x: bounds.right(), y }], false);
}

fn rectangle(out: &mut Markup, class: &str, bounds: Bounds, radius: f64) {
    out.raw(&format!("<rect class=\"{class}\""));
    out.number("x", bounds.x);
    out.number("y", bounds.y);
    out.number("width", bounds.width);
    out.number("height", bounds.height);
    if radius > 0.0 {
        out.number("rx", radius);
    }
    out.raw("/>");
}

fn draw_badge(out: &mut Markup, bounds: Bounds, count: u64) {
    let at = Point { x: bounds.right(), y: bounds.y };
    out.circle("d-badge", at, 11.0);
    out.raw("<text class=\"d-badge-count\" text-anchor=\"middle\"");
    out.number("x", at.x);
    out.number("y", at.y + 4.0);
    let text = if count > 999 { "999+".to_owned() } else { count.to_string() };
    out.raw(&format!(">{text}</text>"));
}
