//! Built-ins on the calendar.
//! It knows the moment only from the evaluation's context.

#![expect(clippy::unnecessary_wraps, reason = "the table holds functions of one type")]

use jiff::civil::Weekday;

use super::{Bound, number_value};
use crate::core::feel::evaluator::{Evaluator, Outcome};
use crate::core::feel::temporal::{DateTime, Zone};
use crate::core::feel::value::Value;

pub(super) fn now(evaluator: &mut Evaluator<'_>, _: &Bound) -> Outcome {
    let zone = Zone::from_time_zone(&evaluator.ctx.zone);
    Ok(Value::DateTime(DateTime::at(evaluator.ctx.now, &zone)))
}

pub(super) fn today(evaluator: &mut Evaluator<'_>, _: &Bound) -> Outcome {
    Ok(Value::Date(evaluator.ctx.zone.to_datetime(evaluator.ctx.now).date().into()))
}

pub(super) fn day_of_week(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(Value::text(match arguments.date(0)?.near().weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }))
}

pub(super) fn day_of_year(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(number_value(i64::from(arguments.date(0)?.near().day_of_year())))
}

/// The week of ISO 8601.
pub(super) fn week_of_year(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(number_value(i64::from(arguments.date(0)?.near().iso_week_date().week())))
}

pub(super) fn month_of_year(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(arguments.date(0)?.month()).unwrap_or(1);
    Ok(Value::text(MONTHS[month - 1]))
}

pub(super) fn last_day_of_month(_: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(Value::Date(arguments.date(0)?.last_of_month()))
}
