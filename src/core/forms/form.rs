//! A form as it was read: components, fields and their rules.
//!
//! Must not know JSON positions, HTML or what people send.
//!
//! **Invariant:** field paths are unique, and none is the beginning of another.

use regex::Regex;
use serde_json::Value;

use super::decimal::Decimal;
use super::moment::{MomentKind, TimeFormat};
use super::options::OptionSource;
use super::scope::{Setting, Text};
use crate::core::feel::Expression;
use crate::core::model::Problem;

/// Grid columns of a row (form-js `layout.columns`).
pub(super) const GRID_COLUMNS: u32 = 16;

/// A form in form-js's JSON schema, checked.
#[derive(Debug, Clone)]
pub struct Form {
    pub(super) id: String,
    pub(super) components: Vec<Component>,
    pub(super) warnings: Vec<Problem>,
    /// Whether anything in it is computed.
    pub(super) has_expressions: bool,
}

impl Form {
    /// The form's id, chosen by its author.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is likely not meant, such as a property that nothing reads.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// All fields with the conditions that can hide them, in document order.
    pub(super) fn placed_fields(&self) -> Vec<PlacedField<'_>> {
        let mut fields = Vec::new();
        collect(&self.components, &[], &mut fields);
        fields
    }
}

/// A field and the conditions of itself and the groups around it.
#[derive(Debug)]
pub(super) struct PlacedField<'a> {
    pub(super) field: &'a Field,
    pub(super) hides: Vec<&'a Expression>,
}

fn collect<'a>(
    components: &'a [Component],
    around: &[&'a Expression],
    fields: &mut Vec<PlacedField<'a>>,
) {
    for component in components {
        let mut hides = around.to_vec();
        hides.extend(&component.hide);
        match &component.kind {
            ComponentKind::Field(field) => fields.push(PlacedField { field, hides }),
            ComponentKind::Group(group) => collect(&group.components, &hides, fields),
            _ => {}
        }
    }
}

/// One component.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// HTML id, unique in the form.
    pub(super) html_id: String,
    pub(super) hide: Option<Expression>,
    pub(super) row: Option<String>,
    /// Width in the row's grid; `None` shares what is left.
    pub(super) columns: Option<u32>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) kind: ComponentKind,
}

/// What a component is.
#[derive(Debug, Clone)]
pub(super) enum ComponentKind {
    Field(Box<Field>),
    Group(Group),
    Text(Text),
    Image { source: Text, alt: Text },
    Separator,
    Spacer { height_px: u32 },
    Button { label: Text, is_reset: bool },
}

/// Components shown together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) label: Text,
    pub(super) has_outline: bool,
    pub(super) components: Vec<Component>,
}

/// A component that holds a value.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The variable and the path inside it, groups included.
    pub(super) path: Vec<String>,
    pub(super) label: Text,
    pub(super) description: Text,
    pub(super) disabled: Setting<bool>,
    pub(super) readonly: Setting<bool>,
    pub(super) required: Setting<bool>,
    pub(super) default: Option<Value>,
    pub(super) prefix: Text,
    pub(super) suffix: Text,
    pub(super) kind: FieldKind,
}

impl Field {
    /// The path as people write it.
    pub(super) fn key(&self) -> String {
        self.path.join(".")
    }
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) enum FieldKind {
    TextField(TextRules),
    TextArea(TextRules),
    Number(NumberRules),
    Checkbox,
    Checklist(OptionSource),
    Radio(OptionSource),
    Select { options: OptionSource, is_searchable: bool },
    TagList(OptionSource),
    Moment(MomentRules),
    FilePicker { accept: Text, multiple: Setting<bool> },
}

/// Rules of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct TextRules {
    pub(super) length_min: Option<Setting<Decimal>>,
    pub(super) length_max: Option<Setting<Decimal>>,
    pub(super) pattern: Option<Regex>,
    pub(super) shape: Option<TextShape>,
}

/// Texts that everybody knows (form-js `validationType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextShape {
    Email,
    Phone,
}

impl TextShape {
    /// The type of HTML's input.
    pub(super) fn input_type(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "tel",
        }
    }
}

/// Rules of a number.
#[derive(Debug, Clone, Default)]
pub(super) struct NumberRules {
    pub(super) min: Option<Setting<Decimal>>,
    pub(super) max: Option<Setting<Decimal>>,
    pub(super) decimal_digits: Option<u32>,
    pub(super) increment: Option<Decimal>,
    /// Kept as text, so that no digit is lost.
    pub(super) is_text: bool,
}

/// Rules of a date or a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct MomentRules {
    pub(super) kind: MomentKind,
    pub(super) format: TimeFormat,
    pub(super) interval_minutes: Option<u32>,
    pub(super) is_past_refused: bool,
}
