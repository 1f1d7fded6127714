//! Built-ins that make values of one type out of others.
//! It knows nothing of variables; texts are read as data, never run.

use std::sync::Arc;

use jiff::civil;

use super::Bound;
use crate::core::feel::ast::{Arguments, Kind, Node, SuffixKind};
use crate::core::feel::comparison::order;
use crate::core::feel::evaluator::{Evaluator, Outcome, make_range, null};
use crate::core::feel::number::{Number, Rounding};
use crate::core::feel::parser::{self, Form, Scope};
use crate::core::feel::temporal::{self, Date, DateTime, Time, YearsMonthsDuration, Zone};
use crate::core::feel::value::{Range, Value};

/// What parsing a range costs in fuel, by byte.
const PARSE_COST: usize = 100;

pub(super) fn date(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    if arguments.len() == 3 {
        let date = date_of(arguments)?;
        return Ok(Value::Date(date));
    }
    match arguments.get(0) {
        Value::Text(text) => match temporal::parse_date(text) {
            Some(date) => Ok(Value::Date(date)),
            None => null(format!("expected a date such as 2024-02-29, found `{text}`")),
        },
        _ => arguments.date(0).map(Value::Date),
    }
}

/// The date of the first three arguments.
fn date_of(arguments: &Bound) -> Outcome<Date> {
    let year = arguments.integer(0)?;
    let month = i8::try_from(arguments.integer(1)?).ok();
    let day = i8::try_from(arguments.integer(2)?).ok();
    let date = month.zip(day).and_then(|(month, day)| Date::new(year, month, day));
    match date {
        Some(date) => Ok(date),
        None => null("expected a year, a month and a day of the calendar"),
    }
}

pub(super) fn time(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    if arguments.len() > 2 {
        return clock_of(arguments, 0).map(Value::Time);
    }
    match arguments.get(0) {
        Value::Text(text) => match temporal::parse_time(text) {
            Some(time) => Ok(Value::Time(time)),
            None => null(format!("expected a time such as 10:30:00, found `{text}`")),
        },
        Value::Time(time) => Ok(Value::Time(time.clone())),
        Value::DateTime(at) => Ok(Value::Time(Time { civil: at.time, zone: at.zone.clone() })),
        Value::Date(_) => {
            Ok(Value::Time(Time { civil: civil::Time::midnight(), zone: Some(Zone::UTC) }))
        }
        _ => arguments.mismatch(0, "a string, a time or a date and time"),
    }
}

/// Hour, minute, second and perhaps an offset, from the argument `first` on.
fn clock_of(arguments: &Bound, first: usize) -> Outcome<Time> {
    let hour = i8::try_from(arguments.integer(first)?).ok();
    let minute = i8::try_from(arguments.integer(first + 1)?).ok();
    let seconds = arguments.number(first + 2)?;
    let whole = seconds.round_to(0, Rounding::Floor);
    let second = whole.and_then(Number::to_i64).and_then(|second| i8::try_from(second).ok());
    let nanosecond = whole
        .and_then(|whole| seconds.checked_sub(whole)?.checked_mul(Number::from(1_000_000_000_i64)))
        .and_then(|fraction| fraction.round_to(0, Rounding::Down)?.to_i64())
        .and_then(|nanosecond| i32::try_from(nanosecond).ok());
    let zone = zone_of(arguments, first + 3)?;
    let civil = hour
        .zip(minute)
        .zip(second.zip(nanosecond))
        .and_then(|((hour, minute), (second, n))| civil::Time::new(hour, minute, second, n).ok());
    match civil {
        Some(civil) => Ok(Time { civil, zone }),
        None => null("expected an hour, a minute and a second of the clock"),
    }
}

/// A zone given as an offset duration or as a text.
fn zone_of(arguments: &Bound, index: usize) -> Outcome<Option<Zone>> {
    match arguments.get(index) {
        Value::Null => Ok(None),
        Value::DaysTimeDuration(duration) => {
            let seconds = i32::try_from(duration.0.as_secs()).ok();
            let within_a_day = seconds.filter(|seconds| seconds.abs() <= 18 * 3600);
            match within_a_day.and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok()) {
                Some(offset) => Ok(Some(Zone::Offset(offset))),
                None => null("expected an offset of at most 18 hours"),
            }
        }
        Value::Text(text) => named_zone(text).map(Some),
        _ => arguments.mismatch(index, "an offset or the name of a zone"),
    }
}

fn named_zone(text: &str) -> Outcome<Zone> {
    let zone = temporal::parse_zone(text).or_else(|| temporal::parse_zone(&format!("@{text}")));
    match zone {
        Some(zone) => Ok(zone),
        None => null(format!("expected a zone such as Europe/Paris, found `{text}`")),
    }
}

pub(super) fn date_and_time(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    if arguments.len() > 2 {
        let (date, time) = (date_of(arguments)?, clock_of(arguments, 3)?);
        return Ok(joined(date, &time));
    }
    if arguments.len() == 2 {
        return match arguments.get(1) {
            Value::Time(time) => Ok(joined(arguments.date(0)?, time)),
            Value::Text(zone) => in_zone(arguments, &named_zone(zone)?),
            _ => arguments.mismatch(1, "a time or the name of a zone"),
        };
    }
    match arguments.get(0) {
        Value::Text(text) => match temporal::parse_date_time(text) {
            Some(at) => Ok(Value::DateTime(at)),
            None => null(format!("expected a date and time, found `{text}`")),
        },
        Value::DateTime(at) => Ok(Value::DateTime(at.clone())),
        Value::Date(date) => Ok(Value::DateTime(DateTime::midnight(*date))),
        _ => arguments.mismatch(0, "a string"),
    }
}

fn joined(date: Date, time: &Time) -> Value {
    Value::DateTime(DateTime { date, time: time.civil, zone: time.zone.clone() })
}

/// The same moment told in a zone; a local time is taken to be of that zone.
fn in_zone(arguments: &Bound, zone: &Zone) -> Outcome {
    let at = match arguments.get(0) {
        Value::DateTime(at) => at.clone(),
        _ => DateTime::midnight(arguments.date(0)?),
    };
    if at.zone.is_none() {
        return Ok(Value::DateTime(DateTime { zone: Some(zone.clone()), ..at }));
    }
    match DateTime::at_instant(at.instant(), zone) {
        Some(at) => Ok(Value::DateTime(at)),
        None => null("expected a date and time of the calendar"),
    }
}

pub(super) fn duration(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    match arguments.get(0) {
        Value::Text(text) => match Value::from_temporal_text(text) {
            Some(duration @ (Value::DaysTimeDuration(_) | Value::YearsMonthsDuration(_))) => {
                Ok(duration)
            }
            _ => null(format!("expected a duration such as P1DT2H or P1Y2M, found `{text}`")),
        },
        duration @ (Value::DaysTimeDuration(_) | Value::YearsMonthsDuration(_)) => {
            Ok(duration.clone())
        }
        _ => arguments.mismatch(0, "a string"),
    }
}

pub(super) fn years_and_months_duration(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (from, to) = (arguments.date(0)?, arguments.date(1)?);
    Ok(Value::YearsMonthsDuration(YearsMonthsDuration::between(from, to)))
}

pub(super) fn number(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    if let (Value::Number(number), 1) = (arguments.get(0), arguments.len()) {
        return Ok(Value::Number(*number));
    }
    let text = arguments.text(0)?;
    let grouping = separator(arguments, 1, &[" ", ",", "."])?;
    let decimal = separator(arguments, 2, &[",", "."])?;
    if grouping.is_some() && grouping == decimal {
        return null("expected two different separators");
    }
    let mut plain = text.to_owned();
    if let Some(grouping) = grouping {
        plain = plain.replace(grouping, "");
    }
    if let Some(decimal) = decimal {
        if decimal == "," && plain.contains('.') {
            return null(format!("expected a number, found `{text}`"));
        }
        plain = plain.replace(decimal, ".");
    }
    match plain.parse() {
        Ok(number) => Ok(Value::Number(number)),
        Err(_) => null(format!("expected a number, found `{text}`")),
    }
}

fn separator<'a>(arguments: &'a Bound, index: usize, allowed: &[&str]) -> Outcome<Option<&'a str>> {
    if !arguments.has(index) {
        return Ok(None);
    }
    let separator = arguments.text(index)?;
    if allowed.contains(&separator) {
        return Ok(Some(separator));
    }
    null(format!("expected one of the separators `{}`", allowed.join("` `")))
}

pub(super) fn string(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    if !arguments.has(0) {
        return arguments.mismatch(0, "a value");
    }
    if let text @ Value::Text(_) = arguments.get(0) {
        return Ok(text.clone());
    }
    evaluator.charge_value(arguments.get(0))?;
    Ok(evaluator.text(&arguments.get(0).to_string())?)
}

pub(super) fn from_json(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    evaluator.charge(text.len() / 4)?;
    match serde_json::from_str(text) {
        Ok(json) => Ok(evaluator.imported(Value::from_json(&json))?),
        Err(error) => null(format!("expected JSON: {error}")),
    }
}

pub(super) fn to_json(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    evaluator.charge_value(arguments.get(0))?;
    Ok(evaluator.text(&arguments.get(0).to_json().to_string())?)
}

/// The range a text writes, such as `[1..5)` or `(..@"2024-01-01"]` (DMN 1.5, table 73).
pub(super) fn range(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?.trim();
    evaluator.charge(text.len() * PARSE_COST)?;
    let start_included = text.starts_with('[');
    let end_included = text.ends_with(']');
    let is_bracketed = text.starts_with(['[', '(', ']']) && text.ends_with([']', ')', '[']);
    let inner = text.get(1..text.len().saturating_sub(1)).filter(|_| is_bracketed);
    for (position, _) in inner.unwrap_or_default().match_indices("..") {
        let (start, end) = inner.unwrap_or_default().split_at(position);
        if let (Some(start), Some(end)) = (end_of(evaluator, start)?, end_of(evaluator, &end[2..])?)
        {
            return range_between(start, end, (start_included, end_included));
        }
    }
    null(format!("expected a range such as [1..5), found `{text}`"))
}

fn range_between(start: Value, end: Value, included: (bool, bool)) -> Outcome {
    match (start.is_null(), end.is_null()) {
        (false, false) if order(&start, &end).is_some_and(std::cmp::Ordering::is_gt) => {
            null("expected a range that starts before it ends")
        }
        (false, false) => make_range(start, end, included),
        (false, true) if !included.1 && order(&start, &start).is_some() => {
            Ok(Value::Range(Arc::new(Range::new((Some(start), included.0), (None, false)))))
        }
        (true, false) if !included.0 && order(&end, &end).is_some() => {
            Ok(Value::Range(Arc::new(Range::new((None, false), (Some(end), included.1)))))
        }
        _ => null("expected a range with an end that has an order, open ends excluded"),
    }
}

/// The value one end of a range writes: null for an open end, `None` for what is no constant.
fn end_of(evaluator: &mut Evaluator<'_>, text: &str) -> Outcome<Option<Value>> {
    if text.trim().is_empty() {
        return Ok(Some(Value::Null));
    }
    let Ok(parsed) = parser::parse(text, Form::Expression, &Scope::default()) else {
        return Ok(None);
    };
    let is_constant = is_literal(&parsed.root) || is_call_with_literals(&parsed.root);
    if !is_constant || !parsed.reads.is_empty() {
        return Ok(None);
    }
    let value = evaluator.evaluate(&parsed.root)?;
    Ok(if value.is_null() { None } else { Some(value) })
}

fn is_literal(node: &Node) -> bool {
    matches!(node.kind, Kind::Literal(_))
}

/// Such as `date("2024-01-01")`.
fn is_call_with_literals(node: &Node) -> bool {
    let Kind::Postfix(_, suffixes) = &node.kind else { return false };
    suffixes.iter().all(|suffix| match &suffix.kind {
        SuffixKind::Call(Arguments::Positional(arguments)) => arguments.iter().all(is_literal),
        _ => false,
    })
}
