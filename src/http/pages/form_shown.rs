//! From a form as `core::forms` gives it to the form that a page shows, and back to its values.
//! Must not know rules or conditions; what is visible was decided before.

use super::form_view::{
    FieldKind, FieldList, FieldView, FormView, NAME_PREFIX, StoredFile, TextInput,
};
use super::parts::Choice;
use crate::core::forms;
use crate::core::forms::ViewKind;

/// The form for a page: `stored` are the files whose keys may be among the fields' values.
///
/// `submit_label` names the button; a form with a button of its own gets no second one.
#[must_use]
pub fn form_shown(
    view: &forms::FormView,
    action: impl Into<String>,
    csrf: impl Into<String>,
    submit_label: &str,
    stored: &[StoredFile],
) -> FormView {
    let label = if view.has_submit { "" } else { submit_label };
    let errors = view.errors.iter().map(|error| format!("{}: {}", error.label, error.message));
    FormView {
        action: action.into(),
        csrf: csrf.into(),
        fields: fields(&view.fields, stored),
        errors: errors.collect(),
        has_conditions: view.has_conditions,
        has_files: view.has_files,
        talk: None,
        submit_label: label.into(),
    }
}

/// What was entered into a form's fields, out of all that was posted with it.
#[must_use]
pub fn entered(posted: Vec<(String, String)>) -> Vec<(String, String)> {
    let field = |(name, value): (String, String)| {
        name.strip_prefix(NAME_PREFIX).map(|key| (key.to_owned(), value))
    };
    posted.into_iter().filter_map(field).collect()
}

fn fields(views: &[forms::FieldView], stored: &[StoredFile]) -> FieldList {
    let mut row = None;
    let mut fields = Vec::with_capacity(views.len());
    for view in views {
        let starts_row = row.replace(view.row) != Some(view.row);
        fields.push(FieldView { starts_row, ..field(view, stored) });
    }
    FieldList { fields }
}

fn field(view: &forms::FieldView, stored: &[StoredFile]) -> FieldView {
    FieldView {
        id: view.html_id.clone(),
        description: view.description.clone(),
        error: view.error.clone().unwrap_or_default(),
        is_required: view.is_required,
        is_disabled: view.is_disabled,
        is_readonly: view.is_readonly,
        prefix: view.prefix.clone(),
        suffix: view.suffix.clone(),
        columns: view.columns.clamp(1, 16),
        ..FieldView::new(&view.key, view.label.clone(), kind(view, stored))
    }
}

fn kind(view: &forms::FieldView, stored: &[StoredFile]) -> FieldKind {
    let value = || view.values.first().cloned().unwrap_or_default();
    let min = || view.min.clone().unwrap_or_default();
    let max = || view.max.clone().unwrap_or_default();
    let step = || view.step.clone().unwrap_or_default();
    match view.kind {
        ViewKind::TextField => FieldKind::Text { value: value(), input: input(view) },
        ViewKind::TextArea => FieldKind::TextArea { value: value(), input: input(view) },
        ViewKind::Number => {
            FieldKind::Number { value: value(), min: min(), max: max(), step: step() }
        }
        ViewKind::Date => FieldKind::Date { value: value(), min: min(), max: max() },
        ViewKind::Time => FieldKind::Time { value: value(), step_s: step() },
        ViewKind::DateTime => FieldKind::DateTime { value: value(), min: min(), max: max() },
        ViewKind::Group => FieldKind::Group {
            has_outline: view.has_outline,
            fields: fields(&view.children, stored),
        },
        ViewKind::FilePicker => FieldKind::FilePicker {
            accept: view.accept.clone(),
            is_multiple: view.is_multiple,
            files: stored.iter().filter(|it| view.values.contains(&it.key)).cloned().collect(),
        },
        _ => kind_without_limits(view),
    }
}

fn kind_without_limits(view: &forms::FieldView) -> FieldKind {
    let options = || {
        let choice = |it: &forms::OptionView| Choice::new(&*it.value, &*it.label, it.is_selected);
        view.options.iter().map(choice).collect()
    };
    match view.kind {
        ViewKind::Checkbox => FieldKind::Checkbox { is_checked: !view.values.is_empty() },
        ViewKind::Checklist => FieldKind::Checklist { options: options() },
        ViewKind::Radio => FieldKind::Radio { options: options() },
        ViewKind::Select => FieldKind::Select { options: options() },
        ViewKind::TagList => FieldKind::TagList { options: options() },
        ViewKind::Image => FieldKind::Image { source: view.source.clone(), alt: view.alt.clone() },
        ViewKind::Separator => FieldKind::Separator,
        ViewKind::Spacer => FieldKind::Spacer { height: view.height_px },
        ViewKind::Submit => FieldKind::Submit,
        ViewKind::Reset => FieldKind::Reset,
        _ => FieldKind::Markup { html: view.html.clone() },
    }
}

fn input(view: &forms::FieldView) -> TextInput {
    TextInput {
        input_type: view.input_type.unwrap_or_default(),
        min_length: view.length_min.clone().unwrap_or_default(),
        max_length: view.length_max.clone().unwrap_or_default(),
    }
}
