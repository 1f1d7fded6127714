//! Paths, filters and the properties of dates, durations and ranges.
//! It knows nothing of variables.

use std::sync::Arc;

use jiff::civil::Time;

use super::{Evaluation, Evaluator};
use crate::core::feel::ast::{Kind, Node, Suffix, SuffixKind};
use crate::core::feel::evaluation::Span;
use crate::core::feel::number::Number;
use crate::core::feel::temporal::{Date, Zone, offset_duration};
use crate::core::feel::value::{Frame, List, Range, Value};

impl Evaluator<'_> {
    pub(super) fn postfix(&mut self, base: &Node, suffixes: &[Suffix]) -> Evaluation {
        let mut value = self.evaluate(base)?;
        for suffix in suffixes {
            value = match &suffix.kind {
                SuffixKind::Path(name) => self.path_step(&value, name, suffix.span)?,
                SuffixKind::Filter(condition) => self.filter(&value, condition, suffix.span)?,
                SuffixKind::Call(arguments) => self.call(&value, arguments, suffix.span)?,
            };
        }
        Ok(value)
    }

    pub(super) fn path_step(&mut self, value: &Value, name: &Arc<str>, span: Span) -> Evaluation {
        self.charge(1)?;
        match value {
            Value::Context(context) => {
                if let Some(value) = context.get(name) {
                    return Ok(value.clone());
                }
                self.warn(span, format!("expected an entry named `{name}`, found none"));
                Ok(Value::Null)
            }
            Value::List(items) => self.project(items, name, span),
            other => {
                if let Some(value) = property(other, name) {
                    return Ok(value);
                }
                let found = other.type_name();
                self.warn(span, format!("expected a value with `{name}`, found {found}"));
                Ok(Value::Null)
            }
        }
    }

    fn project(&mut self, items: &Arc<List>, name: &Arc<str>, span: Span) -> Evaluation {
        let mut values = Vec::with_capacity(items.len());
        for item in items.iter() {
            let value = match item {
                Value::Context(context) => context.get(name).cloned(),
                item => property(item, name),
            };
            if value.is_none() {
                self.warn(span, format!("expected an entry named `{name}` in each item"));
            }
            values.push(value.unwrap_or_default());
        }
        self.list(values)
    }

    /// `list[2]` or `list[condition]`; anything but a list is a list of one.
    fn filter(&mut self, value: &Value, condition: &Node, span: Span) -> Evaluation {
        let items = match value {
            Value::List(items) => Arc::clone(items),
            Value::Null => {
                self.warn(span, "expected a list to filter, found null".to_owned());
                return Ok(Value::Null);
            }
            other => match Value::from(vec![other.clone()]) {
                Value::List(items) => items,
                _ => return Ok(Value::Null),
            },
        };
        if let Kind::Literal(Value::Number(index)) = &condition.kind {
            return Ok(self.item_at(&items, *index, span));
        }
        let mut kept = Vec::new();
        for item in items.iter() {
            match self.evaluate_for_item(condition, item)? {
                Value::Boolean(true) => kept.push(item.clone()),
                // The condition is an index: it says the same for every item.
                Value::Number(index) => return Ok(self.item_at(&items, index, span)),
                _ => {}
            }
        }
        self.list(kept)
    }

    pub(crate) fn evaluate_for_item(&mut self, condition: &Node, item: &Value) -> Evaluation {
        self.charge(1)?;
        let frames = self.frames.len();
        self.frames.push(Frame::Local(Arc::from("item"), item.clone()));
        if matches!(item, Value::Context(_)) {
            self.frames.push(Frame::Item(item.clone()));
        }
        let result = self.evaluate(condition);
        self.frames.truncate(frames);
        result
    }

    fn item_at(&mut self, items: &[Value], index: Number, span: Span) -> Value {
        let position = index.to_i64().and_then(|index| position(index, items.len()));
        let item = position.and_then(|position| items.get(position));
        if item.is_none() {
            let count = items.len();
            self.warn(span, format!("expected an index within 1 and {count}, found {index}"));
        }
        item.cloned().unwrap_or_default()
    }
}

/// The place of a 1-based index, negative ones counting from the end.
pub(crate) fn position(index: i64, length: usize) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    match index {
        0 => None,
        1.. => distance.checked_sub(1).filter(|position| *position < length),
        _ => length.checked_sub(distance),
    }
}

/// The properties of DMN 1.5, tables 66 and 67.
fn property(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Date(date) => date_property(*date, name),
        Value::Time(time) => clock_property(time.civil, name)
            .or_else(|| zone_property(time.zone.as_ref(), time.offset(), name)),
        Value::DateTime(at) => date_property(at.date, name)
            .or_else(|| clock_property(at.time, name))
            .or_else(|| zone_property(at.zone.as_ref(), at.offset(), name)),
        Value::DaysTimeDuration(duration) => match name {
            "days" => Some(whole(duration.days())),
            "hours" => Some(whole(duration.hours())),
            "minutes" => Some(whole(duration.minutes())),
            "seconds" => Some(whole(duration.seconds())),
            _ => None,
        },
        Value::YearsMonthsDuration(duration) => match name {
            "years" => Some(whole(duration.years())),
            "months" => Some(whole(duration.months())),
            _ => None,
        },
        Value::Range(range) => range_property(range, name),
        _ => None,
    }
}

fn whole(number: i64) -> Value {
    Value::Number(Number::from(number))
}

fn date_property(date: Date, name: &str) -> Option<Value> {
    Some(whole(match name {
        "year" => date.year(),
        "month" => i64::from(date.month()),
        "day" => i64::from(date.day()),
        "weekday" => i64::from(date.near().weekday().to_monday_one_offset()),
        _ => return None,
    }))
}

fn clock_property(time: Time, name: &str) -> Option<Value> {
    Some(whole(match name {
        "hour" => i64::from(time.hour()),
        "minute" => i64::from(time.minute()),
        "second" => i64::from(time.second()),
        _ => return None,
    }))
}

/// A local time has these properties too; they are null.
fn zone_property(
    zone: Option<&Zone>,
    offset: Option<jiff::tz::Offset>,
    name: &str,
) -> Option<Value> {
    match name {
        "time offset" => {
            let duration = offset.map(|offset| Value::DaysTimeDuration(offset_duration(offset)));
            Some(duration.unwrap_or_default())
        }
        "timezone" => Some(match zone {
            Some(Zone::Named(zone)) => zone.iana_name().map_or(Value::Null, Value::text),
            Some(zone @ Zone::Offset(_)) => Value::text(&zone.to_string()),
            None => Value::Null,
        }),
        _ => None,
    }
}

fn range_property(range: &Range, name: &str) -> Option<Value> {
    match name {
        "start" => Some(range.start.clone().unwrap_or_default()),
        "end" => Some(range.end.clone().unwrap_or_default()),
        "start included" => Some(Value::Boolean(range.start_included)),
        "end included" => Some(Value::Boolean(range.end_included)),
        _ => None,
    }
}
