//! Values to and from JSON, and JSON objects as variables.
//! It knows nothing of expressions; what JSON lacks becomes text in FEEL's own writing.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::core::feel::number::Number;
use crate::core::feel::value::{Range, Value};
use crate::core::feel::variables::Variables;

/// As deep as `serde_json` reads; deeper parts, which only code can build, are taken as null.
const DEPTH_MAX: usize = 128;

impl Value {
    /// The value a JSON document means; texts stay texts, even if they look like dates.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        from_json(json, DEPTH_MAX)
    }

    /// The JSON that shows this value. Whole numbers that fit 64 bits stay whole, dates, times and
    /// durations become their ISO text, ranges an object of their four properties, functions null.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null | Self::Function(_) => Json::Null,
            Self::Boolean(value) => Json::Bool(*value),
            Self::Number(number) => number_to_json(*number),
            Self::Text(text) => Json::String(text.to_string()),
            Self::List(list) => Json::Array(list.iter().map(Self::to_json).collect()),
            Self::Context(context) => Json::Object(
                context.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect(),
            ),
            Self::Range(range) => range_to_json(range),
            Self::Date(_)
            | Self::Time(_)
            | Self::DateTime(_)
            | Self::DaysTimeDuration(_)
            | Self::YearsMonthsDuration(_) => Json::String(self.to_string()),
        }
    }
}

fn from_json(json: &Json, depth_left: usize) -> Value {
    if depth_left == 0 {
        return Value::Null;
    }
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => number_from_json(number),
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::from(
            items.iter().map(|item| from_json(item, depth_left - 1)).collect::<Vec<_>>(),
        ),
        Json::Object(object) => {
            let entries = object
                .iter()
                .map(|(name, value)| (Arc::from(name.as_str()), from_json(value, depth_left - 1)));
            Value::from(entries.collect::<IndexMap<_, _>>())
        }
    }
}

fn number_from_json(number: &serde_json::Number) -> Value {
    let exact = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
    let number = exact.or_else(|| number.as_f64().and_then(Number::from_f64));
    number.map_or(Value::Null, Value::Number)
}

fn number_to_json(number: Number) -> Json {
    let whole = number.to_i128();
    if let Some(whole) = whole.and_then(|whole| i64::try_from(whole).ok()) {
        return Json::from(whole);
    }
    if let Some(whole) = whole.and_then(|whole| u64::try_from(whole).ok()) {
        return Json::from(whole);
    }
    Json::from(number.to_f64())
}

fn range_to_json(range: &Range) -> Json {
    let end = |end: &Option<Value>| end.as_ref().map_or(Json::Null, Value::to_json);
    let mut object = Map::new();
    object.insert("start".to_owned(), end(&range.start));
    object.insert("start included".to_owned(), Json::Bool(range.start_included));
    object.insert("end".to_owned(), end(&range.end));
    object.insert("end included".to_owned(), Json::Bool(range.end_included));
    Json::Object(object)
}

impl Variables for Map<String, Json> {
    fn get(&self, name: &str) -> Option<Value> {
        Map::get(self, name).map(Value::from_json)
    }

    fn contains(&self, name: &str) -> bool {
        self.contains_key(name)
    }

    /// Walks objects as they are, and converts only what the path ends at.
    fn get_path(&self, name: &str, path: &[Arc<str>]) -> Option<(Value, usize)> {
        let mut found = Map::get(self, name)?;
        let mut steps = 0;
        while let (Some(step), Json::Object(object)) = (path.get(steps), found) {
            let Some(next) = object.get(&**step) else { break };
            found = next;
            steps += 1;
        }
        Some((Value::from_json(found), steps))
    }
}
