//! A form as plain data for a page: what is visible, with its values and errors.
//!
//! Must not know templates or HTTP; of HTML it knows only ids and the text component's markdown.

use serde_json::{Map, Value};

use super::decimal::Decimal;
use super::form::{
    Component, ComponentKind, Field, FieldKind, Form, GRID_COLUMNS, MomentRules, NumberRules,
    TextRules, TextShape,
};
use super::markdown::render_markdown;
use super::moment::MomentKind;
use super::options::OptionSource;
use super::scope::{FUEL_MAX, Scope, Setting, bounded, display};
use super::submit::{FieldError, with_defaults};
use super::values::find_value;
use crate::core::feel::EvaluationContext;

/// A form to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormView {
    /// What is visible, in document order.
    pub fields: Vec<FieldView>,
    /// Errors of fields that are not visible.
    pub errors: Vec<FieldError>,
    /// Whether a file picker is visible, so that the page must send multipart.
    pub has_files: bool,
    /// Whether what is shown may change with what is entered, since something is computed.
    pub has_conditions: bool,
    /// Whether the form brings a submit button of its own.
    pub has_submit: bool,
}

/// What a visible component is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are form-js's types, with dates told apart")]
pub enum ViewKind {
    #[default]
    TextField,
    TextArea,
    Number,
    Checkbox,
    Checklist,
    Radio,
    Select,
    TagList,
    Date,
    Time,
    DateTime,
    FilePicker,
    Group,
    Text,
    Image,
    Separator,
    Spacer,
    Submit,
    Reset,
}

/// One visible component. Texts are plain, not escaped, except `html`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one independent attribute of a control each")]
pub struct FieldView {
    /// What it is.
    pub kind: ViewKind,
    /// For fields: name of the control, the path with dots.
    pub key: String,
    /// HTML id, unique in the form: letters, digits, `_` and `-`.
    pub html_id: String,
    /// Label of a field, a group or a button.
    pub label: String,
    /// Help under a field.
    pub description: String,
    /// The field's values as a control takes them: one for most, several for lists, none when
    /// empty. A ticked checkbox has `true`, files have their keys.
    pub values: Vec<String>,
    /// The choices.
    pub options: Vec<OptionView>,
    /// A value is needed.
    pub is_required: bool,
    /// Not part of the result.
    pub is_disabled: bool,
    /// Shown, but not to be changed.
    pub is_readonly: bool,
    /// Several values: checklist, tag list, or a file picker for several files.
    pub is_multiple: bool,
    /// A select whose choices can be searched.
    pub is_searchable: bool,
    /// A group with an outline.
    pub has_outline: bool,
    /// Least number, or earliest date.
    pub min: Option<String>,
    /// Greatest number.
    pub max: Option<String>,
    /// Step of a number, or of a time in seconds; `any` for a number without one.
    pub step: Option<String>,
    /// Least characters of a text.
    pub length_min: Option<String>,
    /// Most characters of a text.
    pub length_max: Option<String>,
    /// The text's shape: `email` or `tel`.
    pub input_type: Option<&'static str>,
    /// Shown before the control.
    pub prefix: String,
    /// Shown behind the control.
    pub suffix: String,
    /// Kinds of files, as in HTML's `accept`.
    pub accept: String,
    /// Safe HTML of a text component.
    pub html: String,
    /// Address of an image: http, https, a path of this site, or inline image data; else empty.
    pub source: String,
    /// What an image shows.
    pub alt: String,
    /// Height of a spacer.
    pub height_px: u32,
    /// Width in a grid of 16 columns.
    pub columns: u32,
    /// The row; neighbours with the same one stand beside each other.
    pub row: usize,
    /// Custom properties, in document order.
    pub properties: Vec<(String, String)>,
    /// What was expected, after a refused submission.
    pub error: Option<String>,
    /// What a group holds.
    pub children: Vec<FieldView>,
}

/// One choice of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionView {
    /// What people read.
    pub label: String,
    /// What the control sends.
    pub value: String,
    /// Whether it is chosen.
    pub is_selected: bool,
}

impl Form {
    /// The form as people see it with these variables; absent fields show their defaults.
    ///
    /// After a refused submission, `data` is what [`Form::echo`] gives and `errors` what
    /// [`Form::submit`] gave.
    #[must_use]
    pub fn view(
        &self,
        data: &Map<String, Value>,
        errors: &[FieldError],
        context: &EvaluationContext,
    ) -> FormView {
        let context = bounded(context, FUEL_MAX);
        let data = with_defaults(&self.placed_fields(), data);
        let mut shown = Shown {
            scope: Scope::new(&data, &context),
            errors: errors.to_vec(),
            view: FormView::default(),
        };
        let fields = shown.components(&self.components);
        let has_conditions = self.has_expressions;
        FormView { fields, errors: shown.errors, has_conditions, ..shown.view }
    }
}

/// A view being put together; errors move from here to their fields.
struct Shown<'a> {
    scope: Scope<'a>,
    errors: Vec<FieldError>,
    view: FormView,
}

impl Shown<'_> {
    fn components(&mut self, components: &[Component]) -> Vec<FieldView> {
        let scope = self.scope;
        let is_shown =
            |c: &&Component| !c.hide.as_ref().is_some_and(|hide| scope.holds(hide, false));
        let visible: Vec<_> = components.iter().filter(is_shown).collect();
        let places = places(&visible);
        let views = visible.iter().zip(places).map(|(component, (row, columns))| {
            let view = self.component(component);
            let properties = component.properties.clone();
            FieldView { html_id: component.html_id.clone(), row, columns, properties, ..view }
        });
        views.collect()
    }

    fn component(&mut self, component: &Component) -> FieldView {
        let of = |kind| FieldView { kind, ..FieldView::default() };
        match &component.kind {
            ComponentKind::Field(field) => self.field(field),
            ComponentKind::Group(group) => FieldView {
                label: self.scope.text(&group.label),
                has_outline: group.has_outline,
                children: self.components(&group.components),
                ..of(ViewKind::Group)
            },
            ComponentKind::Text(text) => {
                FieldView { html: render_markdown(&self.scope.text(text)), ..of(ViewKind::Text) }
            }
            ComponentKind::Image { source, alt } => FieldView {
                source: safe_source(&self.scope.text(source)),
                alt: self.scope.text(alt),
                ..of(ViewKind::Image)
            },
            ComponentKind::Separator => of(ViewKind::Separator),
            ComponentKind::Spacer { height_px } => {
                FieldView { height_px: *height_px, ..of(ViewKind::Spacer) }
            }
            ComponentKind::Button { label, is_reset } => {
                self.view.has_submit |= !is_reset;
                let kind = if *is_reset { ViewKind::Reset } else { ViewKind::Submit };
                FieldView { label: self.scope.text(label), ..of(kind) }
            }
        }
    }

    fn field(&mut self, field: &Field) -> FieldView {
        let scope = self.scope;
        let key = field.key();
        let value = find_value(scope.data, &field.path);
        let error = self.errors.iter().position(|error| error.key == key);
        let base = FieldView {
            label: scope.text(&field.label),
            description: scope.text(&field.description),
            values: value.map(control_values).unwrap_or_default(),
            is_required: scope.flag(&field.required, false),
            is_disabled: scope.flag(&field.disabled, true),
            is_readonly: scope.flag(&field.readonly, true),
            prefix: scope.text(&field.prefix),
            suffix: scope.text(&field.suffix),
            error: error.map(|index| self.errors.remove(index).message),
            key,
            ..FieldView::default()
        };
        self.view.has_files |= matches!(field.kind, FieldKind::FilePicker { .. });
        of_kind(base, &field.kind, value, &scope)
    }
}

fn of_kind(
    base: FieldView,
    kind: &FieldKind,
    value: Option<&Value>,
    scope: &Scope<'_>,
) -> FieldView {
    let options = |source: &OptionSource| option_views(source, value, scope);
    match kind {
        FieldKind::TextField(rules) => text_view(base, ViewKind::TextField, rules, scope),
        FieldKind::TextArea(rules) => text_view(base, ViewKind::TextArea, rules, scope),
        FieldKind::Number(rules) => number_view(base, rules, scope),
        FieldKind::Checkbox => {
            let is_ticked = value == Some(&Value::Bool(true));
            let values = is_ticked.then(|| "true".to_owned()).into_iter().collect();
            FieldView { kind: ViewKind::Checkbox, values, ..base }
        }
        FieldKind::Checklist(source) => FieldView {
            kind: ViewKind::Checklist,
            options: options(source),
            is_multiple: true,
            ..base
        },
        FieldKind::TagList(source) => FieldView {
            kind: ViewKind::TagList,
            options: options(source),
            is_multiple: true,
            ..base
        },
        FieldKind::Radio(source) => {
            FieldView { kind: ViewKind::Radio, options: options(source), ..base }
        }
        FieldKind::Select { options: source, is_searchable } => FieldView {
            kind: ViewKind::Select,
            options: options(source),
            is_searchable: *is_searchable,
            ..base
        },
        FieldKind::Moment(rules) => moment_view(base, *rules, scope),
        FieldKind::FilePicker { accept, multiple } => FieldView {
            kind: ViewKind::FilePicker,
            accept: scope.text(accept),
            is_multiple: scope.flag(multiple, false),
            ..base
        },
    }
}

fn text_view(base: FieldView, kind: ViewKind, rules: &TextRules, scope: &Scope<'_>) -> FieldView {
    let as_text =
        |limit: &Option<Setting<Decimal>>| Some(scope.number(limit.as_ref())?.to_string());
    FieldView {
        kind,
        length_min: as_text(&rules.length_min),
        length_max: as_text(&rules.length_max),
        input_type: rules.shape.map(TextShape::input_type),
        ..base
    }
}

fn number_view(base: FieldView, rules: &NumberRules, scope: &Scope<'_>) -> FieldView {
    let as_text =
        |limit: &Option<Setting<Decimal>>| Some(scope.number(limit.as_ref())?.to_string());
    let of_digits = |digits: u32| match digits {
        0 => "1".to_owned(),
        _ => format!("0.{:0>width$}", 1, width = digits as usize),
    };
    let step = rules.increment.map(|step| step.to_string());
    let step = step.or_else(|| rules.decimal_digits.map(of_digits));
    FieldView {
        kind: ViewKind::Number,
        min: as_text(&rules.min),
        max: as_text(&rules.max),
        step: Some(step.unwrap_or_else(|| "any".to_owned())),
        ..base
    }
}

fn moment_view(base: FieldView, rules: MomentRules, scope: &Scope<'_>) -> FieldView {
    let clock = scope.clock();
    let kind = match rules.kind {
        MomentKind::Date => ViewKind::Date,
        MomentKind::Time => ViewKind::Time,
        MomentKind::DateTime => ViewKind::DateTime,
    };
    let earliest = || match rules.kind {
        MomentKind::Date => Some(clock.today().to_string()),
        MomentKind::DateTime => Some(format!("{}T00:00", clock.today())),
        MomentKind::Time => None,
    };
    let local = |text: &String| clock.to_input(rules.kind, text).unwrap_or_else(|| text.clone());
    let has_step = rules.kind != MomentKind::Date;
    FieldView {
        kind,
        values: base.values.iter().map(local).collect(),
        min: if rules.is_past_refused { earliest() } else { None },
        step: rules.interval_minutes.filter(|_| has_step).map(|m| (m * 60).to_string()),
        ..base
    }
}

fn control_values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(display).collect(),
        other => Some(display(other)).filter(|text| !text.is_empty()).into_iter().collect(),
    }
}

fn option_views(
    source: &OptionSource,
    value: Option<&Value>,
    scope: &Scope<'_>,
) -> Vec<OptionView> {
    let chosen = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    let choices = source.resolve(scope).into_iter();
    choices
        .map(|choice| OptionView {
            value: choice.code(),
            is_selected: chosen.iter().any(|v| *v == choice.value || display(v) == choice.code()),
            label: choice.label,
        })
        .collect()
}

/// Row number and width of each component: what has no width shares what its row has left.
fn places(components: &[&Component]) -> Vec<(usize, u32)> {
    let is_new_row = |pair: &[&Component]| pair[0].row.is_none() || pair[0].row != pair[1].row;
    let mut row = 0;
    let mut rows = vec![0; components.len().min(1)];
    for pair in components.windows(2) {
        row += usize::from(is_new_row(pair));
        rows.push(row);
    }
    let width = |index: usize| {
        let in_row = || components.iter().zip(&rows).filter(|(_, r)| **r == rows[index]);
        let fixed: u32 = in_row().filter_map(|(c, _)| c.columns).sum();
        let sharing = in_row().filter(|(c, _)| c.columns.is_none()).count();
        let share = GRID_COLUMNS.saturating_sub(fixed) / u32::try_from(sharing.max(1)).unwrap_or(1);
        components[index].columns.unwrap_or(share.max(2))
    };
    rows.iter().enumerate().map(|(index, row)| (*row, width(index))).collect()
}

/// Only what can't run: web addresses, paths of this site, and pictures written out as data.
fn safe_source(source: &str) -> String {
    let source = source.trim();
    let lower = source.to_ascii_lowercase();
    let is_own_path = lower.starts_with('/') && !lower[1..].starts_with(['/', '\\']);
    let pictures = ["png", "jpeg", "gif", "webp"].map(|kind| format!("data:image/{kind};base64,"));
    let is_safe = is_own_path
        || lower.starts_with("https://")
        || lower.starts_with("http://")
        || pictures.iter().any(|start| lower.starts_with(start));
    if is_safe && !lower.chars().any(char::is_control) { source.to_owned() } else { String::new() }
}
