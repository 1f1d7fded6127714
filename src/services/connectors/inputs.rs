//! Reading a connector's inputs out of a job's variables, with errors that name the input.
//!
//! Must not know what an input is for.

use serde_json::{Map, Value as Json};

use crate::services::connectors::Trouble;

/// The inputs of one job.
pub(super) struct Inputs<'j>(pub(super) &'j Map<String, Json>);

impl<'j> Inputs<'j> {
    /// An input that is there: null and empty text count as absent.
    pub(super) fn find(&self, name: &str) -> Option<&'j Json> {
        let value = self.0.get(name)?;
        let is_absent = value.is_null() || value.as_str().is_some_and(str::is_empty);
        (!is_absent).then_some(value)
    }

    /// A text, if there is one.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Trouble> {
        self.find(name).map(|value| as_text(name, value)).transpose()
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, name: &str, example: &str) -> Result<String, Trouble> {
        let missing = || Trouble::lasting(format!("{name}: expected {example}, found nothing"));
        self.text(name)?.ok_or_else(missing)
    }

    /// A list of texts: a list, or one text with commas.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Trouble> {
        match self.find(name) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => items.iter().map(|item| as_text(name, item)).collect(),
            Some(value) => {
                let text = as_text(name, value)?;
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Ok(parts.map(str::to_owned).collect())
            }
        }
    }

    /// Names with texts; values that are null are left out.
    pub(super) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, Trouble> {
        let Some(value) = self.find(name) else { return Ok(Vec::new()) };
        let Json::Object(entries) = value else {
            return Err(unexpected(name, "a context of names and values", value));
        };
        let present = entries.iter().filter(|(_, value)| !value.is_null());
        present
            .map(|(key, value)| Ok((key.clone(), plain(&format!("{name}.{key}"), value)?)))
            .collect()
    }

    /// A number of seconds, as milliseconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<u64>, Trouble> {
        let Some(value) = self.find(name) else { return Ok(None) };
        let seconds = match value {
            Json::Number(number) => number.as_u64(),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let seconds = seconds.filter(|seconds| (1..=3600).contains(seconds));
        let wrong = || unexpected(name, "a whole number of seconds from 1 to 3600", value);
        seconds.map(|seconds| Some(seconds * 1000)).ok_or_else(wrong)
    }

    /// The entries of a context, if there is one.
    pub(super) fn context(&self, name: &str) -> Result<Option<&'j Map<String, Json>>, Trouble> {
        match self.find(name) {
            None => Ok(None),
            Some(Json::Object(entries)) => Ok(Some(entries)),
            Some(other) => Err(unexpected(name, "a context", other)),
        }
    }
}

/// A text, or a number or truth value as text.
fn plain(name: &str, value: &Json) -> Result<String, Trouble> {
    match value {
        Json::Number(_) | Json::Bool(_) => Ok(value.to_string()),
        other => as_text(name, other),
    }
}

pub(super) fn as_text(name: &str, value: &Json) -> Result<String, Trouble> {
    match value {
        Json::String(text) => Ok(text.clone()),
        other => Err(unexpected(name, "a text", other)),
    }
}

pub(super) fn unexpected(name: &str, expected: &str, found: &Json) -> Trouble {
    Trouble::lasting(format!("{name}: expected {expected}, found {}", kind(found)))
}

/// What kind of value it is; values themselves may hold secrets.
pub(super) fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a context",
    }
}
