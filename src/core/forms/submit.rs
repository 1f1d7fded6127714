//! Checks a whole submission against a form and gives the variables it makes.
//!
//! Must not know HTML or HTTP.
//!
//! **Invariant:** a hidden, disabled or read-only field never takes its value from the sender.

use serde::Serialize;
use serde_json::{Map, Value};

use super::checks::Reading;
use super::form::{Field, FieldKind, Form, PlacedField};
use super::scope::{FUEL_MAX, Scope, bounded};
use super::submission::{Raw, Submission, find_present};
use super::values::{find_value, remove_value, set_value};
use crate::core::feel::EvaluationContext;

/// Why a field was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's key with dots, as in [`super::FieldView::key`].
    pub key: String,
    /// The field's label, or its key when it has none.
    pub label: String,
    /// What was expected.
    pub message: String,
}

impl Form {
    /// Checks what was sent and gives the variables: each field typed, empty ones as form-js has
    /// them (`""`, null, false, an empty list), fields in groups inside their objects.
    ///
    /// Hidden and disabled fields are left out, read-only ones keep what `data` holds. Where a
    /// field lies inside an object of `data`, the object's other members stay.
    ///
    /// # Errors
    /// Every field that doesn't fit, in document order; then names that are no fields (JSON only).
    pub fn submit(
        &self,
        input: &Submission,
        data: &Map<String, Value>,
        context: &EvaluationContext,
    ) -> Result<Map<String, Value>, Vec<FieldError>> {
        let context = bounded(context, FUEL_MAX);
        let fields = self.placed_fields();
        let before = with_defaults(&fields, data);
        let mut working = overlay(&fields, input, &before, &context, |_| Value::Null);
        let (mut variables, mut errors) = (Map::new(), Vec::new());
        for placed in &fields {
            let field = placed.field;
            let scope = Scope::new(&working, &context);
            if placed.hides.iter().any(|hide| scope.holds(hide, false)) {
                remove_value(&mut working, &field.path);
                continue;
            }
            match settle(field, input, &before, &scope) {
                Ok(Some(value)) => {
                    set_value(&mut working, &field.path, value.clone());
                    keep_neighbours(&mut variables, data, &field.path);
                    set_value(&mut variables, &field.path, value);
                }
                Ok(None) => {}
                Err(message) => errors.push(field_error(field, &scope, message)),
            }
        }
        errors.extend(unknown_fields(&fields, input));
        if errors.is_empty() { Ok(variables) } else { Err(errors) }
    }

    /// The keys of files that were named in file pickers, for the caller to look up and give back
    /// by [`Submission::with_files`]; what is no key is left out.
    #[must_use]
    pub fn named_files(&self, input: &Submission) -> Vec<i64> {
        let fields = self.placed_fields().into_iter().map(|placed| placed.field);
        let pickers = fields.filter(|field| matches!(field.kind, FieldKind::FilePicker { .. }));
        pickers.flat_map(|field| file_keys(&input.raw(&field.path).to_json())).collect()
    }

    /// The data to show again after a refused submission: what was sent, readable or not, over
    /// what was there.
    #[must_use]
    pub fn echo(
        &self,
        input: &Submission,
        data: &Map<String, Value>,
        context: &EvaluationContext,
    ) -> Map<String, Value> {
        let context = bounded(context, FUEL_MAX);
        let fields = self.placed_fields();
        overlay(&fields, input, &with_defaults(&fields, data), &context, Raw::to_json)
    }
}

fn file_keys(value: &Value) -> Vec<i64> {
    let texts = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    texts.iter().filter_map(|text| text.as_str()?.parse().ok()).collect()
}

/// The data with the default of each field that is absent.
pub(super) fn with_defaults(
    fields: &[PlacedField<'_>],
    data: &Map<String, Value>,
) -> Map<String, Value> {
    let mut filled = data.clone();
    for PlacedField { field, .. } in fields {
        if let Some(default) = &field.default
            && find_present(data, &field.path).is_none()
        {
            set_value(&mut filled, &field.path, default.clone());
        }
    }
    filled
}

/// Whether a field may not be changed; one whose rule fails may not.
pub(super) fn is_locked(field: &Field, scope: &Scope<'_>) -> bool {
    scope.flag(&field.disabled, true) || scope.flag(&field.readonly, true)
}

/// What conditions see: all that was sent, over what was there.
fn overlay(
    fields: &[PlacedField<'_>],
    input: &Submission,
    before: &Map<String, Value>,
    context: &EvaluationContext,
    unreadable: fn(&Raw) -> Value,
) -> Map<String, Value> {
    let scope = Scope::new(before, context);
    let mut data = before.clone();
    for PlacedField { field, .. } in fields {
        let raw = input.raw(&field.path);
        if raw == Raw::Absent || is_locked(field, &scope) {
            continue;
        }
        let existing = find_value(before, &field.path);
        let value = Reading { scope, files: input.files(), existing }.read(field, &raw);
        set_value(&mut data, &field.path, value.unwrap_or_else(|_| unreadable(&raw)));
    }
    data
}

/// The value of a visible field; `None` when it has no part in the result.
fn settle(
    field: &Field,
    input: &Submission,
    before: &Map<String, Value>,
    scope: &Scope<'_>,
) -> Result<Option<Value>, String> {
    let existing = find_value(before, &field.path);
    if scope.flag(&field.disabled, true) {
        return Ok(None);
    }
    if scope.flag(&field.readonly, true) {
        return Ok(existing.cloned());
    }
    let raw = match (input.raw(&field.path), existing) {
        (Raw::Absent, Some(value)) => Raw::Json(value.clone()),
        (raw, _) => raw,
    };
    let reading = Reading { scope: *scope, files: input.files(), existing };
    reading.read(field, &raw).map(Some)
}

fn keep_neighbours(variables: &mut Map<String, Value>, data: &Map<String, Value>, path: &[String]) {
    let [first, _, ..] = path else { return };
    if let Some(Value::Object(existing)) = data.get(first)
        && !variables.contains_key(first)
    {
        variables.insert(first.clone(), Value::Object(existing.clone()));
    }
}

fn field_error(field: &Field, scope: &Scope<'_>, message: String) -> FieldError {
    let key = field.key();
    let label = scope.text(&field.label);
    let label = if label.is_empty() { key.clone() } else { label };
    FieldError { key, label, message }
}

fn unknown_fields(fields: &[PlacedField<'_>], input: &Submission) -> Vec<FieldError> {
    let known: Vec<_> = fields.iter().map(|placed| placed.field.path.as_slice()).collect();
    let names: Vec<_> = fields.iter().map(|placed| format!("`{}`", placed.field.key())).collect();
    let strangers = input.strangers(&known).into_iter();
    let message = |key: &str, is_group| match (is_group, names.is_empty()) {
        (true, _) => "expected an object".to_owned(),
        (false, true) => format!("unknown field `{key}`, expected no fields"),
        (false, false) => format!("unknown field `{key}`, expected one of {}", names.join(", ")),
    };
    strangers
        .map(|stranger| FieldError {
            message: message(&stranger.key, stranger.is_group),
            label: stranger.key.clone(),
            key: stranger.key,
        })
        .collect()
}
