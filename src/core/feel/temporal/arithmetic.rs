//! Adding durations to times and taking times apart (DMN 1.5, table 55).
//! It knows nothing of values; `None` always means: outside the calendar.

use jiff::SignedDuration;
use jiff::civil;

use super::{
    Date, DateTime, DaysTimeDuration, NANOSECONDS_PER_DAY, NANOSECONDS_PER_SECOND, Time,
    YearsMonthsDuration, Zone, nanoseconds_of_day,
};
use crate::core::feel::number::{Number, Rounding};

impl DaysTimeDuration {
    /// The sum of two durations.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The duration backwards.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The duration as a number of seconds.
    #[must_use]
    pub fn to_seconds(self) -> Option<Number> {
        Number::from_parts(self.0.as_nanos(), -9)
    }

    /// The duration of a number of seconds, cut to the nanosecond.
    #[must_use]
    pub fn from_seconds(seconds: Number) -> Option<Self> {
        let billion = Number::from(1_000_000_000_i64);
        let nanoseconds = seconds.checked_mul(billion)?.round_to(0, Rounding::Down)?.to_i128()?;
        let whole = i64::try_from(nanoseconds / 1_000_000_000).ok()?;
        let rest = i32::try_from(nanoseconds % 1_000_000_000).ok()?;
        Some(Self(SignedDuration::new(whole, rest)))
    }

    fn whole_days(self) -> Option<i64> {
        i64::try_from(self.0.as_nanos().div_euclid(i128::from(NANOSECONDS_PER_DAY))).ok()
    }
}

impl YearsMonthsDuration {
    /// The sum of two durations.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self { total_months: self.total_months.checked_add(other.total_months)? })
    }

    /// The duration backwards.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        Some(Self { total_months: self.total_months.checked_neg()? })
    }

    /// The whole months between two dates, towards zero (DMN 1.5, table 65).
    #[must_use]
    pub fn between(from: Date, to: Date) -> Self {
        let months = |date: Date| date.year() * 12 + i64::from(date.month());
        let mut total_months = months(to) - months(from);
        if total_months > 0 && to.day() < from.day() {
            total_months -= 1;
        } else if total_months < 0 && to.day() > from.day() {
            total_months += 1;
        }
        Self { total_months }
    }
}

/// The date some months later; the day is cut to the month's last.
#[must_use]
pub(crate) fn add_months(date: Date, months: YearsMonthsDuration) -> Option<Date> {
    date.add_months(months.total_months)
}

/// The date of the moment `duration` after the date's midnight.
#[must_use]
pub(crate) fn add_to_date(date: Date, duration: DaysTimeDuration) -> Option<Date> {
    date.add_days(duration.whole_days()?)
}

/// The duration from one date to another.
#[must_use]
pub(crate) fn between_dates(from: Date, to: Date) -> DaysTimeDuration {
    DaysTimeDuration(SignedDuration::from_hours(from.days_until(to) * 24))
}

impl Time {
    /// The time of day `duration` later; it wraps around at midnight.
    #[must_use]
    pub fn checked_add(&self, duration: DaysTimeDuration) -> Option<Self> {
        let day = i128::from(NANOSECONDS_PER_DAY);
        let sum = i128::from(nanoseconds_of_day(self.civil)) + duration.0.as_nanos();
        let within_day = i64::try_from(sum.rem_euclid(day)).ok()?;
        let civil = civil::Time::midnight().wrapping_add(SignedDuration::from_nanos(within_day));
        Some(Self { civil, zone: self.zone.clone() })
    }

    /// The duration since another time of the same day; `None` between local and zoned times.
    #[must_use]
    pub fn since(&self, other: &Self) -> Option<DaysTimeDuration> {
        self.compare(other)?;
        let nanoseconds = i64::try_from(self.nanoseconds() - other.nanoseconds()).ok()?;
        Some(DaysTimeDuration(SignedDuration::from_nanos(nanoseconds)))
    }
}

impl DateTime {
    /// The time `duration` later, by the clock of physics: an hour is an hour on every day.
    #[must_use]
    pub fn checked_add(&self, duration: DaysTimeDuration) -> Option<Self> {
        let Some(zone) = &self.zone else {
            let sum = self.local_nanoseconds().checked_add(duration.0.as_nanos())?;
            let local = Self::at_instant(sum, &Zone::UTC)?;
            return Some(Self { zone: None, ..local });
        };
        Self::at_instant(self.instant().checked_add(duration.0.as_nanos())?, zone)
    }

    /// The same time of day some months later; the day is cut to the month's last.
    #[must_use]
    pub fn add_months(&self, months: YearsMonthsDuration) -> Option<Self> {
        Some(Self { date: add_months(self.date, months)?, ..self.clone() })
    }

    /// The duration since another time; `None` between local and zoned times.
    #[must_use]
    pub fn since(&self, other: &Self) -> Option<DaysTimeDuration> {
        self.compare(other)?;
        let nanoseconds = self.instant() - other.instant();
        let second = i128::from(NANOSECONDS_PER_SECOND);
        let whole = i64::try_from(nanoseconds / second).ok()?;
        let rest = i32::try_from(nanoseconds % second).ok()?;
        Some(DaysTimeDuration(SignedDuration::new(whole, rest)))
    }
}
