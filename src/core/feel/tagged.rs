//! Values to and from JSON without loss: what JSON lacks is `{"$feel": type, "value": text}`.
//! It knows nothing of expressions; the plain way to JSON, which shows values, is in `json`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use crate::core::feel::number::Number;
use crate::core::feel::temporal;
use crate::core::feel::value::Value;

/// The entry that names the type.
const TYPE: &str = "$feel";
/// The entry that holds the text.
const VALUE: &str = "value";
/// As deep as `serde_json` reads.
const DEPTH_MAX: usize = 128;

impl Value {
    /// The value a JSON document means, `{"$feel": "date", "value": "2024-02-29"}` being a date.
    /// The types are `date`, `time`, `date and time`, `days and time duration`, `years and months
    /// duration` and `number`.
    ///
    /// # Errors
    /// What was expected, if a tagged value is none.
    pub fn from_tagged_json(json: &Json) -> Result<Self, String> {
        from_tagged(json, DEPTH_MAX)
    }

    /// The JSON from which [`Value::from_tagged_json`] makes this value again. Ranges become an
    /// object of their properties, functions null.
    #[must_use]
    pub fn to_tagged_json(&self) -> Json {
        let tagged = |name: &str| json!({TYPE: name, VALUE: self.to_string()});
        match self {
            Self::Date(_)
            | Self::Time(_)
            | Self::DateTime(_)
            | Self::DaysTimeDuration(_)
            | Self::YearsMonthsDuration(_) => tagged(self.type_name()),
            Self::Number(number) => {
                let plain = self.to_json();
                let is_exact = match &plain {
                    Json::Number(found) if found.is_f64() => {
                        found.as_f64().and_then(Number::from_f64) == Some(*number)
                    }
                    Json::Number(_) => true,
                    _ => false,
                };
                if is_exact { plain } else { tagged("number") }
            }
            Self::List(list) => Json::Array(list.iter().map(Self::to_tagged_json).collect()),
            Self::Context(context) => Json::Object(
                context
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_tagged_json()))
                    .collect(),
            ),
            Self::Range(range) => {
                let end =
                    |end: &Option<Self>| end.as_ref().map_or(Json::Null, Self::to_tagged_json);
                json!({
                    "start": end(&range.start),
                    "start included": range.start_included,
                    "end": end(&range.end),
                    "end included": range.end_included,
                })
            }
            Self::Null | Self::Boolean(_) | Self::Text(_) | Self::Function(_) => self.to_json(),
        }
    }
}

fn from_tagged(json: &Json, depth_left: usize) -> Result<Value, String> {
    if depth_left == 0 {
        return Err(format!("expected at most {DEPTH_MAX} levels of nesting"));
    }
    match json {
        Json::Array(items) => {
            let items = items.iter().map(|item| from_tagged(item, depth_left - 1));
            Ok(Value::from(items.collect::<Result<Vec<_>, _>>()?))
        }
        Json::Object(object) => {
            if let Some((name, text)) = tag(object) {
                return read(name, text).ok_or_else(|| {
                    format!("expected the text of a value of type `{name}`, found `{text}`")
                });
            }
            let entries = object.iter().map(|(name, value)| {
                Ok((Arc::from(name.as_str()), from_tagged(value, depth_left - 1)?))
            });
            Ok(Value::from(entries.collect::<Result<IndexMap<_, _>, String>>()?))
        }
        plain => Ok(Value::from_json(plain)),
    }
}

fn tag(object: &Map<String, Json>) -> Option<(&str, &str)> {
    if object.len() != 2 {
        return None;
    }
    Some((object.get(TYPE)?.as_str()?, object.get(VALUE)?.as_str()?))
}

fn read(name: &str, text: &str) -> Option<Value> {
    match name {
        "date" => temporal::parse_date(text).map(Value::Date),
        "time" => temporal::parse_time(text).map(Value::Time),
        "date and time" => temporal::parse_date_time(text).map(Value::DateTime),
        "days and time duration" | "years and months duration" => Value::from_temporal_text(text)
            .filter(|it| matches!(it, Value::DaysTimeDuration(_) | Value::YearsMonthsDuration(_))),
        "number" => text.parse().ok().map(Value::Number),
        _ => None,
    }
}
