//! Reading and writing values along paths inside variables.
//!
//! Must not know what the values mean.

use serde_json::{Map, Value};

/// The value at a path; `None` when it is absent or null.
pub(super) fn find_value<'a>(data: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let start = data.get(first)?;
    let found = rest.iter().try_fold(start, |value, key| value.get(key))?;
    (!found.is_null()).then_some(found)
}

/// Writes a value at a path; what isn't an object on the way is replaced by one.
pub(super) fn set_value(data: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            data.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = data.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                set_value(inner, rest, value);
            }
        }
    }
}

/// Removes the value at a path, leaving the objects around it.
pub(super) fn remove_value(data: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            data.shift_remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Object(inner)) = data.get_mut(first) {
                remove_value(inner, rest);
            }
        }
    }
}
