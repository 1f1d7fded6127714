//! Days of the calendar from year -999,999,999 to 999,999,999 (DMN 1.5, 10.3.2.3.5).
//! It knows neither times nor zones.
//!
//! The Gregorian calendar repeats every 400 years, to the day of the week: a far date is one near
//! the year 2000 and a number of such cycles.
//!
//! **Invariant:** each date has one form: within the library's calendar there are no cycles, and
//! beyond it the near date lies in the years 2000 to 2399.

use jiff::civil;

/// The last year, and the first one below zero.
const YEAR_MAX: i64 = 999_999_999;
/// The last year of the library's calendar.
const NEAR_YEAR_MAX: i64 = 9_999;
const CYCLE_YEARS: i64 = 400;
const FIRST_NEAR_YEAR: i64 = 2_000;
/// Days of 400 years.
pub(super) const CYCLE_DAYS: i64 = 146_097;
/// Days from 1970 to 2000.
const DAYS_TO_2000: i64 = 10_957;

/// A date; dates are ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    cycles: i32,
    near: civil::Date,
}

impl From<civil::Date> for Date {
    fn from(near: civil::Date) -> Self {
        Self { cycles: 0, near }
    }
}

impl Date {
    /// The date of a year, a month and a day, if the calendar has it.
    #[must_use]
    pub fn new(year: i64, month: i8, day: i8) -> Option<Self> {
        if year.abs() > YEAR_MAX {
            return None;
        }
        let (near_year, cycles) = if year.abs() <= NEAR_YEAR_MAX {
            (year, 0)
        } else {
            let near_year = FIRST_NEAR_YEAR + year.rem_euclid(CYCLE_YEARS);
            (near_year, (year - near_year) / CYCLE_YEARS)
        };
        let near = civil::Date::new(i16::try_from(near_year).ok()?, month, day).ok()?;
        Some(Self { cycles: i32::try_from(cycles).ok()?, near })
    }

    /// The year; negative before the year 0.
    #[must_use]
    pub fn year(self) -> i64 {
        i64::from(self.near.year()) + self.cycles() * CYCLE_YEARS
    }

    /// The month, from 1.
    #[must_use]
    pub fn month(self) -> i8 {
        self.near.month()
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> i8 {
        self.near.day()
    }

    /// The same day of the week, of the year and of the month in the library's calendar.
    #[must_use]
    pub fn near(self) -> civil::Date {
        self.near
    }

    /// How many cycles of 400 years the near date is away.
    pub(super) fn cycles(self) -> i64 {
        i64::from(self.cycles)
    }

    /// The date that many cycles later.
    pub(super) fn add_cycles(self, cycles: i64) -> Option<Self> {
        let years = cycles.checked_mul(CYCLE_YEARS)?;
        Self::new(self.year().checked_add(years)?, self.month(), self.day())
    }

    /// Days since 1970.
    pub(super) fn days(self) -> i64 {
        let since_1970 = self.near.duration_since(civil::date(1970, 1, 1)).as_hours() / 24;
        since_1970 + self.cycles() * CYCLE_DAYS
    }

    /// The date that many days after the start of 1970.
    pub(super) fn from_days(days: i64) -> Option<Self> {
        let since_2000 = days.checked_sub(DAYS_TO_2000)?;
        let cycles = since_2000.div_euclid(CYCLE_DAYS);
        let within = jiff::Span::new().try_days(since_2000.rem_euclid(CYCLE_DAYS)).ok()?;
        Self::from(civil::date(2000, 1, 1).checked_add(within).ok()?).add_cycles(cycles)
    }

    /// The date some days later.
    #[must_use]
    pub fn add_days(self, days: i64) -> Option<Self> {
        Self::from_days(self.days().checked_add(days)?)
    }

    /// The days until another date.
    #[must_use]
    pub fn days_until(self, other: Self) -> i64 {
        other.days() - self.days()
    }

    /// The date some months later; the day is cut to the month's last.
    #[must_use]
    pub fn add_months(self, months: i64) -> Option<Self> {
        let total = self.year() * 12 + i64::from(self.month() - 1);
        let total = total.checked_add(months)?;
        let month = i8::try_from(total.rem_euclid(12) + 1).ok()?;
        let first = Self::new(total.div_euclid(12), month, 1)?;
        Self::new(first.year(), month, self.day().min(first.near.days_in_month()))
    }

    /// The last day of its month.
    #[must_use]
    pub fn last_of_month(self) -> Self {
        Self { near: self.near.last_of_month(), ..self }
    }
}
