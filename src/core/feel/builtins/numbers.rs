//! Built-ins on numbers.
//! It knows nothing of lists.

use super::{Bound, in_range};
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::number::{Number, Rounding};
use crate::core::feel::temporal::YearsMonthsDuration;
use crate::core::feel::value::Value;

/// The scales of DMN 1.5, table 75.
const SCALE_MIN: i64 = -6111;
const SCALE_MAX: i64 = 6176;

fn round(arguments: &Bound, rounding: Rounding) -> Outcome {
    let number = arguments.number(0)?;
    let scale = if arguments.len() > 1 {
        arguments.number(1)?.round_to(0, Rounding::Down).and_then(Number::to_i64)
    } else {
        Some(0)
    };
    match scale.filter(|scale| (SCALE_MIN..=SCALE_MAX).contains(scale)) {
        Some(scale) => in_range(number.round_to(scale, rounding)),
        None => null(format!("expected a scale from {SCALE_MIN} to {SCALE_MAX}")),
    }
}

pub(super) fn decimal(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::HalfEven)
}

pub(super) fn floor(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::Floor)
}

pub(super) fn ceiling(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::Ceiling)
}

pub(super) fn round_up(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::Up)
}

pub(super) fn round_down(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::Down)
}

pub(super) fn round_half_up(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::HalfUp)
}

pub(super) fn round_half_down(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    round(arguments, Rounding::HalfDown)
}

pub(super) fn abs(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    match arguments.get(0) {
        Value::Number(number) => Ok(Value::Number(number.abs())),
        Value::DaysTimeDuration(duration) if duration.0.is_negative() => match duration.negated() {
            Some(positive) => Ok(Value::DaysTimeDuration(positive)),
            None => null("expected a result within range"),
        },
        Value::YearsMonthsDuration(duration) => {
            let total_months = duration.total_months.saturating_abs();
            Ok(Value::YearsMonthsDuration(YearsMonthsDuration { total_months }))
        }
        Value::DaysTimeDuration(duration) => Ok(Value::DaysTimeDuration(*duration)),
        _ => arguments.mismatch(0, "a number or a duration"),
    }
}

pub(super) fn modulo(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (dividend, divisor) = (arguments.number(0)?, arguments.number(1)?);
    if divisor.is_zero() {
        return null("expected a divisor other than 0");
    }
    in_range(dividend.modulo(divisor))
}

pub(super) fn sqrt(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let number = arguments.number(0)?;
    if number.is_negative() {
        return null("expected a number from 0 up");
    }
    in_range(number.sqrt())
}

pub(super) fn log(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    match arguments.number(0)?.ln() {
        Some(logarithm) => Ok(Value::Number(logarithm)),
        None => null("expected a number above 0"),
    }
}

pub(super) fn exp(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    in_range(arguments.number(0)?.exp())
}

pub(super) fn odd(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    parity(arguments, 1)
}

pub(super) fn even(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    parity(arguments, 0)
}

fn parity(arguments: &Bound, expected: i64) -> Outcome {
    let number = arguments.number(0)?;
    if !number.is_integer() {
        return arguments.mismatch(0, "a whole number");
    }
    let rest = number.modulo(Number::from(2_i64)).and_then(Number::to_i64);
    Ok(Value::Boolean(rest == Some(expected)))
}
