//! How dates, times and durations are read and written (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8).
//! Only the forms FEEL names are accepted.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use super::{Date, DateTime, DaysTimeDuration, Time, YearsMonthsDuration, Zone};

/// Reads `2024-02-29`.
#[must_use]
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = body.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() < 4 || (year.len() > 4 && year.starts_with('0')) {
        return None;
    }
    let year = number_of(year, year.len())?;
    let month = i8::try_from(number_of(month, 2)?).ok()?;
    let day = i8::try_from(number_of(day, 2)?).ok()?;
    Date::new(if negative { -year } else { year }, month, day)
}

/// Reads `10:30:00`, `10:30:00.5Z`, `10:30:00+01:00` or `10:30:00@Europe/Paris`.
#[must_use]
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let (clock, zone) = match text.find(['Z', 'z', '+', '-', '@']) {
        Some(position) => {
            let (clock, zone) = text.split_at(position);
            (clock, Some(parse_zone(zone)?))
        }
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let hour = i8::try_from(number_of(parts.next()?, 2)?).ok()?;
    let minute = i8::try_from(number_of(parts.next()?, 2)?).ok()?;
    let (second, nanosecond) = match parts.next() {
        Some(seconds) => parse_seconds(seconds)?,
        None => (0, 0),
    };
    if parts.next().is_some() {
        return None;
    }
    let second = i8::try_from(second).ok()?;
    let civil = civil::Time::new(hour, minute, second, nanosecond).ok()?;
    Some(Time { civil, zone })
}

/// Reads a date, `T` and a time; a date alone means its midnight.
#[must_use]
pub(crate) fn parse_date_time(text: &str) -> Option<DateTime> {
    let Some((date, time)) = text.split_once('T') else {
        return parse_date(text).map(DateTime::midnight);
    };
    let mut date = parse_date(date)?;
    // The end of a day is the start of the next one (ISO 8601).
    let time = match time.strip_prefix("24:00:00") {
        Some(zone) => {
            date = date.add_days(1)?;
            parse_time(&format!("00:00:00{zone}"))?
        }
        None => parse_time(time)?,
    };
    Some(DateTime { date, time: time.civil, zone: time.zone })
}

/// Reads `Z`, `+01:00` or `@Europe/Paris`.
#[must_use]
pub(crate) fn parse_zone(text: &str) -> Option<Zone> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Zone::UTC);
    }
    if let Some(name) = text.strip_prefix('@') {
        return TimeZone::get(name).ok().map(Zone::Named);
    }
    let (sign, body) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let mut parts = body.split(':');
    let hours = number_of(parts.next()?, 2)?;
    let minutes = number_of(parts.next()?, 2)?;
    let seconds = parts.next().map_or(Some(0), |seconds| number_of(seconds, 2))?;
    if parts.next().is_some() || hours > 18 || minutes > 59 || seconds > 59 {
        return None;
    }
    let total = i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?;
    Offset::from_seconds(sign * total).ok().map(Zone::Offset)
}

/// Reads `P1DT2H3M4.5S`: at least one unit, in this order.
#[must_use]
pub(crate) fn parse_days_time(text: &str) -> Option<DaysTimeDuration> {
    let (sign, body) = duration_body(text)?;
    let (days, time) = match body.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (body, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let (days, rest) = take_unit(days, 'D')?;
    let (hours, time) = take_unit(time, 'H')?;
    let (minutes, time) = take_unit(time, 'M')?;
    let (seconds, nanosecond) = match time.strip_suffix('S') {
        Some(seconds) => parse_fraction(seconds)?,
        None if time.is_empty() => (0, 0),
        None => return None,
    };
    if !rest.is_empty() {
        return None;
    }
    let whole = days
        .checked_mul(86_400)?
        .checked_add(hours.checked_mul(3600)?)?
        .checked_add(minutes.checked_mul(60)?)?
        .checked_add(seconds)?;
    let duration = SignedDuration::new(whole, nanosecond);
    Some(DaysTimeDuration(if sign < 0 { duration.checked_neg()? } else { duration }))
}

/// Reads `P1Y2M`: at least one unit, in this order.
#[must_use]
pub(crate) fn parse_years_months(text: &str) -> Option<YearsMonthsDuration> {
    let (sign, body) = duration_body(text)?;
    if body.is_empty() {
        return None;
    }
    let (years, rest) = take_unit(body, 'Y')?;
    let (months, rest) = take_unit(rest, 'M')?;
    if !rest.is_empty() {
        return None;
    }
    Some(YearsMonthsDuration { total_months: sign * years.checked_mul(12)?.checked_add(months)? })
}

fn duration_body(text: &str) -> Option<(i64, &str)> {
    match text.strip_prefix("-P") {
        Some(body) => Some((-1, body)),
        None => text.strip_prefix('P').map(|body| (1, body)),
    }
}

/// Takes `12D` off the front; without the unit the number is 0 and nothing is taken.
fn take_unit(text: &str, unit: char) -> Option<(i64, &str)> {
    match text.split_once(unit) {
        Some((digits, rest)) if !digits.is_empty() => {
            number_of(digits, digits.len()).map(|n| (n, rest))
        }
        Some(_) => None,
        None => Some((0, text)),
    }
}

fn parse_seconds(text: &str) -> Option<(i64, i32)> {
    let whole = text.split('.').next()?;
    if whole.len() == 2 && !text.ends_with('.') { parse_fraction(text) } else { None }
}

/// Seconds with a fraction, cut to the nanosecond.
fn parse_fraction(text: &str) -> Option<(i64, i32)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return number_of(text, text.len()).map(|seconds| (seconds, 0));
    };
    let seconds = number_of(whole, whole.len())?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    Some((seconds, digits.parse().ok()?))
}

/// Exactly `length` ASCII digits.
fn number_of(text: &str, length: usize) -> Option<i64> {
    let is_number =
        !text.is_empty() && text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// A date as FEEL writes it.
#[must_use]
pub(crate) fn format_date(date: Date) -> String {
    let sign = if date.year() < 0 { "-" } else { "" };
    format!("{sign}{:04}-{:02}-{:02}", date.year().unsigned_abs(), date.month(), date.day())
}

fn write_clock(f: &mut fmt::Formatter<'_>, time: civil::Time) -> fmt::Result {
    write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
    write_fraction(f, time.subsec_nanosecond())
}

fn write_fraction(f: &mut fmt::Formatter<'_>, nanosecond: i32) -> fmt::Result {
    if nanosecond == 0 {
        return Ok(());
    }
    let digits = format!("{:09}", nanosecond.unsigned_abs());
    write!(f, ".{}", digits.trim_end_matches('0'))
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = match self {
            Self::Named(zone) => {
                return write!(f, "@{}", zone.iana_name().unwrap_or("Etc/Unknown"));
            }
            Self::Offset(offset) if *offset == Offset::UTC => return f.write_str("Z"),
            Self::Offset(offset) => offset.seconds(),
        };
        let (sign, distance) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", distance / 3600, distance / 60 % 60)?;
        if distance % 60 == 0 { Ok(()) } else { write!(f, ":{:02}", distance % 60) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_clock(f, self.civil)?;
        self.zone.as_ref().map_or(Ok(()), |zone| fmt::Display::fmt(zone, f))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T", format_date(self.date))?;
        write_clock(f, self.time)?;
        self.zone.as_ref().map_or(Ok(()), |zone| fmt::Display::fmt(zone, f))
    }
}

impl fmt::Display for DaysTimeDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() {
            return f.write_str("PT0S");
        }
        f.write_str(if self.0.is_negative() { "-P" } else { "P" })?;
        let parts = [self.days(), self.hours(), self.minutes(), self.seconds()];
        let [days, hours, minutes, seconds] = parts.map(i64::unsigned_abs);
        let nanosecond = self.0.subsec_nanos();
        write_unit(f, days, 'D')?;
        if hours != 0 || minutes != 0 || seconds != 0 || nanosecond != 0 {
            f.write_str("T")?;
        }
        write_unit(f, hours, 'H')?;
        write_unit(f, minutes, 'M')?;
        if seconds != 0 || nanosecond != 0 {
            write!(f, "{seconds}")?;
            write_fraction(f, nanosecond)?;
            f.write_str("S")?;
        }
        Ok(())
    }
}

impl fmt::Display for YearsMonthsDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total_months == 0 {
            return f.write_str("P0M");
        }
        f.write_str(if self.total_months < 0 { "-P" } else { "P" })?;
        write_unit(f, self.years().unsigned_abs(), 'Y')?;
        write_unit(f, self.months().unsigned_abs(), 'M')
    }
}

fn write_unit(f: &mut fmt::Formatter<'_>, count: u64, unit: char) -> fmt::Result {
    if count == 0 { Ok(()) } else { write!(f, "{count}{unit}") }
}
