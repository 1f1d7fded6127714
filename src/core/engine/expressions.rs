//! Evaluates the expressions of a definition where an element instance stands.
//!
//! Must not know what the results are for.

use serde_json::Value;

use super::instance::VariableMap;
use super::turn::Turn;
use super::variables::Visible;
use crate::core::feel::Expression;
use crate::core::model::Dynamic;

impl Turn<'_> {
    /// A value, and why it may be less than expected.
    fn evaluate_with_reason(
        &self,
        expression: &Expression,
        key: i64,
        overlay: Option<&VariableMap>,
    ) -> Result<(Value, Option<String>), String> {
        let visible = Visible::new(self.instance, key, overlay);
        let done = expression.evaluate(&visible, &self.feel).map_err(|error| error.to_string())?;
        Ok((done.value.to_json(), done.warnings.first().map(ToString::to_string)))
    }

    /// A value; null where the expression has none.
    pub(crate) fn evaluate(
        &self,
        expression: &Expression,
        key: i64,
        overlay: Option<&VariableMap>,
    ) -> Result<Value, String> {
        self.evaluate_with_reason(expression, key, overlay).map(|(value, _)| value)
    }

    /// The value of a fixed or computed text.
    pub(crate) fn value(
        &self,
        dynamic: &Dynamic,
        key: i64,
        overlay: Option<&VariableMap>,
    ) -> Result<Value, String> {
        match dynamic {
            Dynamic::Literal(text) => Ok(Value::String(text.to_string())),
            Dynamic::Expression(expression) => self.evaluate(expression, key, overlay),
        }
    }

    /// Something that must be true or false.
    pub(crate) fn truth(
        &self,
        expression: &Expression,
        key: i64,
        overlay: Option<&VariableMap>,
    ) -> Result<bool, String> {
        match self.evaluate_with_reason(expression, key, overlay)? {
            (Value::Bool(truth), _) => Ok(truth),
            (other, reason) => Err(unexpected("true or false", &other, reason)),
        }
    }

    /// Something that must be a list.
    pub(crate) fn list(&self, expression: &Expression, key: i64) -> Result<Vec<Value>, String> {
        match self.evaluate_with_reason(expression, key, None)? {
            (Value::Array(items), _) => Ok(items),
            (other, reason) => Err(unexpected("a list", &other, reason)),
        }
    }

    fn value_with_reason(
        &self,
        dynamic: &Dynamic,
        key: i64,
    ) -> Result<(Value, Option<String>), String> {
        match dynamic {
            Dynamic::Literal(text) => Ok((Value::String(text.to_string()), None)),
            Dynamic::Expression(expression) => self.evaluate_with_reason(expression, key, None),
        }
    }

    /// A text, or a number as text; null is no text.
    pub(crate) fn text(&self, dynamic: &Dynamic, key: i64) -> Result<String, String> {
        match self.value_with_reason(dynamic, key)? {
            (Value::String(text), _) => Ok(text),
            (Value::Number(number), _) => Ok(number.to_string()),
            (other, reason) => Err(unexpected("a text", &other, reason)),
        }
    }

    /// What a message must carry to be meant: a text or a number.
    pub(crate) fn correlation_key(
        &self,
        expression: &Expression,
        key: i64,
    ) -> Result<String, String> {
        match self.evaluate_with_reason(expression, key, None)? {
            (Value::String(text), _) => Ok(text),
            (Value::Number(number), _) => Ok(number.to_string()),
            (other, reason) => Err(unexpected("a text or a number", &other, reason)),
        }
    }

    /// A text that may be missing: null and the empty text are nothing.
    pub(crate) fn optional_text(
        &self,
        dynamic: Option<&Dynamic>,
        key: i64,
    ) -> Result<Option<String>, String> {
        let Some(dynamic) = dynamic else { return Ok(None) };
        match self.value_with_reason(dynamic, key)? {
            (Value::Null, _) => Ok(None),
            (Value::String(text), _) => Ok(Some(text).filter(|text| !text.is_empty())),
            (Value::Number(number), _) => Ok(Some(number.to_string())),
            (other, reason) => Err(unexpected("a text", &other, reason)),
        }
    }

    /// A whole number, or a text that is one.
    pub(crate) fn integer(&self, dynamic: &Dynamic, key: i64) -> Result<i32, String> {
        let (value, reason) = self.value_with_reason(dynamic, key)?;
        let number = match &value {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| unexpected("a whole number", &value, reason))
    }

    /// A list of texts, or one text separated by commas; null is an empty list.
    pub(crate) fn texts(&self, dynamic: Option<&Dynamic>, key: i64) -> Result<Vec<String>, String> {
        let Some(dynamic) = dynamic else { return Ok(Vec::new()) };
        let (value, reason) = self.value_with_reason(dynamic, key)?;
        match value {
            Value::Null => Ok(Vec::new()),
            Value::String(text) => Ok(split(&text)),
            Value::Array(items) => items.into_iter().map(member).collect(),
            other => Err(unexpected("a list of texts", &other, reason)),
        }
    }
}

fn whole(number: f64) -> Option<i64> {
    let text = format!("{number}");
    text.parse().ok()
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn member(item: Value) -> Result<String, String> {
    match item {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(unexpected("a text in the list", &other, None)),
    }
}

/// What was expected, what came, and the expression's own reason.
pub(crate) fn unexpected(expected: &str, found: &Value, reason: Option<String>) -> String {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a context",
    };
    match reason {
        Some(reason) => format!("expected {expected}, but got {found}: {reason}"),
        None => format!("expected {expected}, but got {found}"),
    }
}
