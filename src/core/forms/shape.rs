//! Which variables a form fills and what kind of value each gets.
//!
//! Must not know columns or SQL: `core::schema` makes those of it.

use serde_json::Value;

use super::form::{FieldKind, Form};
use super::moment::MomentKind;
use super::options::OptionSource;
use super::scope::Text;

/// A variable that a form fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldShape {
    /// The variable and the path inside it.
    pub path: Vec<String>,
    /// The field's label, where it is a fixed text.
    pub label: Option<String>,
    /// What kind of value it gets.
    pub value_type: ValueType,
}

/// The kind of value a field gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// A line of text.
    Text,
    /// Text of many lines.
    LongText,
    /// A whole number.
    Integer,
    /// Any number.
    Decimal,
    /// True or false.
    Boolean,
    /// A day, as `2026-01-31`.
    Date,
    /// A point in time, as ISO 8601 text.
    DateTime,
    /// A list or an object.
    Json,
}

impl Form {
    /// The variables the form fills, in document order; hidden fields included.
    #[must_use]
    pub fn shapes(&self) -> Vec<FieldShape> {
        let fields = self.placed_fields();
        let shape = |field: &super::form::Field| FieldShape {
            path: field.path.clone(),
            label: match &field.label {
                Text::Fixed(label) if !label.is_empty() => Some(label.clone()),
                _ => None,
            },
            value_type: value_type(&field.kind),
        };
        fields.iter().map(|placed| shape(placed.field)).collect()
    }
}

fn value_type(kind: &FieldKind) -> ValueType {
    match kind {
        FieldKind::TextField(_) => ValueType::Text,
        FieldKind::TextArea(_) => ValueType::LongText,
        FieldKind::Number(rules) if rules.is_text => ValueType::Text,
        FieldKind::Number(rules) => match rules.decimal_digits {
            Some(0) => ValueType::Integer,
            _ => ValueType::Decimal,
        },
        FieldKind::Checkbox => ValueType::Boolean,
        FieldKind::Radio(source) | FieldKind::Select { options: source, .. } => choice_type(source),
        FieldKind::Checklist(_) | FieldKind::TagList(_) | FieldKind::FilePicker { .. } => {
            ValueType::Json
        }
        FieldKind::Moment(rules) => match rules.kind {
            MomentKind::Date => ValueType::Date,
            MomentKind::Time => ValueType::Text,
            MomentKind::DateTime => ValueType::DateTime,
        },
    }
}

/// The one type all fixed choices share; computed choices are texts, as nearly all are.
fn choice_type(source: &OptionSource) -> ValueType {
    let OptionSource::Fixed(choices) = source else { return ValueType::Text };
    let all = |fits: fn(&Value) -> bool| choices.iter().all(|choice| fits(&choice.value));
    if all(Value::is_string) {
        ValueType::Text
    } else if all(Value::is_i64) {
        ValueType::Integer
    } else if all(Value::is_number) {
        ValueType::Decimal
    } else if all(Value::is_boolean) {
        ValueType::Boolean
    } else {
        ValueType::Json
    }
}
