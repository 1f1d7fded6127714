//! Variables as they are typed: `name=value`, the value as JSON or as plain text.
//!
//! Must not know what they are for.

use std::str::FromStr;

use serde_json::{Map, Value as Json};

/// One `--var`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    name: String,
    value: Json,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected name=value, such as amount=50 or customer={\"id\":7}";
        let (name, value) = text.split_once('=').ok_or(expected)?;
        let is_name = name.chars().next().is_some_and(|it| it.is_alphabetic() || it == '_')
            && name.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-'));
        if !is_name {
            return Err(expected.to_owned());
        }
        // What is no JSON is meant as text, as nobody likes to quote quotes.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::String(value.to_owned()));
        Ok(Self { name: name.to_owned(), value })
    }
}

/// All of them as one object; the last one of a name holds.
pub(crate) fn object(variables: Vec<Variable>) -> Map<String, Json> {
    variables.into_iter().map(|it| (it.name, it.value)).collect()
}
