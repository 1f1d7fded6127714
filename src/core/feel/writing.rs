//! Values as FEEL text, and the values of temporal literals.
//! It knows nothing of JSON and evaluation.

use std::fmt;

use crate::core::feel::temporal;
use crate::core::feel::value::{Range, Value};

impl Value {
    /// The value of `@"…"`: a date, a time, both, or a duration; `None` for any other text.
    #[must_use]
    pub fn from_temporal_text(text: &str) -> Option<Self> {
        if text.starts_with(['P', 'p']) || text.starts_with("-P") {
            let years_months = temporal::parse_years_months(text).map(Self::YearsMonthsDuration);
            return years_months
                .or_else(|| temporal::parse_days_time(text).map(Self::DaysTimeDuration));
        }
        if text.contains('T') && !text.contains('@')
            || text.split('@').next().is_some_and(|local| local.contains('T'))
        {
            return temporal::parse_date_time(text).map(Self::DateTime);
        }
        let date = temporal::parse_date(text).map(Self::Date);
        date.or_else(|| temporal::parse_time(text).map(Self::Time))
    }
}

/// The value as the function `string` gives it; texts within lists and contexts are quoted.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => write_list(f, list),
            Self::Context(context) => {
                f.write_str("{")?;
                for (index, (name, value)) in context.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "{name}: ")?;
                    write_inner(f, value)?;
                }
                f.write_str("}")
            }
            Self::Date(date) => f.write_str(&temporal::format_date(*date)),
            Self::Time(time) => write!(f, "{time}"),
            Self::DateTime(date_time) => write!(f, "{date_time}"),
            Self::DaysTimeDuration(duration) => write!(f, "{duration}"),
            Self::YearsMonthsDuration(duration) => write!(f, "{duration}"),
            Self::Range(range) => write_range(f, range),
            Self::Function(_) => f.write_str("function"),
        }
    }
}

/// As in a result: texts are quoted at every level.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_inner(f, self)
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, items: &[Value]) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write_inner(f, item)?;
    }
    f.write_str("]")
}

fn write_range(f: &mut fmt::Formatter<'_>, range: &Range) -> fmt::Result {
    match (&range.start, &range.end) {
        (Some(start), None) => {
            f.write_str(if range.start_included { "(>= " } else { "(> " })?;
            write_inner(f, start)?;
            f.write_str(")")
        }
        (None, Some(end)) => {
            f.write_str(if range.end_included { "(<= " } else { "(< " })?;
            write_inner(f, end)?;
            f.write_str(")")
        }
        (start, end) => {
            f.write_str(if range.start_included { "[" } else { "(" })?;
            write_inner(f, start.as_ref().unwrap_or(&Value::Null))?;
            f.write_str("..")?;
            write_inner(f, end.as_ref().unwrap_or(&Value::Null))?;
            f.write_str(if range.end_included { "]" } else { ")" })
        }
    }
}

fn write_inner(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    let Value::Text(text) = value else {
        return fmt::Display::fmt(value, f);
    };
    f.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            _ => write!(f, "{character}")?,
        }
    }
    f.write_str("\"")
}
