//! What goes into the columns for given variables.
//!
//! Must not know databases: a cell is a typed value or nothing.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde_json::{Map, Value};

use super::column::{Column, ColumnType, DataSchema};

/// The content of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The value; `None` is SQL's null.
    pub value: Option<ColumnValue>,
    /// Whether the variable held something that the column can't: then `value` is `None`.
    pub is_misfit: bool,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValue {
    /// Of an [`ColumnType::Integer`] column.
    Integer(i64),
    /// Of a [`ColumnType::Real`] column; finite.
    Real(f64),
    /// Of a [`ColumnType::Text`] column; never with a NUL, which PostgreSQL can't keep.
    Text(String),
    /// Of a [`ColumnType::Boolean`] column.
    Boolean(bool),
    /// Of a [`ColumnType::Date`] column: `2026-01-31`.
    Date(String),
    /// Of a [`ColumnType::DateTime`] column: milliseconds since 1970 in UTC.
    DateTime(i64),
    /// Of a [`ColumnType::Json`] column: JSON text.
    Json(String),
}

impl DataSchema {
    /// One cell for each column, in their order. A text column takes numbers and booleans as
    /// their text; a date and time without an offset counts as UTC.
    #[must_use]
    pub fn column_values(&self, variables: &Map<String, Value>) -> Vec<Cell> {
        self.columns.iter().map(|column| cell(column, variables)).collect()
    }
}

fn cell(column: &Column, variables: &Map<String, Value>) -> Cell {
    let found = find(variables, &column.name).filter(|value| !value.is_null());
    let Some(found) = found else { return Cell { value: None, is_misfit: false } };
    let value = convert(column.column_type, found);
    Cell { is_misfit: value.is_none(), value }
}

/// By the whole name first, since a variable's name may contain dots.
fn find<'a>(variables: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = variables.get(name) {
        return Some(value);
    }
    let mut steps = name.split('.');
    let start = variables.get(steps.next()?)?;
    steps.try_fold(start, |value, step| value.get(step))
}

fn convert(column_type: ColumnType, value: &Value) -> Option<ColumnValue> {
    match column_type {
        ColumnType::Integer => integer(value).map(ColumnValue::Integer),
        ColumnType::Real => value.as_f64().map(ColumnValue::Real),
        ColumnType::Text => text(value).map(ColumnValue::Text),
        ColumnType::Boolean => value.as_bool().map(ColumnValue::Boolean),
        ColumnType::Date => value.as_str().and_then(date).map(ColumnValue::Date),
        ColumnType::DateTime => value.as_str().and_then(date_time).map(ColumnValue::DateTime),
        ColumnType::Json => Some(ColumnValue::Json(value.to_string())),
    }
}

/// Whole doubles count too: FEEL and JavaScript write 3 as 3.0.
fn integer(value: &Value) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let whole = value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= EXACT_MAX);
    value.as_i64().or_else(|| format!("{:.0}", whole?).parse().ok())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.contains('\0')).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn date(text: &str) -> Option<String> {
    let date: Option<Date> = (text.len() == 10).then(|| text.parse().ok()).flatten();
    date.map(|date| date.to_string())
}

fn date_time(text: &str) -> Option<i64> {
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces.date().to_datetime(pieces.time()?);
    let has_only_zone = pieces.offset().is_none() && pieces.time_zone_annotation().is_some();
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let at = offset.to_timestamp(local).ok()?;
    // Where only a zone is named, the moment would depend on the zone's rules of the day.
    (!has_only_zone).then(|| at.as_millisecond())
}
