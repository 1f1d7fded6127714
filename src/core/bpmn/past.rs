//! Warns about timers whose fixed date is over already.
//!
//! Must not know the clock: the time is given.

use jiff::Timestamp;

use super::report::Report;
use super::xml::{self, Node};

/// Warns about every fixed date of a timer before a time.
pub(super) fn check(definitions: Node<'_>, now: Timestamp, report: &mut Report<'_>) {
    let timers =
        definitions.descendants().filter(|it| it.has_tag_name((xml::BPMN, "timerEventDefinition")));
    for timer in timers {
        let Some(date) = xml::bpmn_child(timer, "timeDate").and_then(xml::text) else { continue };
        if moment(date.value.trim()).is_some_and(|at| at < now) {
            let message = format!("the timer's date `{}` is over", date.value.trim());
            report.warning(date.place, message, "a date in the future, or a FEEL expression");
        }
    }
}

/// A fixed date with an offset or a zone; others depend on where they are read.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    text.parse::<jiff::Zoned>().ok().map(|zoned| zoned.timestamp())
}
