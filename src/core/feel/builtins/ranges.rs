//! Built-ins on how points and ranges lie to each other (DMN 1.5, 10.3.4.11, table 78).
//! It knows nothing of how ranges are written.

use std::cmp::Ordering;

use super::Bound;
use crate::core::feel::comparison::order;
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::value::{Range, Value};

/// A point is the range from itself to itself.
struct Extent<'a> {
    start: &'a Value,
    end: &'a Value,
    start_included: bool,
    end_included: bool,
    is_point: bool,
}

fn extent(arguments: &Bound, index: usize) -> Outcome<Extent<'_>> {
    match arguments.get(index) {
        Value::Range(range) => range_extent(range),
        Value::Null => arguments.mismatch(index, "a point or a range"),
        point => Ok(Extent {
            start: point,
            end: point,
            start_included: true,
            end_included: true,
            is_point: true,
        }),
    }
}

fn range_extent(range: &Range) -> Outcome<Extent<'_>> {
    let (Some(start), Some(end)) = (&range.start, &range.end) else {
        return null("expected a range with two ends");
    };
    Ok(Extent {
        start,
        end,
        start_included: range.start_included,
        end_included: range.end_included,
        is_point: false,
    })
}

fn compared(a: &Value, b: &Value) -> Outcome<Ordering> {
    if let Some(order) = order(a, b) {
        return Ok(order);
    }
    let (a, b) = (a.type_name(), b.type_name());
    null(format!("expected values that can be compared, found {a} and {b}"))
}

/// Whether `a` ends before `b` starts.
fn lies_before(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<bool> {
    Ok(match compared(a.end, b.start)? {
        Ordering::Less => true,
        Ordering::Equal => !(a.end_included && b.start_included),
        Ordering::Greater => false,
    })
}

/// Compares starts: what is included starts earlier.
fn starts_order(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<Ordering> {
    Ok(compared(a.start, b.start)?.then_with(|| b.start_included.cmp(&a.start_included)))
}

/// Compares ends: what is included ends later.
fn ends_order(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<Ordering> {
    Ok(compared(a.end, b.end)?.then_with(|| a.end_included.cmp(&b.end_included)))
}

fn test(
    arguments: &Bound,
    relation: impl FnOnce(&Extent<'_>, &Extent<'_>) -> Outcome<bool>,
) -> Outcome {
    let (a, b) = (extent(arguments, 0)?, extent(arguments, 1)?);
    relation(&a, &b).map(Value::Boolean)
}

/// As [`test`], for relations that only ranges have.
fn test_ranges(
    arguments: &Bound,
    relation: impl FnOnce(&Extent<'_>, &Extent<'_>) -> Outcome<bool>,
) -> Outcome {
    test(arguments, |a, b| {
        if a.is_point || b.is_point { null("expected two ranges") } else { relation(a, b) }
    })
}

pub(super) fn before(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, lies_before)
}

pub(super) fn after(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, |a, b| lies_before(b, a))
}

fn touches(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<bool> {
    Ok(a.end_included && b.start_included && compared(a.end, b.start)?.is_eq())
}

pub(super) fn meets(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test_ranges(arguments, touches)
}

pub(super) fn met_by(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test_ranges(arguments, |a, b| touches(b, a))
}

pub(super) fn overlaps(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test_ranges(arguments, |a, b| Ok(!lies_before(a, b)? && !lies_before(b, a)?))
}

/// `a` starts first and ends within `b`.
fn begins_before_and_ends_in(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<bool> {
    Ok(starts_order(a, b)?.is_lt() && !lies_before(a, b)? && ends_order(a, b)?.is_le())
}

pub(super) fn overlaps_before(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test_ranges(arguments, begins_before_and_ends_in)
}

pub(super) fn overlaps_after(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test_ranges(arguments, |a, b| begins_before_and_ends_in(b, a))
}

fn ends_with(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<bool> {
    Ok(ends_order(a, b)?.is_eq() && (a.is_point || starts_order(a, b)?.is_ge()))
}

fn begins_with(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<bool> {
    Ok(starts_order(a, b)?.is_eq() && (a.is_point || ends_order(a, b)?.is_le()))
}

fn lies_in(a: &Extent<'_>, b: &Extent<'_>) -> Outcome<bool> {
    Ok(starts_order(a, b)?.is_ge() && ends_order(a, b)?.is_le())
}

pub(super) fn finishes(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, ends_with)
}

pub(super) fn finished_by(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, |a, b| ends_with(b, a))
}

pub(super) fn includes(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, |a, b| lies_in(b, a))
}

pub(super) fn during(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, lies_in)
}

pub(super) fn starts(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, begins_with)
}

pub(super) fn started_by(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, |a, b| begins_with(b, a))
}

pub(super) fn coincides(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    test(arguments, |a, b| Ok(starts_order(a, b)?.is_eq() && ends_order(a, b)?.is_eq()))
}
