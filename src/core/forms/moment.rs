//! Dates and times as browsers send them and processes keep them.
//!
//! Must not know fields; the zone and the present moment are arguments.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

/// What a date field asks for (form-js `subtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MomentKind {
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A point in time.
    DateTime,
}

/// How a time is kept (form-js `timeSerializingFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TimeFormat {
    /// Local time with its offset: `2026-03-01T10:00+01:00`.
    #[default]
    UtcOffset,
    /// In UTC: `2026-03-01T09:00Z`.
    UtcNormalized,
    /// Local time alone: `2026-03-01T10:00`.
    NoTimezone,
}

/// The present moment and the zone in which people read clocks.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    /// The present moment.
    pub(super) now: Timestamp,
    /// The zone.
    pub(super) zone: TimeZone,
}

impl Clock {
    /// Today in the zone.
    #[must_use]
    pub(super) fn today(&self) -> Date {
        self.now.to_zoned(self.zone.clone()).date()
    }

    fn local_date_time(&self, text: &str) -> Option<DateTime> {
        let pieces = Pieces::parse(text).ok()?;
        let local = pieces.date().to_datetime(pieces.time()?);
        let Some(offset) = pieces.to_numeric_offset() else { return Some(local) };
        let at = offset.to_timestamp(local).ok()?;
        Some(at.to_zoned(self.zone.clone()).datetime())
    }

    fn local_time(&self, text: &str) -> Option<Time> {
        let is_bare = text.bytes().all(|b| b.is_ascii_digit() || b == b':' || b == b'.');
        if is_bare {
            return parse_time(text);
        }
        Some(self.local_date_time(&format!("{}T{text}", self.today()))?.time())
    }

    /// The date of a text of that kind; `None` for a time of day or a text that doesn't fit.
    #[must_use]
    pub(super) fn date_of(&self, kind: MomentKind, text: &str) -> Option<Date> {
        match kind {
            MomentKind::Date => parse_date(text),
            MomentKind::DateTime => self.local_date_time(text).map(DateTime::date),
            MomentKind::Time => None,
        }
    }

    /// The text as a browser's input takes it: local, without offset.
    #[must_use]
    pub(super) fn to_input(&self, kind: MomentKind, text: &str) -> Option<String> {
        match kind {
            MomentKind::Date => parse_date(text).map(|d| d.to_string()),
            MomentKind::Time => self.local_time(text).map(time_text),
            MomentKind::DateTime => {
                let local = self.local_date_time(text)?;
                Some(format!("{}T{}", local.date(), time_text(local.time())))
            }
        }
    }

    /// The text as a process keeps it; `None` when it isn't of that kind.
    #[must_use]
    pub(super) fn to_variable(
        &self,
        kind: MomentKind,
        format: TimeFormat,
        text: &str,
    ) -> Option<String> {
        if kind == MomentKind::Date {
            return parse_date(text).map(|d| d.to_string());
        }
        let local = match kind {
            MomentKind::Time => self.today().to_datetime(self.local_time(text)?),
            _ => self.local_date_time(text)?,
        };
        let written = self.write(local, format)?;
        let is_time = kind == MomentKind::Time;
        Some(if is_time { written.split_once('T')?.1.to_owned() } else { written })
    }

    fn write(&self, local: DateTime, format: TimeFormat) -> Option<String> {
        let join = |at: DateTime| format!("{}T{}", at.date(), time_text(at.time()));
        let zoned = local.to_zoned(self.zone.clone()).ok()?;
        Some(match format {
            TimeFormat::NoTimezone => join(local),
            TimeFormat::UtcNormalized => {
                format!("{}Z", join(zoned.with_time_zone(TimeZone::UTC).datetime()))
            }
            TimeFormat::UtcOffset => {
                format!("{}{}", join(zoned.datetime()), zoned.strftime("%:z"))
            }
        })
    }
}

/// `YYYY-MM-DD` and nothing else: the library would also take a date with a time behind it.
fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn parse_time(text: &str) -> Option<Time> {
    let has_minutes = text.len() >= 5 && text.as_bytes()[2] == b':';
    has_minutes.then(|| text.parse().ok()).flatten()
}

/// Hours and minutes; seconds only where there are some, as browsers do.
fn time_text(time: Time) -> String {
    let is_whole_minute = time.second() == 0 && time.subsec_nanosecond() == 0;
    if is_whole_minute { time.strftime("%H:%M").to_string() } else { time.to_string() }
}
