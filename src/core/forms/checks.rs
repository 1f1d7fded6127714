//! Turns what was sent for one field into its typed value, or says what was expected.
//!
//! Must not know other fields, visibility, or whether the field may be changed at all.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::decimal::{DIGITS_MAX, Decimal};
use super::form::{Field, FieldKind, MomentRules, NumberRules, TextRules, TextShape};
use super::moment::MomentKind;
use super::options::{Choice, OptionSource};
use super::scope::{Scope, display};
use super::submission::{FileReference, Raw};

/// Characters of a text field.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Characters of a text area.
pub const TEXT_AREA_CHARS_MAX: usize = 100_000;
/// Files of a file picker.
pub const FILES_MAX: usize = 20;

/// Longest address that mail can reach (RFC 5321, 4.5.3.1.3, without the brackets).
const EMAIL_BYTES_MAX: usize = 254;

/// One `@`, no spaces, a domain with a dot; whether it exists only a mail can tell.
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[^\s@<>,;]+@[\p{L}\p{N}][\p{L}\p{N}.-]*\.\p{L}{2,}$").expect("a constant pattern")
});
/// Digits with the usual punctuation, perhaps a country code.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\+?\(?[0-9][0-9 ()./-]{3,26}[0-9]$").expect("a constant pattern")
});

/// What a field is read with.
pub(super) struct Reading<'a> {
    pub(super) scope: Scope<'a>,
    /// The files that may be named.
    pub(super) files: &'a [FileReference],
    /// The value the field had, whose files may stay.
    pub(super) existing: Option<&'a Value>,
}

impl Reading<'_> {
    /// The typed value: what an empty field gives in form-js when nothing was sent.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn read(&self, field: &Field, raw: &Raw) -> Result<Value, String> {
        let value = match &field.kind {
            FieldKind::TextField(rules) => self.text(rules, raw, TEXT_CHARS_MAX, false),
            FieldKind::TextArea(rules) => self.text(rules, raw, TEXT_AREA_CHARS_MAX, true),
            FieldKind::Number(rules) => self.number(rules, raw),
            FieldKind::Checkbox => checkbox(raw),
            FieldKind::Radio(source) | FieldKind::Select { options: source, .. } => {
                self.choice(source, raw)
            }
            FieldKind::Checklist(source) | FieldKind::TagList(source) => self.choices(source, raw),
            FieldKind::Moment(rules) => self.moment(rules, raw),
            FieldKind::FilePicker { accept, multiple } => {
                let is_multiple = self.scope.flag(multiple, false);
                self.file_keys(&self.scope.text(accept), is_multiple, raw)
            }
        }?;
        if self.scope.flag(&field.required, false) && is_missing(&value) {
            return Err(expected_value(&field.kind).to_owned());
        }
        Ok(value)
    }

    fn text(
        &self,
        rules: &TextRules,
        raw: &Raw,
        chars_max: usize,
        has_lines: bool,
    ) -> Result<Value, String> {
        let text = single_text(raw, "a text")?.unwrap_or_default().replace("\r\n", "\n");
        if text.is_empty() {
            return Ok(Value::from(text));
        }
        if text.chars().any(|c| c.is_control() && !(has_lines && matches!(c, '\n' | '\t'))) {
            return Err("expected a text without control characters".to_owned());
        }
        self.check_length(rules, text.chars().count(), chars_max)?;
        match rules.shape {
            Some(TextShape::Email) if text.len() > EMAIL_BYTES_MAX || !EMAIL.is_match(&text) => {
                return Err("expected an e-mail address".to_owned());
            }
            Some(TextShape::Phone) if !PHONE.is_match(&text) => {
                return Err("expected a phone number".to_owned());
            }
            _ => {}
        }
        match &rules.pattern {
            Some(pattern) if !pattern.is_match(&text) => {
                Err(format!("expected a text that matches `{pattern}`"))
            }
            _ => Ok(Value::from(text)),
        }
    }

    fn check_length(&self, rules: &TextRules, length: usize, most: usize) -> Result<(), String> {
        let as_count = |limit| -> Option<usize> {
            let number: Decimal = self.scope.number(limit)?;
            number.to_string().parse().ok()
        };
        let min = as_count(rules.length_min.as_ref());
        let max = as_count(rules.length_max.as_ref());
        let bound = max.unwrap_or(most).min(most);
        if length >= min.unwrap_or(0) && length <= bound {
            return Ok(());
        }
        Err(match min {
            Some(min) if max.is_some() => format!("expected {min} to {bound} characters"),
            Some(min) if length < min => format!("expected at least {min} characters"),
            _ => format!("expected at most {bound} characters"),
        })
    }

    fn number(&self, rules: &NumberRules, raw: &Raw) -> Result<Value, String> {
        let (min, max) =
            (self.scope.number(rules.min.as_ref()), self.scope.number(rules.max.as_ref()));
        let sent = match raw {
            Raw::Json(Value::Number(number)) => Some(number.to_string()),
            Raw::Json(Value::String(_)) if !rules.is_text => return Err(range_text(min, max)),
            _ => single_text(raw, "a number")?,
        };
        let Some(text) = sent.filter(|text| !text.trim().is_empty()) else {
            return Ok(Value::Null);
        };
        let number = Decimal::parse(text.trim());
        let Some(number) = number else {
            let looks_like_one = text.trim().parse::<f64>().is_ok_and(f64::is_finite);
            let is_too_long = looks_like_one && text.len() > DIGITS_MAX;
            let limit = format!("expected at most {DIGITS_MAX} digits before and after the point");
            return Err(if is_too_long { limit } else { range_text(min, max) });
        };
        if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
            return Err(range_text(min, max));
        }
        check_digits(rules, number)?;
        Ok(if rules.is_text { Value::from(number.to_string()) } else { number.to_number().into() })
    }

    fn choice(&self, source: &OptionSource, raw: &Raw) -> Result<Value, String> {
        let choices = source.resolve(&self.scope);
        let sent = match raw {
            Raw::Absent | Raw::Json(Value::Null) => None,
            Raw::Json(value) => Some(value.clone()),
            Raw::Texts(texts) => match texts.as_slice() {
                [] => None,
                [text] => (!text.is_empty()).then(|| Value::from(text.clone())),
                _ => return Err("expected one choice".to_owned()),
            },
        };
        sent.map_or(Ok(Value::Null), |value| pick(&choices, raw, &value))
    }

    fn choices(&self, source: &OptionSource, raw: &Raw) -> Result<Value, String> {
        let choices = source.resolve(&self.scope);
        let sent: Vec<Value> = match raw {
            Raw::Absent | Raw::Json(Value::Null) => Vec::new(),
            Raw::Json(Value::Array(items)) => items.clone(),
            Raw::Json(_) => return Err("expected a list of choices".to_owned()),
            Raw::Texts(texts) => {
                texts.iter().filter(|t| !t.is_empty()).cloned().map(Value::from).collect()
            }
        };
        let mut picked: Vec<Value> = Vec::new();
        for value in &sent {
            let value = pick(&choices, raw, value)?;
            if !picked.contains(&value) {
                picked.push(value);
            }
        }
        Ok(Value::Array(picked))
    }

    fn moment(&self, rules: &MomentRules, raw: &Raw) -> Result<Value, String> {
        let expected = match rules.kind {
            MomentKind::Date => "a date such as 2026-01-31",
            MomentKind::Time => "a time such as 14:30",
            MomentKind::DateTime => "a date and time such as 2026-01-31T14:30",
        };
        let Some(text) = single_text(raw, expected)? else { return Ok(Value::Null) };
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let clock = self.scope.clock();
        let value = clock.to_variable(rules.kind, rules.format, &text);
        let value = value.ok_or_else(|| format!("expected {expected}"))?;
        let is_past = clock.date_of(rules.kind, &text).is_some_and(|date| date < clock.today());
        if rules.is_past_refused && is_past {
            return Err("expected today or a later date".to_owned());
        }
        Ok(Value::from(value))
    }

    fn file_keys(&self, accept: &str, is_multiple: bool, raw: &Raw) -> Result<Value, String> {
        let sent: Vec<Value> = match raw {
            Raw::Absent | Raw::Json(Value::Null) => Vec::new(),
            Raw::Json(Value::Array(items)) => items.clone(),
            Raw::Json(_) => return Err("expected a list of file keys".to_owned()),
            Raw::Texts(texts) => {
                texts.iter().filter(|t| !t.is_empty()).cloned().map(Value::from).collect()
            }
        };
        if !is_multiple && sent.len() > 1 {
            return Err("expected one file".to_owned());
        }
        if sent.len() > FILES_MAX {
            return Err(format!("expected at most {FILES_MAX} files"));
        }
        for key in &sent {
            self.check_file(key, accept)?;
        }
        Ok(Value::Array(sent))
    }

    fn check_file(&self, key: &Value, accept: &str) -> Result<(), String> {
        let stays = self.existing.and_then(Value::as_array).is_some_and(|kept| kept.contains(key));
        if stays {
            return Ok(());
        }
        let key = key.as_str().and_then(|text| text.parse::<i64>().ok());
        let file = self.files.iter().find(|file| Some(file.file_key) == key);
        let Some(file) = file else { return Err("expected an attached file".to_owned()) };
        if accept.trim().is_empty() || accept.split(',').any(|kind| is_accepted(kind.trim(), file))
        {
            return Ok(());
        }
        Err(format!("expected a file of the kinds {}", accept.trim()))
    }
}

/// A value like those of HTML's `accept`: `.pdf`, `image/*`, `application/json`.
fn is_accepted(kind: &str, file: &FileReference) -> bool {
    let (kind, name) = (kind.to_lowercase(), file.name.to_lowercase());
    let content_type = file.content_type.to_lowercase();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    match kind.strip_suffix("/*") {
        _ if kind.is_empty() => false,
        _ if kind.starts_with('.') => name.ends_with(&kind) && name.len() > kind.len(),
        Some(family) => family == "*" || content_type.split('/').next() == Some(family),
        None => content_type == kind,
    }
}

fn single_text(raw: &Raw, expected: &str) -> Result<Option<String>, String> {
    match raw {
        Raw::Absent | Raw::Json(Value::Null) => Ok(None),
        Raw::Json(Value::String(text)) => Ok(Some(text.clone())),
        Raw::Texts(texts) if texts.len() <= 1 => Ok(texts.first().cloned()),
        _ => Err(format!("expected {expected}")),
    }
}

fn checkbox(raw: &Raw) -> Result<Value, String> {
    match raw {
        Raw::Absent | Raw::Json(Value::Null) => Ok(Value::Bool(false)),
        Raw::Json(Value::Bool(flag)) => Ok(Value::Bool(*flag)),
        Raw::Json(_) => Err("expected true or false".to_owned()),
        Raw::Texts(texts) => {
            let is_ticked = |text: &String| !matches!(text.as_str(), "" | "false" | "off" | "0");
            Ok(Value::Bool(texts.iter().any(is_ticked)))
        }
    }
}

/// Finds the choice that was meant: by its value in JSON, by its code in an HTML form.
fn pick(choices: &[Choice], raw: &Raw, value: &Value) -> Result<Value, String> {
    let is_meant = |choice: &&Choice| match raw {
        Raw::Texts(_) => choice.code() == display(value),
        _ => choice.value == *value,
    };
    let found = choices.iter().find(is_meant);
    found.map(|choice| choice.value.clone()).ok_or_else(|| "expected one of the choices".to_owned())
}

fn check_digits(rules: &NumberRules, number: Decimal) -> Result<(), String> {
    match rules.decimal_digits.map(|digits| digits as usize) {
        Some(0) if number.fraction_digits() > 0 => return Err("expected a whole number".to_owned()),
        Some(digits) if number.fraction_digits() > digits => {
            return Err(format!("expected at most {digits} digits after the point"));
        }
        _ => {}
    }
    match rules.increment {
        Some(step) if !number.is_multiple_of(step) => Err(format!("expected a multiple of {step}")),
        _ => Ok(()),
    }
}

fn range_text(min: Option<Decimal>, max: Option<Decimal>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("expected a number between {min} and {max}"),
        (Some(min), None) => format!("expected a number of at least {min}"),
        (None, Some(max)) => format!("expected a number of at most {max}"),
        (None, None) => "expected a number".to_owned(),
    }
}

fn is_missing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn expected_value(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::TextField(_) | FieldKind::TextArea(_) => "expected a text",
        FieldKind::Number(_) => "expected a number",
        FieldKind::Checkbox => "expected a tick",
        FieldKind::Radio(_) | FieldKind::Select { .. } => "expected a choice",
        FieldKind::Checklist(_) | FieldKind::TagList(_) => "expected at least one choice",
        FieldKind::Moment(rules) => match rules.kind {
            MomentKind::Date => "expected a date",
            MomentKind::Time => "expected a time",
            MomentKind::DateTime => "expected a date and time",
        },
        FieldKind::FilePicker { .. } => "expected a file",
    }
}
