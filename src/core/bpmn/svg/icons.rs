//! The icons of tasks, events and gateways, as small paths.
//!
//! Must not know names or states.

use super::markup::Markup;
use crate::core::bpmn::diagram::{ActivityKind, EventMark, GatewayMark, Point, Repetition};

/// Envelope around the middle of an event.
const ENVELOPE: &str = "M-9 -6H9V6H-9ZM-9 -6L0 1L9 -6";
/// The same with the flap cut out, for thrown messages.
const ENVELOPE_FILLED: &str = "M-9 -4.5V6H9V-4.5L0 2.5ZM-8.5 -6H8.5L0 0.8Z";
const CLOCK_HANDS: &str = "M0 -7V0L5 3M0 -10V-8M10 0H8M0 10V8M-10 0H-8";
const FLASH: &str = "M-7 8L-3 -7L2 1L7 -8L3 7L-2 -1Z";
const TRIANGLE: &str = "M0 -8L8 6H-8Z";
const UP: &str = "M0 -9L7 8L0 2L-7 8Z";
const SHEET: &str = "M-6 -8H6V8H-6ZM-4 -4H4M-4 0H4M-4 4H4";
const RIGHT: &str = "M-8 -4H2V-8L9 0L2 8V4H-8Z";
const REWIND: &str = "M0 0L8 -6V6ZM-8 0L0 -6V6Z";
const CROSS: &str = "M-7 -4L-4 -7L0 -3L4 -7L7 -4L3 0L7 4L4 7L0 3L-4 7L-7 4L-3 0Z";
const PLUS_OUTLINE: &str = "M-3 -9H3V-3H9V3H3V9H-3V3H-9V-3H-3Z";
const PENTAGON: &str = "M0 -8L8 -2L5 7H-5L-8 -2Z";

/// Draws the icon of an event; thrown ones are filled.
pub(super) fn draw_event(out: &mut Markup, mark: EventMark, is_thrown: bool, center: Point) {
    let class = if is_thrown { "d-icon-filled" } else { "d-icon" };
    let path = match mark {
        EventMark::Message if is_thrown => ENVELOPE_FILLED,
        EventMark::Message => ENVELOPE,
        EventMark::Timer => {
            out.circle("d-icon", center, 10.5);
            return out.path_at("d-icon", center, CLOCK_HANDS);
        }
        EventMark::Terminate => return out.circle("d-icon-filled", center, 11.0),
        EventMark::Error => FLASH,
        EventMark::Signal => TRIANGLE,
        EventMark::Escalation => UP,
        EventMark::Conditional => SHEET,
        EventMark::Link => RIGHT,
        EventMark::Compensation => REWIND,
        EventMark::Cancel => CROSS,
        EventMark::Multiple => PENTAGON,
        EventMark::ParallelMultiple => PLUS_OUTLINE,
    };
    out.path_at(class, center, path);
}

/// Draws the icon of a task into its upper left corner; the place is the corner.
pub(super) fn draw_task(out: &mut Markup, kind: ActivityKind, at: Point) {
    let (class, path) = match kind {
        ActivityKind::User => {
            ("d-icon", "M8 9A4 4 0 1 0 8 1A4 4 0 1 0 8 9M1 17V15C1 11 5 9.5 8 9.5S15 11 15 15V17Z")
        }
        ActivityKind::Service => (
            "d-icon",
            "M9 5A4 4 0 1 0 9 13A4 4 0 1 0 9 5M9 1V5M9 13V17M1 9H5M13 9H17M3.3 3.3L6.2 6.2\
             M11.8 11.8L14.7 14.7M14.7 3.3L11.8 6.2M6.2 11.8L3.3 14.7",
        ),
        ActivityKind::Script => (
            "d-icon",
            "M5 1H16C12 5 16 9 14 12C13 15 12 16 12 17H1C5 13 1 9 3 6ZM5 6H11M4 9H10M5 12H11",
        ),
        ActivityKind::Send => ("d-icon-filled", "M1 4.5V14H17V4.5L9 10ZM1.5 3H16.5L9 8.2Z"),
        ActivityKind::Receive => ("d-icon", "M1 3H17V14H1ZM1 3L9 9.5L17 3"),
        ActivityKind::InstantiatingReceive => {
            ("d-icon", "M9 0A9 9 0 1 0 9 18A9 9 0 1 0 9 0M4 6H14V12.5H4ZM4 6L9 9.5L14 6")
        }
        ActivityKind::Manual => (
            "d-icon",
            "M1 8L5 3.5C6 2.5 8 3 8 4.5L6.5 7H16C17.5 7 17.5 9 16 9H10\
             M16 9C17 9.5 17 11.5 15.5 11.5H10M15 11.5C16 12 16 14 14.5 14H4L1 12Z",
        ),
        ActivityKind::BusinessRule => ("d-icon", "M1 3H17V15H1ZM1 7H17M6 7V15M1 11H17"),
        ActivityKind::Task | ActivityKind::CallActivity | ActivityKind::SubProcess { .. } => return,
    };
    out.path_at(class, at, path);
}

/// Draws the mark of a gateway around its middle.
pub(super) fn draw_gateway(out: &mut Markup, mark: GatewayMark, center: Point) {
    match mark {
        GatewayMark::Exclusive => out.path_at("d-icon-filled", center, EXCLUSIVE),
        GatewayMark::Parallel => out.path_at("d-icon-filled", center, PLUS),
        GatewayMark::Inclusive => out.circle("d-icon d-thick", center, 11.0),
        GatewayMark::EventBased => {
            out.circle("d-icon", center, 14.0);
            out.circle("d-icon", center, 11.5);
            out.path_at("d-icon", center, PENTAGON);
        }
        GatewayMark::InstantiatingEventBased => {
            out.circle("d-icon", center, 12.5);
            out.path_at("d-icon", center, PENTAGON);
        }
        GatewayMark::ParallelEventBased => {
            out.circle("d-icon", center, 12.5);
            out.path_at("d-icon", center, PLUS_OUTLINE);
        }
        GatewayMark::Complex => {
            out.path_at(
                "d-icon d-thick",
                center,
                "M-9 0H9M0 -9V9M-6.5 -6.5L6.5 6.5M6.5 -6.5L-6.5 6.5",
            );
        }
    }
}

const EXCLUSIVE: &str = "M-9 -7L-6 -9L0 -2.2L6 -9L9 -7L2.5 0L9 7L6 9L0 2.2L-6 9L-9 7L-2.5 0Z";
const PLUS: &str = "M-2 -11H2V-2H11V2H2V11H-2V2H-11V-2H-2Z";

/// Draws the small plus of a collapsed sub-process; the place is the middle of the lower side.
pub(super) fn draw_collapsed(out: &mut Markup, bottom: Point) {
    out.path_at("d-icon", bottom, "M-7 -16H7V-2H-7ZM0 -13V-5M-4 -9H4");
}

/// Draws the mark of repetition; the place is the middle of the lower side.
pub(super) fn draw_repetition(out: &mut Markup, repetition: Repetition, bottom: Point) {
    let path = match repetition {
        Repetition::Parallel => "M-4 -15V-4M0 -15V-4M4 -15V-4",
        Repetition::Sequential => "M-6 -14H6M-6 -10H6M-6 -6H6",
        Repetition::Loop => "M-2 -3A6 6 0 1 1 4 -5M-2 -3L-7 -3M-2 -3L-2 -8",
    };
    out.path_at("d-icon d-thick", bottom, path);
}

/// Draws the mark of what undoes an activity; the place is the middle of the lower side.
pub(super) fn draw_compensation(out: &mut Markup, bottom: Point) {
    out.path_at("d-icon", bottom, "M0 -9L7 -15V-3ZM-7 -9L0 -15V-3Z");
}

/// Draws the wave of an ad-hoc sub-process; the place is the middle of the lower side.
pub(super) fn draw_ad_hoc(out: &mut Markup, bottom: Point) {
    out.path_at("d-icon d-thick", bottom, "M-7 -7C-5 -13 -2 -12 0 -9S5 -5 7 -11");
}
