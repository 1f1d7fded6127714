//! When timers are due: ISO 8601 dates, durations and cycles, and cron expressions.
//!
//! Must not know who waits for a timer.

use std::str::FromStr;

use croner::Cron;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::facts::Repetition;
use crate::core::model::{Dynamic, TimerDefinition};

/// When a timer is due for the first time, and how it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Milliseconds UTC.
    pub at: i64,
    /// How it goes on after that.
    pub repetition: Option<Repetition>,
}

/// The expression of a timer, whatever its kind.
#[must_use]
pub fn timer_expression(timer: &TimerDefinition) -> &Dynamic {
    match timer {
        TimerDefinition::Date(it) | TimerDefinition::Duration(it) | TimerDefinition::Cycle(it) => {
            it
        }
    }
}

/// When a timer is due for the first time, given the value of its expression.
///
/// # Errors
///
/// When the text is not what the timer's kind needs; the message says what was expected.
pub fn first_due(
    timer: &TimerDefinition,
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Due, String> {
    let now = now.to_zoned(zone.clone());
    let text = text.trim();
    match timer {
        TimerDefinition::Date(_) => Ok(Due { at: moment(text, zone)?, repetition: None }),
        TimerDefinition::Duration(_) => {
            let at = millis(&after(&now, &duration(text)?)?);
            Ok(Due { at, repetition: None })
        }
        TimerDefinition::Cycle(_) => cycle(text, &now),
    }
}

/// When a repeating timer is due again after it has fired. Times that were missed are not made up
/// for: if the next one is over already, the interval counts from now.
///
/// # Errors
///
/// When the interval is none, or leads out of the calendar.
pub fn next_due(
    repetition: &Repetition,
    due_at: i64,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Due, String> {
    let now = now.to_zoned(zone.clone());
    let remaining = repetition.remaining.map(|times| times.saturating_sub(1));
    let interval = repetition.interval.clone();
    let at = if is_duration(&interval) {
        let span = duration(&interval)?;
        let before = Timestamp::from_millisecond(due_at).map_err(|error| error.to_string())?;
        let regular = millis(&after(&before.to_zoned(zone.clone()), &span)?);
        if regular > millis(&now) { regular } else { millis(&after(&now, &span)?) }
    } else {
        cron(&interval, &now)?
    };
    Ok(Due { at, repetition: again(remaining, interval) })
}

/// Milliseconds UTC of an ISO 8601 date and time; without an offset it is local to the zone.
///
/// # Errors
///
/// When the text is no date and time.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Result<i64, String> {
    let expected = || {
        format!("expected an ISO 8601 date and time such as 2026-03-01T09:00:00Z, but got '{text}'")
    };
    // FEEL writes a zone behind an at sign.
    let text = match text.split_once('@') {
        Some((local, zone)) => format!("{local}[{zone}]"),
        None => text.to_owned(),
    };
    if let Ok(zoned) = Zoned::from_str(&text) {
        return Ok(millis(&zoned));
    }
    if let Ok(timestamp) = Timestamp::from_str(&text) {
        return Ok(timestamp.as_millisecond());
    }
    let local = DateTime::from_str(&text).map_err(|_| expected())?;
    local.to_zoned(zone.clone()).map(|zoned| millis(&zoned)).map_err(|_| expected())
}

/// Whether an interval is an ISO 8601 duration; it is a cron expression otherwise.
pub(crate) fn is_duration(text: &str) -> bool {
    text.starts_with(['P', '-'])
}

fn duration(text: &str) -> Result<Span, String> {
    let expected = || format!("expected an ISO 8601 duration such as PT10M, but got '{text}'");
    if is_duration(text) { Span::from_str(text).map_err(|_| expected()) } else { Err(expected()) }
}

/// Counts calendar units in the zone: a day may have 23 hours.
fn after(from: &Zoned, span: &Span) -> Result<Zoned, String> {
    from.checked_add(*span)
        .map_err(|_| format!("expected a date in the calendar, but got {span} from {from}"))
}

fn millis(zoned: &Zoned) -> i64 {
    zoned.timestamp().as_millisecond()
}

/// `R3/PT10M`, `R/PT10M`, `R3/2026-03-01T09:00:00Z/PT10M`, or cron.
fn cycle(text: &str, now: &Zoned) -> Result<Due, String> {
    let Some(rest) = text.strip_prefix('R') else {
        let at = cron(text, now)?;
        return Ok(Due { at, repetition: again(None, text.to_owned()) });
    };
    let expected = || format!("expected a cycle such as R3/PT10M or R/PT1H, but got '{text}'");
    let (times, rest) = rest.split_once('/').ok_or_else(expected)?;
    let times = match times {
        "" => None,
        digits => Some(digits.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(expected)?),
    };
    let (start, interval) = match rest.split_once('/') {
        Some((start, interval)) => (Some(moment(start, now.time_zone())?), interval),
        None => (None, rest),
    };
    let span = duration(interval)?;
    let first = after(now, &span)?;
    if first <= *now {
        return Err(format!("expected a cycle that goes forward, but got '{text}'"));
    }
    let at = start.filter(|start| *start >= millis(now)).unwrap_or_else(|| millis(&first));
    Ok(Due { at, repetition: again(times.map(|times| times - 1), interval.to_owned()) })
}

fn again(remaining: Option<u32>, interval: String) -> Option<Repetition> {
    (remaining != Some(0)).then_some(Repetition { remaining, interval })
}

fn cron(text: &str, now: &Zoned) -> Result<i64, String> {
    let expected = |error: &dyn std::fmt::Display| {
        format!("expected a cycle such as R3/PT10M or a cron expression, but got '{text}': {error}")
    };
    let cron = Cron::from_str(text).map_err(|error| expected(&error))?;
    let next = cron.find_next_occurrence(now, false).map_err(|error| expected(&error))?;
    Ok(millis(&next))
}
