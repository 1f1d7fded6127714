//! Times and durations of FEEL: local, with an offset or with a named zone, and how they compare.
//! It knows neither values nor expressions, and reads no clock.

mod arithmetic;
mod date;
mod text;

pub(crate) use arithmetic::{add_months, add_to_date, between_dates};
pub use date::Date;
pub(crate) use text::{
    format_date, parse_date, parse_date_time, parse_days_time, parse_time, parse_years_months,
    parse_zone,
};

use std::cmp::Ordering;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Where on earth a time is meant: a fixed offset from UTC or a zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A fixed distance from UTC.
    Offset(Offset),
    /// A zone whose offset depends on the date.
    Named(TimeZone),
}

impl Zone {
    /// UTC as an offset.
    pub const UTC: Self = Self::Offset(Offset::UTC);

    /// The zone as FEEL names it: zones with one offset for ever become that offset.
    #[must_use]
    pub fn from_time_zone(zone: &TimeZone) -> Self {
        match zone.to_fixed_offset() {
            Ok(offset) => Self::Offset(offset),
            Err(_) => Self::Named(zone.clone()),
        }
    }

    /// The zone as the calendar library knows it.
    #[must_use]
    pub fn to_time_zone(&self) -> TimeZone {
        match self {
            Self::Offset(offset) => TimeZone::fixed(*offset),
            Self::Named(zone) => zone.clone(),
        }
    }

    /// The offset in force at a local time; where a clock change makes it unclear, the earlier one.
    #[must_use]
    pub fn offset_at(&self, civil: civil::DateTime) -> Offset {
        match self {
            Self::Offset(offset) => *offset,
            Self::Named(zone) => zone
                .to_ambiguous_timestamp(civil)
                .compatible()
                .map_or(Offset::UTC, |timestamp| zone.to_offset(timestamp)),
        }
    }
}

/// A time of day, with or without a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// What a clock on the wall shows.
    pub civil: civil::Time,
    /// `None` for a local time.
    pub zone: Option<Zone>,
}

impl Time {
    /// The offset from UTC; a named zone gives that of the first day of 1970, as no date is known.
    #[must_use]
    pub fn offset(&self) -> Option<Offset> {
        let first_day = civil::date(1970, 1, 1).to_datetime(self.civil);
        self.zone.as_ref().map(|zone| zone.offset_at(first_day))
    }

    /// Nanoseconds since midnight, in UTC if a zone is known.
    #[must_use]
    pub fn nanoseconds(&self) -> i128 {
        let local = i128::from(nanoseconds_of_day(self.civil));
        let offset = self.offset().map_or(0, |offset| i128::from(offset.seconds()));
        local - offset * i128::from(NANOSECONDS_PER_SECOND)
    }

    /// Whether two times are equal to the millisecond, as the conformance kit has it; `None`
    /// between a local time and one with a zone.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        let order = self.compare(other)?;
        let [a, b] = [self, other].map(|it| it.nanoseconds().div_euclid(EQUALITY_NANOSECONDS));
        Some(order.is_eq() || a == b)
    }

    /// The order of two times; `None` between a local time and one with a zone.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if self.zone.is_some() != other.zone.is_some() {
            return None;
        }
        Some(self.nanoseconds().cmp(&other.nanoseconds()))
    }
}

/// Times that differ by less are told apart by their order, but are equal.
const EQUALITY_NANOSECONDS: i128 = 1_000_000;

/// A date with a time of day, with or without a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// What a calendar on the wall shows.
    pub date: Date,
    /// What a clock on the wall shows.
    pub time: civil::Time,
    /// `None` for a local time.
    pub zone: Option<Zone>,
}

impl DateTime {
    /// The local time at the start of a date.
    #[must_use]
    pub fn midnight(date: Date) -> Self {
        Self { date, time: civil::Time::midnight(), zone: None }
    }

    /// A moment as shown in a zone.
    #[must_use]
    pub fn at(timestamp: Timestamp, zone: &Zone) -> Self {
        let civil = zone.to_time_zone().to_datetime(timestamp);
        Self { date: civil.date().into(), time: civil.time(), zone: Some(zone.clone()) }
    }

    /// As [`DateTime::at`] for nanoseconds since 1970; `None` outside the calendar. Far from now a
    /// zone is as 400 years apart, which have the same days of the week.
    pub(crate) fn at_instant(instant: i128, zone: &Zone) -> Option<Self> {
        if let Ok(timestamp) = Timestamp::from_nanosecond(instant) {
            return Some(Self::at(timestamp, zone));
        }
        let cycles = (instant - NANOSECONDS_TO_2000).div_euclid(NANOSECONDS_PER_CYCLE);
        let near = Timestamp::from_nanosecond(instant - cycles * NANOSECONDS_PER_CYCLE).ok()?;
        let at = Self::at(near, zone);
        Some(Self { date: at.date.add_cycles(i64::try_from(cycles).ok()?)?, ..at })
    }

    /// The same time in the calendar of the library, a multiple of 400 years away.
    fn near(&self) -> civil::DateTime {
        self.date.near().to_datetime(self.time)
    }

    /// The moment meant in nanoseconds since 1970, a local time being read as UTC.
    #[must_use]
    pub(crate) fn instant(&self) -> i128 {
        let named = match &self.zone {
            Some(Zone::Named(zone)) => zone.to_ambiguous_timestamp(self.near()).compatible().ok(),
            _ => None,
        };
        if let Some(timestamp) = named {
            let cycles = i128::from(self.date.cycles());
            return timestamp.as_nanosecond() + cycles * NANOSECONDS_PER_CYCLE;
        }
        let offset = self.offset().map_or(0, |offset| i128::from(offset.seconds()));
        self.local_nanoseconds() - offset * i128::from(NANOSECONDS_PER_SECOND)
    }

    /// What calendar and clock show, in nanoseconds since 1970.
    fn local_nanoseconds(&self) -> i128 {
        let days = i128::from(self.date.days()) * i128::from(NANOSECONDS_PER_DAY);
        days + i128::from(nanoseconds_of_day(self.time))
    }

    /// The offset from UTC in force at this time.
    #[must_use]
    pub fn offset(&self) -> Option<Offset> {
        self.zone.as_ref().map(|zone| zone.offset_at(self.near()))
    }

    /// Whether two times are equal to the millisecond, as the conformance kit has it; `None`
    /// between a local time and one with a zone.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        if self.compare(other)?.is_eq() {
            return Some(true);
        }
        let milliseconds = |it: &Self| it.instant().div_euclid(EQUALITY_NANOSECONDS);
        Some(milliseconds(self) == milliseconds(other))
    }

    /// The order of two times; `None` between a local time and one with a zone.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let is_comparable = self.zone.is_some() == other.zone.is_some();
        is_comparable.then(|| self.instant().cmp(&other.instant()))
    }
}

/// A duration in days and smaller units, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaysTimeDuration(pub SignedDuration);

impl DaysTimeDuration {
    /// The whole days in it.
    #[must_use]
    pub fn days(self) -> i64 {
        self.0.as_secs() / SECONDS_PER_DAY
    }

    /// The hours beyond whole days.
    #[must_use]
    pub fn hours(self) -> i64 {
        self.0.as_secs() % SECONDS_PER_DAY / 3600
    }

    /// The minutes beyond whole hours.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.0.as_secs() % 3600 / 60
    }

    /// The whole seconds beyond whole minutes.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.as_secs() % 60
    }
}

/// A duration in months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearsMonthsDuration {
    /// The whole duration, in months.
    pub total_months: i64,
}

impl YearsMonthsDuration {
    /// The whole years in it.
    #[must_use]
    pub fn years(self) -> i64 {
        self.total_months / 12
    }

    /// The months beyond whole years.
    #[must_use]
    pub fn months(self) -> i64 {
        self.total_months % 12
    }
}

/// The duration between an offset and UTC.
#[must_use]
pub(crate) fn offset_duration(offset: Offset) -> DaysTimeDuration {
    DaysTimeDuration(SignedDuration::from_secs(i64::from(offset.seconds())))
}

const SECONDS_PER_DAY: i64 = 86_400;
const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;
const NANOSECONDS_PER_DAY: i64 = SECONDS_PER_DAY * NANOSECONDS_PER_SECOND;

const NANOSECONDS_PER_CYCLE: i128 = date::CYCLE_DAYS as i128 * NANOSECONDS_PER_DAY as i128;
const NANOSECONDS_TO_2000: i128 = 946_684_800 * NANOSECONDS_PER_SECOND as i128;

fn nanoseconds_of_day(time: civil::Time) -> i64 {
    time.duration_since(civil::Time::midnight())
        .as_nanos()
        .try_into()
        .expect("a day has fewer nanoseconds than an i64 holds")
}
