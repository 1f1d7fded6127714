//! When values are equal, and in which order they stand (DMN 1.5, tables 53 and 54).
//! It knows nothing of expressions; `None` means that the two cannot be compared.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::core::feel::value::{Context, Function, Range, Value};

/// Whether two values are equal; null equals only null, different kinds have no answer.
pub(crate) fn equals(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Null, other) | (other, Value::Null) => Some(other.is_null()),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::Text(a), Value::Text(b)) => Some(a == b),
        (Value::Time(a), Value::Time(b)) => a.is_same(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.is_same(b),
        (Value::List(a), Value::List(b)) => Some(Arc::ptr_eq(a, b) || same_items(a, b)),
        (Value::Context(a), Value::Context(b)) => Some(Arc::ptr_eq(a, b) || same_entries(a, b)),
        (Value::Range(a), Value::Range(b)) => Some(same_range(a, b)),
        (Value::Function(a), Value::Function(b)) => Some(same_function(a, b)),
        _ => order(left, right).map(Ordering::is_eq),
    }
}

/// The order of two numbers, texts, dates, times or durations of one kind.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => a.compare(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.compare(b),
        (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => Some(a.cmp(b)),
        (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The types of two values that do not go together, for messages.
pub(crate) fn describe_pair(left: &Value, right: &Value) -> String {
    let has_zone = |value: &Value| match value {
        Value::Time(time) => time.zone.is_some(),
        Value::DateTime(at) => at.zone.is_some(),
        _ => false,
    };
    let (a, b) = (left.type_name(), right.type_name());
    match (has_zone(left), has_zone(right)) {
        (true, false) if a == b => format!("{a} with a zone and {b} without"),
        (false, true) if a == b => format!("{a} without a zone and {b} with one"),
        _ => format!("{a} and {b}"),
    }
}

/// Whether a range includes a value.
pub(crate) fn includes(range: &Range, value: &Value) -> Option<bool> {
    let after_start = match &range.start {
        Some(start) => match order(value, start)? {
            Ordering::Equal => range.start_included,
            order => order.is_gt(),
        },
        None => true,
    };
    let before_end = match &range.end {
        Some(end) => match order(value, end)? {
            Ordering::Equal => range.end_included,
            order => order.is_lt(),
        },
        None => true,
    };
    Some(after_start && before_end)
}

fn same_items(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| equals(a, b) == Some(true))
}

fn same_entries(left: &Context, right: &Context) -> bool {
    left.len() == right.len()
        && left.iter().all(|(name, a)| right.get(name).is_some_and(|b| equals(a, b) == Some(true)))
}

fn same_range(left: &Range, right: &Range) -> bool {
    let same_end = |a: &Option<Value>, b: &Option<Value>| match (a, b) {
        (Some(a), Some(b)) => equals(a, b) == Some(true),
        (a, b) => a.is_none() && b.is_none(),
    };
    left.start_included == right.start_included
        && left.end_included == right.end_included
        && same_end(&left.start, &right.start)
        && same_end(&left.end, &right.end)
}

fn same_function(left: &Arc<Function>, right: &Arc<Function>) -> bool {
    match (&**left, &**right) {
        (Function::Builtin(a), Function::Builtin(b)) => a.name == b.name,
        _ => Arc::ptr_eq(left, right),
    }
}

/// Equality as FEEL's `=` sees it; values that cannot be compared are not equal.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        equals(self, other) == Some(true)
    }
}
