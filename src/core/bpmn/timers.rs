//! Reads timer definitions and checks fixed dates, durations and cycles before they are run.
//!
//! Must not know the clock: whether a date has passed is the engine's question.

use croner::parser::{CronParser, Seconds};

use super::expressions;
use super::report::Report;
use super::xml::{self, Located, Node};
use crate::core::model::{Dynamic, TimerDefinition};

const DATE: &str = "an ISO 8601 date and time such as `2027-01-31T09:00:00Z`, or `= …`";
const DURATION: &str = "an ISO 8601 duration such as `PT15M` or `P2D`, or `= …`";
const CYCLE: &str = "a cycle such as `R3/PT10M` or `R/P1D`, a cron expression, or `= …`";

/// Reads a `timerEventDefinition` (BPMN 2.0, 10.5.5: exactly one of date, duration and cycle).
pub(super) fn timer(report: &mut Report<'_>, node: Node<'_>) -> Option<TimerDefinition> {
    let given: Vec<_> = xml::elements(node, xml::BPMN)
        .filter(|it| matches!(it.tag_name().name(), "timeDate" | "timeDuration" | "timeCycle"))
        .filter_map(|it| Some((it.tag_name().name(), xml::text(it)?)))
        .collect();
    let [(name, text)] = given.as_slice() else {
        let message =
            if given.is_empty() { "the timer has no time" } else { "the timer has several times" };
        let expected = "exactly one of `timeDate`, `timeDuration` and `timeCycle`";
        report.error(xml::place(node), message, expected);
        return None;
    };
    match *name {
        "timeDate" => date(report, *text).map(TimerDefinition::Date),
        "timeDuration" => {
            checked(report, *text, is_duration, "duration", DURATION).map(TimerDefinition::Duration)
        }
        _ => checked(report, *text, is_cycle, "cycle", CYCLE).map(TimerDefinition::Cycle),
    }
}

/// A date and time, fixed or FEEL.
pub(super) fn date(report: &mut Report<'_>, text: Located<'_>) -> Option<Dynamic> {
    checked(report, text, is_date, "date and time", DATE)
}

fn checked(
    report: &mut Report<'_>,
    text: Located<'_>,
    is_right: fn(&str) -> bool,
    what: &str,
    expected: &str,
) -> Option<Dynamic> {
    let value = expressions::dynamic(report, text)?;
    if let Dynamic::Literal(literal) = &value
        && !is_right(literal)
    {
        let message = format!("`{}` is not a {what}", expressions::shown(literal));
        report.error(text.place, message, expected);
        return None;
    }
    Some(value)
}

/// With an offset, or with a zone in brackets; the zone is looked up when the timer is set.
fn is_date(text: &str) -> bool {
    match text.strip_suffix(']').and_then(|it| it.split_once('[')) {
        Some((before, zone)) => !zone.is_empty() && before.parse::<jiff::civil::DateTime>().is_ok(),
        None => text.contains(['T', 't']) && text.parse::<jiff::Timestamp>().is_ok(),
    }
}

/// Whether a text is an ISO 8601 duration.
pub(super) fn is_duration(text: &str) -> bool {
    text.starts_with('P') && text.parse::<jiff::Span>().is_ok()
}

fn is_cycle(text: &str) -> bool {
    let Some(repeating) = text.strip_prefix('R') else { return is_cron(text) };
    let mut parts = repeating.split('/');
    let is_count = parts.next().is_some_and(|it| it.is_empty() || it.parse::<u32>().is_ok());
    let rest: Vec<_> = parts.collect();
    is_count
        && match rest.as_slice() {
            [duration] => is_duration(duration),
            [start, duration] => is_date(start) && is_duration(duration),
            _ => false,
        }
}

fn is_cron(text: &str) -> bool {
    CronParser::builder().seconds(Seconds::Optional).build().parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{is_cycle, is_date, is_duration};

    #[test]
    fn dates_need_an_offset_or_a_zone() {
        for text in ["2027-01-31T09:00:00Z", "2027-01-31T09:00+01:00"] {
            assert!(is_date(text), "{text}");
        }
        assert!(is_date("2027-01-31T09:00:00[Europe/Berlin]"));
        for text in ["2027-01-31", "2027-01-31T09:00:00", "tomorrow", "2027-13-01T00:00Z", "[]"] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn durations_and_cycles_are_iso_8601_or_cron() {
        for text in ["PT15M", "P2D", "P1Y2M", "PT0.5S"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "15m", "2 days", "P", "-PT5M"] {
            assert!(!is_duration(text), "{text}");
        }
        for text in ["R3/PT10M", "R/P1D", "R/2027-01-31T09:00:00Z/P1D", "0 0 7 * * *"] {
            assert!(is_cycle(text), "{text}");
        }
        for text in ["R", "R3", "Rx/PT1M", "R3/soon", "every day", "0 0 7", "99 * * * *"] {
            assert!(!is_cycle(text), "{text}");
        }
    }
}
